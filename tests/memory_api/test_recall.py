"""GET and POST /recall: the two ways to ask, the filters, the orders and the answer."""

from typing import Any

import pytest

from tests.memory_api.api import Api, Query
from tests.memory_api.builders import axis

TEXTS = {
    "db": ("We decided to use PostgreSQL for billing", ["project/alpha", "db"], "2026-01-01"),
    "ui": ("Alice prefers dark mode", ["project/alpha", "ui"], "2026-02-01"),
    "fruit": ("Bananas ripen quickly on the counter", ["kitchen"], "2026-03-01"),
    "server": ("The server address is 10.0.0.3", ["project/beta"], "2026-04-01"),
}


async def fill(api: Api) -> dict[str, str]:
    """The four memories above by name."""
    return {
        name: await api.store(text, tags=tags, timestamp=day, importance=0.2 + place / 10)
        for place, (name, (text, tags, day)) in enumerate(TEXTS.items())
    }


async def names(api: Api, ids: dict[str, str], query: Query) -> list[str]:
    answer = await api.get(
        "/recall", [*(query.items() if isinstance(query, dict) else query), ("adaptive_floor", "no")]
    )
    assert answer.status == 200, answer.body
    known = {stored: name for name, stored in ids.items()}
    return [known[item["id"]] for item in answer.body["results"]]


async def test_the_answer_carries_everything_a_client_reads(api: Api) -> None:
    ids = await fill(api)
    await api.post("/associate", {"memory1_id": ids["db"], "memory2_id": ids["ui"], "type": "LEADS_TO"})
    body = (await api.get("/recall", {"query": "PostgreSQL billing", "limit": "2"})).body
    always = "status query results count dedup_removed sort state_mode vector_search tag_mode tag_match query_time_ms"
    assert set(always.split()) <= set(body)
    assert (body["query"], body["count"], body["sort"]) == ("PostgreSQL billing", 2, "score")
    top = body["results"][0]
    assert top["id"] == ids["db"]
    assert (top["match_type"], top["source"]) in {("vector", "qdrant"), ("keyword", "graph")}
    assert top["score"] == top["final_score"] == top["original_score"]
    assert top["memory"] == {**await api.memory(ids["db"]), "last_accessed": top["memory"]["last_accessed"]}
    (edge,) = top["relations"]
    assert (edge["type"], edge["strength"], edge["memory"]["id"]) == ("LEADS_TO", 0.5, ids["ui"])


async def test_a_memory_is_recalled_as_soon_as_its_store_is_acknowledged(api: Api) -> None:
    for word in ("zephyr", "quokka", "xylophone"):
        stored = await api.store(f"about the {word}")
        assert await api.recall(word, limit=1) == [stored]


@pytest.mark.parametrize("query", [{}, {"query": ""}, {"query": "  "}, {"query": "*"}, {"queries": "*, "}])
async def test_without_a_question_the_most_important_come_first(api: Api, query: Query) -> None:
    ids = await fill(api)
    assert await names(api, ids, query) == ["server", "fruit", "ui", "db"]
    results = (await api.get("/recall", query)).body["results"]
    assert {item["match_type"] for item in results} == {"trending"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ([("tags", "project")], {"db", "ui", "server"}),
        ([("tags", "PROJECT:ALPHA")], {"db", "ui"}),
        ([("tags", "kitchen"), ("tags", "db")], {"fruit", "db"}),
        ([("tags", "kitchen,db")], {"fruit", "db"}),
        ([("tags", "project"), ("tags", "ui"), ("tag_mode", "ALL")], {"ui"}),
        ([("tags", "project"), ("tag_match", "exact")], set()),
        ([("tags", "proj")], set()),
        ([("exclude_tags", "project")], {"fruit"}),
        ([("exclude_tags", "kitchen"), ("exclude_tags", "project/beta"), ("exclude_tags", "ui")], {"db"}),
        ([("start", "2026-02-01"), ("end", "2026-03-01T00:00:00Z")], {"ui", "fruit"}),
        ([("start", "2026-04-01T02:00:00+02:00")], {"server"}),
        ([("end", "2026-01-01"), ("tags", "project")], {"db"}),
        ([("start", "2027-01-01")], set()),
    ],
)
@pytest.mark.parametrize("asked", ["", "PostgreSQL dark bananas address"])
async def test_filters_choose_what_may_be_returned(api: Api, asked: str, query: Any, expected: set[str]) -> None:
    ids = await fill(api)
    assert set(await names(api, ids, [("query", asked), *query])) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("time_desc", ["server", "fruit", "ui", "db"]),
        ("time_asc", ["db", "ui", "fruit", "server"]),
        ("updated_desc", ["db", "server", "fruit", "ui"]),
        ("updated_asc", ["ui", "fruit", "server", "db"]),
    ],
)
@pytest.mark.parametrize("asked", ["", "PostgreSQL dark bananas address"])
@pytest.mark.parametrize("parameter", ["sort", "order_by"])
async def test_results_come_in_the_order_asked_for(
    api: Api, asked: str, sort: str, expected: list[str], parameter: str
) -> None:
    ids = await fill(api)
    await api.patch(ids["db"], {"importance": 0.0})
    assert await names(api, ids, {"query": asked, parameter: sort}) == expected


