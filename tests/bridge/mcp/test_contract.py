"""What we rely on in the SDK beyond its documentation; a failure here says what changed and what to look at."""

import re
from collections.abc import Callable
from importlib.metadata import requires
from inspect import getsource, signature
from typing import Any

import pytest
from mcp.server import _streamable_http_modern, sse, streamable_http
from mcp.server._otel import OpenTelemetryMiddleware
from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import ServerRunner
from mcp.server.streamable_http import StreamableHTTPServerTransport
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from bridge.mcp.channels import Channels
from bridge.mcp.streams import EventStreamResponse
from bridge.mcp.transports import without_idle_tracing
from tests.bridge.mcp.wire import INITIALIZE, LIST, next_event, opened
from tests.bridge.stand_in import Served

SOURCES = {
    "streamable_http": streamable_http.__loader__.get_source(streamable_http.__name__),  # type: ignore[union-attr]
    "sse": sse.__loader__.get_source(sse.__name__),  # type: ignore[union-attr]
}


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (StreamableHTTPSessionManager._admit_session, ["requestor"]),
        (StreamableHTTPSessionManager._handle_request, ["scope", "receive", "send"]),
        (StreamableHTTPSessionManager._handle_stateful_request, ["scope", "receive", "send"]),
        (
            StreamableHTTPSessionManager._handle_stateless_request,
            ["protocol_version_hint", "scope", "receive", "send"],
        ),
        (StreamableHTTPServerTransport._handle_post_request, ["scope", "request", "receive", "send"]),
        (
            StreamableHTTPServerTransport._create_error_response,
            ["error_message", "status_code", "error_code", "headers"],
        ),
        (StreamableHTTPServerTransport._replay_events, ["last_event_id", "request", "send"]),
        (StreamableHTTPServerTransport._create_event_data, ["event_message"]),
        (
            StreamableHTTPServerTransport._run_sse_writer,
            ["request_id", "sse_stream_writer", "request_stream_reader", "priming_event"],
        ),
        (StreamableHTTPServerTransport.terminate, []),
        (StreamableHTTPServerTransport.close_sse_stream, ["request_id"]),
    ],
)
def test_the_methods_that_we_override_or_call_are_as_they_were(
    method: Callable[..., Any], parameters: list[str]
) -> None:
    found = list(signature(method).parameters)[1:]
    assert found == parameters, (
        f"the SDK changed {method.__qualname__}({', '.join(parameters)}) to ({', '.join(found)}): "
        "adapt bridge/mcp/transports.py"
    )


def test_a_session_names_its_running_requests_in_the_table_that_we_read() -> None:
    assert "_request_streams" in vars(StreamableHTTPServerTransport(None)), (
        "the SDK's transport has no _request_streams any more: bridge/mcp/transports.py looks there for ids in use"
    )
    assert "request_id = str(message.id)" in str(SOURCES["streamable_http"]), (
        "the SDK names its requests in another way: adapt _request_name in bridge/mcp/transports.py"
    )


def test_the_manager_keeps_its_sessions_in_the_tables_that_we_fill() -> None:
    manager = vars(StreamableHTTPSessionManager(None))  # type: ignore[arg-type]
    for name, why in (
        ("_server_instances", "sessions are admitted and looked up there"),
        ("_session_owners", "the owners of sessions are written there"),
    ):
        assert name in manager, f"the SDK's session manager has no {name} any more: {why} by bridge/mcp/transports.py"


@pytest.mark.parametrize("module", [streamable_http, sse])
def test_the_sdk_answers_with_the_class_that_we_put_in_place(module: Any) -> None:
    assert module.EventSourceResponse is EventStreamResponse, (
        f"{module.__name__} does not take EventSourceResponse from its module any more: adapt bridge/mcp/transports.py"
    )
    source = SOURCES[module.__name__.rpartition(".")[2]]
    assert "EventSourceResponse(" in source, f"{module.__name__} does not answer with EventSourceResponse any more"


@pytest.mark.parametrize("module", [streamable_http, sse])
def test_the_messages_of_a_session_pass_through_our_channels(module: Any) -> None:
    assert isinstance(module.create_context_streams, Channels), (
        f"{module.__name__} does not take create_context_streams from its module: adapt bridge/mcp/transports.py"
    )
    source = str(SOURCES[module.__name__.rpartition(".")[2]])
    assert "create_context_streams[SessionMessage](0)" in source, (
        f"{module.__name__} makes its streams in another way: adapt bridge/mcp/channels.py"
    )


def test_a_runner_of_the_sdk_does_not_hold_itself() -> None:
    runner = ServerRunner[Any](Server("test"), Connection.from_envelope("2026-07-28", None, None), None)
    assert runner.on_request == runner._on_request
    assert runner.on_notify == runner._on_notify
    assert not any(
        callable(held) and held in (runner.on_request, runner.on_notify) for held in vars(runner).values()
    ), "the SDK keeps its runners in a cycle: adapt bridge/mcp/transports.py"


def test_the_sender_of_a_post_is_what_the_fast_way_of_writing_expects() -> None:
    assert "partial(\n                        self._run_sse_writer, request_id, sse_stream_writer," in str(
        SOURCES["streamable_http"]
    ), "the SDK hands over the sender of a POST's answer in another form: adapt EventStreamResponse"


async def test_events_are_stored_before_they_are_sent_and_priming_comes_first(served: Served) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        async with bridge.http.post("/mcp", json=LIST, headers=headers) as response:
            priming, answer = await next_event(response), await next_event(response)
        assert priming is not None
        assert answer is not None
        assert priming.message is None, "the SDK does not prime streams of 2025-11-25 any more: nothing can be resumed"
        assert priming.id != answer.id != "", "the SDK sends events without the ids that the store gave"
        async with bridge.http.get("/mcp", headers={**headers, "Last-Event-ID": priming.id}) as response:
            again = await next_event(response)
        assert again == answer, "what is resumed is not what was sent: see _replay_events and store_event"


async def test_a_session_is_admitted_by_our_override(served: Served) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        assert len(headers["Mcp-Session-Id"]) == 43, (
            "the SDK opens sessions without _admit_session: their ids are not sealed and their events not held"
        )
        assert await bridge.status("POST", "/mcp", json=INITIALIZE, headers=headers) == 200


def test_the_sdks_tracing_is_left_out_as_long_as_nobody_would_take_its_traces() -> None:
    server = Server("test")
    assert any(isinstance(each, OpenTelemetryMiddleware) for each in server.middleware), (
        "the SDK does not trace by itself any more: without_idle_tracing in bridge/mcp/transports.py can go"
    )
    assert without_idle_tracing(server).middleware == []


def test_another_minor_version_of_the_sdk_is_not_taken_unseen() -> None:
    (pin,) = [line for line in requires("memory-bridge") or () if re.match(r"mcp\b", line)]
    assert set(pin.removeprefix("mcp").split(",")) == {">=2.3", "<2.4"}, (
        "private parts of the SDK are touched: a wider range needs this file run against each version in it"
    )


def test_the_sdk_asks_the_server_for_the_schema_of_a_tool() -> None:
    assert "app.get_tool_input_schema" in str(getsource(_streamable_http_modern)), (
        "the SDK finds the schema of a called tool in another way, which may be to list all tools for every call"
    )
