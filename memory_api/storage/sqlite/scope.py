"""A Scope as SQL: which memories lie inside, found by whichever of its filters is the most selective."""

import json
import sqlite3
from collections.abc import Sequence

import numpy as np

from memory_api.models.memory import tag_path
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.codes import Rids

# Up to here it is cheaper to list a scope's memories than to search everywhere and drop what lies outside.
SELECTIVE = 20_000


def conditions(scope: Scope) -> tuple[str, list[str]]:
    """A WHERE expression over `memory AS m`, with its parameters."""
    parts: list[tuple[str, list[str]]] = []
    if scope.start:
        parts.append(("m.timestamp >= ?", [scope.start]))
    if scope.end:
        parts.append(("m.timestamp <= ?", [scope.end]))
    matches = [_tag_match(tag, scope.tag_match) for tag in scope.tags]
    groups = [matches] if scope.tag_mode == "any" else [[match] for match in matches]
    parts += [_tagged("EXISTS", group) for group in groups if group]
    if scope.exclude:
        parts.append(_tagged("NOT EXISTS", [_tag_match(tag, "prefix") for tag in scope.exclude]))
    return _joined(" AND ", parts) if parts else ("1", [])


def _tag_match(tag: str, match: str) -> tuple[str, list[str]]:
    path = tag_path(tag)
    if match == "exact":
        return "(t.path = ? AND t.tag = ?)", [path, tag.strip().lower()]
    # ";" follows ":" in every collation used here, so the range holds exactly the tags that continue this one.
    return "(t.path = ? OR (t.path >= ? AND t.path < ?))", [path, path + ":", path + ";"]


def _tagged(exists: str, matches: Sequence[tuple[str, list[str]]]) -> tuple[str, list[str]]:
    sql, parameters = _joined(" OR ", matches)
    return f"{exists} (SELECT 1 FROM tag AS t INDEXED BY tag_rid WHERE t.rid = m.rid AND ({sql}))", parameters


def _joined(word: str, parts: Sequence[tuple[str, list[str]]]) -> tuple[str, list[str]]:
    return word.join(sql for sql, _ in parts), [value for _, values in parts for value in values]


def tagged_rids(tags: Sequence[str], match: str) -> tuple[str, list[str]]:
    """A SELECT of the rids that carry any of the tags; a rid may come more than once."""
    selects: list[tuple[str, list[str]]] = []
    for tag in tags:
        path = tag_path(tag)
        if match == "exact":
            selects.append(("SELECT rid FROM tag WHERE path = ? AND tag = ?", [path, tag.strip().lower()]))
        else:
            selects.append(("SELECT rid FROM tag WHERE path = ?", [path]))
            selects.append(("SELECT rid FROM tag WHERE path >= ? AND path < ?", [path + ":", path + ";"]))
    return _joined(" UNION ALL ", selects)


def rids_inside(connection: sqlite3.Connection, scope: Scope) -> Rids | None:
    """All rids of the scope, or None where they are too many to list."""
    driver = _driver(connection, scope)
    if driver is None:
        return None
    sql, parameters = driver
    where, more = conditions(scope)
    rows = connection.execute(
        f"SELECT m.rid FROM (SELECT DISTINCT rid FROM ({sql})) AS d CROSS JOIN memory AS m ON m.rid = d.rid "
        f"WHERE {where}",
        parameters + more,
    )
    return np.fromiter((row[0] for row in rows), np.int64)


def _driver(connection: sqlite3.Connection, scope: Scope) -> tuple[str, list[str]] | None:
    """The filter that leaves the fewest memories, if any leaves few enough."""
    choices = [tagged_rids(scope.tags, scope.tag_match)] if scope.tag_mode == "any" and scope.tags else []
    if scope.tag_mode == "all":
        choices = [tagged_rids([tag], scope.tag_match) for tag in scope.tags]
    if scope.start or scope.end:
        window = "SELECT rid FROM memory WHERE timestamp >= ? AND timestamp <= ?"
        choices.append((window, [scope.start or "", scope.end or "~"]))
    sizes = [_bounded_size(connection, choice) for choice in choices]
    smallest = min(sizes, default=SELECTIVE + 1)
    return choices[sizes.index(smallest)] if smallest <= SELECTIVE else None


def _bounded_size(connection: sqlite3.Connection, choice: tuple[str, list[str]]) -> int:
    sql, parameters = choice
    bounded = f"SELECT count(*) FROM (SELECT 1 FROM ({sql}) LIMIT {SELECTIVE + 1})"
    return int(connection.execute(bounded, parameters).fetchone()[0])


def only_inside(connection: sqlite3.Connection, scope: Scope, rids: Rids) -> Rids:
    """Those of the rids that lie in the scope."""
    where, parameters = conditions(scope)
    rows = connection.execute(
        f"SELECT m.rid FROM json_each(?) AS j CROSS JOIN memory AS m ON m.rid = j.value WHERE {where}",
        [json.dumps(rids.tolist()), *parameters],
    )
    return np.fromiter((row[0] for row in rows), np.int64)
