"""Tells browsers on every answer that it is data: nothing to run, to frame, to guess at or to keep."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]
_HTTPS_FROM_NOW_ON = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """Adds those that the answer does not have; Strict-Transport-Security where the request came by https."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name for name, _ in headers}
                headers += [header for header in _HEADERS if header[0] not in there]
                if scope["scheme"] == "https":
                    headers.append(_HTTPS_FROM_NOW_ON)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, sending)
