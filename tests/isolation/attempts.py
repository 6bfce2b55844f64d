"""What one tenant may say to the six tools that names something of another."""

from typing import Any

from tests.isolation.tenants import EACH, PEOPLE, entity, id_of, note

Attempt = tuple[str, dict[str, Any]]
"""A tool and its arguments."""

# Neither too few nor too many to be cut short, whoever asks.
_SOME = {"limit": 3, "adaptive_floor": False}


def readings(mine: str, of: str) -> list[Attempt]:
    """Recalls of `mine` that name ids, tags and entities of `of`, by every argument that can."""
    many = [id_of(of, number) for number in range(EACH // 2)]
    tags, people = [f"of:{of}"], [entity(of)]
    heron = {"query": "heron", **_SOME}
    asked: list[dict[str, Any]] = [
        {"memory_id": id_of(of, 7)},
        {"memory_id": id_of(of, EACH - 1), "format": "json"},
        *({"tags": named, "exhaustive": True} for named in (tags, people)),
        {"tags": tags, "exhaustive": True, "offset": EACH // 2},
        {"tags": [*tags, "session:3"], "exhaustive": True, "limit": 3, "offset": 2},
        *({"tags": named, **_SOME} for named in (tags, people)),
        *({"tags": named, **heron} for named in (tags, people)),
        {"tags": tags, "tag_match": "exact", "offset": 1, **heron},
        {"tags": [*tags, "shared"], "tag_mode": "all", **heron},
        {"tags": [*people, "shared"], **heron},
        {"tags": tags, "scope_fallback": True, **heron},
        {"exclude_tags": [*tags, *people], **heron},
        {"priority_ids": many, **heron},
        {"priority_ids": many, "tags": tags, "offset": 2, **heron},
        {"priority_ids": [id_of(of, 7), id_of(mine, 7)], **heron},
        {"context": "herons", "context_tags": [*tags, *people], **heron},
        {"tags": tags, "expand_relations": True, "expand_depth": 3, "expand_entities": True, **heron},
        {"priority_ids": many[:5], "expand_relations": True, "expand_depth": 3, "relation_limit": 50, **heron},
        {"priority_ids": many[:5], "expand_entities": True, "expand_respect_tags": True, "tags": people, **heron},
        {"priority_ids": many[:5], "tags": tags, "state_mode": "history", "state_debug": True, **heron},
    ]
    return [("recall_memory", arguments) for arguments in asked]


def writings(mine: str, of: str) -> list[Attempt]:
    """Calls of `mine` that would change something of `of`, by every argument that can name it."""
    foreign, other, own = id_of(of, 7), id_of(of, 8), id_of(mine, 7)
    pairs = [(foreign, own), (own, foreign), (foreign, other)]
    associations = [
        {"memory1_id": one, "memory2_id": another, "type": "INVALIDATED_BY", "strength": 1.0} for one, another in pairs
    ]
    changes: list[dict[str, Any]] = [
        {"content": "taken over"},
        {"tags": ["taken"]},
        {"metadata": {"owner": mine}},
        {"t_invalid": "2026-01-01T00:00:00Z"},
    ]
    replaced = {"content": "in its place", "supersedes_memory_id": foreign}
    return [
        ("store_memory", replaced),
        ("store_memory", {**replaced, "supersede_relation": "INVALIDATED_BY", "supersede_reason": "because"}),
        ("store_memory", {**replaced, "supersede_relation": "EVOLVED_INTO", "id": id_of(mine, 999_999)}),
        *(("associate_memories", association) for association in associations),
        ("associate_memories", {"associations": associations}),
        *(("update_memory", {"memory_id": foreign, **change}) for change in changes),
        ("delete_memory", {"memory_id": foreign}),
        ("delete_memory", {"tags": [f"of:{of}"]}),
        ("delete_memory", {"tags": [entity(of), f"of:{of}"]}),
    ]


def searches(of: str, vector: list[float]) -> list[dict[str, Any]]:
    """Recalls for what only the memories of `of` say; `vector` is that of one of them."""
    words = str(note(of, 5)["content"])
    wide = {"limit": 20, "adaptive_floor": False}
    return [
        {"query": words, **wide},
        {"queries": [words, PEOPLE[of], f"{of}land"], **wide},
        {"query": f"{PEOPLE[of]} and heron number 7 in {of}land", "auto_decompose": True, **wide},
        {"query": PEOPLE[of], "expand_entities": True, "expand_relations": True, "expand_depth": 3, **wide},
        {"query": "heron", "context": f"{PEOPLE[of]} in {of}land", "active_path": f"{of}land/heron.py", **wide},
        {"embedding": vector, **wide},
        {"embedding": vector, "offset": 50, **wide},
    ]


def wide_recalls() -> list[dict[str, Any]]:
    """Recalls that could hold anything."""
    return [
        {},
        {"limit": 50, "offset": 180},
        {"limit": 50, "offset": 10_000},
        {"query": "heron", "limit": 50, "offset": 100, "sort": "time_desc"},
        {"tags": ["shared"], "limit": 50},
        {"tags": ["entity:people"], "limit": 50},
        {"tags": ["of"], "limit": 50},
        {"tags": ["shared"], "exhaustive": True, "limit": 50, "offset": 100},
        {"time_query": "January 2026", "limit": 50},
        {"start": "2026-01-01", "end": "2026-02-01", "limit": 50},
        {"query": "heron", "state_mode": "history", "state_debug": True},
    ]
