"""Jobs of several owners, who take turns: who has queued a thousand waits for those, and nobody else does."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

from memory_api.errors import Overloaded

T = TypeVar("T")


class _Owner(Generic[T]):
    __slots__ = ("jobs", "running")

    def __init__(self) -> None:
        self.jobs: deque[T] = deque()
        self.running = 0


class Turns(Generic[T]):
    """Of each owner at most `running` jobs run and `waiting` wait. May be used from any thread."""

    def __init__(self, running: int, waiting: int) -> None:
        self._running = running
        self._waiting = waiting
        self._owners: OrderedDict[Hashable, _Owner[T]] = OrderedDict()
        self._lock = Lock()

    def put(self, owner: Hashable, job: T) -> None:
        """Raises Overloaded where too many of this owner's wait."""
        with self._lock:
            mine = self._owners.get(owner)
            if mine is None:
                mine = self._owners[owner] = _Owner()
            if len(mine.jobs) >= self._waiting + self._running - mine.running:
                raise Overloaded("Too many reads are waiting; try again shortly")
            mine.jobs.append(job)

    def take(self) -> tuple[Hashable, T] | None:
        """The next job and its owner, whose turn comes last from now on; None where nothing may run.

        Whoever takes one says `done` afterwards, and then takes again: a job that could not run before may do so now.
        """
        with self._lock:
            for owner, theirs in self._owners.items():
                if theirs.jobs and theirs.running < self._running:
                    theirs.running += 1
                    self._owners.move_to_end(owner)
                    return owner, theirs.jobs.popleft()
            return None

    def done(self, owner: Hashable) -> None:
        """One job of this owner has ended."""
        with self._lock:
            theirs = self._owners[owner]
            theirs.running -= 1
            if not theirs.running and not theirs.jobs:
                del self._owners[owner]

    def waiting(self, owner: Hashable) -> int:
        """How many jobs of this owner have not begun."""
        with self._lock:
            return len(self._owners[owner].jobs) if owner in self._owners else 0

    def drop(self) -> list[T]:
        """Takes every job that waits; those that run go on."""
        with self._lock:
            dropped = [job for theirs in self._owners.values() for job in theirs.jobs]
            for theirs in self._owners.values():
                theirs.jobs.clear()
            return dropped
