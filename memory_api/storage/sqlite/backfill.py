"""What a file of version 1 lacks, made from its memories: entities, streams, and links between near-duplicates."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

from memory_api.models.entities import entities_of
from memory_api.models.streams import stream_of
from memory_api.storage.sqlite import duplicates, entities, streams
from memory_api.storage.sqlite.rows import compact

_ROWS_AT_ONCE = 500


# rid, content, tags, metadata, timestamp: the columns by name, as they were then.
_Row = tuple[int, str, str, str, str]


def fill(connection: sqlite3.Connection) -> None:
    """Derives everything inside the open transaction, holding few memories at a time."""
    now = datetime.now(UTC).isoformat()
    for rid, content, tags, metadata, timestamp in _rows(connection):
        found = entities_of(content)
        if found:
            connection.execute("UPDATE memory SET entities = ? WHERE rid = ?", (compact(found), rid))
            entities.add(connection, rid, found)
        name = stream_of(tuple(json.loads(tags)), json.loads(metadata))
        if name is not None:
            streams.enter(connection, rid, name, timestamp, now)
        duplicates.add(connection, rid, content, now)


def _rows(connection: sqlite3.Connection) -> Iterator[_Row]:
    last = 0
    while rows := connection.execute(
        "SELECT rid, content, tags, metadata, timestamp FROM memory WHERE rid > ? ORDER BY rid LIMIT ?",
        (last, _ROWS_AT_ONCE),
    ).fetchall():
        yield from rows
        last = rows[-1][0]
