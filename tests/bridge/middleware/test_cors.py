"""What a browser is told before and after a page calls."""

from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.middleware.cors import Cors


async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"error": "no"}, 401)(scope, receive, send)


CLIENT = TestClient(Cors(refusing))
PAGE = {"Origin": "https://app.example"}


def test_a_preflight_is_answered_without_a_key() -> None:
    headers = {**PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    response = CLIENT.options("/mcp", headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE"
    allowed = response.headers["Access-Control-Allow-Headers"].lower().split(", ")
    for name in (
        "authorization",
        "content-type",
        "mcp-session-id",
        "mcp-protocol-version",
        "last-event-id",
        "x-api-key",
    ):
        assert name in allowed
    assert "access-control-allow-credentials" not in response.headers


def test_a_page_may_read_a_refusal_and_the_id_of_its_session() -> None:
    response = CLIENT.post("/mcp", headers=PAGE)
    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert response.headers["Vary"] == "Origin"
    exposed = response.headers["Access-Control-Expose-Headers"]
    assert "Mcp-Session-Id" in exposed
    assert "WWW-Authenticate" in exposed


def test_options_that_are_no_preflight_go_on() -> None:
    assert CLIENT.options("/mcp", headers=PAGE).status_code == 401


def test_what_comes_from_no_page_is_left_as_it_is() -> None:
    assert "access-control-allow-origin" not in CLIENT.post("/mcp").headers
