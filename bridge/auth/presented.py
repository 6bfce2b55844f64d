"""Finds the key that a request shows, wherever it stands, and keeps no more of it than its digest."""

from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl

from starlette.types import Scope

_HEADERS = (b"authorization", b"x-api-key", b"x-api-token")
_QUERY_NAMES = ("api_key", "apiKey", "api_token")


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request shows: `digest` is empty without a key."""

    digest: bytes = field(repr=False)
    in_url: bool = False


def digest_of(key: str) -> bytes:
    """What keys are compared and told apart by."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def presented(scope: Scope) -> Presented:
    """The key of the first source that holds one. Looked for once a request."""
    state = scope.setdefault("state", {})
    found: Presented | None = state.get("presented")
    if found is None:
        key, in_url = _found(scope)
        found = state["presented"] = Presented(digest_of(key) if key else b"", in_url)
    return found


def _found(scope: Scope) -> tuple[str, bool]:
    """The key, or an empty text; and whether it stood in the URL."""
    sent: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _HEADERS:
            sent.setdefault(name, value)
    in_headers = (bearer(sent.pop(b"authorization", b"")), *(sent.get(name, b"") for name in _HEADERS))
    key = next((key.decode("latin-1").strip() for key in in_headers if key.strip()), "")
    if key or not scope["query_string"]:
        return key, False
    query = dict(reversed(parse_qsl(scope["query_string"].decode("latin-1"))))
    in_url = next((query[name].strip() for name in _QUERY_NAMES if query.get(name, "").strip()), "")
    return in_url, bool(in_url)


def bearer(authorization: bytes) -> bytes:
    """The token of an Authorization header, or nothing where it is of another kind."""
    scheme, _, credentials = authorization.partition(b" ")
    return credentials.strip() if scheme.lower() == b"bearer" else b""
