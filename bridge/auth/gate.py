"""The gate: finds out who is asking and lets nobody through without a key that is known."""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken, TokenVerifier
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.auth.presented import bearer, digest_of, presented
from bridge.auth.refusals import StateUnavailable
from bridge.auth.rights import READ, WRITE

_NO_DIGEST = bytes(32)
_REFUSAL = "Missing or unknown API key (use Authorization: Bearer, X-API-Key, or ?api_key=)"


@dataclass(frozen=True, slots=True)
class CallerKey:
    """A key that lets its holder in, under a name, to read and perhaps to write."""

    name: str
    key: str = field(repr=False)
    may_write: bool = True


class Gate:
    """Lets a request through with the SDK's authenticated user set, so that a session belongs to its key.

    Without any of `keys`, `owner_key` decides: None lets everybody in as nobody, who has no key at the memory service;
    a key makes everybody the owner of that key. `open_paths` ask for none, and what lies below `other_doors` has one of
    its own. A POST without any key to one of `keyless_posts` goes through as nobody: who answers there decides. The
    user's scopes are what the key may do. The scope's state says in `key_in_url` where the key was.

    A bearer that is no key may be an access token, which `tokens` knows: a StateUnavailable of theirs is answered 503.
    `challenge` gives WWW-Authenticate for a path, and for whether something was shown there.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Iterable[CallerKey],
        owner_key: str | None,
        open_paths: frozenset[str],
        other_doors: tuple[str, ...] = (),
        keyless_posts: frozenset[str] = frozenset(),
        tokens: TokenVerifier | None = None,
        challenge: Callable[[str, bool], str] | None = None,
    ) -> None:
        self._app = AuthContextMiddleware(app)
        self._callers = [(digest_of(each.key), _user(each)) for each in keys]
        self._owner = None if owner_key is None else _user(CallerKey("owner", owner_key))
        self._open_paths = open_paths
        self._other_doors = other_doors
        self._keyless_posts = keyless_posts
        self._tokens = tokens
        self._challenge = challenge or (lambda *_: "Bearer")

    def __repr__(self) -> str:
        return f"Gate({len(self._callers)} keys)"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._open_paths or scope["path"].startswith(self._other_doors):
            await self._app(scope, receive, send)
            return
        user = self._owner
        if self._callers:
            shown = presented(scope)
            try:
                user = self._known(shown.digest or _NO_DIGEST) or await self._signed_in(scope)
            except StateUnavailable as error:
                await error.response()(scope, receive, send)
                return
            if user is None and not self._may_be_nobody(scope, shown.digest):
                scope["state"]["refused"] = "key"
                challenge = self._challenge(scope["path"], bool(shown.digest))
                refusal = JSONResponse({"error": _REFUSAL}, 401, headers={"WWW-Authenticate": challenge})
                await refusal(scope, receive, send)
                return
            scope["state"]["key_in_url"] = shown.in_url
        if user is not None:
            scope["user"] = user
        await self._app(scope, receive, send)

    async def _signed_in(self, scope: Scope) -> AuthenticatedUser | None:
        sent = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        token = bearer(sent).decode("latin-1") if self._tokens else ""
        found = await self._tokens.verify_token(token) if self._tokens and token else None
        return AuthenticatedUser(found) if found else None

    def _may_be_nobody(self, scope: Scope, digest: bytes) -> bool:
        return not digest and scope["method"] == "POST" and scope["path"] in self._keyless_posts

    def _known(self, digest: bytes) -> AuthenticatedUser | None:
        # Every key is compared, whichever matches, and without one too: the time taken tells nothing.
        matches = [user for known, user in self._callers if hmac.compare_digest(known, digest)]
        return matches[0] if matches else None


def _user(caller: CallerKey) -> AuthenticatedUser:
    scopes = [READ, WRITE] if caller.may_write else [READ]
    # The subject sets two keys of one name apart, without being the key.
    subject = digest_of(caller.key).hex()
    return AuthenticatedUser(AccessToken(token=caller.key, client_id=caller.name, scopes=scopes, subject=subject))
