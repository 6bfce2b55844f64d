"""Memories and relations as rows, and back."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from memory_api.models.memory import Memory

COLUMN_NAMES = (
    "id",
    "content",
    "type",
    "confidence",
    "importance",
    "tags",
    "metadata",
    "timestamp",
    "t_valid",
    "t_invalid",
    "updated_at",
    "last_accessed",
)
COLUMNS = ", ".join(COLUMN_NAMES)
# The same, of a table that a query calls m.
M_COLUMNS = ", ".join(f"m.{name}" for name in COLUMN_NAMES)


def compact(value: Any) -> str:
    """JSON text as it is kept in a column."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_row(memory: Memory) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    return (
        memory.id,
        memory.content,
        memory.type,
        memory.confidence,
        memory.importance,
        compact(memory.tags),
        compact(memory.metadata),
        memory.timestamp,
        memory.t_valid,
        memory.t_invalid,
        memory.updated_at,
        memory.last_accessed,
    )


def to_memory(row: tuple[Any, ...]) -> Memory:
    """A row of COLUMNS as a memory; further columns are left aside."""
    values = dict(zip(COLUMN_NAMES, row, strict=False))
    values["tags"] = tuple(json.loads(values["tags"]))
    values["metadata"] = json.loads(values["metadata"])
    return Memory(**values)


def memories(rows: Iterable[tuple[Any, ...]]) -> list[Memory]:
    """Every row as a memory, in order."""
    return [to_memory(row) for row in rows]


def rid_of(connection: sqlite3.Connection, memory_id: str) -> int | None:
    """The row number behind an id."""
    row = connection.execute("SELECT rid FROM memory WHERE id = ?", (memory_id,)).fetchone()
    return None if row is None else int(row[0])
