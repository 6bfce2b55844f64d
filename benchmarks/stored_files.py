"""Looks into a data folder from outside, with nothing but SQLite: do the rows and their indexes agree?"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_COUNTED = ("memory", "vector", "code", "words_docsize")
_ORPHANS = {
    "vectors without a memory": "SELECT count(*) FROM vector WHERE rid NOT IN (SELECT rid FROM memory)",
    "codes without a memory": "SELECT count(*) FROM code WHERE rid NOT IN (SELECT rid FROM memory)",
    "words without a memory": "SELECT count(*) FROM words_docsize WHERE id NOT IN (SELECT rid FROM memory)",
    "tags without a memory": "SELECT count(*) FROM tag WHERE rid NOT IN (SELECT rid FROM memory)",
    "relations without both memories": (
        "SELECT count(*) FROM edge WHERE source NOT IN (SELECT rid FROM memory) "
        "OR target NOT IN (SELECT rid FROM memory)"
    ),
}


def copy_database(source: Path, target: Path) -> Path:
    """Copies the default tenant's file with its write-ahead log, as they are; returns the copy."""
    target.mkdir()
    for file in source.glob("default.db*"):
        shutil.copy2(file, target / file.name)
    return target / "default.db"


def ids_in(database: Path) -> set[str]:
    """The ids of all memories."""
    with closing(sqlite3.connect(database)) as connection:
        return {str(row[0]) for row in connection.execute("SELECT id FROM memory")}


def faults_in(database: Path) -> list[str]:
    """What does not agree, in words; writes nothing but SQLite's own recovery of the log."""
    with closing(sqlite3.connect(database)) as connection:
        return list(_faults(connection))


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    check = connection.execute("PRAGMA quick_check").fetchone()[0]
    if check != "ok":
        yield f"quick_check: {check}"
    counts = {name: _count(connection, f'SELECT count(*) FROM "{name}"') for name in _COUNTED}  # noqa: S608
    if len(set(counts.values())) > 1:
        yield f"row counts differ: {counts}"
    for name, query in _ORPHANS.items():
        if number := _count(connection, query):
            yield f"{number} {name}"
    try:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        yield f"FTS integrity-check: {error}"
    finally:
        connection.rollback()


def _count(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
