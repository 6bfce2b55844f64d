"""POST /memory and POST /memory/batch: what is kept, what is filled in, and what a repeat does."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import axis, id_of

ID = id_of(7)


async def test_a_store_is_acknowledged_with_everything_a_client_reads(api: Api) -> None:
    answer = await api.post("/memory", {"content": "  We decided to use PostgreSQL over MySQL  "})
    body = answer.body
    assert answer.status == 201
    assert (body["status"], body["type"], body["confidence"], body["metadata"]) == ("success", "Decision", 0.6, {})
    assert body["timestamp"] == body["updated_at"] == body["last_accessed"]
    assert abs((datetime.now(UTC) - datetime.fromisoformat(body["timestamp"])).total_seconds()) < 60
    assert {"memory_id", "stored_at", "qdrant", "embedding_status", "enrichment", "query_time_ms"} <= set(body)
    assert (await api.memory(body["memory_id"]))["content"] == "We decided to use PostgreSQL over MySQL"


async def test_every_field_sent_is_kept(api: Api) -> None:
    sent = {
        "id": ID,
        "content": "Alice prefers dark mode 🌙",
        "type": "Preference",
        "confidence": 0.8,
        "importance": 0.9,
        "tags": ["Project/Alpha", "user:alice", "ui", "ui"],
        "metadata": {"source": "chat", "nested": {"k": [1, None, "é"]}, "null": None},
        "timestamp": "2026-01-01T00:00:00+00:00",
        "t_valid": "2026-01-02T00:00:00+00:00",
        "t_invalid": "2027-01-01T00:00:00+00:00",
        "updated_at": "2026-01-03T00:00:00+00:00",
        "last_accessed": "2026-01-04T00:00:00+00:00",
    }
    assert (await api.post("/memory", sent)).status == 201
    prefixes = ["project", "project:alpha", "user", "user:alice", "ui"]
    kept = await api.memory(ID)
    assert kept["metadata"].pop("entities") == {"people": ["Alice"]}
    assert kept == {**sent, "tag_prefixes": prefixes}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00+00:00"),
        ("2026-01-31T09:30:00.5+02:00", "2026-01-31T07:30:00.500000+00:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("20260131", "2026-01-31T00:00:00+00:00"),
        ("2026-W05-6", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31 09:30", "2026-01-31T09:30:00+00:00"),
    ],
)
async def test_times_are_kept_in_utc_and_fill_those_that_are_missing(api: Api, sent: str, kept: str) -> None:
    memory = await api.memory(await api.store("x", timestamp=sent))
    assert {memory[name] for name in ("timestamp", "t_valid", "updated_at", "last_accessed")} == {kept}
    assert "t_invalid" not in memory


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({}, {"type": "Context", "confidence": 0.3, "importance": 0.5, "tags": [], "metadata": {}}),
        ({"type": "decision"}, {"type": "Decision", "confidence": 0.9}),
        ({"type": " INSIGHT ", "confidence": 0.4}, {"type": "Insight", "confidence": 0.4}),
        ({"type": "meeting_notes"}, {"type": "Context", "confidence": 0.9}),
        ({"type": "", "confidence": 0.2}, {"type": "Context", "confidence": 0.3}),
        ({"importance": "0.7"}, {"importance": 0.7}),
        ({"importance": True}, {"importance": 1.0}),
        ({"importance": 0, "confidence": 1, "type": "Habit"}, {"importance": 0.0, "confidence": 1.0}),
        ({"tags": "ops,infra"}, {"tags": ["ops,infra"], "tag_prefixes": ["ops,infra"]}),
        ({"tags": ["", "  ", "a"]}, {"tags": ["a"]}),
        ({"tags": None, "metadata": None, "type": None, "importance": None}, {"tags": [], "importance": 0.5}),
        ({"unknown": "field"}, {"type": "Context"}),
    ],
)
async def test_fields_are_normalised_as_the_contract_says(
    api: Api, fields: dict[str, Any], kept: dict[str, Any]
) -> None:
    memory = await api.memory(await api.store("plain words", **fields))
    assert {name: memory[name] for name in kept} == kept


async def test_content_may_be_as_long_as_the_limit_which_can_be_set(start_api: Any) -> None:
    api = await start_api(memory_content_hard_limit="10")
    await api.store("é" * 10)
    assert_refused(await api.post("/memory", {"content": "x" * 11}), 400, "10 characters (11 provided)")


async def test_a_repeat_of_the_same_id_and_content_changes_nothing(api: Api) -> None:
    first = await api.post("/memory", {"id": ID, "content": "same", "importance": 0.9, "tags": ["kept"]})
    again = await api.post("/memory", {"id": ID.replace("-", "").upper(), "content": " same ", "importance": 0.1})
    assert (first.status, again.status) == (201, 200)
    assert again.body["memory_id"] == ID
    assert again.body["timestamp"] == first.body["timestamp"]
    assert ((await api.memory(ID))["importance"], (await api.memory(ID))["tags"]) == (0.9, ["kept"])
    assert await api.count() == 1


async def test_an_id_that_is_taken_by_other_content_is_a_conflict(api: Api) -> None:
    await api.store("held", id=ID)
    assert_refused(await api.post("/memory", {"id": ID, "content": "other"}), 409, ID)
    assert (await api.memory(ID))["content"] == "held"


@pytest.mark.parametrize("text", [False, True])
async def test_a_vector_that_was_sent_is_the_one_the_memory_is_found_by(api: Api, text: bool) -> None:
    vector = (axis(5, 384) * 3).tolist()
    sent = ",".join(map(str, vector)) if text else vector
    answer = await api.post("/memory", {"content": "no word in common", "embedding": sent})
    assert (answer.status, answer.body["embedding_status"]) == (201, "provided")
    await api.store("something else")
    found = (await api.post("/recall", {"embedding": vector})).body["results"][0]
    assert (found["id"], found["match_type"]) == (answer.body["memory_id"], "vector")
    assert found["match_score"] == pytest.approx(1, abs=1e-3)


async def test_a_batch_keeps_the_order_and_every_field(api: Api) -> None:
    items: list[dict[str, Any]] = [{"content": f"note {n}", "importance": n / 500} for n in range(500)]
    items[3] |= {"id": ID, "embedding": axis(5, 384).tolist(), "t_invalid": "2027-01-01", "type": "habit"}
    answer = await api.post("/memory/batch", {"memories": items})
    assert (answer.status, answer.body["stored"], answer.body["qdrant"]) == (201, 500, "stored (500)")
    ids = answer.body["memory_ids"]
    assert len(set(ids)) == 500 == await api.count()
    assert ids[3] == ID
    assert (await api.memory(ids[499]))["content"] == "note 499"
    kept = await api.memory(ID)
    assert (kept["type"], kept["t_invalid"]) == ("Habit", "2027-01-01T00:00:00+00:00")
    assert (await api.recall(embedding=axis(5, 384).tolist(), limit=1)) == [ID]


@pytest.mark.parametrize(
    ("bad", "mentioned"),
    [
        ({"importance": 2}, "importance"),
        ({}, "content"),
        ({"content": "x" * 2_001}, "2001"),
        ({"content": "x", "embedding": [1]}, "embedding"),
        ({"content": "x", "id": "nope"}, "id"),
        ({"content": "x", "timestamp": "nope"}, "timestamp"),
    ],
)
async def test_one_bad_item_refuses_the_whole_batch_and_says_which(
    api: Api, bad: dict[str, Any], mentioned: str
) -> None:
    items = [{"content": "good"}, {"content": "y", **bad} if "importance" in bad else bad, {"content": "good too"}]
    assert_refused(await api.post("/memory/batch", {"memories": items}), 400, "index 1", mentioned)
    assert await api.count() == 0


async def test_a_batch_item_that_is_no_object_is_named(api: Api) -> None:
    for item in ("x", 5, None, ["x"]):
        answer = await api.post("/memory/batch", {"memories": [{"content": "good"}, item]})
        assert_refused(answer, 400, "Memory at index 1", "must be an object")
    assert await api.count() == 0


async def test_a_conflict_in_a_batch_stores_nothing_of_it(api: Api) -> None:
    await api.store("held", id=ID)
    items = [{"content": "good"}, {"id": ID, "content": "other"}]
    assert_refused(await api.post("/memory/batch", {"memories": items}), 409, ID)
    assert await api.count() == 1


async def test_a_batch_may_repeat_what_is_there(api: Api) -> None:
    await api.store("held", id=ID)
    items = [{"id": ID, "content": "held"}, {"content": "new"}, {"id": ID, "content": "held"}]
    answer = await api.post("/memory/batch", {"memories": items})
    assert (answer.status, answer.body["memory_ids"][0], answer.body["memory_ids"][2]) == (201, ID, ID)
    assert await api.count() == 2


@pytest.mark.parametrize("body", [{}, {"memories": []}, {"memories": "x"}, {"memories": {}}, {"memories": None}])
async def test_a_batch_needs_a_list_of_memories(api: Api, body: Any) -> None:
    assert_refused(await api.post("/memory/batch", body), 400, "memories", "array")


async def test_a_batch_has_at_most_500_memories(api: Api) -> None:
    answer = await api.post("/memory/batch", {"memories": [{"content": "x"}] * 501})
    assert_refused(answer, 400, "500", "memories")
    assert await api.count() == 0
