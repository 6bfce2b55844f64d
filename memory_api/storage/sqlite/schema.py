"""The database file of one tenant: its tables, how a connection is set up, and how older files move forward."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from memory_api.errors import StartupError, StoreMismatch
from memory_api.storage.sqlite.backfill import fill

FIRST_VERSION = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE memory (
    rid INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL,
    type TEXT NOT NULL,
    confidence REAL NOT NULL,
    importance REAL NOT NULL,
    tags TEXT NOT NULL,
    metadata TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    t_valid TEXT NOT NULL,
    t_invalid TEXT,
    updated_at TEXT NOT NULL,
    last_accessed TEXT NOT NULL
);
CREATE INDEX memory_timestamp ON memory (timestamp);
CREATE INDEX memory_updated ON memory (updated_at);
CREATE INDEX memory_importance ON memory (importance DESC, timestamp DESC);
CREATE TABLE vector (rid INTEGER PRIMARY KEY REFERENCES memory ON DELETE CASCADE, f16 BLOB NOT NULL);
CREATE TABLE code (rid INTEGER PRIMARY KEY REFERENCES memory ON DELETE CASCADE, bits BLOB NOT NULL);
CREATE TABLE tag (
    path TEXT NOT NULL, tag TEXT NOT NULL, rid INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    PRIMARY KEY (path, tag, rid)
) WITHOUT ROWID;
CREATE INDEX tag_rid ON tag (rid, path, tag);
CREATE TABLE edge (
    source INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    type TEXT NOT NULL,
    target INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    strength REAL NOT NULL, properties TEXT NOT NULL, created_at TEXT NOT NULL,
    PRIMARY KEY (source, type, target)
) WITHOUT ROWID;
CREATE INDEX edge_target ON edge (target, type, source);
CREATE VIRTUAL TABLE words USING fts5 (
    content, tags, content = '', tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'"
);
"""

SECOND_VERSION = """
ALTER TABLE memory ADD COLUMN entities TEXT NOT NULL DEFAULT '{}';
CREATE TABLE entity (
    path TEXT NOT NULL, rid INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    PRIMARY KEY (path, rid)
) WITHOUT ROWID;
CREATE INDEX entity_rid ON entity (rid, path);
CREATE TABLE stream (
    name TEXT NOT NULL, timestamp TEXT NOT NULL, rid INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    PRIMARY KEY (name, timestamp, rid)
) WITHOUT ROWID;
CREATE INDEX stream_rid ON stream (rid);
CREATE TABLE shingle (
    hash INTEGER NOT NULL, rid INTEGER NOT NULL REFERENCES memory ON DELETE CASCADE,
    PRIMARY KEY (hash, rid)
) WITHOUT ROWID;
CREATE INDEX shingle_rid ON shingle (rid);
"""

# Each brings the file one version forward: the statements, and what they cannot say.
_Derive = Callable[[sqlite3.Connection], None]
_MIGRATIONS: tuple[tuple[str, _Derive | None], ...] = ((FIRST_VERSION, None), (SECOND_VERSION, fill))
SCHEMA_VERSION = len(_MIGRATIONS)

# Pages stay in SQLite's own bounded cache: mapped ones make recall slower while others store (docs/decisions.md).
_CONNECTION = """
PRAGMA busy_timeout = 10000;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -4000;
"""


def connect_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes, with an fsync at every commit. Transactions are explicit."""
    path.touch(mode=0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.executescript(_CONNECTION + "PRAGMA synchronous = FULL;")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, and does not make a file where there is none."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.executescript(_CONNECTION + "PRAGMA query_only = ON;")
    return connection


def prepare(connection: sqlite3.Connection, path: Path, model: str, dimension: int) -> None:
    """Brings the file to the current schema and checks whose vectors it holds.

    Raises StoreMismatch for a file of a newer version or of another embedding model, StartupError for a file that is
    not a database of ours.
    """
    try:
        migrate(connection, path)
        _check_model(connection, path, model, dimension)
    except sqlite3.DatabaseError as error:
        raise StartupError(f"{path} cannot be used as a database: {error}") from error


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Brings the file to the current schema, in WAL mode. Raises StoreMismatch for one of a newer version.

    Raises StartupError for the database of another program, and leaves that as it is.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreMismatch(
            f"{path} was written by a newer version of memory-bridge (schema {version}, this one knows "
            f"{SCHEMA_VERSION}). Upgrade memory-bridge; nothing was changed."
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StartupError(f"{path} is a database of another program; set MEMORY_API_DATA_DIR to another folder")
    connection.execute("PRAGMA journal_mode = WAL")
    for number in range(version, SCHEMA_VERSION):
        _move_forward(connection, number)


def _move_forward(connection: sqlite3.Connection, number: int) -> None:
    statements, derive = _MIGRATIONS[number]
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {number + 1};")
        if derive is not None:
            derive(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _check_model(connection: sqlite3.Connection, path: Path, model: str, dimension: int) -> None:
    found = read_meta(connection, "model"), read_meta(connection, "dimension")
    if found == (None, None):
        connection.executemany("INSERT INTO meta VALUES (?, ?)", [("model", model), ("dimension", str(dimension))])
    elif found != (model, str(dimension)):
        raise StoreMismatch(
            f"{path} holds vectors of {found[0]} ({found[1]} dimensions), but the embedder in use is {model} "
            f"({dimension}). Choose the former embedder again (EMBEDDING_PROVIDER), or move to the new one with: "
            f"python -m memory_api reembed"
        )


def read_meta(connection: sqlite3.Connection, key: str) -> str | None:
    """A text kept about the whole file, or None."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])
