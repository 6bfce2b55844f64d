"""Reads run on their threads for callers that wait, and end with them."""

import asyncio
from collections.abc import Callable
from threading import Event

import pytest

from memory_api.errors import StorageUnavailable
from memory_api.storage.sqlite.reader import ReaderThreads


class Held:
    """A read that holds its thread until it is let go."""

    def __init__(self) -> None:
        self.begun, self.free = Event(), Event()

    def __call__(self) -> str:
        self.begun.set()
        self.free.wait(5)
        return "read"


class Panic(BaseException):
    """What an extension raises that is no Exception."""


def failing() -> None:
    raise LookupError("not there")


def panicking() -> None:
    raise Panic


def noting(seen: list[str], name: str) -> Callable[[], None]:
    return lambda: seen.append(name)


async def test_a_read_gives_its_result_or_its_error_to_its_caller(threads: ReaderThreads) -> None:
    assert await threads.run(lambda: 7) == 7
    with pytest.raises(LookupError, match="not there"):
        await threads.run(failing)
    assert await threads.run(lambda: 8) == 8


async def test_no_failure_of_a_read_takes_its_thread_along(threads: ReaderThreads) -> None:
    for _ in range(10):
        with pytest.raises(Panic):
            await threads.run(panicking)
    assert await threads.run(lambda: 7) == 7


async def test_a_read_whose_caller_stops_waiting_is_never_begun() -> None:
    threads, held, seen = ReaderThreads(threads=1), Held(), list[str]()
    first = asyncio.create_task(threads.run(held))
    abandoned = asyncio.create_task(threads.run(noting(seen, "abandoned")))
    assert await asyncio.to_thread(held.begun.wait, 5)
    abandoned.cancel()
    held.free.set()
    assert await first == "read"
    await threads.run(noting(seen, "next"))
    assert seen == ["next"]
    await threads.close()


async def test_a_read_under_way_outlives_a_caller_that_stops_waiting(threads: ReaderThreads) -> None:
    held = Held()
    abandoned = asyncio.create_task(threads.run(held))
    assert await asyncio.to_thread(held.begun.wait, 5)
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    held.free.set()
    assert await threads.run(lambda: "next") == "next"


async def test_closing_waits_for_the_read_under_way_and_lets_the_others_go() -> None:
    threads, held = ReaderThreads(threads=1), Held()
    under_way, waiting = asyncio.create_task(threads.run(held)), asyncio.create_task(threads.run(held))
    assert await asyncio.to_thread(held.begun.wait, 5)
    closing = asyncio.create_task(threads.close())
    with pytest.raises(StorageUnavailable):
        await waiting
    assert not closing.done()
    held.free.set()
    await closing
    assert await under_way == "read"
    with pytest.raises(StorageUnavailable):
        await threads.run(held)
