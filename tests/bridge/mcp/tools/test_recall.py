"""recall_memory: ranked, by id, and page by page."""

import json

import pytest

from bridge.mcp.tools.recall import RECALL_MEMORY
from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MEMORY_ID, OTHER_ID, MemoryService, text_of

MEMORY = {"id": MEMORY_ID, "content": "Early returns.", "tags": ["style"], "importance": 0.5}
RESULT = {"id": MEMORY_ID, "final_score": 0.757, "match_type": "vector", "memory": MEMORY}
FOUND = {"status": "success", "results": [RESULT], "count": 1}


async def test_a_ranked_recall_is_asked_and_told(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", FOUND)
    result = await call("recall_memory", query="how to return")
    assert text_of(result) == f"Found 1 memories:\n\n1. Early returns. [style] score=0.757\n   ID: {MEMORY_ID}"
    assert memory_service.asked[0].query == [("query", "how to return"), ("limit", "5")]
    assert result.structured_content is not None
    assert result.structured_content["mode"] == "ranked"
    assert result.structured_content["results"][0]["memory_id"] == MEMORY_ID


RANKED = {
    "query": "q",
    "limit": 200,
    "per_query_limit": 7,
    "offset": 10_000,
    "time_query": "last 7 days",
    "start": "2026-01-01",
    "end": "2026-02-01T00:00:00Z",
    "sort": "updated_desc",
    "tags": ["a", "b"],
    "exclude_tags": ["c"],
    "tag_mode": "all",
    "tag_match": "exact",
    "scope_fallback": True,
    "state_mode": "history",
    "current_only": False,
    "state_debug": True,
    "recency_bias": "auto",
    "min_score": 0.25,
    "adaptive_floor": False,
    "context": "code review, of the parser",
    "language": "python",
    "active_path": "src/parser.py",
    "context_tags": ["d", "e"],
    "context_types": ["Style", "Habit"],
    "priority_ids": [MEMORY_ID, OTHER_ID],
    "expand_relations": True,
    "expand_depth": 3,
    "expand_entities": True,
    "auto_decompose": True,
    "relation_limit": 200,
    "expansion_limit": 500,
    "expand_min_importance": 0.5,
    "expand_min_strength": 1.0,
    "expand_respect_tags": True,
}


async def test_every_ranked_argument_reaches_the_memory_service(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", FOUND)
    result = await call("recall_memory", **RANKED, format="items")
    assert not result.is_error
    sent = memory_service.asked[0].query
    assert {name for name, _ in sent} == RANKED.keys()
    for name, value in RANKED.items():
        values = value if isinstance(value, list) else [value]
        said = [str(each).lower() if isinstance(each, bool) else str(each) for each in values]
        assert [text for key, text in sent if key == name] == said


def test_there_is_no_further_argument_of_a_ranked_recall() -> None:
    others = {"queries", "embedding", "memory_id", "exhaustive", "format"}
    assert RECALL_MEMORY.input_schema["properties"].keys() == RANKED.keys() | others


async def test_what_is_more_and_where_it_starts_is_passed_on(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {**FOUND, "offset": 5, "has_more": True})
    data = (await call("recall_memory", query="x", offset=5)).structured_content
    assert data is not None
    assert {"offset": 5, "has_more": True}.items() <= data.items()


async def test_several_queries_get_five_results_each(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", FOUND)
    await call("recall_memory", queries=["one", " ", "two"])
    assert sorted(memory_service.asked[0].query) == [
        ("limit", "10"),
        ("per_query_limit", "5"),
        ("queries", "one"),
        ("queries", "two"),
    ]


async def test_a_comma_in_a_question_never_makes_two_of_it(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", FOUND)
    await call("recall_memory", queries=["tea, or coffee?"])
    await call("recall_memory", query="tea, or coffee?", queries=["where, then?"])
    alone, together = (asked.query for asked in memory_service.asked)
    assert dict(alone)["query"] == "tea, or coffee?"
    assert [value for name, value in together if name.startswith("quer")] == ["tea, or coffee?", "where, then?"]


async def test_a_blank_query_asks_for_the_most_important(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", FOUND)
    await call("recall_memory", query=" ", tags=["preference"], sort="updated_desc", limit=20)
    assert "query" not in dict(memory_service.asked[0].query)


async def test_an_embedding_is_posted(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("POST /recall", FOUND)
    await call("recall_memory", embedding=[0.25, 1])
    assert memory_service.asked[0].body == {"embedding": [0.25, 1.0], "limit": 5}


async def test_one_memory_is_fetched_by_any_spelling_of_its_id(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers(f"GET /memory/{MEMORY_ID}", {"status": "success", "memory": MEMORY})
    result = await call("recall_memory", memory_id="{" + MEMORY_ID.upper().replace("-", "") + "}")
    assert text_of(result) == f"Found 1 memories:\n\n1. Early returns. [style]\n   ID: {MEMORY_ID}"
    assert result.structured_content is not None
    assert result.structured_content["mode"] == "id_fetch"
    assert result.structured_content["results"][0]["match_type"] == "direct"


async def test_an_unknown_id_finds_nothing(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers(f"GET /memory/{MEMORY_ID}", {"message": "Memory not found"}, 404)
    result = await call("recall_memory", memory_id=MEMORY_ID)
    assert not result.is_error
    assert text_of(result) == "No memories found."


async def test_a_listing_is_paged(call: Call, memory_service: MemoryService) -> None:
    page = {"status": "success", "memories": [MEMORY, MEMORY], "count": 2, "limit": 2, "offset": 4, "has_more": True}
    memory_service.answers("GET /memory/by-tag", page)
    result = await call("recall_memory", tags=["style"], exhaustive=True, limit=2, offset=4, format="json")
    assert memory_service.asked[0].query == [("tags", "style"), ("limit", "2"), ("offset", "4")]
    assert json.loads(text_of(result))["has_more"] is True
    assert "go on with offset: 6" in text_of(result, 1)
    assert result.structured_content is not None
    assert {"mode": "enumeration", "has_more": True, "offset": 4}.items() <= result.structured_content.items()


async def test_a_listing_has_twenty_a_page(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /memory/by-tag", {"memories": []})
    assert text_of(await call("recall_memory", tags=["x"], exhaustive=True)) == "No memories found."
    assert memory_service.asked[0].query == [("tags", "x"), ("limit", "20"), ("offset", "0")]


async def test_the_items_format_has_a_part_for_each_memory(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", FOUND)
    result = await call("recall_memory", query="x", format="items")
    assert len(result.content) == 2
    assert text_of(result, 1) == f"1. Early returns. [style] score=0.757\nID: {MEMORY_ID}"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"limit": 0}, "limit must be an integer from 1 to 200, got 0."),
        ({"limit": 500}, "limit must be an integer from 1 to 200, got 500."),
        ({"limit": "5"}, 'limit must be an integer from 1 to 200, got "5".'),
        ({"limit": 5.5}, "limit must be an integer from 1 to 200, got 5.5."),
        ({"limit": True}, "limit must be an integer from 1 to 200, got true."),
        ({"limit": 10**40}, "limit must be an integer from 1 to 200, got 1000"),
        ({"per_query_limit": -1}, "per_query_limit must be an integer from 1 to 200, got -1."),
        ({"query": ["x"]}, "query must be a string of 0 to 8000 characters, got "),
        ({"query": "\x07"}, "query must not contain control characters"),
        ({"query": "x" * 8_001}, "query must be a string of 0 to 8000 characters, got a string of 8001 characters."),
        ({"queries": []}, "queries must be an array of 1 to 20 strings, got []."),
        ({"queries": ["x"] * 21}, "queries must be an array of 1 to 20 strings, got ["),
        ({"sort": "best"}, "sort must be one of score, time_desc, time_asc, updated_desc, updated_asc, got "),
        ({"tag_mode": "some"}, 'tag_mode must be one of any, all, got "some".'),
        ({"tag_match": 1}, "tag_match must be one of prefix, exact, got 1."),
        ({"format": "xml"}, "format must be one of text, items, detailed, json, got "),
        ({"start": ""}, "start must be an ISO 8601 date or time"),
        ({"start": "2026-02-01", "end": "2026-01-01T00:00:00Z"}, "start must not be later than end."),
        ({"memory_id": "../../health"}, "memory_id must be a UUID, got "),
        ({"memory_id": MEMORY_ID + "/../by-tag"}, "memory_id must be a UUID, got "),
        ({"memory_id": MEMORY_ID, "query": "x"}, "memory_id fetches one memory; leave out query."),
        ({"exhaustive": "true"}, 'exhaustive must be true or false, got "true".'),
        ({"exhaustive": True}, "exhaustive: true lists memories by tag and needs at least one of tags."),
        ({"exhaustive": True, "tags": ["a"], "query": "x", "sort": "score"}, "exhaustive: true lists every memory"),
        ({"exhaustive": True, "tags": ["a"], "tag_match": "prefix"}, "exhaustive: true matches any of exactly"),
        ({"offset": 10_001}, "offset must be at most 10000 unless exhaustive is true; narrow the question."),
        ({"offset": -5, "exhaustive": True, "tags": ["a"]}, "offset must be an integer from 0 to 1e+09, got -5."),
        ({"time_query": ""}, "time_query must not be blank."),
        ({"time_query": 7}, "time_query must be a string of 1 to 2000 characters, got 7."),
        ({"scope_fallback": "yes"}, 'scope_fallback must be true or false, got "yes".'),
        ({"state_mode": "past"}, 'state_mode must be one of current, history, got "past".'),
        ({"current_only": 1}, "current_only must be true or false, got 1."),
        ({"state_debug": "on"}, 'state_debug must be true or false, got "on".'),
        ({"recency_bias": True}, "recency_bias must be one of auto, on, off, got true."),
        ({"min_score": 1.5}, "min_score must be a number from 0 to 1, got 1.5."),
        ({"adaptive_floor": 0.2}, "adaptive_floor must be true or false, got 0.2."),
        ({"context": " "}, "context must not be blank."),
        ({"language": ["go"]}, "language must be a string of 1 to 2000 characters, got "),
        ({"active_path": "a\x00b"}, "active_path must not contain control characters"),
        ({"context_tags": ["a,b"]}, "context_tags[0] must not contain a comma"),
        ({"context_types": ["Taste"]}, "context_types[0] must be one of Decision, Pattern, Preference, Style, Habit"),
        ({"priority_ids": ["first"]}, 'priority_ids[0] must be a UUID, got "first".'),
        ({"priority_ids": [MEMORY_ID] * 101}, "priority_ids must be an array of at most 100 UUIDs, got an array"),
        ({"expand_relations": "true"}, 'expand_relations must be true or false, got "true".'),
        ({"expand_depth": 4}, "expand_depth must be an integer from 1 to 3, got 4."),
        ({"expand_entities": 2}, "expand_entities must be true or false, got 2."),
        ({"auto_decompose": None}, "auto_decompose must be true or false, got null."),
        ({"relation_limit": 0}, "relation_limit must be an integer from 1 to 200, got 0."),
        ({"expansion_limit": 501}, "expansion_limit must be an integer from 1 to 500, got 501."),
        ({"expand_min_importance": -0.1}, "expand_min_importance must be a number from 0 to 1, got -0.1."),
        ({"expand_min_strength": "0.5"}, 'expand_min_strength must be a number from 0 to 1, got "0.5".'),
        ({"expand_respect_tags": []}, "expand_respect_tags must be true or false, got []."),
        ({"memory_id": MEMORY_ID, "time_query": "today"}, "memory_id fetches one memory; leave out time_query."),
        ({"exhaustive": True, "tags": ["a"], "expand_depth": 1}, "exhaustive: true lists every memory with the tags; "),
        ({"colour": "blue"}, "colour is not an argument; allowed: query, queries, embedding, limit, "),
    ],
)
async def test_a_bad_argument_is_named_and_nothing_is_asked(
    call: Call, memory_service: MemoryService, arguments: dict[str, object], sentence: str
) -> None:
    result = await call("recall_memory", **arguments)
    assert result.is_error
    assert text_of(result).startswith(sentence)
    assert memory_service.asked == []
