"""Who is asking: the configured keys and what they open, and where in a request a key is looked for."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web


def digest_of(key: str) -> bytes:
    """What stands for a key wherever one is compared or counted."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever has a known key. `key` is its digest, empty for the local user, who needs none."""

    tenant: str
    key: bytes = b""
    may_write: bool = True

    @classmethod
    def with_key(cls, tenant: str, key: str, *, may_write: bool = True) -> "Caller":
        """The caller that sends this key."""
        return cls(tenant, digest_of(key), may_write)


class Keys:
    """The configured keys, as digests: looking one up takes the same time whether or not it is known."""

    def __init__(self, callers: Iterable[Caller]) -> None:
        self._callers = tuple(callers)

    def __bool__(self) -> bool:
        return bool(self._callers)

    def caller(self, digest: bytes) -> Caller | None:
        """Whose key this is; None for a key nobody has."""
        found = None
        for known in self._callers:
            if hmac.compare_digest(digest, known.key):
                found = known
        return found


class AdminToken:
    """The operator's token, as a digest; there may be none."""

    def __init__(self, token: str | None) -> None:
        self._digest = None if token is None else digest_of(token)

    def __bool__(self) -> bool:
        return self._digest is not None

    def is_held_by(self, request: web.Request) -> bool:
        """Whether the request carries it, in X-Admin-Token, X-Admin-Api-Key, ?admin_token or Authorization: Bearer."""
        return self.matches(sent_admin_token(request))

    def matches(self, text: str) -> bool:
        """Whether this is the token."""
        return self._digest is not None and hmac.compare_digest(digest_of(text), self._digest)


def sent_key(request: web.Request) -> str:
    """The caller's key, empty where there is none: Authorization, then X-API-Key, then ?api_key; the first decides."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credential.strip()
    return request.headers.get("X-API-Key", "").strip() or request.query.get("api_key", "").strip()


def sent_admin_token(request: web.Request) -> str:
    """The operator's token as it was sent, empty where there is none: the first of its four places decides."""
    headers = request.headers
    for name in ("X-Admin-Token", "X-Admin-Api-Key"):
        if token := headers.get(name, "").strip():
            return token
    if token := request.query.get("admin_token", "").strip():
        return token
    scheme, _, credential = headers.get("Authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""
