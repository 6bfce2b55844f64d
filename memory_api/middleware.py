"""What every request passes: a log line and the errors' way out, the check of where it comes from, its key."""

import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from memory_api.errors import MemoryApiError, Overloaded, StartupError, Unauthorized
from memory_api.responses import TENANT, error_answer

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

log = structlog.get_logger("memory_api")


@web.middleware
async def report(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns errors into the contract's envelope, and writes the one log line of the request."""
    began = time.perf_counter()
    sent = request.headers.get("X-Request-Id", "").strip()
    request_id = sent if _SANE_ID.fullmatch(sent) else str(uuid.uuid4())
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        response = await _answered(request, handler)
        response.headers["X-Request-Id"] = request_id
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status,
            ms=round((time.perf_counter() - began) * 1000, 2),
            bytes=response.content_length or 0,
            tenant=request.get(TENANT),
        )
    return response


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except StartupError as error:
        log.error("a memory cannot be opened", error=str(error))  # noqa: TRY400 - one line tells the operator all
        return error_answer(503, "This memory cannot be opened; its operator finds the reason in the log")
    except MemoryApiError as error:
        if error.status >= 500:
            log.warning("failed", error=str(error), cause=repr(error.__cause__))
        response = error_answer(error.status, str(error))
        if isinstance(error, Overloaded):
            response.headers["Retry-After"] = str(error.retry_after)
        return response
    except web.HTTPException as error:
        response = error_answer(error.status, _http_message(error))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception:
        log.exception("unexpected error")
        return error_answer(500, "Internal server error")


def _http_message(error: web.HTTPException) -> str:
    return {
        404: "The requested URL was not found on the server.",
        405: "The method is not allowed for the requested URL.",
        413: "The request body is larger than 8 MiB.",
    }.get(error.status, error.reason)


class Keys:
    """The configured keys, as digests: looking one up takes the same time whether or not it is known."""

    def __init__(self, keys: list[tuple[str, str]]) -> None:
        """Pairs of tenant and key."""
        self._digests = [(tenant, hashlib.sha256(key.encode()).digest()) for tenant, key in keys]

    def __bool__(self) -> bool:
        return bool(self._digests)

    def tenant_of(self, key: str) -> str | None:
        """Whose key this is; None for a key nobody has."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        found = None
        for tenant, known in self._digests:
            if hmac.compare_digest(digest, known):
                found = tenant
        return found


def sent_key(request: web.Request) -> str:
    """The caller's key, empty where there is none: Authorization, then X-API-Key, then ?api_key; the first decides."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credential.strip()
    return request.headers.get("X-API-Key", "").strip() or request.query.get("api_key", "").strip()


def admit(keys: Keys, default_tenant: str) -> Middleware:
    """Lets a request in as the tenant its key belongs to; /health also without one, and then as nobody.

    Without any configured key the local user is the default tenant, and only requests that a page of another site
    cannot send are let in: those with a loopback Host, and with no Origin or a loopback one.
    """

    @web.middleware
    async def admitted(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not keys:
            refusal = _foreign(request)
            if refusal is not None:
                return refusal
            request[TENANT] = default_tenant
            return await handler(request)
        tenant = keys.tenant_of(sent_key(request))
        if tenant is not None:
            request[TENANT] = tenant
        elif request.path != "/health":
            raise Unauthorized
        return await handler(request)

    return admitted


def _foreign(request: web.Request) -> web.Response | None:
    if _host_name(f"//{request.host}") not in _LOOPBACK:
        return error_answer(421, "Host must be 127.0.0.1, localhost or [::1] while no key is configured")
    origin = request.headers.get("Origin")
    if origin is not None and _host_name(origin) not in _LOOPBACK:
        return error_answer(403, "Origin must be of this machine while no key is configured")
    return None


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
