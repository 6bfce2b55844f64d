"""Near-duplicates in the database: hashes that bring candidates together, SIMILAR_TO edges between what is alike."""

import sqlite3
from collections import Counter

from memory_api.models.memory import SIMILAR_TO
from memory_api.models.shingles import ALIKE, bands, jaccard, shingles

_LINKED = 5
# A hash that very many texts share tells little, and comparing takes as long as storing does.
_COMPARED = 20


def add(connection: sqlite3.Connection, rid: int, content: str, now: str) -> None:
    """Makes a memory known by its text, and links it with those that say nearly the same."""
    hashes = bands(content)
    alike = _alike(connection, content, _sharing(connection, hashes))
    connection.executemany("INSERT OR IGNORE INTO shingle VALUES (?, ?)", [(value, rid) for value in hashes])
    connection.executemany(
        "INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, '{}', ?)",
        [
            (source, SIMILAR_TO, target, strength, now)
            for strength, other in alike
            for source, target in ((rid, other), (other, rid))
        ],
    )


def remove(connection: sqlite3.Connection, rid: int) -> None:
    """Forgets the text of a memory and its links."""
    connection.execute("DELETE FROM shingle WHERE rid = ?", (rid,))
    connection.execute("DELETE FROM edge WHERE source = ? AND type = ?", (rid, SIMILAR_TO))
    connection.execute("DELETE FROM edge INDEXED BY edge_target WHERE target = ? AND type = ?", (rid, SIMILAR_TO))


def _sharing(connection: sqlite3.Connection, hashes: list[int]) -> list[int]:
    """Memories that share hashes: those that share most first, the newer before the older."""
    shared: Counter[int] = Counter()
    for value in hashes:
        rows = connection.execute(
            "SELECT rid FROM shingle WHERE hash = ? ORDER BY rid DESC LIMIT ?", (value, _COMPARED)
        )
        shared.update(row[0] for row in rows)
    return sorted(shared, key=lambda rid: (shared[rid], rid), reverse=True)[:_COMPARED]


def _alike(connection: sqlite3.Connection, content: str, candidates: list[int]) -> list[tuple[float, int]]:
    """The most alike of the candidates, and how alike they are, best first."""
    found: list[tuple[float, int]] = []
    mine = shingles(content) if candidates else set()
    for rid in candidates:
        (other,) = connection.execute("SELECT content FROM memory WHERE rid = ?", (rid,)).fetchone()
        strength = jaccard(mine, shingles(other))
        if strength >= ALIKE:
            found.append((strength, rid))
        if sum(strength == 1.0 for strength, _ in found) == _LINKED:
            break
    return sorted(found, reverse=True)[:_LINKED]
