"""Every error's way out: the envelope of the contract, and nothing of what went on inside."""

import math

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from memory_api.errors import MemoryApiError, StartupError
from memory_api.responses import error_answer

log = structlog.get_logger("memory_api")


@web.middleware
async def envelope(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers whatever is raised further in."""
    try:
        return await handler(request)
    except StartupError as error:
        log.error("a memory cannot be opened", error=str(error))  # noqa: TRY400 - one line tells the operator all
        return error_answer(503, "This memory cannot be opened; its operator finds the reason in the log")
    except MemoryApiError as error:
        return _refusal(error)
    except web.HTTPException as error:
        response = error_answer(error.status, _http_message(error))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception:
        log.exception("unexpected error")
        return error_answer(500, "Internal server error")


def _refusal(error: MemoryApiError) -> web.Response:
    if error.status >= 500:
        log.warning("failed", error=str(error), cause=repr(error.__cause__))
    response = error_answer(error.status, str(error))
    if error.retry_after:
        response.headers["Retry-After"] = str(math.ceil(error.retry_after))
    return response


def _http_message(error: web.HTTPException) -> str:
    return {
        404: "The requested URL was not found on the server.",
        405: "The method is not allowed for the requested URL.",
        413: "The request body is larger than 8 MiB.",
    }.get(error.status, error.reason)
