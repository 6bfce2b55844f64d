"""What happens to requests while more is running than can be served."""

import asyncio

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bridge.middleware.overload import Overload
from bridge.turns import Turns


class Slow:
    """Answers when it may."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.states: list[object] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.states.append(scope["state"]["has_turn"] if "state" in scope else None)
        self.begun.set()
        if scope["path"] == "/broken":
            raise ZeroDivisionError
        await self.may_end.wait()
        await PlainTextResponse("done")(scope, receive, send)


async def test_a_post_without_a_turn_is_told_to_come_back() -> None:
    slow = Slow()
    app = Overload(slow, turns=Turns(2, max_waiting=0))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://bridge") as client:
        first = asyncio.create_task(client.post("/mcp"))
        await slow.begun.wait()
        refused = await client.post("/mcp")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        slow.may_end.set()
        assert (await first).status_code == 200
        assert (await client.post("/mcp")).status_code == 200
    assert slow.states == [True, True]


async def test_what_a_get_opens_takes_no_turn() -> None:
    slow = Slow()
    slow.may_end.set()
    turns = Turns(1, max_waiting=0)
    assert await turns.take("somebody")
    transport = httpx2.ASGITransport(Overload(slow, turns=turns))
    async with httpx2.AsyncClient(transport=transport, base_url="http://bridge") as client:
        assert (await client.get("/mcp")).status_code == 200


async def test_a_turn_is_given_back_after_an_error() -> None:
    turns = Turns(2)
    transport = httpx2.ASGITransport(Overload(Slow(), turns=turns))
    async with httpx2.AsyncClient(transport=transport, base_url="http://bridge") as client:
        with pytest.raises(ZeroDivisionError):
            await client.post("/broken")
    assert turns.running == 0
