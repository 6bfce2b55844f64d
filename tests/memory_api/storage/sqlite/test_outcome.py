"""What a thread found out reaches the loop that waits for it, and no other."""

import asyncio

import pytest

from memory_api.storage.sqlite.outcome import Outcome, tell


def outcome_for(loop: asyncio.AbstractEventLoop, result: object = None, error: Exception | None = None) -> Outcome:
    return Outcome(loop.create_future(), result, error)


async def test_results_and_errors_reach_their_callers() -> None:
    loop = asyncio.get_running_loop()
    good, bad = outcome_for(loop, "found"), outcome_for(loop, error=LookupError("not there"))
    await asyncio.to_thread(tell, [good, bad])
    assert await good.future == "found"
    with pytest.raises(LookupError, match="not there"):
        await bad.future


async def test_a_caller_that_has_stopped_waiting_and_a_loop_that_is_closed_disturb_nobody() -> None:
    loop, closed = asyncio.get_running_loop(), asyncio.new_event_loop()
    gone, late, good = outcome_for(loop), outcome_for(closed), outcome_for(loop, "found")
    gone.future.cancel()
    closed.close()
    await asyncio.to_thread(tell, [gone, late, good])
    assert await good.future == "found"
    assert gone.future.cancelled()
    assert not late.future.done()


async def test_each_of_two_loops_is_told_its_own() -> None:
    here = outcome_for(asyncio.get_running_loop(), "here")

    async def elsewhere() -> object:
        there = outcome_for(asyncio.get_running_loop(), "there")
        await asyncio.to_thread(tell, [here, there])
        return await there.future

    assert await asyncio.to_thread(asyncio.run, elsewhere()) == "there"
    assert await here.future == "here"
