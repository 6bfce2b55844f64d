"""The tool calls that are under way, so that a server that stops can wait for them, and answer those that take long."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from bridge.errors import Stopping

T = TypeVar("T")

_SETTLED_SECONDS = 0.1


class RunningCalls:
    """Each call runs in a task of its own, through `run`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._given_up: set[asyncio.Task[object]] = set()

    async def run(self, call: Awaitable[T]) -> T:
        """What the call gives. Raises Stopping where it was given up."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a call runs outside of a task")
        self._tasks.add(task)
        try:
            return await call
        except asyncio.CancelledError:
            if task not in self._given_up:
                raise
            task.uncancel()
            raise Stopping from None
        finally:
            self._tasks.discard(task)
            self._given_up.discard(task)

    def give_up(self) -> None:
        """Ends what is under way. What was asked of the memory service may be carried out all the same."""
        for task in self._tasks - self._given_up:
            self._given_up.add(task)
            task.cancel()

    async def settled(self) -> None:
        """Waits until none is under way; what has just come in has begun by then, and what was answered is sent."""
        await asyncio.sleep(_SETTLED_SECONDS)
        while self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.ALL_COMPLETED)
            await asyncio.sleep(_SETTLED_SECONDS)
