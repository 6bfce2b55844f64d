"""Clients that offer HTTP/2 or another protocol beside their request, as those of Java and curl do."""

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tests.bridge.test_protocol import answer, connected

OFFERS = {
    "http/2": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
    "websocket": b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    names = " ".join(sorted(name for name in request.headers if name in ("host", "upgrade", "connection")))
    await PlainTextResponse(f"{request.method} {names} {len(await request.body())}")(scope, receive, send)


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
@pytest.mark.parametrize("size", [0, 1, 5_000, 500_000])
async def test_an_offer_is_passed_over_and_the_request_answered(offer: bytes, size: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\n" + offer + b"Content-Length: %d\r\n\r\n" % size
    async with connected(app=echo) as (reader, writer):
        for _ in range(3):
            writer.write(head)
            await writer.drain()
            writer.write(b"x" * size)
            assert await answer(reader) == b"HTTP/1.1 200 OK POST host %d" % size


async def test_it_may_arrive_in_any_pieces() -> None:
    request = (
        b"POST / HTTP/1.1\r\nHost: x\r\n"
        + OFFERS["http/2"]
        + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    async with connected(app=echo) as (reader, writer):
        for at in range(0, len(request), 7):
            writer.write(request[at : at + 7])
            await writer.drain()
        assert await answer(reader) == b"HTTP/1.1 200 OK POST host 3"


async def test_many_in_one_go_are_all_answered() -> None:
    async with connected(app=echo) as (reader, writer):
        writer.write((b"GET / HTTP/1.1\r\nHost: x\r\n" + OFFERS["http/2"] + b"\r\n") * 300)
        for _ in range(300):
            assert await answer(reader) == b"HTTP/1.1 200 OK GET host 0"


async def test_whoever_wants_the_connection_closed_as_well_gets_that() -> None:
    async with connected(app=echo) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n")
        assert (await reader.read()).endswith(b"GET connection host 0")


async def test_a_tunnel_is_refused() -> None:
    async with connected(app=echo) as (reader, writer):
        writer.write(b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")


def test_contract_uvicorn_keeps_a_head_where_we_read_it_again() -> None:
    base = HttpToolsProtocol
    for name in ("_unset_keepalive_if_required", "send_400_response", "on_headers_complete", "on_message_complete"):
        assert name in vars(base), f"uvicorn's {base.__name__} has no {name} any more: adapt bridge/upgrades.py"
