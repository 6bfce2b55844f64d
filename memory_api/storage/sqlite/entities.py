"""The names that memories mention, as rows that tag filters can find: entity:people:ada-lovelace."""

import sqlite3
from collections.abc import Mapping, Sequence

from memory_api.models.memory import entity_path


def put(connection: sqlite3.Connection, rid: int, entities: Mapping[str, Sequence[str]]) -> None:
    """Keeps the entities of a memory in place of the former ones."""
    connection.execute("DELETE FROM entity WHERE rid = ?", (rid,))
    add(connection, rid, entities)


def add(connection: sqlite3.Connection, rid: int, entities: Mapping[str, Sequence[str]]) -> None:
    """Keeps the entities of a memory that has none so far."""
    paths = {entity_path(kind, name) for kind, names in entities.items() for name in names}
    connection.executemany("INSERT INTO entity VALUES (?, ?)", [(path, rid) for path in paths])
