"""What every answer tells browsers."""

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.middleware.security_headers import SecurityHeaders


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fine")(scope, receive, send)


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "max-age=60"}
    await PlainTextResponse("page", headers=headers)(scope, receive, send)


def test_an_answer_is_nothing_to_run_to_frame_to_guess_at_or_to_keep() -> None:
    headers = TestClient(SecurityHeaders(fine)).get("/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"


def test_what_an_answer_says_itself_stands() -> None:
    headers = TestClient(SecurityHeaders(page)).get("/").headers
    assert headers.get_list("Content-Security-Policy") == ["default-src 'self'"]
    assert headers.get_list("Cache-Control") == ["max-age=60"]


def test_https_is_to_be_kept_to_only_where_it_is_spoken() -> None:
    secure = TestClient(SecurityHeaders(fine), base_url="https://memory.example")
    assert secure.get("/").headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "strict-transport-security" not in TestClient(SecurityHeaders(fine)).get("/").headers
