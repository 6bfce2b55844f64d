"""Heads of requests: how large they may be and how long they may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from inspect import getsource

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from bridge.middleware.body_limit import BodyLimit
from bridge.protocol import BoundedProtocol
from bridge.sockets import listen

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Impatient(BoundedProtocol):
    """Waits less."""

    max_head_seconds = 0.2
    max_rest_seconds = 0.2


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(f"hello {len(scope['headers'])}")(scope, receive, send)


async def slow_hello(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.sleep(2 * Impatient.max_rest_seconds)
    await hello(scope, receive, send)


@asynccontextmanager
async def connected(protocol: type[BoundedProtocol] = BoundedProtocol, app: ASGIApp = hello) -> AsyncIterator[Streams]:
    """A connection to a server of that protocol."""
    config = uvicorn.Config(
        app, http=protocol, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    with listen("127.0.0.1", 0, "PORT") as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        try:
            async with asyncio.timeout(10):
                yield reader, writer
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            server.should_exit = True
            await serving


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return head.partition(b"\r\n")[0] + b" " + await reader.readexactly(length)


async def test_requests_on_one_connection_are_answered_one_after_the_other() -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    async with connected(Impatient) as (reader, writer):
        for _ in range(3):
            writer.write(request)
            assert await answer(reader) == b"HTTP/1.1 200 OK hello 2"
        writer.write(request * 2)
        assert await answer(reader) == await answer(reader) == b"HTTP/1.1 200 OK hello 2"


async def test_the_first_request_of_a_pipeline_hears_too_that_its_client_has_gone() -> None:
    begun, gone = asyncio.Event(), asyncio.Event()

    async def patient(_: Scope, receive: Receive, __: Send) -> None:
        await receive()
        begun.set()
        assert (await receive())["type"] == "http.disconnect"
        gone.set()

    async with connected(app=patient) as (_, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        await begun.wait()
        writer.close()
        await gone.wait()


async def test_what_is_answered_to_a_pipeline_after_its_client_has_gone_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, gone, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        begun.set()
        await gone.wait()
        # Once its turn has come round again the server has seen the end of the connection.
        await receive()
        try:
            await hello(scope, receive, send)
        finally:
            ended.set()

    async with connected(app=late) as (_, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        await begun.wait()
        writer.transport.abort()
        gone.set()
        await ended.wait()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "endless", [b"X-More: and more\r\n" * 64, b"x" * 1_024], ids=["many headers", "one endless header"]
)
async def test_a_head_without_end_is_refused_before_it_takes_memory(endless: bytes) -> None:
    async with connected() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
        sent = 0
        with suppress(ConnectionError):
            while sent < 64 * 1024 * 1024 and not reader.at_eof():
                writer.write(endless)
                await writer.drain()
                sent += len(endless)
        assert sent < 16 * 1024 * 1024
        with suppress(ConnectionError):
            assert (await reader.read()).startswith(b"HTTP/1.1 431 ")


async def test_an_address_without_end_is_refused_too() -> None:
    async with connected() as (reader, writer):
        writer.write(b"GET /" + b"x" * 70_000)
        assert (await reader.read()).startswith(b"HTTP/1.1 431 ")


async def test_a_large_head_within_the_bound_is_taken() -> None:
    async with connected() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
        for _ in range(30):
            writer.write(b"x" * 2_000)
            await writer.drain()
        writer.write(b"\r\n\r\n")
        assert await answer(reader) == b"HTTP/1.1 200 OK hello 2"


@pytest.mark.parametrize("beginning", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_a_head_that_does_not_arrive_is_not_waited_for(beginning: bytes) -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(beginning)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_the_second_request_of_a_connection_is_not_waited_for_longer_than_the_first() -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await answer(reader) == b"HTTP/1.1 200 OK hello 1"
        writer.write(b"GET / HT")
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_between_two_requests_is_not_hurried() -> None:
    async with connected(Impatient) as (reader, writer):
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await answer(reader) == b"HTTP/1.1 200 OK hello 1"
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(2 * Impatient.max_head_seconds):
                    await reader.read(1)


@pytest.mark.parametrize(
    ("head", "dribble"),
    [(b"Content-Length: 1000\r\n\r\n", b"x"), (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")],
)
async def test_who_goes_on_with_a_request_that_was_answered_is_cut_off(head: bytes, dribble: bytes) -> None:
    async with connected(Impatient) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + head)
        assert await answer(reader) == b"HTTP/1.1 200 OK hello 2"
        with suppress(ConnectionError):
            assert await dribbling(reader, writer, dribble) == b""


async def dribbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dribble: bytes) -> bytes:
    """Sends a bit again and again until the other side closes; what that sends meanwhile."""
    answered = bytearray()
    with suppress(ConnectionError):
        while not reader.at_eof():
            writer.write(dribble)
            await writer.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    answered += await reader.read(1_000)
    return bytes(answered)


async def test_a_body_that_dribbles_is_answered_once_and_the_connection_closed() -> None:
    app = BodyLimit(hello, max_bytes=1_000_000, seconds=0.2)
    async with connected(app=app) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        answered = await dribbling(reader, writer, b"x")
        assert answered.startswith(b"HTTP/1.1 408 ")
        assert b"\r\nconnection: close\r\n" in answered.lower()


async def test_a_request_that_ends_after_its_answer_leaves_the_connection_as_it_was() -> None:
    async with connected(Impatient) as (reader, writer):
        for _ in range(3):
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx")
            assert await answer(reader) == b"HTTP/1.1 200 OK hello 2"
            writer.write(b"x")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2 * Impatient.max_rest_seconds):
                await reader.read(1)


async def test_an_answer_that_takes_long_is_not_cut_off() -> None:
    async with connected(Impatient, slow_hello) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nx")
        assert await answer(reader) == b"HTTP/1.1 200 OK hello 2"


async def test_contract_uvicorn_tells_the_protocol_what_it_needs_to_know() -> None:
    base = HttpToolsProtocol
    for name in (
        "connection_made",
        "data_received",
        "on_message_begin",
        "on_headers_complete",
        "on_message_complete",
        "on_response_complete",
        "timeout_keep_alive_handler",
        "shutdown",
        "connection_lost",
    ):
        assert name in vars(base), f"uvicorn's {base.__name__} has no {name} any more: adapt bridge/protocol.py"
    for name in ("more_body", "response_started", "response_complete"):
        assert name in getsource(RequestResponseCycle.__init__), (
            f"uvicorn does not note {name} of a request any more: adapt bridge/protocol.py"
        )
    for name in ("cycle", "pipeline", "timeout_keep_alive", "timeout_keep_alive_task"):
        assert f"self.{name}" in getsource(vars(base)["__init__"]), (
            f"uvicorn's {base.__name__} has no {name} any more: adapt bridge/protocol.py"
        )
