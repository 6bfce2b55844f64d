"""Recall answers as text, items, detailed, json and data, to the last comma."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.mcp.formatting import Format, Recollection, structured, written

CHOICE: dict[str, Any] = {
    "id": "dd89e60c-00b9-42c0-b8d6-af5593e5c56b",
    "final_score": 0.7566,
    "match_type": "vector",
    "source": "qdrant",
    "relations": [{"type": "LEADS_TO", "strength": 0.8}],
    "memory": {
        "content": "Chose PostgreSQL over MongoDB.",
        "type": "Decision",
        "tags": ["db", "entity:tools:postgresql"],
        "importance": 0.9,
        "confidence": 0.9,
        "timestamp": "2026-06-01T00:00:00+00:00",
        "updated_at": "2026-06-02T00:00:00+00:00",
        "last_accessed": "2026-06-03T00:00:00+00:00",
        "metadata": {"files": ["a.ts"]},
    },
}
BARE: dict[str, Any] = {
    "id": "40362f90-d4c6-4e4b-9b23-a9c8551a881b",
    "memory": {"content": "Early returns.", "tags": []},
}


def recollection(*results: dict[str, Any], **envelope: object) -> Recollection:
    answer = {"status": "success", "results": list(results), "count": len(results), **envelope}
    return Recollection("ranked", answer)


def test_text_is_one_part() -> None:
    assert written(recollection(CHOICE, BARE), "text") == [
        "Found 2 memories:\n\n"
        "1. Chose PostgreSQL over MongoDB. [db, entity:tools:postgresql] score=0.757\n"
        "   ID: dd89e60c-00b9-42c0-b8d6-af5593e5c56b\n\n"
        "2. Early returns.\n"
        "   ID: 40362f90-d4c6-4e4b-9b23-a9c8551a881b"
    ]


def test_items_are_a_heading_and_a_part_for_each_memory() -> None:
    assert written(recollection(CHOICE, BARE, dedup_removed=1), "items") == [
        "Found 2 memories (1 duplicates removed):",
        "1. Chose PostgreSQL over MongoDB. [db, entity:tools:postgresql] score=0.757\n"
        "ID: dd89e60c-00b9-42c0-b8d6-af5593e5c56b",
        "2. Early returns.\nID: 40362f90-d4c6-4e4b-9b23-a9c8551a881b",
    ]


def test_detailed_shows_every_field_that_is_there() -> None:
    heading, full, bare = written(recollection(CHOICE, BARE), "detailed")
    assert heading == "Found 2 memories:"
    assert full.splitlines() == [
        "1. Chose PostgreSQL over MongoDB.",
        "ID: dd89e60c-00b9-42c0-b8d6-af5593e5c56b",
        "Type: Decision",
        "Timestamp: 2026-06-01T00:00:00+00:00",
        "Updated: 2026-06-02T00:00:00+00:00",
        "Last accessed: 2026-06-03T00:00:00+00:00",
        "Importance: 0.900",
        "Confidence: 0.900",
        "Tags: db, entity:tools:postgresql",
        'Metadata: {"files":["a.ts"]}',
        "Score: 0.757",
        "Match: vector",
        "Source: qdrant",
        "Relations: LEADS_TO(0.80)",
    ]
    assert bare == "2. Early returns.\nID: 40362f90-d4c6-4e4b-9b23-a9c8551a881b"


def test_json_is_the_answer_of_the_memory_service() -> None:
    (text,) = written(recollection(BARE), "json")
    assert json.loads(text) == {"status": "success", "results": [BARE], "count": 1}
    assert text.startswith('{\n  "status"')


@pytest.mark.parametrize("style", ["text", "items", "detailed"])
def test_nothing_found_reads_the_same_in_every_text(style: Format) -> None:
    assert written(recollection(), style) == ["No memories found."]


def test_marks_follow_the_score_in_order() -> None:
    marked = {**CHOICE, "deduped_from": ["a", "b"], "outside_tag_scope": True}
    (text,) = written(recollection(marked), "text")
    assert " score=0.757 (deduped x2) [outside tag scope]\n" in text
    assert "Outside tag scope: true" in written(recollection(marked), "detailed")[1]


NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def lasting_until(t_invalid: object) -> Recollection:
    memory = {**CHOICE["memory"], "t_invalid": t_invalid}
    results = [{**CHOICE, "outside_tag_scope": True, "memory": memory}]
    return Recollection("ranked", {"results": results, "count": 1}, NOW)


@pytest.mark.parametrize("t_invalid", ["2026-06-01T12:00:00Z", "2026-06-01", "2026-06-01T14:00:00+02:00"])
def test_what_no_longer_holds_is_marked_last(t_invalid: str) -> None:
    (text,) = written(lasting_until(t_invalid), "text")
    assert " score=0.757 [outside tag scope] [outdated]\n   ID: " in text
    assert " [outside tag scope] [outdated]\nID: " in written(lasting_until(t_invalid), "items")[1]
    assert f"\nOutdated since: {t_invalid}" in written(lasting_until(t_invalid), "detailed")[1]


@pytest.mark.parametrize("t_invalid", ["2026-06-01T12:00:01Z", "2026-06-02", None, "soon", 5])
def test_what_still_holds_is_not(t_invalid: object) -> None:
    assert "utdated" not in written(lasting_until(t_invalid), "text")[0]
    assert "utdated" not in written(lasting_until(t_invalid), "detailed")[1]


def test_the_way_to_a_related_memory_and_what_a_memory_replaces_are_shown_in_detail() -> None:
    way = [{"type": "LEADS_TO", "strength": 0.8, "from": "m1"}]
    related = {**BARE, "match_type": "relation", "related_to": way}
    replacing = {**BARE, "match_type": "state_replacement", "state_replaces": "m2"}
    _, first, second = written(recollection(related, replacing), "detailed")
    assert first.splitlines()[-2:] == ["Match: relation", "Relations: LEADS_TO(0.80) from m1"]
    assert second.splitlines()[-2:] == ["Match: state_replacement", "Replaces: m2"]
    data = structured(recollection(related, replacing))["results"]
    assert (data[0]["related_to"], data[1]["state_replaces"]) == (way, "m2")


def test_a_score_of_zero_is_still_a_score() -> None:
    (text,) = written(recollection({**BARE, "score": 0}), "text")
    assert "Early returns. score=0.000\n" in text


def test_long_metadata_is_cut_and_says_how_long_it_was() -> None:
    result = {**BARE, "memory": {"content": "x", "metadata": {"long": "y" * 2_000}}}
    line = written(recollection(result), "detailed")[1].splitlines()[-1]
    assert line == 'Metadata: {"long":"' + "y" * 1_491 + "… (truncated, 2011 chars total)"


def test_five_relations_are_shown_and_the_rest_counted() -> None:
    relations = [{"type": "PART_OF", "strength": 1, "from": f"m{index}"} for index in range(7)]
    line = written(recollection({**BARE, "relations": relations}), "detailed")[1].splitlines()[-1]
    assert line == "Relations: " + "; ".join(f"PART_OF(1.00) from m{index}" for index in range(5)) + " (+2 more)"


def test_data_is_flat_and_keeps_what_was_said_about_the_whole() -> None:
    data = structured(recollection(CHOICE, keywords=["x"]))
    assert data["count"] == 1
    assert data["mode"] == "ranked"
    assert data["keywords"] == ["x"]
    assert "status" not in data
    assert data["results"] == [
        {
            "memory_id": "dd89e60c-00b9-42c0-b8d6-af5593e5c56b",
            "content": "Chose PostgreSQL over MongoDB.",
            "type": "Decision",
            "tags": ["db", "entity:tools:postgresql"],
            "importance": 0.9,
            "confidence": 0.9,
            "metadata": {"files": ["a.ts"]},
            "timestamp": "2026-06-01T00:00:00+00:00",
            "created_at": "2026-06-01T00:00:00+00:00",
            "updated_at": "2026-06-02T00:00:00+00:00",
            "last_accessed": "2026-06-03T00:00:00+00:00",
            "final_score": 0.7566,
            "match_type": "vector",
            "source": "qdrant",
            "relations": [{"type": "LEADS_TO", "strength": 0.8}],
        }
    ]


@pytest.mark.parametrize("style", ["text", "items", "detailed", "json"])
def test_an_answer_of_strange_shape_breaks_nothing(style: Format) -> None:
    strange = {"memory": "?", "relations": {}, "final_score": True, "deduped_from": 3, "id": None}
    assert written(Recollection("ranked", {"results": [strange, "?", None], "count": "?"}), style)
