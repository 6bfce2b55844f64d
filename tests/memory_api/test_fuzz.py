"""No input whatever makes the service fail: nasty values in every field of every endpoint, never a 500."""

import json
import random
from typing import Any

import pytest

from tests.memory_api.api import Api
from tests.memory_api.builders import id_of

ROUNDS = 1_200
COMBINATIONS = 400
NASTY: list[Any] = [None, True, False, 0, -1, 1, 0.5, 2.5, -0.0, 1e308, 10**30, 10**400, float("nan"), float("inf")]
NASTY += ["", " ", "x", "*", "0", "1e999", "nan", "null", "\x00", "\x1b", "\x7f", "\u0085", "\u2028", "\uffff"]
NASTY += ["\ud800", "\U0010ffff", "🌅" * 99, "e\u0301", "İ", "ß", "a" * 300, "a" * 9_000, ",", ",,,", ":", "/"]
NASTY += ["//", "a:", ":a", "a/b", "%", "_", "'", '"', '"a" OR', "NEAR(a b)", "a*", "(", "{", "[]", "{}", "../../x"]
NASTY += ["2026-01-01", "2026-01-01T00:00:00Z", "today", id_of(1), id_of(2), "Decision", "RELATES_TO", "score", "any"]
NASTY += [[], [[]], [None], [1], ["a"], ["a", ["b"]], ["x"] * 300, [0.1] * 384]
NASTY += [{}, {"": ""}, {"a": None}, {"a": {"b": [1, {}]}}, {"__proto__": 1}, {"a": "\ud800"}]
WRITE = (
    "id content type confidence importance tags metadata timestamp t_valid t_invalid updated_at last_accessed "
    "embedding supersedes"
)
EDGE = (
    "memory1_id memory2_id type strength context reason pattern_type resolution role confidence observations timestamp"
)
ASK = (
    "query queries limit per_query_limit embedding tags exclude_tags tag_mode tag_match start end sort order_by offset "
    "time_query time min_score adaptive_floor recency_bias scope_fallback state_mode current_only state_debug expand "
    "expand_relations expand_depth expand_entities expand_respect_tags relation_limit expansion_limit lang "
    "auto_decompose expand_min_importance expand_min_strength context language active_path "
    "context_tags context_types priority_ids"
)
BODIES = {
    ("POST", "/memory"): WRITE,
    ("PATCH", f"/memory/{id_of(1)}"): WRITE,
    ("POST", "/associate"): f"{EDGE} associations",
    ("POST", "/recall"): ASK,
    ("POST", "/memory/batch"): "memories",
}
QUERIES = {
    ("GET", "/recall"): ASK,
    ("GET", "/memory/by-tag"): "tags limit offset",
    ("DELETE", "/memory/by-tag"): "tags limit",
    ("GET", f"/memories/{id_of(1)}/related"): "relationship_types max_depth limit",
}
GOOD: dict[str, Any] = {"content": "good", "memory1_id": id_of(1), "memory2_id": id_of(2), "tags": "good"}


def some(fields: str, chance: random.Random) -> dict[str, Any]:
    """A request that is right but for one to three fields."""
    names = fields.split()
    body = {name: GOOD[name] for name in names if name in GOOD}
    for name in chance.sample(names, min(len(names), chance.randint(1, 3))):
        value = chance.choice(NASTY)
        nested = name in ("memories", "associations") and chance.random() < 0.7
        body[name] = [some(WRITE if name == "memories" else EDGE, chance)] if nested else value
    return body


