"""Heads: how long one is waited for, what a refusal tells of the service, and where a request ends."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from memory_api.protocol import guard_heads
from tests.memory_api.conftest import StartApi

_PATIENCE = 10.0
_SHORT = 0.2
# How long aiohttp reads what is left of a body.
_LINGERING_SECONDS = 10.0


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = url.removeprefix("http://").rstrip("/").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(_PATIENCE):
            yield reader, writer
    finally:
        writer.close()


@asynccontextmanager
async def impatient() -> AsyncIterator[str]:
    """The address of a service that waits for heads as memory_api does, but for less long."""

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    guard_heads(app, seconds=_SHORT)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_a_connection_that_says_nothing_is_ended() -> None:
    async with impatient() as url, connected(url) as (reader, _):
        assert await reader.read() == b""


async def test_a_head_that_never_ends_is_ended_though_it_goes_on_and_on() -> None:
    async with impatient() as url, connected(url) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n")
        ending = asyncio.create_task(reader.read())
        while not ending.done():
            writer.write(b"X-Slow: a\r\n")
            await asyncio.wait([ending], timeout=_SHORT / 10)
        assert ending.exception() or ending.result() == b""


async def test_a_second_head_is_not_waited_for_longer_than_the_first() -> None:
    async with impatient() as url, connected(url) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET /")
        assert await reader.read() == b""


async def test_a_refused_head_is_told_no_version_of_what_serves_it(start_api: StartApi) -> None:
    api = await start_api()
    async with connected(str(api.client.make_url("/"))) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nno header\r\n\r\n")
        answer = (await reader.read()).decode()
    assert answer.startswith("HTTP/1.0 400")
    assert "Server: memory_api\r\n" in answer
    assert "aiohttp" not in answer


async def test_what_follows_a_connect_is_no_request(start_api: StartApi) -> None:
    api = await start_api()
    inside = b'POST /memory HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18\r\n\r\n{"content": "hid"}'
    head = f"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(inside)}\r\n\r\n"
    async with connected(str(api.client.make_url("/"))) as (reader, writer):
        writer.write(head.encode() + inside)
        answer = (await reader.read()).decode()
    assert answer.count("HTTP/1.1 ") == 1
    assert "stored_at" not in answer
    assert await api.count() == 0


async def test_a_packed_body_that_is_refused_is_not_unpacked_to_be_thrown_away(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="right-key-1-of-20-characters")
    head = "POST /memory HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 5000\r\n\r\n"
    async with connected(str(api.client.make_url("/"))) as (reader, writer):
        writer.write(head.encode() + gzip.compress(b"x"))
        # Whoever unpacks the rest waits for it first.
        async with asyncio.timeout(_LINGERING_SECONDS / 2):
            answer = (await reader.read()).decode()
    assert answer.startswith("HTTP/1.1 401")
    assert "Connection: close\r\n" in answer


async def test_a_refused_body_that_is_not_packed_may_still_come_so_that_the_answer_is_heard(
    start_api: StartApi,
) -> None:
    api = await start_api(automem_api_token="right-key-1-of-20-characters")
    asked = b"POST /memory HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    async with connected(str(api.client.make_url("/"))) as (reader, writer):
        for _ in range(2):
            writer.write(asked + b"x" * 50)
            assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 401")
            writer.write(b"x" * 50)
