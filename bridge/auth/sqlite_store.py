"""The store in one SQLite file, for a bridge of one process or of several on one machine."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from bridge.auth.refusals import StateUnavailable
from bridge.auth.store import RETRY_SECONDS, Connection, Registration

_PATIENCE = 5.0
_LOCK_PATIENCE = 3.0
_MAX_LISTED = 200
_MAX_WAITING = 256
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spent (ticket TEXT PRIMARY KEY, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS connections (
    id TEXT PRIMARY KEY, name TEXT, content TEXT, used_at REAL, generation INTEGER NOT NULL DEFAULT 0,
    rotated_at REAL, ended INTEGER NOT NULL DEFAULT 0, expires_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS connections_by_name ON connections (name, used_at);
CREATE TABLE IF NOT EXISTS registrations (client_id TEXT PRIMARY KEY, content TEXT, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS counts (event TEXT PRIMARY KEY, number INTEGER, expires_at REAL NOT NULL) WITHOUT ROWID;
"""
_EXPIRING = (
    "DELETE FROM spent WHERE expires_at <= ?",
    "DELETE FROM connections WHERE expires_at <= ?",
    "DELETE FROM registrations WHERE expires_at <= ?",
    "DELETE FROM counts WHERE expires_at <= ?",
)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class SQLiteStore:
    """Keeps everything in the file `path`, readable by its owner alone, or in memory without one."""

    def __init__(self, path: Path | None, *, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._thread: ThreadPoolExecutor | None = None
        self._database: sqlite3.Connection | None = None
        self._waiting = 0

    def prepare(self) -> None:
        """Makes the file where there is none. Raises OSError or sqlite3.Error where it cannot be made or read."""
        self._opened().close()

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Opens the file and closes it in the end."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="oauth-store") as self._thread:
            self._database = database = await loop.run_in_executor(self._thread, self._opened)
            try:
                yield
            finally:
                self._database = None
                await loop.run_in_executor(self._thread, database.close)

    async def spend(self, ticket: str, seconds: int) -> bool:
        """See Store."""
        row = (ticket, self._now() + seconds)
        return await self._write(
            lambda database: database.execute("INSERT OR IGNORE INTO spent VALUES (?, ?)", row).rowcount == 1
        )

    async def connect(self, connection: Connection, seconds: int) -> None:
        """See Store."""
        content = connection.model_dump_json()
        row = (connection.id, connection.name, content, connection.used_at, self._now() + seconds)
        statement = (
            "INSERT INTO connections (id, name, content, used_at, expires_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) "
            "DO UPDATE SET name = excluded.name, content = excluded.content, used_at = excluded.used_at, "
            "expires_at = max(expires_at, excluded.expires_at)"
        )
        await self._write(lambda database: database.execute(statement, row))

    async def rotate(self, connection_id: str, generation: int, now: float, seconds: int) -> float | None:
        """See Store."""

        def rotated(database: sqlite3.Connection) -> float | None:
            found = database.execute(
                "SELECT generation, rotated_at, ended FROM connections WHERE id = ?", (connection_id,)
            ).fetchone()
            current, rotated_at, ended = found or (generation, None, 0)
            if ended:
                return None
            if current == generation + 1 and rotated_at is not None and now - rotated_at <= RETRY_SECONDS:
                return float(rotated_at)
            if current != generation:
                return None
            database.execute(
                "INSERT INTO connections (id, generation, rotated_at, expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) "
                "DO UPDATE SET generation = excluded.generation, rotated_at = excluded.rotated_at, "
                "expires_at = excluded.expires_at",
                (connection_id, generation + 1, now, self._now() + seconds),
            )
            return now

        return await self._write(rotated)

    async def end(self, connection_id: str, seconds: int) -> None:
        """See Store."""
        row = (connection_id, self._now() + seconds)
        statement = (
            "INSERT INTO connections (id, ended, expires_at) VALUES (?, 1, ?) ON CONFLICT (id) "
            "DO UPDATE SET ended = 1, expires_at = excluded.expires_at"
        )
        await self._write(lambda database: database.execute(statement, row))

    async def is_ended(self, connection_id: str) -> bool:
        """See Store."""
        statement = "SELECT 1 FROM connections WHERE id = ? AND ended = 1"
        return await self._read(lambda database: database.execute(statement, (connection_id,)).fetchone() is not None)

    async def connections(self, name: str) -> list[Connection]:
        """See Store."""
        statement = (
            "SELECT content FROM connections WHERE name = ? AND ended = 0 AND expires_at > ? "
            "ORDER BY used_at DESC LIMIT ?"
        )
        row = (name, self._now(), _MAX_LISTED)
        rows = await self._read(lambda database: database.execute(statement, row).fetchall())
        return [Connection.model_validate_json(content) for (content,) in rows]

    async def register(self, registration: Registration, seconds: int, *, most: int) -> None:
        """See Store."""
        row = (registration.client_id, registration.model_dump_json(), self._now() + seconds)

        def registered(database: sqlite3.Connection) -> None:
            database.execute("INSERT INTO registrations VALUES (?, ?, ?)", row)
            database.execute(
                "DELETE FROM registrations WHERE rowid IN "
                "(SELECT rowid FROM registrations ORDER BY expires_at DESC, rowid DESC LIMIT -1 OFFSET ?)",
                (most,),
            )

        await self._write(registered)

    async def registration(self, client_id: str) -> Registration | None:
        """See Store."""
        statement = "SELECT content FROM registrations WHERE client_id = ? AND expires_at > ?"
        row = (client_id, self._now())
        found = await self._read(lambda database: database.execute(statement, row).fetchone())
        return Registration.model_validate_json(found[0]) if found else None

    async def keep_registration(self, client_id: str, seconds: int) -> None:
        """See Store."""
        row = (self._now() + seconds, client_id)
        statement = "UPDATE registrations SET expires_at = max(expires_at, ?) WHERE client_id = ?"
        await self._write(lambda database: database.execute(statement, row))

    async def count(self, event: str, seconds: int) -> int:
        """See Store."""
        statement = (
            "INSERT INTO counts VALUES (?, 1, ?) ON CONFLICT (event) DO UPDATE SET number = number + 1 RETURNING number"
        )
        row = (event, self._now() + seconds)
        return await self._write(lambda database: int(database.execute(statement, row).fetchone()[0]))

    def _opened(self) -> sqlite3.Connection:
        if self._path is not None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its journal the permissions of the file.
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        # Left to itself the module would begin transactions of its own.
        database = sqlite3.connect(self._path or ":memory:", timeout=_LOCK_PATIENCE, isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.executescript(_SCHEMA)
        return database

    async def _write(self, work: Work[T]) -> T:
        def transaction(database: sqlite3.Connection) -> T:
            database.execute("BEGIN IMMEDIATE")
            try:
                for statement in _EXPIRING:
                    database.execute(statement, (self._now(),))
                result = work(database)
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")
            return result

        return await self._read(transaction)

    async def _read(self, work: Work[T]) -> T:
        database = self._database
        if database is None or self._waiting >= _MAX_WAITING:
            raise StateUnavailable
        self._waiting += 1
        running = asyncio.get_running_loop().run_in_executor(self._thread, work, database)
        running.add_done_callback(self._done)
        try:
            # Shielded: what has begun is finished, and nobody is told that it was not.
            return await asyncio.wait_for(asyncio.shield(running), _PATIENCE)
        except (sqlite3.Error, TimeoutError) as error:
            raise StateUnavailable from error

    def _done(self, running: asyncio.Future[T]) -> None:
        self._waiting -= 1
        # Looked at here too, for those who have not waited for it to its end.
        if not running.cancelled():
            running.exception()
