"""The one thread that writes a database: it gathers waiting operations into one transaction and one fsync.

Each operation runs in a savepoint of its own, so one that fails is undone alone. The caller hears of success only after
COMMIT, when the index in RAM has been brought up to date as well.
"""

import asyncio
import queue
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

from memory_api.errors import Overloaded, StorageUnavailable
from memory_api.storage.sqlite.centring import learn
from memory_api.storage.sqlite.codes import CodeIndex
from memory_api.storage.sqlite.mutations import IndexChanges, Write
from memory_api.storage.sqlite.outcome import Outcome, tell

_WAITING = 256
_GATHERED = 256
_TOUCHED = 10_000
_IDLE_SECONDS = 2.0
_PATIENCE_SECONDS = 30.0

Operation = Callable[[Write], Any]


@dataclass(slots=True, kw_only=True)
class _Job(Outcome):
    operation: Operation
    changes: IndexChanges = field(default_factory=IndexChanges)


class Writer:
    """Owns the writing connection from construction to close."""

    def __init__(self, connection: sqlite3.Connection, index: CodeIndex) -> None:
        self._connection = connection
        self._index = index
        self._jobs: queue.Queue[_Job | None] = queue.Queue(_WAITING)
        self._touched: dict[str, str] = {}
        self._touched_lock = Lock()
        self._closing = False
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def run(self, operation: Operation) -> Any:
        """The operation's result, once it is durable. A caller that stops waiting does not undo it."""
        if self._closing:
            raise StorageUnavailable("The storage is closed")
        job = _Job(asyncio.get_running_loop().create_future(), operation=operation)
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise Overloaded("Too many writes are waiting; try again shortly") from None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await job.future
        except TimeoutError:
            raise StorageUnavailable("The write did not finish in time; it may still happen") from None

    @property
    def waiting(self) -> int:
        """How many operations have not begun."""
        return self._jobs.qsize()

    def touch(self, ids: list[str], instant: str) -> None:
        """Remembers to set last_accessed, with the next transaction or when there has been none for a while."""
        with self._touched_lock:
            if len(self._touched) < _TOUCHED:
                self._touched.update(dict.fromkeys(ids, instant))

    async def close(self) -> None:
        """Finishes what waits and closes the connection."""
        if self._closing:
            return
        self._closing = True
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        self._jobs.put(None, timeout=_PATIENCE_SECONDS)
        self._thread.join(_PATIENCE_SECONDS)

    def _run(self) -> None:
        try:
            running = True
            while running:
                jobs, running = self._gather()
                if jobs or self._touched:
                    self._commit(jobs)
                    tell(jobs)
        finally:
            # However the thread ends, nobody may wait for it any more.
            self._closing = True
            self._refuse_waiting()
            self._connection.close()

    def _refuse_waiting(self) -> None:
        jobs = []
        while not self._jobs.empty():
            if (job := self._jobs.get_nowait()) is not None:
                job.error = StorageUnavailable("The storage is closed")
                jobs.append(job)
        tell(jobs)

    def _gather(self) -> tuple[list[_Job], bool]:
        """Waits for work and takes all there is, up to a bound; False once the writer is to stop."""
        jobs: list[_Job] = []
        try:
            job = self._jobs.get(timeout=_IDLE_SECONDS)
            while job is not None:
                jobs.append(job)
                if len(jobs) == _GATHERED:
                    return jobs, True
                job = self._jobs.get_nowait()
        except queue.Empty:
            return jobs, True
        return jobs, False

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            # First, so that a time of access that an operation sets has the last word.
            self._write_touches()
            for job in jobs:
                self._execute(job)
            recoding = learn(self._connection, self._index)
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - the thread must outlive any failure; every caller hears of it
            self._fail(jobs, error)
            return
        for job in jobs:
            if job.error is None:
                job.changes.apply(self._index)
        if recoding is not None:
            recoding.apply(self._index)

    def _execute(self, job: _Job) -> None:
        self._connection.execute("SAVEPOINT operation")
        try:
            job.result = job.operation(Write(self._connection, self._index, job.changes))
        except sqlite3.OperationalError:
            # The disk, not the operation: nothing in this transaction can be trusted to commit.
            raise
        except Exception as error:  # noqa: BLE001 - whatever one operation raises belongs to its caller alone
            job.error = error
        if job.error is not None:
            self._connection.execute("ROLLBACK TO operation")
        self._connection.execute("RELEASE operation")

    def _write_touches(self) -> None:
        with self._touched_lock:
            touched, self._touched = self._touched, {}
        if touched:
            Write(self._connection, self._index, IndexChanges()).touch([(at, id_) for id_, at in touched.items()])

    def _fail(self, jobs: list[_Job], error: Exception) -> None:
        with suppress(sqlite3.Error):
            # SQLite may have rolled back by itself; what cannot be rolled back is so once the file is closed.
            self._connection.execute("ROLLBACK")
        for job in jobs:
            if job.error is None:
                job.error = StorageUnavailable("The database cannot be written at the moment; nothing was stored")
                job.error.__cause__ = error
