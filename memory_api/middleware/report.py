"""The outermost: gives every request its id, writes its one log line and counts it; guards every answer."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from memory_api.middleware.patterns import method_of, pattern_of
from memory_api.responses import TENANT

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
# Nothing here is a page, and nobody on the way may keep it.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Server": "memory_api",
    "X-Content-Type-Options": "nosniff",
}

# Method, route, status, seconds.
Observer = Callable[[str, str, int, float], None]

log = structlog.get_logger("memory_api")


def report(observe: Observer, is_secret: Callable[[web.Request, str], bool]) -> Middleware:
    """What is logged and counted names the route, never the path: a path holds whatever a caller wrote into it.

    A caller's X-Request-Id is kept unless `is_secret` says that somebody has put a key there.
    """

    @web.middleware
    async def reported(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        sent = request.headers.get("X-Request-Id", "").strip()
        request_id = sent if _SANE_ID.fullmatch(sent) and not is_secret(request, sent) else str(uuid.uuid4())
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = await handler(request)
            response.headers.update(_HEADERS)
            response.headers["X-Request-Id"] = request_id
            seconds = time.perf_counter() - began
            method, route = method_of(request), pattern_of(request)
            observe(method, route, response.status, seconds)
            log.info(
                "request",
                method=method,
                route=route,
                status=response.status,
                ms=round(seconds * 1000, 2),
                bytes=response.content_length or 0,
                tenant=request.get(TENANT),
            )
        return response

    return reported
