"""The reads that look for memories: by vector, by words, and by scope alone."""

import json
import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from memory_api.models.memory import Memory
from memory_api.models.queries import Order
from memory_api.storage.base import Candidate, Page, Scope
from memory_api.storage.sqlite.centring import to_vectors
from memory_api.storage.sqlite.codes import CodeIndex, Rids
from memory_api.storage.sqlite.rows import M_COLUMNS, M_LISTED, memories, to_memory
from memory_api.storage.sqlite.scope import conditions, only_inside, restriction, rids_inside, tagged_rids
from memory_api.storage.sqlite.words import match_any

# For each memory wanted the codes choose eight, and of those the vectors of two and a half are read; as if at least a
# hundred were wanted.
_WANTED_LEAST, _CLOSEST_PER_RESULT, _READ_PER_RESULT = 100, 8, 2.5
_WIDENING = (2_000, 8_000, 32_000)

_ORDERS: dict[Order, str] = {
    "score": "m.importance DESC, m.timestamp DESC",
    "time_desc": "m.timestamp DESC",
    "time_asc": "m.timestamp",
    "updated_desc": "m.updated_at DESC, m.timestamp DESC",
    "updated_asc": "m.updated_at, m.timestamp",
}


def nearest(
    connection: sqlite3.Connection,
    index: CodeIndex,
    vector: NDArray[np.float32],
    limit: int,
    scope: Scope,
    also: Sequence[int],
) -> list[Candidate]:
    """See Storage.nearest: candidates by code, decided by the stored vectors."""
    wanted = max(_WANTED_LEAST, limit)
    depth = _CLOSEST_PER_RESULT * wanted
    rids = index.closest(vector, depth) if scope.open else _closest_inside(connection, index, vector, depth, scope)
    rids = np.union1d(index.likeliest(vector, rids, int(_READ_PER_RESULT * wanted)), np.array(also, np.int64))
    if not len(rids):
        return []
    # One row for all: the interpreter's lock changes hands at every row, and under load that costs more than the query.
    listed, halves = connection.execute(
        "SELECT json_group_array(v.rid), CAST(group_concat(v.f16, '') AS BLOB) "
        "FROM json_each(?) AS j CROSS JOIN vector AS v ON v.rid = j.value",
        (json.dumps(rids.tolist()),),
    ).fetchone()
    read = from_json(listed)
    cosines = to_vectors(halves or b"", index.dimension) @ vector
    given = set(also)
    best = np.argsort(-cosines, kind="stable").tolist()
    return [Candidate(read[i], float(cosines[i])) for place, i in enumerate(best) if place < limit or read[i] in given]


def _closest_inside(
    connection: sqlite3.Connection, index: CodeIndex, vector: NDArray[np.float32], depth: int, scope: Scope
) -> Rids:
    """Lists a small scope; of a large one keeps what is inside among the closest, looking further while too few are.

    Half the depth is enough there: to look further costs more than those that are missed are worth.
    """
    listed = rids_inside(connection, scope)
    if listed is not None:
        return index.closest_among(vector, listed, depth)
    for width in _WIDENING:
        closest = index.closest(vector, width)
        inside = only_inside(connection, scope, closest)
        if 2 * len(inside) >= depth or len(closest) < width:
            return index.closest_among(vector, inside, depth)
    where, parameters = conditions(scope)
    everything = connection.execute(f"SELECT m.rid FROM memory AS m WHERE {where}", parameters)
    return index.closest_among(vector, np.fromiter((row[0] for row in everything), np.int64), depth)


def matching(
    connection: sqlite3.Connection, words: Sequence[str], weight: float, limit: int, scope: Scope
) -> list[Candidate]:
    """See Storage.matching; `weight` is the BM25 that counts as 1."""
    if not words:
        return []
    limits = restriction(scope, "w.rowid")
    # The plus keeps FTS5 from sorting, which takes a third longer for a few thousand matches.
    (found,) = connection.execute(
        "SELECT json_group_array(json_array(f.rid, f.rank)) FROM ("
        f"SELECT w.rowid AS rid, w.rank AS rank FROM words AS w{limits.join} "
        f"WHERE w.words MATCH ? AND {limits.where} ORDER BY +w.rank LIMIT ?) AS f",
        [match_any(words), *limits.parameters, limit],
    ).fetchone()
    candidates = [Candidate(rid, -rank / weight) for rid, rank in from_json(found)]
    return sorted(candidates, key=lambda candidate: candidate.score, reverse=True)


def common_among(connection: sqlite3.Connection, words: Sequence[str], rids: Rids, enough: int) -> set[str]:
    """Those of the words that stand in at least `enough` of these memories."""
    # The plus keeps FTS5 from looking every memory up by itself.
    bounded = (
        "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? "
        "AND +rowid IN (SELECT value FROM json_each(?)) LIMIT ?)"
    )
    listed = json.dumps(rids.tolist())
    return {
        word
        for word in words
        if connection.execute(bounded, (match_any([word]), listed, enough)).fetchone()[0] >= enough
    }


def browse(connection: sqlite3.Connection, scope: Scope, order: Order, limit: int, offset: int) -> list[Memory]:
    """See Storage.browse."""
    where, parameters = conditions(scope)
    return memories(
        connection.execute(
            f"SELECT {M_COLUMNS} FROM memory AS m WHERE {where} ORDER BY {_ORDERS[order]}, m.id LIMIT ? OFFSET ?",
            [*parameters, limit, offset],
        )
    )


def inside(connection: sqlite3.Connection, ids: Sequence[str], scope: Scope) -> set[str]:
    """See Storage.inside."""
    where, parameters = conditions(scope)
    rows = connection.execute(
        f"SELECT m.id FROM json_each(?) AS j CROSS JOIN memory AS m ON m.id = j.value WHERE {where}",
        [json.dumps(list(ids)), *parameters],
    )
    return {row[0] for row in rows}


def fetch(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Memory]:
    """See Storage.fetch."""
    rows = connection.execute(
        f"SELECT {M_COLUMNS} FROM json_each(?) AS j CROSS JOIN memory AS m ON m.id = j.value", (json.dumps(list(ids)),)
    )
    return {memory.id: memory for memory in memories(rows)}


def read_rows(connection: sqlite3.Connection, rids: Sequence[int]) -> dict[int, Memory]:
    """The memories of these rows that exist."""
    # One row for all, as in nearest.
    (listed,) = connection.execute(
        f"SELECT json_group_array(json_array(m.rid, {M_LISTED})) FROM json_each(?) AS j "
        "CROSS JOIN memory AS m ON m.rid = j.value",
        (json.dumps(list(rids)),),
    ).fetchone()
    return {rid: to_memory(columns) for rid, *columns in from_json(listed)}


def tagged(connection: sqlite3.Connection, tags: Sequence[str], limit: int, offset: int) -> Page:
    """See Storage.tagged."""
    sql, parameters = tagged_rids(tags, "exact")
    found = memories(
        connection.execute(
            f"SELECT {M_COLUMNS} FROM (SELECT DISTINCT rid FROM ({sql})) AS d CROSS JOIN memory AS m ON m.rid = d.rid "
            "ORDER BY m.importance DESC, m.timestamp DESC, m.id LIMIT ? OFFSET ?",
            [*parameters, limit + 1, offset],
        )
    )
    return Page(found[:limit], len(found) > limit)
