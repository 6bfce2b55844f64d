"""What answers a request whose head cannot be read: in the envelope, and without repeating what it said."""

from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from memory_api.responses import error_answer

# A vector of a few thousand numbers in a URL, as the contract's GET /recall takes it.
MAX_LINE = 65_536


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
        response.force_close()
        return response


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


def keep_heads_private(app: web.Application) -> None:
    """Makes whatever serves this application answer so. aiohttp has no place of its own to say it."""
    make = app._make_handler

    def made(**arguments: Any) -> web.Server:
        server = make(**arguments)
        server.__class__ = _Server
        return server

    vars(app)["_make_handler"] = made
