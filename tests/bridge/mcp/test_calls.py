"""Calls that are under way when the server stops, and those that their caller gives up."""

import asyncio

import pytest

from bridge.errors import Stopping
from bridge.mcp.calls import RunningCalls


async def forever() -> None:
    await asyncio.Event().wait()


async def begun(calls: RunningCalls) -> "asyncio.Task[None]":
    task = asyncio.create_task(calls.run(forever()))
    await asyncio.sleep(0)
    return task


async def test_a_call_gives_what_it_gives() -> None:
    assert await RunningCalls().run(asyncio.sleep(0, "result")) == "result"


async def test_a_call_that_was_given_up_says_so_and_its_task_goes_on() -> None:
    calls = RunningCalls()

    async def answering() -> str:
        try:
            await calls.run(forever())
        except Stopping as error:
            await asyncio.sleep(0)
            return str(error)
        return ""

    task = asyncio.create_task(answering())
    await asyncio.sleep(0)
    calls.give_up()
    calls.give_up()
    assert "being stopped" in await task
    assert task.cancelling() == 0


async def test_a_call_that_its_caller_cancels_is_cancelled() -> None:
    calls = RunningCalls()
    task = await begun(calls)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    calls.give_up()


async def test_it_is_settled_when_the_last_call_has_ended() -> None:
    calls = RunningCalls()
    first, second = await begun(calls), await begun(calls)
    settled = asyncio.create_task(calls.settled())
    first.cancel()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await asyncio.shield(settled)
    second.cancel()
    async with asyncio.timeout(5):
        await settled
