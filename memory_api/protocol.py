"""HTTP/1.1 as aiohttp speaks it, but that no head is waited for without end, repeated, or made out of a tunnel.

What cannot be read is answered in the envelope.
"""

from typing import Any

from aiohttp import hdrs, web
from aiohttp.web_protocol import RequestHandler

from memory_api.responses import error_answer

# A vector of a few thousand numbers in a URL, as the contract's GET /recall takes it.
MAX_LINE = 65_536
# Longer than clients and proxies keep a connection that they do not use: what they send must not meet its end.
_HEAD_SECONDS = 75.0


class _Handler(RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """aiohttp's own text and its log quote the request, and with it whatever key stood there."""
        if status >= 500 or request.writer.output_size > 0:
            return super().handle_error(request, status, exc, message)
        response = error_answer(status, "The request line or a header cannot be read, or is too long")
        response.headers["X-Content-Type-Options"] = "nosniff"
        # aiohttp would name itself and Python, with their versions.
        response.headers["Server"] = "memory_api"
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Ends connections on which aiohttp would go on with what is no request, or is not worth it."""
        if request.method == hdrs.METH_CONNECT:
            # What follows is for whom the tunnel would lead to: aiohttp would take it for the next request.
            resp.force_close()
        if hdrs.CONTENT_ENCODING in request.headers and not request.content.is_eof():
            # aiohttp reads what is left of a body, and to throw it away would unpack it: 64 KB may hold 64 MB.
            self._lingering_time = 0.0
            resp.force_close()
        return await super().finish_response(request, resp, start_time)


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


def guard_heads(app: web.Application, *, seconds: float = _HEAD_SECONDS) -> None:
    """Makes whatever serves this application do so. aiohttp has no place of its own to say it.

    A connection ends that has not brought a whole head `seconds` after it began or was last answered.
    """
    make = app._make_handler

    def made(**arguments: Any) -> web.Server:
        server = make(**{**arguments, "keepalive_timeout": seconds})
        server.__class__ = _Server
        return server

    vars(app)["_make_handler"] = made
