"""Where reads run: a few threads for the whole process, and for each database the connections they borrow."""

import asyncio
import sqlite3
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, LifoQueue, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from memory_api.errors import StorageUnavailable
from memory_api.storage.sqlite.outcome import Outcome, tell
from memory_api.storage.sqlite.schema import connect_reader
from memory_api.storage.sqlite.turns import Turns

# More threads at work than processors only hand the interpreter's lock to and fro; so many may one tenant have.
_THREADS = 2
# And one more, which is there for the others while one tenant's long reads hold those.
_SPARE = 1
_WAITING = 256
_PATIENCE_SECONDS = 30.0

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class _Job(Outcome):
    read: Callable[[], Any]

    def run(self) -> None:
        """Does nothing where the caller has stopped waiting."""
        if self.future.cancelled():
            return
        try:
            self.result = self.read()
        except BaseException as error:  # noqa: BLE001 - whatever a read raises is its caller's
            self.error = error
        tell([self])


class ReaderThreads:
    """The threads on which every tenant's reads run, in turns; how many run and wait is bounded for each tenant.

    An executor would do, with two more futures, each with locks of its own, for every read: the way to a thread and
    back would cost 90 µs instead of 50, three times a recall.
    """

    def __init__(self, threads: int = _THREADS, waiting: int = _WAITING) -> None:
        """`threads` is how many one tenant may use."""
        self._turns: Turns[_Job] = Turns(threads, waiting)
        # True once for every job that has been put, False once for every thread that is to end.
        self._calls: SimpleQueue[bool] = SimpleQueue()
        self._closing = False
        self._threads = [Thread(target=self._run, name="reader", daemon=True) for _ in range(threads + _SPARE)]
        for thread in self._threads:
            thread.start()

    async def run(self, job: Callable[[], T], owner: Hashable = None) -> T:
        """The job's result. Raises Overloaded at once when the owner's bound is reached."""
        if self._closing:
            raise StorageUnavailable("The storage is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._turns.put(owner, _Job(future, read=job))
        self._calls.put(True)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await future
        except TimeoutError:
            raise StorageUnavailable("The read did not finish in time") from None

    def _run(self) -> None:
        while self._calls.get():
            self._take_turns()

    def _take_turns(self) -> None:
        while (turn := self._turns.take()) is not None:
            owner, job = turn
            try:
                job.run()
            finally:
                self._turns.done(owner)

    def waiting(self, owner: Hashable) -> int:
        """How many jobs of this owner have not begun."""
        return self._turns.waiting(owner)

    async def close(self) -> None:
        """Waits for the reads in progress, 30 s at most; those still waiting end with StorageUnavailable."""
        self._closing = True
        dropped = self._turns.drop()
        for job in dropped:
            job.error = StorageUnavailable("The storage is closed")
        tell(dropped)
        for _ in self._threads:
            self._calls.put(False)
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)


class ReadConnections:
    """Read-only connections to one database, opened as they are needed and kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._closed = False

    @contextmanager
    def borrow(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one read transaction, so that all its queries see the same state."""
        try:
            connection = self._take()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                self._give_back(connection)
        except sqlite3.Error as error:
            raise StorageUnavailable("The database cannot be read at the moment") from error

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return connect_reader(self._path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        self._idle.put(connection)
        if self._closed:
            self.close()

    def close(self) -> None:
        """Closes every connection, one that is still in use as soon as it is given back."""
        self._closed = True
        while not self._idle.empty():
            self._idle.get_nowait().close()
