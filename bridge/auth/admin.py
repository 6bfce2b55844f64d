"""The operator's own door: a token that opens what tells about the service, and no memory."""

import hmac

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.auth.presented import bearer, digest_of

_OWN_HEADER = b"x-admin-token"


class AdminOnly:
    """Lets through who shows `token` in X-Admin-Token or as a bearer. Where `token` is None nobody gets in."""

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        self._app = app
        self._digest = None if token is None else digest_of(token)

    def __repr__(self) -> str:
        return "AdminOnly()"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._digest is None:
            scope.setdefault("state", {})["refused"] = "admin"
            refusal = JSONResponse({"error": "Set ADMIN_API_TOKEN to use this"}, 403)
        elif not hmac.compare_digest(self._digest, digest_of(_shown(scope))):
            scope.setdefault("state", {})["refused"] = "key"
            message = "Missing or wrong admin token (use Authorization: Bearer or X-Admin-Token)"
            refusal = JSONResponse({"error": message}, 401, headers={"WWW-Authenticate": "Bearer"})
        else:
            await self._app(scope, receive, send)
            return
        await refusal(scope, receive, send)


def _shown(scope: Scope) -> str:
    sent = dict(reversed(scope["headers"]))
    own = sent.get(_OWN_HEADER, b"").strip()
    return (own or bearer(sent.get(b"authorization", b""))).decode("latin-1")
