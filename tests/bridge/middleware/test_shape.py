"""Requests that are refused by their size before anything else."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.middleware.shape import RequestShape


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fine")(scope, receive, send)


CLIENT = TestClient(RequestShape(fine, max_body_bytes=10, max_url_bytes=50))


def test_a_request_of_usual_size_passes() -> None:
    assert CLIENT.post("/mcp", content=b"x" * 10).status_code == 200


@pytest.mark.parametrize("path", ["/" + "x" * 51, "/mcp?q=" + "x" * 51])
def test_a_long_url_is_414(path: str) -> None:
    assert CLIENT.get(path).status_code == 414


def test_a_body_that_is_announced_as_too_large_is_413_unread() -> None:
    response = CLIENT.post("/mcp", content=b"x" * 11)
    assert (response.status_code, response.json()) == (413, {"error": "The request body is larger than 10 bytes"})


@pytest.mark.parametrize("length", ["-1", "many", "1" * 30])
def test_a_length_that_is_none_is_left_to_the_one_who_reads(length: str) -> None:
    assert CLIENT.get("/mcp", headers={"Content-Length": length}).status_code == 200
