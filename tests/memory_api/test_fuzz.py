"""No input whatever makes the service fail: nasty values in every field of every endpoint, never a 500."""

import json
import random
from typing import Any

import pytest

from tests.memory_api.api import Api
from tests.memory_api.builders import id_of

ROUNDS = 1_200
NASTY: list[Any] = [None, True, False, 0, -1, 1, 0.5, 2.5, -0.0, 1e308, 10**30, 10**400, float("nan"), float("inf")]
NASTY += ["", " ", "x", "*", "0", "1e999", "nan", "null", "\x00", "\x1b", "\x7f", "\u0085", "\u2028", "\uffff"]
NASTY += ["\ud800", "\U0010ffff", "🌅" * 99, "e\u0301", "İ", "ß", "a" * 300, "a" * 9_000, ",", ",,,", ":", "/"]
NASTY += ["//", "a:", ":a", "a/b", "%", "_", "'", '"', '"a" OR', "NEAR(a b)", "a*", "(", "{", "[]", "{}", "../../x"]
NASTY += ["2026-01-01", "2026-01-01T00:00:00Z", "today", id_of(1), id_of(2), "Decision", "RELATES_TO", "score", "any"]
NASTY += [[], [[]], [None], [1], ["a"], ["a", ["b"]], ["x"] * 300, [0.1] * 384]
NASTY += [{}, {"": ""}, {"a": None}, {"a": {"b": [1, {}]}}, {"__proto__": 1}, {"a": "\ud800"}]
WRITE = (
    "id content type confidence importance tags metadata timestamp t_valid t_invalid updated_at last_accessed embedding"
)
EDGE = (
    "memory1_id memory2_id type strength context reason pattern_type resolution role confidence observations timestamp"
)
ASK = "query queries limit per_query_limit embedding tags exclude_tags tag_mode tag_match start end sort order_by"
BODIES = {
    ("POST", "/memory"): WRITE,
    ("PATCH", f"/memory/{id_of(1)}"): WRITE,
    ("POST", "/associate"): f"{EDGE} associations",
    ("POST", "/recall"): f"{ASK} state_mode expand_relations",
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
