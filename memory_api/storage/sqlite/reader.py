"""Where reads run: a few threads for the whole process, and for each database the connections they borrow."""

import asyncio
import sqlite3
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, TypeVar

from memory_api.errors import StorageUnavailable
from memory_api.storage.sqlite.schema import connect_reader
from memory_api.storage.sqlite.turns import Turns

# More threads at work than processors only hand the interpreter's lock to and fro; so many may one tenant have.
_THREADS = 2
# And one more, which is there for the others while one tenant's long reads hold those.
_SPARE = 1
_WAITING = 256
_PATIENCE_SECONDS = 30.0

T = TypeVar("T")


class _Job:
    """A read that waits for a thread, and the future that its caller waits for."""

    __slots__ = ("_future", "_read")

    def __init__(self, read: Callable[[], Any], future: "Future[Any]") -> None:
        self._read = read
        self._future = future

    def run(self) -> None:
        """Does nothing where the caller has stopped waiting."""
        if self._future.set_running_or_notify_cancel():
            try:
                self._future.set_result(self._read())
            except BaseException as error:  # noqa: BLE001 - whatever a read raises is its caller's
                self._future.set_exception(error)

    def cancel(self) -> None:
        """Lets the caller go."""
        self._future.cancel()


class ReaderThreads:
    """The threads on which every tenant's reads run, in turns; how many run and wait is bounded for each tenant."""

    def __init__(self, threads: int = _THREADS, waiting: int = _WAITING) -> None:
        """`threads` is how many one tenant may use."""
        self._executor = ThreadPoolExecutor(threads + _SPARE, thread_name_prefix="reader")
        self._turns: Turns[_Job] = Turns(threads, waiting)

    async def run(self, job: Callable[[], T], owner: Hashable = None) -> T:
        """The job's result. Raises Overloaded at once when the owner's bound is reached."""
        future: Future[T] = Future()
        self._turns.put(owner, _Job(job, future))
        self._executor.submit(self._work)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise StorageUnavailable("The read did not finish in time") from None

    def _work(self) -> None:
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
        """Waits for the reads in progress; those still waiting are dropped."""
        for job in self._turns.drop():
            job.cancel()
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)


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
