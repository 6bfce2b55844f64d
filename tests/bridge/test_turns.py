"""What can run at once, shared between callers: nobody holds up somebody else."""

import asyncio

import pytest

from bridge.turns import Turns


async def taken(turns: Turns, caller: str, count: int) -> None:
    for _ in range(count):
        assert await turns.take(caller)


async def settled() -> None:
    """Whoever can go on has done so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_caller_gets_half_and_the_next_one_finds_a_turn_free() -> None:
    turns = Turns(8, max_waiting=0)
    await taken(turns, "ada", 4)
    assert not await turns.take("ada")
    await taken(turns, "bob", 2)
    assert not await turns.take("bob")
    await taken(turns, "eve", 1)
    assert turns.running == 7


async def test_callers_who_wait_are_served_by_turns() -> None:
    turns = Turns(2)
    await taken(turns, "ada", 1)
    await taken(turns, "bob", 1)
    order: list[str] = []

    async def work(caller: str) -> None:
        assert await turns.take(caller)
        order.append(caller)
        turns.give_back(caller)

    tasks = [asyncio.create_task(work(caller)) for caller in ("ada", "ada", "ada", "bob", "eve")]
    await settled()
    assert (turns.waiting, order) == (5, [])
    turns.give_back("ada")
    turns.give_back("bob")
    await asyncio.gather(*tasks)
    assert sorted(order[:3]) == ["ada", "bob", "eve"]
    assert (turns.running, turns.waiting) == (0, 0)


async def test_a_full_queue_takes_no_more_of_one_caller_and_no_more_in_all() -> None:
    turns = Turns(1, max_waiting=3, max_waiting_each=2)
    await taken(turns, "ada", 1)
    waiting = [asyncio.create_task(turns.take(caller)) for caller in ("ada", "ada", "bob")]
    await settled()
    assert not await turns.take("ada")
    assert not await turns.take("eve")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert turns.waiting == 0


async def test_nobody_waits_longer_than_patience() -> None:
    turns = Turns(1, patience=0.01)
    await taken(turns, "ada", 1)
    assert not await turns.take("bob")
    assert turns.waiting == 0
    turns.give_back("ada")
    assert await turns.take("bob")


async def test_a_turn_that_comes_while_its_caller_leaves_goes_to_the_next() -> None:
    turns = Turns(1)
    await taken(turns, "ada", 1)
    leaving, staying = (asyncio.create_task(turns.take(caller)) for caller in ("bob", "eve"))
    await settled()
    turns.give_back("ada")
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying
    assert (turns.running, turns.waiting) == (1, 0)