async def test_a_window_alone_lists_the_newest_first(api: Api) -> None:
    ids = await fill(api)
    assert await names(api, ids, {"start": "2026-01-15"}) == ["server", "fruit", "ui"]
    assert await names(api, ids, {"start": "2026-01-15", "sort": "score"}) == ["server", "fruit", "ui"]
    assert (await api.get("/recall", {"start": "2026-01-15"})).body["sort"] == "time_desc"
    assert (await api.get("/recall", {"start": "2026-01-15", "query": "x"})).body["sort"] == "score"


@pytest.mark.parametrize(("limit", "expected"), [("1", 1), ("0", 1), ("-3", 1), ("3", 3), ("500", 4)])
async def test_a_limit_out_of_range_is_clamped(api: Api, limit: str, expected: int) -> None:
    ids = await fill(api)
    assert len(await names(api, ids, {"query": "PostgreSQL dark bananas address", "limit": limit})) == expected
    assert len(await names(api, ids, {"limit": limit})) == expected


async def test_several_questions_are_answered_together_and_each_memory_comes_once(api: Api) -> None:
    ids = await fill(api)
    body = (await api.get("/recall", {"queries": "bananas,server address,bananas", "per_query_limit": "1"})).body
    assert body["queries"] == ["bananas", "server address"]
    assert {item["id"] for item in body["results"]} == {ids["fruit"], ids["server"]}
    body = (await api.post("/recall", {"query": "bananas", "queries": ["bananas counter"]})).body
    assert [item["id"] for item in body["results"]] == [ids["fruit"]]
    assert (body["count"], body["dedup_removed"]) == (1, 1)


async def test_questions_are_separated_by_commas_or_repeated_and_then_may_hold_commas(api: Api) -> None:
    body = (await api.get("/recall", [("queries", "bananas,billing")])).body
    assert body["queries"] == ["bananas", "billing"]
    body = (await api.get("/recall", [("queries", "bananas, or billing?"), ("queries", "server")])).body
    assert body["queries"] == ["bananas, or billing?", "server"]


async def test_a_vector_stands_in_for_the_question(api: Api) -> None:
    near = await api.store("nothing alike", embedding=axis(3, 384).tolist())
    await api.store("bananas")
    for query in ("", "zzz"):
        assert await api.recall(query, embedding=axis(3, 384).tolist(), limit=1) == [near]
    text = ",".join(str(value) for value in axis(3, 384))
    assert (await api.get("/recall", {"embedding": text, "limit": "1"})).body["results"][0]["id"] == near


async def test_a_body_and_a_query_string_mean_the_same(api: Api) -> None:
    ids = await fill(api)
    query = {"query": "dark mode", "limit": "2", "tags": "project", "exclude_tags": "db", "start": "2026-01-01"}
    by_query = (await api.get("/recall", query)).body
    by_body = (await api.post("/recall", {**query, "limit": 2, "tags": ["project"], "exclude_tags": ["db"]})).body
    for body in (by_query, by_body):
        assert [item["id"] for item in body["results"]] == [ids["ui"]]
        assert body["time_window"] == {"start": "2026-01-01T00:00:00+00:00", "end": None}
        assert (body["tags"], body["exclude_tags"]) == (["project"], ["db"])


async def test_nulls_in_a_body_and_no_body_at_all_mean_nothing_was_asked(api: Api) -> None:
    ids = await fill(api)
    nothing = dict.fromkeys("query queries embedding limit tags exclude_tags tag_mode start end sort".split())
    for answer in (
        await api.post("/recall", nothing),
        await api.send("POST", "/recall"),
        await api.post("/recall", {}),
    ):
        assert (answer.status, answer.body["results"][0]["id"]) == (200, ids["server"])


async def test_recalling_notes_that_the_memories_were_read(api: Api) -> None:
    stored = await api.store("bananas", last_accessed="2026-01-01")
    await api.recall("bananas")
    await api.store("another write carries the note along")
    assert (await api.memory(stored))["last_accessed"] > "2026-01-01T00:00:00+00:00"
