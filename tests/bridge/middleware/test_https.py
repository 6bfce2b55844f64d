"""Plain HTTP is refused where https is required."""

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.middleware.https import RequireHTTPS


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fine")(scope, receive, send)


APP = RequireHTTPS(fine, open_paths=frozenset({"/health"}))


def test_https_passes() -> None:
    assert TestClient(APP, base_url="https://memory.example").get("/mcp").status_code == 200


def test_plain_http_is_refused_and_not_redirected() -> None:
    response = TestClient(APP).get("/mcp", follow_redirects=False)
    assert (response.status_code, response.json()) == (403, {"error": "Only https is served here"})


def test_a_platform_may_probe_without_it() -> None:
    assert TestClient(APP).get("/health").status_code == 200
