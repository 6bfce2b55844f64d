"""GET, PATCH and DELETE /memory/{id}: reading, changing and removing one memory."""

from typing import Any

import pytest

from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import axis, id_of

ABSENT = id_of(99)


async def test_reading_shows_when_the_memory_was_read_before_and_notes_this_read(api: Api) -> None:
    stored = await api.store("x", last_accessed="2026-01-01")
    assert (await api.memory(stored))["last_accessed"] == "2026-01-01T00:00:00+00:00"
    await api.store("another write carries the note along")
    assert (await api.memory(stored))["last_accessed"] > "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize("spelling", ["{}", "urn:uuid:{}", "{{{}}}"])
async def test_any_spelling_of_an_id_is_understood(api: Api, spelling: str) -> None:
    stored = await api.store("x")
    for sent in (spelling.format(stored), spelling.format(stored.replace("-", "").upper())):
        assert (await api.memory(sent))["id"] == stored


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "sent", ["abc", "..", "%2e%2e%2fhealth", "%00", "%ed%a0%80", "'", "0" * 5_000, "by-tagx", "%20"]
)
async def test_what_is_no_uuid_is_refused(api: Api, method: str, sent: str) -> None:
    from_path = await api.send(method, f"/memory/{sent}", {"importance": 1})
    assert from_path.status in (400, 404, 405)
    assert from_path.body["status"] == "error"
    if sent == "abc":
        assert_refused(from_path, 400, "memory_id must be a valid UUID")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_id_is_not_found(api: Api, method: str) -> None:
    for body in ({"importance": 1}, {}):
        assert_refused(await api.send(method, f"/memory/{ABSENT}", body), 404, "Memory not found")


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"importance": 0.1}, {"importance": 0.1}),
        ({"type": "habit", "confidence": "0.25"}, {"type": "Habit", "confidence": 0.25}),
        ({"tags": ["New/Tag"]}, {"tags": ["New/Tag"], "tag_prefixes": ["new", "new:tag"]}),
        ({"tags": "a, b,,c"}, {"tags": ["a", "b", "c"]}),
        ({"tags": None}, {"tags": []}),
        ({"tags": []}, {"tags": []}),
        ({"t_invalid": "2026-05-01T02:00:00+02:00"}, {"t_invalid": "2026-05-01T00:00:00+00:00"}),
        ({"timestamp": "2025-01-01", "t_valid": "2025-02-01"}, {"timestamp": "2025-01-01T00:00:00+00:00"}),
        ({"last_accessed": "2025-03-01"}, {"last_accessed": "2025-03-01T00:00:00+00:00"}),
        ({"metadata": {"b": 2, "a": None}}, {"metadata": {"b": 2, "deep": {"x": 1}}}),
        ({"metadata": {"deep": {"y": 2}}}, {"metadata": {"a": 1, "deep": {"y": 2}}}),
        ({"metadata": None}, {"metadata": {}}),
        ({"content": "  new text "}, {"content": "new text"}),
        ({"id": ABSENT, "unknown": 1}, {"importance": 0.5}),
    ],
)
async def test_a_change_takes_what_is_sent_and_leaves_the_rest(
    api: Api, change: dict[str, Any], kept: dict[str, Any]
) -> None:
    stored = await api.store("old text", tags=["t"], metadata={"a": 1, "deep": {"x": 1}}, timestamp="2026-01-01")
    before = await api.memory(stored)
    answer = await api.patch(stored, change)
    assert (answer.status, answer.body["status"], answer.body["memory_id"]) == (200, "success", stored)
    after = await api.memory(stored)
    assert {name: after[name] for name in kept} == kept
    moved = {*change, "tag_prefixes", "updated_at", "last_accessed"}
    assert {name: after[name] for name in after if name not in moved} == {
        name: before[name] for name in before if name not in moved
    }


async def test_merging_nothing_into_metadata_changes_nothing(api: Api) -> None:
    stored = await api.store("x", metadata={"a": 1})
    assert (await api.patch(stored, {"metadata": {}})).status == 200
    assert (await api.memory(stored))["metadata"] == {"a": 1}


async def test_metadata_cannot_grow_beyond_its_limit_by_merging(api: Api) -> None:
    stored = await api.store("x", metadata={"a": "x" * 60_000})
    assert_refused(await api.patch(stored, {"metadata": {"b": "x" * 60_000}}), 400, "metadata")
    assert set((await api.memory(stored))["metadata"]) == {"a"}


async def test_a_change_is_stamped_unless_the_caller_gives_the_time(api: Api) -> None:
    stored = await api.store("x", timestamp="2026-01-01")
    await api.patch(stored, {"importance": 1})
    assert (await api.memory(stored))["updated_at"] > "2026-01-01T00:00:00+00:00"
    await api.patch(stored, {"updated_at": "2026-02-01"})
    assert (await api.memory(stored))["updated_at"] == "2026-02-01T00:00:00+00:00"


async def test_no_change_is_fine_and_stamps_nothing(api: Api) -> None:
    stored = await api.store("x", timestamp="2026-01-01")
    assert (await api.patch(stored, {})).status == 200
    assert (await api.memory(stored))["updated_at"] == "2026-01-01T00:00:00+00:00"


async def test_clearing_t_invalid_removes_it(api: Api) -> None:
    stored = await api.store("x", t_invalid="2026-01-01")
    await api.patch(stored, {"t_invalid": None})
    assert "t_invalid" not in await api.memory(stored)


async def test_a_time_of_access_that_is_set_after_a_read_stays(api: Api) -> None:
    stored = await api.store("x")
    await api.memory(stored)
    await api.patch(stored, {"last_accessed": "2030-01-01"})
    assert (await api.memory(stored))["last_accessed"] == "2030-01-01T00:00:00+00:00"


async def test_changed_content_is_recalled_and_the_former_is_not(api: Api) -> None:
    stored = await api.store("the heron stands in the reeds")
    await api.patch(stored, {"content": "quarterly revenue report"})
    found = (await api.post("/recall", {"query": "revenue"})).body["results"][0]
    assert found["memory"]["content"] == "quarterly revenue report"
    assert (await api.post("/recall", {"query": "heron"})).body["results"] == []


async def test_a_vector_sent_with_a_change_is_honoured(api: Api) -> None:
    stored = await api.store("x")
    await api.store("y")
    vector = axis(9, 384).tolist()
    assert (await api.patch(stored, {"embedding": vector})).status == 200
    assert await api.recall(embedding=vector, limit=1) == [stored]


async def test_deleting_removes_the_memory_once(api: Api) -> None:
    stored = await api.store("the heron", tags=["birds"])
    answer = await api.send("DELETE", f"/memory/{stored}")
    assert (answer.status, answer.body) == (200, {"status": "success", "memory_id": stored})
    assert_refused(await api.send("DELETE", f"/memory/{stored}"), 404, "Memory not found")
    assert await api.recall("heron") == await api.recall(tags=["birds"]) == []
    assert await api.count() == 0
