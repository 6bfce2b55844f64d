"""The channels of a session: who waits for whom, and what is said when an end is closed."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest
from anyio import BrokenResourceError, ClosedResourceError, EndOfStream

from bridge.mcp.channels import Channels, Receiver, Sender

SENDER_NAME: ContextVar[str] = ContextVar("SENDER_NAME", default="nobody")

Ends = tuple[Sender[int], Receiver[int]]
Work = Coroutine[Any, Any, Any]


@pytest.fixture
def ends() -> Ends:
    sender, receiver = Channels()[int](0)
    return sender, receiver


async def begun(work: Work) -> asyncio.Task[Any]:
    """A task that has come to where it waits."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    return task


async def test_a_sender_waits_until_its_item_is_taken(ends: Ends) -> None:
    sender, receiver = ends
    sending = await begun(sender.send(1))
    assert not sending.done()
    assert await receiver.receive() == 1
    await sending


async def test_a_receiver_waits_for_an_item(ends: Ends) -> None:
    sender, receiver = ends
    receiving = await begun(receiver.receive())
    await sender.send(1)
    assert await receiving == 1


async def test_items_arrive_in_the_order_in_which_they_were_sent(ends: Ends) -> None:
    sender, receiver = ends
    receiving = await begun(receiver.receive())
    sending = [await begun(sender.send(number)) for number in range(5)]
    assert [await receiving, *[await receiver.receive() for _ in range(4)]] == [0, 1, 2, 3, 4]
    await asyncio.gather(*sending)


async def test_an_item_brings_the_context_of_its_sender(ends: Ends) -> None:
    sender, receiver = ends

    async def send(name: str) -> None:
        SENDER_NAME.set(name)
        await sender.send(1)

    for name in ("ada", "bob"):
        sending = await begun(send(name))
        await receiver.receive()
        assert receiver.last_context is not None
        assert receiver.last_context[SENDER_NAME] == name
        await sending


async def test_whoever_iterates_comes_to_an_end_when_the_sender_closes(ends: Ends) -> None:
    sender, receiver = ends

    async def all_items() -> list[int]:
        return [item async for item in receiver]

    receiving = await begun(all_items())
    async with sender:
        await sender.send(1)
        await sender.send(2)
    assert await receiving == [1, 2]


async def test_an_item_of_a_sender_that_gave_up_is_not_delivered(ends: Ends) -> None:
    sender, receiver = ends
    impatient, patient = await begun(sender.send(1)), await begun(sender.send(2))
    impatient.cancel()
    assert await receiver.receive() == 2
    await patient


async def test_a_receiver_that_gave_up_takes_no_item_with_it(ends: Ends) -> None:
    sender, receiver = ends
    impatient = await begun(receiver.receive())
    impatient.cancel()
    sending = await begun(sender.send(1))
    assert await receiver.receive() == 1
    await sending


Close = Callable[[Ends], None]
by_sender: Close = lambda ends: ends[0].close()  # noqa: E731
by_receiver: Close = lambda ends: ends[1].close()  # noqa: E731


@pytest.mark.parametrize("waiting", [False, True], ids=["afterwards", "while it waits"])
@pytest.mark.parametrize(
    ("work", "close", "error"),
    [
        (lambda ends: ends[0].send(1), by_sender, ClosedResourceError),
        (lambda ends: ends[0].send(1), by_receiver, BrokenResourceError),
        (lambda ends: ends[1].receive(), by_sender, EndOfStream),
        (lambda ends: ends[1].receive(), by_receiver, ClosedResourceError),
    ],
    ids=["sender, own end", "sender, other end", "receiver, other end", "receiver, own end"],
)
async def test_a_closed_end_is_told_as_anyio_tells_it(
    ends: Ends, work: Callable[[Ends], Work], close: Close, error: type[Exception], waiting: bool
) -> None:
    task = await begun(work(ends)) if waiting else None
    close(ends)
    async with asyncio.timeout(5):
        with pytest.raises(error):
            await (task or work(ends))
