"""Where reads run: a few threads for the whole process, and for each database the connections they borrow."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
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
        self._free = threads + waiting

    async def run(self, job: Callable[[], T]) -> T:
        """The job's result. Raises Overloaded at once when the bound is reached."""
        if self._free <= 0:
            raise Overloaded("Too many reads are waiting; try again shortly")
        self._free -= 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, job)
        future.add_done_callback(self._release)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await future
        except TimeoutError:
            raise StorageUnavailable("The read did not finish in time") from None

    def _release(self, _: asyncio.Future[T]) -> None:
        self._free += 1

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
            connection = self._idle.get_nowait()
        except Empty:
            connection = connect_reader(self._path)
        try:
            connection.execute("BEGIN")
            yield connection
        except sqlite3.OperationalError as error:
            raise StorageUnavailable("The database cannot be read at the moment") from error
        finally:
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
