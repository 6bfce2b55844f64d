"""Streams of turns in the database: who stands beside whom, as rows in order and as PRECEDED_BY edges along them.

The edges are kept in step with the rows inside the same transaction: one from each memory to the one right before it.
"""

import json
import sqlite3
from collections.abc import Sequence

from pydantic_core import from_json

from memory_api.models.memory import PRECEDED_BY
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.scope import restriction

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


def streams_of(connection: sqlite3.Connection, rids: Sequence[int]) -> dict[int, str]:
    """The stream of each of these memories that is in one."""
    (named,) = connection.execute(
        "SELECT json_group_array(json_array(s.rid, s.name)) FROM json_each(?) AS j "
        "CROSS JOIN stream AS s INDEXED BY stream_rid ON s.rid = j.value",
        (json.dumps(list(rids)),),
    ).fetchone()
    return dict(from_json(named))


def beside(connection: sqlite3.Connection, rids: Sequence[int], scope: Scope) -> list[tuple[int, int]]:
    """Pairs of one of these memories and the one right before or after it in its stream, which is in the scope."""
    if not rids:
        return []
    limits = restriction(scope, "s.rid")
    (listed,) = connection.execute(
        "WITH side AS MATERIALIZED ("
        "SELECT e.source AS seed, e.target AS rid FROM json_each(?1) AS j "
        "CROSS JOIN edge AS e ON e.source = j.value AND e.type = ?2 "
        "UNION ALL SELECT e.target, e.source FROM json_each(?1) AS j "
        "CROSS JOIN edge AS e INDEXED BY edge_target ON e.target = j.value AND e.type = ?2) "
        f"SELECT json_group_array(json_array(s.seed, s.rid)) FROM side AS s{limits.join} WHERE {limits.where}",
        [json.dumps(list(dict.fromkeys(rids))), PRECEDED_BY, *limits.parameters],
    ).fetchone()
    return [(seed, other) for seed, other in from_json(listed)]
