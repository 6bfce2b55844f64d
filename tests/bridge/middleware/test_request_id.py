"""Request ids, the one log line, and the last border against errors nobody expected."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from bridge.middleware.request_id import RequestId


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    scope["state"]["facts"]["tool"] = "recall_memory"
    await PlainTextResponse("fine")(scope, receive, send)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise ZeroDivisionError("the content of a memory")


async def broken_late(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ZeroDivisionError


@pytest.mark.parametrize("given", ["a", "Trace_1.2-3", "x" * 128])
def test_a_sane_request_id_is_kept(given: str) -> None:
    response = TestClient(RequestId(fine)).get("/", headers={"X-Request-Id": f" {given} "})
    assert response.headers.get_list("X-Request-Id") == [given]


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "<script>", "a\tb"])
def test_any_other_is_replaced(given: str) -> None:
    response = TestClient(RequestId(fine)).get("/", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"] != given
    assert len(response.headers["X-Request-Id"]) == 32


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({"Authorization": "Bearer p4ss"}, "/"),
        ({"Authorization": "Bearer  p4ss "}, "/"),
        ({"X-API-Key": "p4ss"}, "/"),
        ({"X-API-Token": "p4ss"}, "/"),
        ({"X-Admin-Token": "p4ss"}, "/"),
        ({"Mcp-Session-Id": "p4ss"}, "/"),
        ({}, "/?limit=1&api_key=p4ss"),
    ],
)
def test_a_key_that_somebody_has_put_there_too_is_replaced(headers: dict[str, str], url: str) -> None:
    with capture_logs() as lines:
        response = TestClient(RequestId(fine)).get(url, headers={**headers, "X-Request-Id": "p4ss"})
    assert "p4ss" not in str(response.headers)
    assert "p4ss" not in str(lines)


def test_one_line_a_request_without_the_query() -> None:
    with capture_logs() as lines:
        TestClient(RequestId(fine, paths={"/mcp"})).get("/mcp?api_key=p4ss", headers={"X-Request-Id": "r-1"})
    (line,) = lines
    assert (line["method"], line["path"], line["status"], line["bytes"]) == ("GET", "/mcp", 200, 4)
    assert line["tool"] == "recall_memory"
    assert line["ms"] >= 0
    assert "p4ss" not in str(line)


@pytest.mark.parametrize("path", ["/p4ss", "/mcp/p4ss", "/mcp/"])
def test_a_path_that_is_not_served_is_neither_logged_nor_counted(path: str) -> None:
    counted: list[str] = []
    app = RequestId(fine, ended=lambda _, path, *__: counted.append(path), paths={"/mcp"})
    with capture_logs() as lines:
        TestClient(app).get(path)
    assert [line["path"] for line in lines] == counted == ["other"]


def test_an_unexpected_error_becomes_an_answer_and_is_logged_once() -> None:
    with capture_logs() as lines:
        response = TestClient(RequestId(broken)).get("/")
    assert response.status_code == 500
    assert response.json() == {"error": "Internal server error"}
    assert response.headers["X-Request-Id"]
    assert [line["event"] for line in lines] == ["request failed", "request"]


def test_an_error_in_the_middle_of_an_answer_is_logged_too() -> None:
    with capture_logs() as lines:
        response = TestClient(RequestId(broken_late)).get("/")
    assert response.status_code == 200
    assert [line["event"] for line in lines] == ["request failed", "request"]