YES_NO = [True, False]
MEANT: dict[str, list[Any]] = {
    "query": ["", "*", "heron", "What did Ada say of the latest heron in May 2023?", "\U0001f985", "?", "getUserName"],
    "queries": [["heron", "mud"], "*", "a,b"],
    "limit": [1, 3, 200],
    "offset": [0, 1, 7, 300],
    "per_query_limit": [1, 5],
    "embedding": [[0.1] * 384],
    "tags": ["work", ["session:1", "work"], "entity:people", "none"],
    "exclude_tags": ["home", "entity:tools"],
    "tag_mode": ["any", "all"],
    "tag_match": ["prefix", "exact"],
    "start": ["2023-01-01", "2030-01-01"],
    "end": ["2023-01-01", "2030-01-01"],
    "time_query": ["last 7 days", "since 2020", "before Q3 2025"],
    "sort": ["score", "time_desc", "time_asc", "updated_desc", "updated_asc"],
    "min_score": [0, 0.3, 1],
    "adaptive_floor": YES_NO,
    "recency_bias": ["auto", "on", "off"],
    "scope_fallback": YES_NO,
    "state_mode": ["current", "history"],
    "current_only": YES_NO,
    "state_debug": YES_NO,
    "expand_relations": YES_NO,
    "expand_depth": [1, 2, 3],
    "expand_entities": YES_NO,
    "expand_respect_tags": YES_NO,
    "relation_limit": [1, 200],
    "expansion_limit": [1, 500],
    "expand_min_importance": [0, 0.5],
    "expand_min_strength": [0, 0.5],
    "auto_decompose": YES_NO,
    "context": ["birds", "coding style"],
    "language": ["python", "klingon"],
    "active_path": ["src/a.rs", "x"],
    "context_tags": [["work"], "birds,x"],
    "context_types": [["Habit"], "style,insight"],
    "priority_ids": [[id_of(1), id_of(77)], id_of(5)],
}


async def fill(api: Api) -> None:
    """Memories of every kind that recall treats in its own way, related at random."""
    chance = random.Random(0)
    words = "heron mud Ada Berlin PostgreSQL pond latest python".split()
    for number in range(1, 31):
        memory: dict[str, Any] = {
            "id": id_of(number),
            "content": " ".join(chance.choices(words, k=chance.randint(1, 6))),
        }
        memory["tags"] = chance.sample(["work", "home", "session:1", "session:2", "speaker:ada", "python"], 2)
        memory["timestamp"] = f"202{chance.randint(0, 9)}-0{chance.randint(1, 9)}-11"
        if chance.random() < 0.2:
            memory |= {chance.choice(("t_invalid", "t_valid")): chance.choice(("2021-01-01", "2099-01-01"))}
        if number > 1 and chance.random() < 0.3:
            memory["supersedes"] = {"id": id_of(chance.randint(1, number - 1))}
        assert (await api.post("/memory", memory)).status == 201
    for _ in range(60):
        one, other = chance.sample(range(1, 31), 2)
        kind = chance.choice(("LEADS_TO", "EVOLVED_INTO", "INVALIDATED_BY", "PART_OF"))
        await api.post("/associate", {"memory1_id": id_of(one), "memory2_id": id_of(other), "type": kind})


@pytest.mark.parametrize("seed", range(2))
async def test_any_combination_of_what_can_be_asked_is_answered(api: Api, seed: int) -> None:
    chance = random.Random(seed)
    await fill(api)
    for _ in range(COMBINATIONS // 2):
        names = chance.sample(list(MEANT), chance.randint(1, 14))
        asked = {name: chance.choice(MEANT[name]) for name in names}
        answer = await api.post("/recall", asked)
        assert answer.status == 200, (asked, answer.body)
        found = [item["id"] for item in answer.body["results"]]
        assert len(set(found)) == len(found) == answer.body["count"], asked
        assert all(0 <= item["score"] <= 1 for item in answer.body["results"]), asked


def in_url(body: dict[str, Any]) -> list[tuple[str, str]]:
    def text(value: Any) -> str:
        plain = value if isinstance(value, str) else json.dumps(value)
        return plain.encode("utf-8", "replace").decode()[:4_000]

    return [
        (name, text(part)) for name, value in body.items() for part in (value if isinstance(value, list) else [value])
    ][:50]


@pytest.mark.parametrize("seed", range(2))
async def test_no_value_in_any_field_makes_the_service_fail(api: Api, seed: int) -> None:
    chance = random.Random(seed)
    await api.store("one", id=id_of(1))
    await api.store("two", id=id_of(2))
    for _ in range(ROUNDS // 2):
        method, path = chance.choice([*BODIES, *QUERIES])
        if (method, path) in BODIES:
            sent = some(BODIES[method, path], chance)
            answer = await api.send(method, path, sent)
        else:
            sent = some(QUERIES[method, path], chance)
            answer = await api.send(method, path, query=in_url(sent))
        assert answer.status < 500, (method, path, str(sent)[:500])
        if answer.status >= 400:
            assert set(answer.body) == {"status", "code", "message"}
    await api.store("the service goes on")
    assert await api.recall("goes on", limit=1)
