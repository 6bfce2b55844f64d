"""Where reads run: a few threads for the whole process, and for each database the connections they borrow."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from threading import Semaphore
from typing import TypeVar

from memory_api.errors import Overloaded, StorageUnavailable
from memory_api.storage.sqlite.schema import connect_reader

# More threads than processors only hand the interpreter's lock to and fro.
_THREADS = 2
_WAITING = 256
_PATIENCE_SECONDS = 30.0

T = TypeVar("T")


class ReaderThreads:
    """The threads on which every tenant's reads run, behind a bound on how many may wait."""

    def __init__(self, threads: int = _THREADS, waiting: int = _WAITING) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="reader")
        self._places = Semaphore(threads + waiting)

    async def run(self, job: Callable[[], T]) -> T:
        """The job's result. Raises Overloaded at once when the bound is reached."""
        if not self._places.acquire(blocking=False):
            raise Overloaded("Too many reads are waiting; try again shortly")
        future = self._executor.submit(job)
        # A place is free again when the thread is, not when the caller has stopped waiting.
        future.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise StorageUnavailable("The read did not finish in time") from None

    async def close(self) -> None:
        """Waits for the reads in progress; those still waiting are dropped."""
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
