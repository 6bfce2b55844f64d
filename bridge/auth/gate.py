"""The gate: finds out who is asking and lets nobody through without a key that is known."""

import hmac
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import parse_qsl

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_HEADERS = (b"authorization", b"x-api-key", b"x-api-token")
_QUERY_NAMES = ("api_key", "apiKey", "api_token")
_REFUSAL = "Missing or unknown API key (use Authorization: Bearer, X-API-Key, or ?api_key=)"


class Gate:
    """Lets a request through with the SDK's authenticated user set, so that a session belongs to its key.

    `keys` are names and keys of callers. Without any, `owner_key` decides: None lets everybody in as nobody, who has no
    key at the memory service; a key makes everybody the owner of that key. A POST without any key to one of
    `keyless_posts` goes through as nobody: who answers there decides. The scope's state says in `key_in_url` where the
    key was.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Iterable[tuple[str, str]],
        owner_key: str | None,
        open_paths: frozenset[str],
        keyless_posts: frozenset[str] = frozenset(),
    ) -> None:
        self._app = AuthContextMiddleware(app)
        self._callers = [(_digest(key), _user(name, key)) for name, key in keys]
        self._owner = None if owner_key is None else _user("owner", owner_key)
        self._open_paths = open_paths
        self._keyless_posts = keyless_posts

    def __repr__(self) -> str:
        return f"Gate({len(self._callers)} keys)"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._open_paths:
            await self._app(scope, receive, send)
            return
        key, in_url = _presented(scope) if self._callers else ("", False)
        user = self._known(key) if self._callers else self._owner
        if user is None and self._callers and not self._may_be_nobody(scope, key):
            refusal = JSONResponse({"error": _REFUSAL}, 401, headers={"WWW-Authenticate": "Bearer"})
            await refusal(scope, receive, send)
            return
        if user is not None:
            scope["user"] = user
            scope.setdefault("state", {})["key_in_url"] = in_url
        await self._app(scope, receive, send)

    def _may_be_nobody(self, scope: Scope, key: str) -> bool:
        return not key and scope["method"] == "POST" and scope["path"] in self._keyless_posts

    def _known(self, key: str) -> AuthenticatedUser | None:
        # Every key is compared, whichever matches: the time taken tells nothing.
        digest = _digest(key)
        matches = [user for known, user in self._callers if hmac.compare_digest(known, digest)]
        return matches[0] if matches else None


def _user(name: str, key: str) -> AuthenticatedUser:
    # The subject sets two keys of one name apart, without being the key.
    return AuthenticatedUser(AccessToken(token=key, client_id=name, scopes=[], subject=_digest(key).hex()))


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def _presented(scope: Scope) -> tuple[str, bool]:
    """The key of the first source that holds one, or an empty text; and whether that source was the URL."""
    sent: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _HEADERS:
            sent.setdefault(name, value)
    scheme, _, credentials = sent.pop(b"authorization", b"").partition(b" ")
    bearer = credentials if scheme.lower() == b"bearer" else b""
    in_headers = (bearer, *(sent.get(name, b"") for name in _HEADERS))
    key = next((key.decode("latin-1").strip() for key in in_headers if key.strip()), "")
    if key or not scope["query_string"]:
        return key, False
    query = dict(reversed(parse_qsl(scope["query_string"].decode("latin-1"))))
    in_url = next((query[name].strip() for name in _QUERY_NAMES if query.get(name, "").strip()), "")
    return in_url, bool(in_url)
