"""JSON out: answers, the error envelope, and whose request it is."""

from typing import Any

from aiohttp import web
from pydantic_core import to_json

TENANT = web.RequestKey("tenant", str)


def answer(body: dict[str, Any], status: int = 200) -> web.Response:
    """A JSON response."""
    return web.Response(body=to_json(body), status=status, content_type="application/json")


def error_answer(status: int, message: str) -> web.Response:
    """The error envelope of the contract."""
    return answer({"status": "error", "code": status, "message": message}, status)
