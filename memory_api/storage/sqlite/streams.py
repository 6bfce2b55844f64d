"""Streams of turns in the database: who stands beside whom, as rows in order and as PRECEDED_BY edges along them.

The edges are kept in step with the rows inside the same transaction: one from each memory to the one right before it.
"""

import json
import sqlite3
from collections.abc import Sequence

from memory_api.models.memory import PRECEDED_BY
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.scope import conditions

_STRENGTH = 1.0


def enter(connection: sqlite3.Connection, rid: int, name: str, timestamp: str, now: str) -> None:
    """Puts a memory into its place; the one after it, if any, is linked to it from now on."""
    connection.execute("INSERT INTO stream VALUES (?, ?, ?)", (name, timestamp, rid))
    before, after = _around(connection, rid, name, timestamp)
    if before is not None and after is not None:
        _unlink(connection, after, before)
    if before is not None:
        _link(connection, rid, before, now)
    if after is not None:
        _link(connection, after, rid, now)


def leave(connection: sqlite3.Connection, rid: int, now: str) -> None:
    """Takes a memory out of its stream, if it is in one, and joins the two around it."""
    row = connection.execute("SELECT name, timestamp FROM stream WHERE rid = ?", (rid,)).fetchone()
    if row is None:
        return
    before, after = _around(connection, rid, *row)
    connection.execute("DELETE FROM stream WHERE rid = ?", (rid,))
    if before is not None:
        _unlink(connection, rid, before)
    if after is not None:
        _unlink(connection, after, rid)
    if before is not None and after is not None:
        _link(connection, after, before, now)


def _around(connection: sqlite3.Connection, rid: int, name: str, timestamp: str) -> tuple[int | None, int | None]:
    sides = (("<", "DESC"), (">", "ASC"))
    found = [
        connection.execute(
            f"SELECT rid FROM stream WHERE name = ? AND (timestamp, rid) {side} (?, ?) "
            f"ORDER BY timestamp {order}, rid {order} LIMIT 1",
            (name, timestamp, rid),
        ).fetchone()
        for side, order in sides
    ]
    before, after = (None if row is None else int(row[0]) for row in found)
    return before, after


def _link(connection: sqlite3.Connection, later: int, earlier: int, now: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, '{}', ?)", (later, PRECEDED_BY, earlier, _STRENGTH, now)
    )


def _unlink(connection: sqlite3.Connection, later: int, earlier: int) -> None:
    connection.execute("DELETE FROM edge WHERE source = ? AND type = ? AND target = ?", (later, PRECEDED_BY, earlier))


def beside(connection: sqlite3.Connection, ids: Sequence[str], scope: Scope) -> list[tuple[str, str]]:
    """Pairs of one of these memories and the one right before or after it in its stream, which is in the scope."""
    if not ids:
        return []
    where, parameters = conditions(scope)
    rows = connection.execute(
        "WITH asked AS MATERIALIZED "
        "(SELECT a.rid, a.id FROM json_each(?) AS j CROSS JOIN memory AS a ON a.id = j.value), "
        "side AS MATERIALIZED ("
        "SELECT a.id, e.target AS rid FROM asked AS a CROSS JOIN edge AS e ON e.source = a.rid AND e.type = ? "
        "UNION ALL SELECT a.id, e.source FROM asked AS a "
        "CROSS JOIN edge AS e INDEXED BY edge_target ON e.target = a.rid AND e.type = ?) "
        f"SELECT s.id, m.id FROM side AS s CROSS JOIN memory AS m ON m.rid = s.rid WHERE {where}",
        [json.dumps(list(dict.fromkeys(ids))), PRECEDED_BY, PRECEDED_BY, *parameters],
    )
    return [(row[0], row[1]) for row in rows]
