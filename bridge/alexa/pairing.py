"""Who of a household speaks for which memory: six-digit codes, and the pairings that they made."""

import hmac
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bridge.alexa.turn import Speaker

CODE_SECONDS = 600
CODE_TRIES = 5

_FILE = "alexa.db"
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS alexa_code"
    " (name TEXT PRIMARY KEY, code TEXT NOT NULL, expires REAL NOT NULL, tries_left INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS alexa_pairing"
    " (number INTEGER PRIMARY KEY AUTOINCREMENT, speaker BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL,"
    " since REAL NOT NULL)",
)


@dataclass(frozen=True, slots=True)
class Pairing:
    """A voice (`person`) or an `account` of Alexa's that uses the memory of `name`; `since` in seconds of the epoch."""

    number: int
    kind: str
    name: str
    since: float


class Pairings:
    """Kept in a file of the bridge's data folder that only its owner can read; ids of Alexa's stand there as digests.

    Every method blocks for a moment, at most `lock_seconds` for another process that writes, and raises
    sqlite3.Error or OSError where the file cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], float] = time.time,
        # Six digits without a leading zero, which a number that was spoken would lose.
        draw: Callable[[], int] = lambda: 100_000 + secrets.randbelow(900_000),
        lock_seconds: float = 2.0,
    ) -> None:
        self._path = folder / _FILE
        self._now = now
        self._draw = draw
        self._lock_seconds = lock_seconds

    def issue(self, name: str) -> str:
        """A new code for this memory, which takes the place of an earlier one."""
        with self._writing() as database:
            database.execute("DELETE FROM alexa_code WHERE name = ? OR expires <= ?", (name, self._now()))
            taken = {code for (code,) in database.execute("SELECT code FROM alexa_code")}
            code = next(code for code in iter(lambda: str(self._draw()), "") if code not in taken)
            database.execute(
                "INSERT INTO alexa_code VALUES (?, ?, ?, ?)", (name, code, self._now() + CODE_SECONDS, CODE_TRIES)
            )
        return code

    def redeem(self, code: str, speaker: Speaker) -> str | None:
        """Binds the speaker to the name that the code was issued for, and gives the name; a code works once.

        A code that is not known, or not any more, counts as a try at every code there is.
        """
        if self._is_empty():
            return None
        with self._writing() as database:
            database.execute("DELETE FROM alexa_code WHERE expires <= ?", (self._now(),))
            codes = database.execute("SELECT name, code FROM alexa_code").fetchall()
            names = [name for name, known in codes if hmac.compare_digest(known.encode(), code.encode())]
            if not names:
                database.execute("UPDATE alexa_code SET tries_left = tries_left - 1")
                database.execute("DELETE FROM alexa_code WHERE tries_left <= 0")
                return None
            database.execute("DELETE FROM alexa_code WHERE name = ?", (names[0],))
            kind = "person" if speaker.person else "account"
            database.execute(
                "INSERT OR REPLACE INTO alexa_pairing (speaker, kind, name, since) VALUES (?, ?, ?, ?)",
                (_digest(speaker.id), kind, names[0], self._now()),
            )
        return str(names[0])

    def name_of(self, speaker: Speaker) -> str | None:
        """Whose memory the person uses, else the account."""
        if self._is_empty():
            return None
        ids = [speaker.account] if speaker.person is None else [speaker.person, speaker.account]
        with self._open() as database:
            for speaker_id in ids:
                row = database.execute("SELECT name FROM alexa_pairing WHERE speaker = ?", (_digest(speaker_id),))
                if found := row.fetchone():
                    return str(found[0])
        return None

    def listed(self) -> list[Pairing]:
        """Every pairing, by name and number."""
        if self._is_empty():
            return []
        with self._open() as database:
            rows = database.execute("SELECT number, kind, name, since FROM alexa_pairing ORDER BY name, number")
            return [Pairing(*row) for row in rows]

    def remove(self, name: str, number: int | None = None) -> int:
        """Undoes the pairings of a name, or the one with this number, and its open code; gives how many they were."""
        if self._is_empty():
            return 0
        with self._writing() as database:
            database.execute("DELETE FROM alexa_code WHERE name = ?", (name,))
            return database.execute(
                "DELETE FROM alexa_pairing WHERE name = ? AND (? IS NULL OR number = ?)", (name, number, number)
            ).rowcount

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite would make it readable to everybody.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            with database:
                for statement in _SCHEMA:
                    database.execute(statement)
                yield database

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=self._lock_seconds, isolation_level=None)) as database:
            yield database

    def _is_empty(self) -> bool:
        # The tables come with the first thing written, so that there is nothing to be done before a look.
        return not self._path.exists() or self._path.stat().st_size == 0


def _digest(speaker_id: str) -> bytes:
    return sha256(speaker_id.encode()).digest()
