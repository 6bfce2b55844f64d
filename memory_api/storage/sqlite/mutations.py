"""The writes, each a few statements inside the writer's transaction, and what they change in the index in RAM."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from memory_api.errors import Conflict, InvalidRequest, MemoryNotFound
from memory_api.models.memory import Memory, Record, Relation, Supersession, tag_name, tag_path
from memory_api.models.streams import stream_of
from memory_api.models.unspaced import spaced
from memory_api.models.values import MAX_METADATA_BYTES
from memory_api.storage.base import Change
from memory_api.storage.sqlite import duplicates, entities, streams
from memory_api.storage.sqlite.codes import CodeIndex
from memory_api.storage.sqlite.rows import COLUMN_NAMES, COLUMNS, compact, rid_of, to_memory, to_row
from memory_api.storage.sqlite.scope import tagged_rids

_SUPERSEDED_STRENGTH = 0.9
_MARKS = ", ".join("?" * len(COLUMN_NAMES))


@dataclass(slots=True)
class IndexChanges:
    """What a write does to the index in RAM once its transaction is committed."""

    codes: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    dropped: list[int] = field(default_factory=list)

    def apply(self, index: CodeIndex) -> None:
        """Brings the index up to the committed state."""
        if self.codes:
            index.put(np.fromiter(self.codes, np.int64), np.stack(list(self.codes.values())))
        for rid in self.dropped:
            index.drop(rid)


@dataclass(frozen=True, slots=True)
class Write:
    """Where and when a write happens: the writer's connection in a savepoint, the index it encodes for, one instant."""

    connection: sqlite3.Connection
    index: CodeIndex
    changes: IndexChanges
    now: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def store(self, records: Sequence[Record]) -> list[bool]:
        """See Storage.store."""
        return [self._store_one(record) for record in records]

    def _store_one(self, record: Record) -> bool:
        memory = record.memory
        held = self.connection.execute("SELECT content FROM memory WHERE id = ?", (memory.id,)).fetchone()
        if held is not None:
            if held[0] != memory.content:
                raise Conflict(f"id {memory.id} already belongs to a memory with other content")
            return False
        superseded = None if record.supersedes is None else self._to_supersede(record.supersedes)
        cursor = self.connection.execute(f"INSERT INTO memory ({COLUMNS}) VALUES ({_MARKS})", to_row(memory))
        rid = int(cursor.lastrowid or 0)
        self._add_vector(rid, record.vector)
        self._add_tags(rid, memory)
        self._add_words(rid, memory)
        entities.add(self.connection, rid, memory.entities)
        self._enter_stream(rid, memory)
        duplicates.add(self.connection, rid, memory.content, self.now)
        if superseded is not None and record.supersedes is not None:
            self._supersede(superseded, rid, record.supersedes)
        return True

    def _to_supersede(self, supersession: Supersession) -> int:
        rid = rid_of(self.connection, supersession.id)
        if rid is None:
            raise MemoryNotFound("The memory to supersede does not exist")
        return rid

    def _supersede(self, old: int, new: int, supersession: Supersession) -> None:
        self.connection.execute(
            "UPDATE memory SET t_invalid = ?1, updated_at = ?1 "
            "WHERE rid = ?2 AND (t_invalid IS NULL OR t_invalid > ?1)",
            (self.now, old),
        )
        properties = {} if supersession.reason is None else {"reason": supersession.reason}
        self.connection.execute(
            "INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?)",
            (old, supersession.relation, new, _SUPERSEDED_STRENGTH, compact(properties), self.now),
        )

    def _enter_stream(self, rid: int, memory: Memory) -> None:
        name = stream_of(memory.tags, memory.metadata)
        if name is not None:
            streams.enter(self.connection, rid, name, memory.timestamp, self.now)

    def _add_vector(self, rid: int, vector: NDArray[np.float32]) -> None:
        bits = self.index.encode(vector[np.newaxis])[0]
        self.connection.execute("INSERT OR REPLACE INTO vector VALUES (?, ?)", (rid, vector.astype("<f2").tobytes()))
        self.connection.execute("INSERT OR REPLACE INTO code VALUES (?, ?)", (rid, bits.tobytes()))
        self.changes.codes[rid] = bits

    def _add_tags(self, rid: int, memory: Memory) -> None:
        self.connection.executemany(
            "INSERT OR IGNORE INTO tag VALUES (?, ?, ?)",
            [(tag_path(tag), tag_name(tag), rid) for tag in memory.tags],
        )

    def _add_words(self, rid: int, memory: Memory) -> None:
        self.connection.execute("INSERT INTO words (rowid, content, tags) VALUES (?, ?, ?)", (rid, *_indexed(memory)))

    def _remove_words(self, rid: int, memory: Memory) -> None:
        self.connection.execute(
            "INSERT INTO words (words, rowid, content, tags) VALUES ('delete', ?, ?, ?)",
            (rid, *_indexed(memory)),
        )

    def update(self, memory_id: str, change: Change) -> Memory:
        """See Storage.update."""
        rid, old = self._held(memory_id)
        metadata = {} if change.clear_metadata else dict(old.metadata)
        metadata |= change.metadata or {}
        kept = {
            name: value for name, value in metadata.items() if value is not None or name not in (change.metadata or {})
        }
        if len(compact(kept).encode()) > MAX_METADATA_BYTES:
            raise InvalidRequest(
                f"'metadata' would grow beyond {MAX_METADATA_BYTES} bytes of JSON; remove keys with null"
            )
        new = replace(old, **{**change.values, "metadata": kept})
        assignments = ", ".join(f"{name} = ?" for name in COLUMN_NAMES)
        self.connection.execute(f"UPDATE memory SET {assignments} WHERE rid = ?", (*to_row(new), rid))
        if change.vector is not None:
            self._add_vector(rid, change.vector)
        if (new.content, new.tags) != (old.content, old.tags):
            self._remove_words(rid, old)
            self._add_words(rid, new)
            self.connection.execute("DELETE FROM tag WHERE rid = ?", (rid,))
            self._add_tags(rid, new)
        self._derive_anew(rid, old, new)
        return new

    def _derive_anew(self, rid: int, old: Memory, new: Memory) -> None:
        if new.entities != old.entities:
            entities.put(self.connection, rid, new.entities)
        if (new.timestamp, new.tags, new.metadata) != (old.timestamp, old.tags, old.metadata):
            streams.leave(self.connection, rid, self.now)
            self._enter_stream(rid, new)
        if new.content != old.content:
            duplicates.remove(self.connection, rid)
            duplicates.add(self.connection, rid, new.content, self.now)

    def _held(self, memory_id: str) -> tuple[int, Memory]:
        rid = rid_of(self.connection, memory_id)
        if rid is None:
            raise MemoryNotFound
        return rid, self._memory(rid)

    def _memory(self, rid: int) -> Memory:
        return to_memory(self.connection.execute(f"SELECT {COLUMNS} FROM memory WHERE rid = ?", (rid,)).fetchone())

    def delete(self, memory_id: str) -> bool:
        """See Storage.delete."""
        rid = rid_of(self.connection, memory_id)
        if rid is not None:
            self._remove(rid)
        return rid is not None

    def _remove(self, rid: int) -> None:
        self._remove_words(rid, self._memory(rid))
        streams.leave(self.connection, rid, self.now)
        self.connection.execute("DELETE FROM memory WHERE rid = ?", (rid,))
        self.changes.codes.pop(rid, None)
        self.changes.dropped.append(rid)

    def delete_tagged(self, tags: Sequence[str]) -> int:
        """See Storage.delete_tagged."""
        sql, parameters = tagged_rids(tags, "exact")
        rids = {int(row[0]) for row in self.connection.execute(sql, parameters)}
        for rid in rids:
            self._remove(rid)
        return len(rids)

    def associate(self, relations: Sequence[Relation]) -> list[bool]:
        """See Storage.associate."""
        return [self._associate_one(relation) for relation in relations]

    def _associate_one(self, relation: Relation) -> bool:
        cursor = self.connection.execute(
            "INSERT INTO edge SELECT s.rid, ?, t.rid, ?, ?, ? FROM memory AS s, memory AS t "
            "WHERE s.id = ? AND t.id = ? "
            "ON CONFLICT DO UPDATE SET strength = excluded.strength, properties = excluded.properties",
            (
                relation.type,
                relation.strength,
                compact(relation.properties),
                self.now,
                relation.source,
                relation.target,
            ),
        )
        return cursor.rowcount > 0

    def touch(self, read: Sequence[tuple[str, str]]) -> None:
        """Sets last_accessed: pairs of instant and id."""
        self.connection.executemany("UPDATE memory SET last_accessed = ? WHERE id = ?", read)


def _indexed(memory: Memory) -> tuple[str, str]:
    """Content and tags as the word index reads them; deleting from it takes exactly what was inserted."""
    return spaced(memory.content), spaced(" ".join(memory.tags))
