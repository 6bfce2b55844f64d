"""A Scope as SQL: which memories lie inside, found by whichever of its filters is the most selective."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from memory_api.models.memory import tag_name, tag_path
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.codes import Rids

# Up to here it is cheaper to list a scope's memories than to search everywhere and drop what lies outside.
SELECTIVE = 20_000

# An SQL text and its parameters.
Sql = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class Restriction:
    """What a query adds to stay inside a scope. `join` is empty where nothing of the memory's own row is needed."""

    join: str
    where: str
    parameters: list[str]


def restriction(scope: Scope, rid: str) -> Restriction:
    """For a query whose `rid` column (such as `d.rid`) is to be restricted; `m` must be free for the joined row."""
    # Rows of memory are wide: they are only read for what nothing narrower can tell.
    join = f" CROSS JOIN memory AS m ON m.rid = {rid}" if scope.start or scope.end else ""
    where, parameters = _all_of([*_time_conditions(scope), *_tag_conditions(scope, rid)])
    return Restriction(join, where, parameters)


def conditions(scope: Scope) -> Sql:
    """A WHERE expression over `memory AS m`."""
    return _all_of([*_time_conditions(scope), *_tag_conditions(scope, "m.rid")])


def _all_of(parts: Sequence[Sql]) -> Sql:
    return _joined(" AND ", [("1", []), *parts])


def _time_conditions(scope: Scope) -> list[Sql]:
    bounds = (("m.timestamp >= ?", scope.start), ("m.timestamp <= ?", scope.end))
    return [(sql, [bound]) for sql, bound in bounds if bound]


def _tag_conditions(scope: Scope, rid: str) -> list[Sql]:
    groups = [scope.tags] if scope.tag_mode == "any" else [(tag,) for tag in scope.tags]
    parts = [_carrying(group, scope.tag_match, rid) for group in groups if group]
    if scope.exclude:
        sql, parameters = _carrying(scope.exclude, "prefix", rid)
        parts.append((f"NOT {sql}", parameters))
    return parts


def _carrying(tags: Sequence[str], match: str, rid: str) -> Sql:
    """Whether the memory carries any of the tags, or names an entity that one of them stands for."""
    sql, parameters = _joined(" OR ", [_tag_match(tag, match) for tag in tags])
    parts = [(f"EXISTS (SELECT 1 FROM tag AS t INDEXED BY tag_rid WHERE t.rid = {rid} AND ({sql}))", parameters)]
    if entities := _entity_tags(tags):
        sql, parameters = _joined(" OR ", [_entity_match(tag, match) for tag in entities])
        named = f"SELECT 1 FROM entity AS n INDEXED BY entity_rid WHERE n.rid = {rid} AND ({sql})"
        parts.append((f"EXISTS ({named})", parameters))
    sql, parameters = _joined(" OR ", parts)
    return f"({sql})", parameters


def _entity_tags(tags: Sequence[str]) -> list[str]:
    return [tag for tag in tags if tag_path(tag).split(":")[0] == "entity"]


def _tag_match(tag: str, match: str) -> Sql:
    if match == "exact":
        return "(t.path = ? AND t.tag = ?)", [tag_path(tag), tag_name(tag)]
    return _path_match("t.path", tag)


def _entity_match(tag: str, match: str) -> Sql:
    return ("n.path = ?", [tag_name(tag)]) if match == "exact" else _path_match("n.path", tag)


def _path_match(column: str, tag: str) -> Sql:
    path = tag_path(tag)
    # ";" follows ":" in every collation used here, so the range holds exactly the tags that continue this one.
    return f"({column} = ? OR ({column} >= ? AND {column} < ?))", [path, path + ":", path + ";"]


def _joined(word: str, parts: Sequence[Sql]) -> Sql:
    return word.join(sql for sql, _ in parts), [value for _, values in parts for value in values]


def tagged_rids(tags: Sequence[str], match: str) -> Sql:
    """A SELECT of the rids that carry any of the tags, of which there is at least one; a rid may come twice."""
    if match == "exact":
        select = "SELECT rid FROM tag WHERE path = ? AND tag = ?"
        return _joined(" UNION ALL ", [(select, [tag_path(tag), tag_name(tag)]) for tag in tags])
    return _joined(" UNION ALL ", [part for tag in tags for part in _path_selects("tag", tag)])


def _named_rids(tags: Sequence[str], match: str) -> Sql:
    """The same as tagged_rids, and of the rids that name an entity which one of the tags stands for."""
    parts = [tagged_rids(tags, match)]
    for tag in _entity_tags(tags):
        if match == "exact":
            parts.append(("SELECT rid FROM entity WHERE path = ?", [tag_name(tag)]))
        else:
            parts += _path_selects("entity", tag)
    return _joined(" UNION ALL ", parts)


def _path_selects(table: str, tag: str) -> list[Sql]:
    path = tag_path(tag)
    return [
        (f"SELECT rid FROM {table} WHERE path = ?", [path]),
        (f"SELECT rid FROM {table} WHERE path >= ? AND path < ?", [path + ":", path + ";"]),
    ]


def rids_inside(connection: sqlite3.Connection, scope: Scope) -> Rids | None:
    """All rids of the scope, or None where they are too many to list."""
    plans = [(_bounded_size(connection, driver), driver, rest) for driver, rest in _plans(scope)]
    if not plans:
        return None
    size, (sql, parameters), rest = min(plans, key=lambda plan: plan[0])
    return _filtered(connection, rest, f"SELECT DISTINCT rid FROM ({sql})", parameters) if size <= SELECTIVE else None


def only_inside(connection: sqlite3.Connection, scope: Scope, rids: Rids) -> Rids:
    """Those of the rids that lie in the scope."""
    return _filtered(connection, scope, "SELECT value AS rid FROM json_each(?)", [json.dumps(rids.tolist())])


def _filtered(connection: sqlite3.Connection, scope: Scope, source: str, parameters: list[str]) -> Rids:
    limits = restriction(scope, "d.rid")
    rows = connection.execute(
        f"SELECT d.rid FROM ({source}) AS d{limits.join} WHERE {limits.where}", parameters + limits.parameters
    )
    return np.fromiter((row[0] for row in rows), np.int64)


def _plans(scope: Scope) -> list[tuple[Sql, Scope]]:
    """Each filter that could list the memories, with the scope that is left to check."""
    plans: list[tuple[Sql, Scope]] = []
    if scope.tags and scope.tag_mode == "any":
        plans.append((_named_rids(scope.tags, scope.tag_match), replace(scope, tags=())))
    elif scope.tags:
        plans += [(_named_rids([tag], scope.tag_match), _without_tag(scope, tag)) for tag in scope.tags]
    if scope.start or scope.end:
        window = "SELECT rid FROM memory WHERE timestamp >= ? AND timestamp <= ?"
        plans.append(((window, [scope.start or "", scope.end or "~"]), replace(scope, start=None, end=None)))
    return plans


def _without_tag(scope: Scope, tag: str) -> Scope:
    return replace(scope, tags=tuple(other for other in scope.tags if other != tag))


def _bounded_size(connection: sqlite3.Connection, driver: Sql) -> int:
    sql, parameters = driver
    bounded = f"SELECT count(*) FROM (SELECT 1 FROM ({sql}) LIMIT {SELECTIVE + 1})"
    return int(connection.execute(bounded, parameters).fetchone()[0])
