"""CORS: lets pages of the origins that the operator has named call the service from a browser."""

from collections.abc import Iterable

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST"
_HEADERS = "Authorization, Content-Type, X-API-Key, X-Request-Id"
_EXPOSED = "Retry-After, X-Request-Id"
_REMEMBERED_SECONDS = "600"


def cors(origins: Iterable[str]) -> Middleware:
    """Answers preflights, which carry no key, and marks every answer to one of these origins; `*` is every origin.

    No cookie and no other credential of the browser's own is ever allowed: a page must know a key.
    """
    allowed = frozenset(origins)

    @web.middleware
    async def marked(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or not ({origin, "*"} & allowed):
            response = await handler(request)
            response.headers.add(hdrs.VARY, hdrs.ORIGIN)
            return response
        is_preflight = request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
        response = _preflight() if is_preflight else await handler(request)
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*" if "*" in allowed else origin
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED
        response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        return response

    return marked


def _preflight() -> web.Response:
    return web.Response(
        status=204,
        headers={
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: _METHODS,
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _HEADERS,
            hdrs.ACCESS_CONTROL_MAX_AGE: _REMEMBERED_SECONDS,
        },
    )
