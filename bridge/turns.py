"""Shares what can run at once between callers, so that one who asks for much, or slowly, holds up nobody else."""

import asyncio
from collections import OrderedDict, deque


class Turns:
    """At most `total` at once; a caller may hold as many of them as are still free for others.

    One caller alone gets half, two get a third each, and whoever comes next finds one free. Those who have to wait are
    served by turns, caller after caller; up to `max_waiting` wait, `max_waiting_each` of one caller, for `patience`
    seconds at most.
    """

    def __init__(
        self, total: int, *, max_waiting: int = 256, max_waiting_each: int = 64, patience: float = 10.0
    ) -> None:
        self._total = total
        self._max_waiting = max_waiting
        self._max_waiting_each = max_waiting_each
        self._patience = patience
        self._held: dict[str, int] = {}
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.running = 0
        self.waiting = 0

    async def take(self, caller: str) -> bool:
        """Waits for a turn, which has to be given back. False where the queue is full or it took too long."""
        if caller not in self._queues and self._may_run(caller):
            self._start(caller)
            return True
        queue = self._queues.get(caller, ())
        if self.waiting >= self._max_waiting or len(queue) >= self._max_waiting_each:
            return False
        return await self._wait(caller)

    def give_back(self, caller: str) -> None:
        """The turn is over; the next one begins."""
        self.running -= 1
        self._held[caller] -= 1
        if not self._held[caller]:
            del self._held[caller]
        while self._queues and self._serve_one():
            pass

    def _may_run(self, caller: str) -> bool:
        return self._held.get(caller, 0) < self._total - self.running

    def _start(self, caller: str) -> None:
        self.running += 1
        self._held[caller] = self._held.get(caller, 0) + 1

    async def _wait(self, caller: str) -> bool:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(turn)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                # It came in the moment in which the caller gave up.
                self.give_back(caller)
            else:
                self._leave(caller, turn)
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def _serve_one(self) -> bool:
        caller = next((name for name in self._queues if self._may_run(name)), None)
        if caller is None:
            return False
        turn = self._queues[caller][0]
        self._leave(caller, turn)
        if not turn.done():
            self._start(caller)
            turn.set_result(None)
        if caller in self._queues:
            self._queues.move_to_end(caller)
        return True

    def _leave(self, caller: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(caller)
        if queue is not None and turn in queue:
            queue.remove(turn)
            self.waiting -= 1
            if not queue:
                del self._queues[caller]
