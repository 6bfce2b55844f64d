"""Log lines: JSON or for a terminal, ours and the libraries' alike."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bridge import log
from bridge.mcp.sessions import SessionIds


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, filters, level = root.handlers[:], root.filters[:], root.level
    yield
    root.handlers[:], root.filters[:] = handlers, filters
    root.setLevel(level)
    structlog.reset_defaults()


def configured(level: str = "info", style: str = "json") -> io.StringIO:
    stream = io.StringIO()
    log.configure(level, style, stream)  # type: ignore[arg-type]
    return stream


def test_json_lines_carry_the_event_its_facts_and_the_request_id() -> None:
    stream = configured()
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.stdlib.get_logger("bridge.test").info("it happened", count=2, who="Zoë")
    line = json.loads(stream.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "it happened",
        "count": 2,
        "who": "Zoë",
        "request_id": "r-1",
        "level": "info",
        "logger": "bridge.test",
    }


def test_what_json_cannot_say_is_written_as_python_would() -> None:
    stream = configured()
    structlog.stdlib.get_logger("x").info("y", folder=Path("/data"))
    assert "/data" in json.loads(stream.getvalue())["folder"]


def test_errors_of_libraries_take_the_same_form() -> None:
    stream = configured()
    try:
        raise ZeroDivisionError("by nought")
    except ZeroDivisionError:
        logging.getLogger("uvicorn.error").exception("Exception in %s application", "ASGI")
    line = json.loads(stream.getvalue())
    assert line["event"] == "Exception in ASGI application"
    assert line["level"] == "error"
    assert "ZeroDivisionError: by nought" in line["exception"]


def test_the_auto_style_is_json_where_there_is_no_terminal() -> None:
    stream = configured(style="auto")
    structlog.stdlib.get_logger("x").info("y")
    assert json.loads(stream.getvalue())["event"] == "y"


def test_the_console_style_is_plain_lines_with_tracebacks() -> None:
    stream = configured(style="console")
    secret = "content of a memory"
    try:
        raise ZeroDivisionError("by nought")
    except ZeroDivisionError:
        structlog.stdlib.get_logger("x").exception("failed", tool="recall_memory")
    assert "failed" in stream.getvalue()
    assert "ZeroDivisionError: by nought" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_what_is_below_the_level_is_left_out() -> None:
    stream = configured(level="warning")
    structlog.stdlib.get_logger("x").info("quiet")
    structlog.stdlib.get_logger("x").warning("loud")
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()


def test_libraries_do_not_log_bodies_or_requests_even_when_debugging() -> None:
    stream = configured(level="debug")
    logging.getLogger("mcp.server.sse").error("Failed to parse message")
    logging.getLogger("mcp.server.lowlevel.server").debug("Received JSON")
    logging.getLogger("uvicorn.access").info("GET /mcp?api_key=p4ss")
    assert stream.getvalue() == ""


def test_ids_of_streams_are_not_logged_by_the_root_either() -> None:
    stream = configured(level="debug")
    logging.getLogger().debug("Client session disconnected 97fb82b9-eb30-4f75-b483-f59c99cd5054")
    assert json.loads(stream.getvalue())["event"] == "Client session disconnected [session]"


def test_ids_of_sessions_are_not_logged_whatever_happens_to_them() -> None:
    stream = configured(level="debug")
    session_id = SessionIds(b"secret").issue("ada")
    manager = logging.getLogger("mcp.server.streamable_http_manager")
    manager.info("Created new transport with session ID: %s", session_id)
    manager.warning("Rejecting request for session %s: credential does not match", session_id)
    try:
        raise ZeroDivisionError("by nought")
    except ZeroDivisionError:
        manager.exception(f"Session {session_id} crashed")
    assert session_id not in stream.getvalue()
    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == [
        "Rejecting request for session [session]: credential does not match",
        "Session [session] crashed",
    ]
