"""The reads along relations: what a memory is linked with, what lies further, and what took its place."""

import json
import sqlite3
from collections.abc import Sequence

from memory_api.models.memory import SUPERSEDING, Memory
from memory_api.storage.base import Link, Neighbour
from memory_api.storage.sqlite.rows import M_COLUMNS, memories, to_memory

# A chain of corrections longer than this is cut off, so that one question cannot read for ever.
_SUCCESSION_STEPS = 1_000


def neighbours(
    connection: sqlite3.Connection, ids: Sequence[str], limit: int, types: Sequence[str]
) -> dict[str, list[Neighbour]]:
    """See Storage.neighbours."""
    rows = connection.execute(
        "SELECT * FROM (SELECT s.id, e.type, e.strength, "
        "row_number() OVER (PARTITION BY e.source ORDER BY e.created_at DESC) AS place, "
        f"{M_COLUMNS} FROM json_each(?) AS j CROSS JOIN memory AS s ON s.id = j.value "
        f"CROSS JOIN edge AS e ON e.source = s.rid AND e.type IN ({_marks(types)}) "
        "CROSS JOIN memory AS m ON m.rid = e.target) WHERE place <= ? ORDER BY place",
        (json.dumps(list(ids)), *types, limit),
    )
    found: dict[str, list[Neighbour]] = {}
    for source, kind, strength, _, *memory in rows:
        found.setdefault(source, []).append(Neighbour(kind, strength, to_memory(tuple(memory))))
    return found


def related(
    connection: sqlite3.Connection, memory_id: str, types: Sequence[str], depth: int, limit: int
) -> list[Memory]:
    """See Storage.related."""
    start = {int(row[0]) for row in connection.execute("SELECT rid FROM memory WHERE id = ?", (memory_id,))}
    reached, frontier = set(start), start
    for _ in range(depth):
        frontier = _across(connection, frontier, types) - reached
        reached |= frontier
    return memories(
        connection.execute(
            f"SELECT {M_COLUMNS} FROM json_each(?) AS j CROSS JOIN memory AS m ON m.rid = j.value "
            "ORDER BY m.importance DESC, m.timestamp DESC, m.id LIMIT ?",
            (json.dumps(list(reached - start)), limit),
        )
    )


def _across(connection: sqlite3.Connection, rids: set[int], types: Sequence[str]) -> set[int]:
    """Every memory one relation away, in either direction."""
    marks = _marks(types)
    rows = connection.execute(
        "SELECT e.target FROM json_each(?1) AS j CROSS JOIN edge AS e ON e.source = j.value "
        f"WHERE e.type IN ({marks}) UNION "
        "SELECT e.source FROM json_each(?1) AS j CROSS JOIN edge AS e INDEXED BY edge_target ON e.target = j.value "
        f"WHERE e.type IN ({marks})",
        [json.dumps(list(rids)), *types, *types],
    )
    return {int(row[0]) for row in rows}


def links(connection: sqlite3.Connection, ids: Sequence[str], types: Sequence[str], limit: int) -> list[Link]:
    """See Storage.links."""
    marks = _marks(types)
    rows = connection.execute(
        "WITH asked AS MATERIALIZED "
        "(SELECT m.rid, m.id FROM json_each(?1) AS j CROSS JOIN memory AS m ON m.id = j.value), "
        "found AS MATERIALIZED ("
        "SELECT a.id AS asked, e.target AS other, e.type, e.strength, 1 AS outgoing, e.created_at FROM asked AS a "
        f"CROSS JOIN edge AS e ON e.source = a.rid AND e.type IN ({marks}) "
        "UNION ALL SELECT a.id, e.source, e.type, e.strength, 0, e.created_at FROM asked AS a "
        f"CROSS JOIN edge AS e INDEXED BY edge_target ON e.target = a.rid AND e.type IN ({marks})), "
        "placed AS (SELECT *, row_number() OVER ("
        "PARTITION BY asked ORDER BY created_at DESC, outgoing DESC, type, other DESC) AS place FROM found) "
        "SELECT p.asked, m.id, p.type, p.strength, p.outgoing FROM placed AS p "
        "CROSS JOIN memory AS m ON m.rid = p.other WHERE p.place <= ? ORDER BY p.asked, p.place",
        [json.dumps(list(dict.fromkeys(ids))), *types, *types, limit],
    )
    return [Link(asked, other, kind, strength, bool(outgoing)) for asked, other, kind, strength, outgoing in rows]


def successions(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, list[Link]]:
    """See Storage.successions."""
    rows = connection.execute(
        "SELECT m.rid FROM json_each(?) AS j CROSS JOIN memory AS m ON m.id = j.value", (json.dumps(list(ids)),)
    )
    return successions_of_rows(connection, [int(row[0]) for row in rows])


def successions_of_rows(connection: sqlite3.Connection, rids: Sequence[int]) -> dict[str, list[Link]]:
    """See Storage.successions, of memories by their rows."""
    found: dict[str, list[Link]] = {}
    reached = set(rids)
    frontier = list(reached)
    for _ in range(_SUCCESSION_STEPS):
        steps = _successors(connection, frontier)
        for _, link in steps:
            found.setdefault(link.asked, []).append(link)
        frontier = list({rid for rid, _ in steps} - reached)
        if not frontier:
            break
        reached.update(frontier)
    return found


def _successors(connection: sqlite3.Connection, rids: Sequence[int]) -> list[tuple[int, Link]]:
    """The rows that superseded these, each with the relation."""
    rows = connection.execute(
        "SELECT e.target, s.id, m.id, e.type, e.strength FROM json_each(?) AS j "
        f"CROSS JOIN edge AS e ON e.source = j.value AND e.type IN ({_marks(SUPERSEDING)}) "
        "CROSS JOIN memory AS s ON s.rid = e.source CROSS JOIN memory AS m ON m.rid = e.target "
        "ORDER BY e.created_at DESC, e.target DESC",
        (json.dumps(list(rids)), *SUPERSEDING),
    )
    return [(rid, Link(source, target, kind, strength, True)) for rid, source, target, kind, strength in rows]


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
