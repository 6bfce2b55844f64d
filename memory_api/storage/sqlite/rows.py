"""Memories and relations as rows, and back."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from pydantic_core import from_json

from memory_api.models.memory import Memory

COLUMN_NAMES = tuple(field.name for field in fields(Memory))
COLUMNS = ", ".join(COLUMN_NAMES)
# The same, of a table that a query calls m.
M_COLUMNS = ", ".join(f"m.{name}" for name in COLUMN_NAMES)
_NUMBERS = ("confidence", "importance")
# The same for a JSON array, in which SQLite would keep 15 digits of a number: too few to give it back.
M_LISTED = ", ".join(f"printf('%!.17g', m.{name})" if name in _NUMBERS else f"m.{name}" for name in COLUMN_NAMES)


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact(value: Any) -> str:
    """JSON text as it is kept in a column."""
    return _JSON.encode(value)


def to_row(memory: Memory) -> tuple[Any, ...]:
    """The values of COLUMNS."""
    values = {name: getattr(memory, name) for name in COLUMN_NAMES}
    values["tags"] = compact(memory.tags)
    values["metadata"] = compact(memory.metadata)
    values["entities"] = compact(memory.entities)
    return tuple(values.values())


def to_memory(row: Sequence[Any]) -> Memory:
    """A row of COLUMNS, or of M_LISTED, as a memory."""
    (
        memory_id,
        content,
        kind,
        confidence,
        importance,
        tags,
        metadata,
        timestamp,
        t_valid,
        t_invalid,
        updated_at,
        last_accessed,
        entities,
    ) = row
    return Memory(
        memory_id,
        content,
        kind,
        float(confidence),
        float(importance),
        tuple(from_json(tags)),
        from_json(metadata),
        timestamp,
        t_valid,
        t_invalid,
        updated_at,
        last_accessed,
        {} if entities == "{}" else {kind: tuple(names) for kind, names in from_json(entities).items()},
    )


def memories(rows: Iterable[tuple[Any, ...]]) -> list[Memory]:
    """Every row as a memory, in order."""
    return [to_memory(row) for row in rows]


def rid_of(connection: sqlite3.Connection, memory_id: str) -> int | None:
    """The row number behind an id."""
    row = connection.execute("SELECT rid FROM memory WHERE id = ?", (memory_id,)).fetchone()
    return None if row is None else int(row[0])
