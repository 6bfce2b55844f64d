"""The shortcut to the busiest path."""

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from bridge.middleware.shortcut import Shortcut


def test_one_path_goes_straight_to_its_endpoint_and_every_other_one_on() -> None:
    app = Shortcut(PlainTextResponse("on"), path="/mcp", endpoint=PlainTextResponse("straight"))
    client = TestClient(app)
    answers = {path: client.post(path).text for path in ("/mcp", "/mcp/", "/mcp/sse", "/")}
    assert client.get("/mcp?x=1").text == "straight"
    assert answers == {"/mcp": "straight", "/mcp/": "on", "/mcp/sse": "on", "/": "on"}
