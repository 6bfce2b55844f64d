"""Every field that is written refuses what it cannot hold, names itself, stores nothing, and the service goes on."""

from typing import Any

import pytest

from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import id_of

HUGE = 10**400
FRACTIONS = ["abc", "", [], {}, [0.5], -0.1, 1.1, "nan", "inf", "-inf", HUGE, -HUGE, "1e999", 2]
TIMES = [1_700_000_000, 0, True, [], {}, "tomorrow", "2026-13-01", "2026-02-30", "25:00", "0" * 5_000]
TIMES += ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "2026-01-01\x00", "٢٠٢٦-01-01"]
TAGS: list[Any] = [5, {}, True, [1], [None], [["a"]], ["x" * 257], [f"t{n}" for n in range(101)], ["a\x00b"], ["\x1b"]]
METADATA: list[Any] = [5, "x", [], True, [{}], {"a": "x" * 65_536}, {f"k{n}": n for n in range(9_000)}]
EMBEDDINGS: list[Any] = [5, True, {}, {"0": 1}, [1, 2, 3], "1,2,3", "x", [0] * 384, ["x"] * 384, [None] * 384]
EMBEDDINGS += [[[1]] * 384, ["nan"] * 384, ["inf"] * 384, [HUGE] * 384, ",".join(["1e999"] * 384), [1] * 385]
TEXTS: list[Any] = [5, 1.5, True, [], {}, ["x"], "a\x00b", "\x1b[31m", "a\x07"]
IDS: list[Any] = [5, True, [], {}, "nope", "0" * 33, "g" * 32, "\x00" * 32, id_of(1) + "/..", "x" * 100_000]
TYPES: list[Any] = [5, True, ["Decision"], {"a": 1}, "Banana", "Decision\x00", "x" * 100_000, "Décision"]
OBSERVATIONS: list[Any] = [-1, 1.5, True, "many", [1], {}, ["x"] * 101, HUGE, ["\x00"]]

MEMORY_FIELDS: dict[str, list[Any]] = {
    "content": [*TEXTS, "", " \n\t", "\x1c", "x" * 2_001, "é" * 100_000],
    "type": TYPES,
    "confidence": FRACTIONS,
    "importance": FRACTIONS,
    "tags": TAGS,
    "metadata": METADATA,
    "timestamp": [*TIMES, ""],
    "t_valid": [*TIMES, " "],
    "t_invalid": [*TIMES, ""],
    "updated_at": [*TIMES, ""],
    "last_accessed": [*TIMES, ""],
    "embedding": EMBEDDINGS,
}
STORE: dict[str, list[Any]] = {**MEMORY_FIELDS, "content": [None, *MEMORY_FIELDS["content"]], "id": [*IDS, "", " "]}
NULL_REFUSED = {"content", "type", "confidence", "importance", "timestamp", "t_valid", "updated_at", "last_accessed"}
UPDATE = {name: [*values, None] if name in NULL_REFUSED else values for name, values in MEMORY_FIELDS.items()}
UPDATE["type"] = [*UPDATE["type"], "", 0, [], False]
PROPERTY_NAMES = "context reason pattern_type resolution transformation role"
PROPERTIES = {name: [*TEXTS, "x" * 2_001] for name in PROPERTY_NAMES.split()}
ASSOCIATE: dict[str, list[Any]] = {
    "memory1_id": [*IDS, "", None, 0],
    "memory2_id": [*IDS, "", None, 0],
    "type": [5, True, [], {}, "NOPE", "", "RELATES TO", "SIMILAR_TO", "x" * 100_000],
    "strength": FRACTIONS,
    "confidence": FRACTIONS,
    "timestamp": TIMES,
    "observations": OBSERVATIONS,
    **PROPERTIES,
}


@pytest.mark.parametrize("field", STORE)
async def test_a_store_refuses_a_bad_field_and_stores_nothing(api: Api, field: str) -> None:
    for value in STORE[field]:
        body = {"content": "good", field: value}
        assert_refused(await api.post("/memory", body), 400, field, sent=value)
        batch = await api.post("/memory/batch", {"memories": [{"content": "good"}, body]})
        assert_refused(batch, 400, "index 1", field, sent=value)
    assert await api.count() == 0
    await api.store("the service goes on")


@pytest.mark.parametrize("field", UPDATE)
async def test_a_change_refuses_a_bad_field_and_changes_nothing(api: Api, field: str) -> None:
    stored = await api.store("good", importance=0.25, tags=["t"], metadata={"a": 1}, last_accessed="2026-01-01")
    before = await api.memory(stored)
    for value in UPDATE[field]:
        answer = await api.patch(stored, {"importance": 0.75, "tags": ["other"], field: value})
        assert_refused(answer, 400, field, sent=value)
    after = await api.memory(stored)
    assert {**after, "last_accessed": ""} == {**before, "last_accessed": ""}


@pytest.mark.parametrize("field", ASSOCIATE)
async def test_an_association_refuses_a_bad_field_and_joins_nothing(api: Api, field: str) -> None:
    ids = {"memory1_id": await api.store("one"), "memory2_id": await api.store("two")}
    for value in ASSOCIATE[field]:
        assert_refused(await api.post("/associate", {**ids, field: value}), 400, field, sent=value)
        batch = await api.post("/associate", {"associations": [{**ids, field: value}]})
        assert batch.status == 207, str(value)[:200]
        assert field in batch.body["failed"][0]["reason"].lower()
    related = await api.get(f"/memories/{ids['memory1_id']}/related")
    assert related.body["count"] == 0


@pytest.mark.parametrize("missing", ["memory1_id", "memory2_id"])
async def test_an_association_needs_both_memories(api: Api, missing: str) -> None:
    ids = {"memory1_id": id_of(1), "memory2_id": id_of(2)}
    del ids[missing]
    assert_refused(await api.post("/associate", ids), 400, missing, "required")
