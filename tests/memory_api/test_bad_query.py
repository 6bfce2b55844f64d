"""Every parameter of a question refuses what it cannot mean and names itself."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import id_of

NUMBERS: list[Any] = ["abc", "", [], {}, [5], True, "1.5", 2.5, "1e3", "5" * 5_000, "nan", "0x10"]
TEXTS: list[Any] = [5, True, [], {}, "a\x00b", "\x1b[0m", "x" * 8_001]
TAGS: list[Any] = [5, True, {}, [1], [["a"]], ["x" * 257], [f"t{n}" for n in range(101)], "a\x00b"]
TIMES: list[Any] = [5, True, [], {}, "tomorrow", "2026-13-01", "9999-12-31T23:59:59-23:00", "2026-01-01\x00"]
EMBEDDINGS: list[Any] = [5, True, {}, [1, 2, 3], "1,2,3", "x", [0] * 384, ["x"] * 384, ",".join(["nan"] * 384)]
CHOICES: list[Any] = [5, True, [], {}, "", "zzz", "any,all", "any\x00"]
FLAGS: list[Any] = [5, [], {}, "", "zzz", "truefalse", "y\x00", 0.5]
SHARES: list[Any] = ["abc", "", [], {}, [0.5], True, "nan", "0.5.5", "0x1"]
SHORT: list[Any] = [5, True, [], {}, ["a"], "a\x00b", "\x1b[0m", "x" * 2_001]
RECALL: dict[str, list[Any]] = {
    "query": TEXTS,
    "queries": [5, True, {}, [5], [["a"]], ["x"] * 21, ["a\x00"], ["x" * 8_001]],
    "limit": NUMBERS,
    "per_query_limit": NUMBERS,
    "embedding": EMBEDDINGS,
    "tags": TAGS,
    "exclude_tags": TAGS,
    "tag_mode": CHOICES,
    "tag_match": CHOICES,
    "start": TIMES,
    "end": TIMES,
    "sort": [*CHOICES, "score,time_desc"],
    "offset": NUMBERS,
    "expand_depth": NUMBERS,
    "relation_limit": NUMBERS,
    "expansion_limit": NUMBERS,
    "min_score": SHARES,
    "expand_min_importance": SHARES,
    "expand_min_strength": SHARES,
    "recency_bias": [*CHOICES, "true"],
    "state_mode": [*CHOICES, "past"],
    "current_only": FLAGS,
    "state_debug": FLAGS,
    "adaptive_floor": FLAGS,
    "scope_fallback": FLAGS,
    "auto_decompose": FLAGS,
    "expand_relations": FLAGS,
    "expand_entities": FLAGS,
    "expand_respect_tags": FLAGS,
    "time_query": [*SHORT, "soonish"],
    "context": SHORT,
    "language": SHORT,
    "active_path": SHORT,
    "context_tags": TAGS,
    "context_types": [5, True, {}, ["zzz"], "Habit,zzz", [["Habit"]], [5]],
    "priority_ids": [5, True, {}, [5], "x", [id_of(1), "x"], [id_of(n) for n in range(101)]],
}
# Another name of a parameter, and the one that its refusal mentions.
ALIASES = {
    "time": "time_query",
    "order_by": "sort",
    "expand": "expand_relations",
    "expand_associations": "expand_relations",
    "entity_expansion": "expand_entities",
    "relation_expansion_limit": "expansion_limit",
    "lang": "language",
    "file_path": "active_path",
    "focus_path": "active_path",
}
IN_URL: dict[str, list[str]] = {
    "query": ["a%00b", "%1b", "a&query=b"],
    "limit": ["abc", "", "1.5", "5&{}=6", "%00", "5" * 5_000],
    "embedding": ["1,2", "x", ",".join(["0"] * 384), "1&embedding=2"],
    "tags": ["a%00", "x" * 257, ",".join(f"t{n}" for n in range(101))],
    "tag_mode": ["zzz", "", "any&tag_mode=all"],
    "tag_match": ["zzz", ""],
    "start": ["zzz", "2026-01-01&start=2026-01-02", "1700000000000"],
    "end": ["zzz", "%00"],
    "sort": ["zzz", "", "score&sort=score"],
    "offset": ["abc", "", "1.5", "5&{}=6", "%00"],
    "min_score": ["abc", "", "nan", "0.5&{}=0.5", "%00"],
    "expand_relations": ["", "zzz", "yes&{}=yes"],
    "state_mode": ["zzz", "", "current&{}=current"],
    "time_query": ["soonish", "%00", "today&{}=today"],
    "context_tags": ["a%00", "x" * 257],
    "context_types": ["zzz", "Habit&{}=zzz"],
    "priority_ids": ["x", f"{id_of(1)},x", f"{id_of(1)}&{{}}=x"],
}
BY_TAG = {"limit": IN_URL["limit"], "offset": IN_URL["limit"], "tags": IN_URL["tags"]}
RELATED = {"limit": IN_URL["limit"], "max_depth": IN_URL["limit"]}


def url(path: str, field: str, value: str) -> str:
    return f"{path}?{field}={value.replace('{}', field)}"


@pytest.mark.parametrize("field", RECALL)
async def test_a_question_in_a_body_refuses_a_bad_field(api: Api, field: str) -> None:
    for value in RECALL[field]:
        assert_refused(await api.post("/recall", {"query": "x", field: value}), 400, field, sent=value)
    assert await api.recall("the service goes on") == []


@pytest.mark.parametrize("alias", ALIASES)
async def test_another_name_of_a_parameter_refuses_the_same(api: Api, alias: str) -> None:
    for value in RECALL[ALIASES[alias]]:
        assert_refused(await api.post("/recall", {"query": "x", alias: value}), 400, ALIASES[alias], sent=value)


@pytest.mark.parametrize(
    "good",
    [
        {"offset": -5, "limit": 10**30, "expand_depth": 0, "relation_limit": "9999", "expansion_limit": "0"},
        {"min_score": -1, "expand_min_importance": 7, "expand_min_strength": "1e999"},
        {"context_types": [], "context_tags": ["", " "], "priority_ids": ["", " "], "context": " ", "time_query": ""},
        {
            "context_types": "Memory, habit,,",
            "language": "klingon",
            "active_path": "no extension",
            "context": "\U0001f985",
        },
        {"current_only": "NO", "state_debug": 1, "adaptive_floor": "Off", "expand": "y", "state_mode": " History "},
        {"start": "2026-02-01", "end": "2026-01-01"},
    ],
)
async def test_what_can_be_meant_is_accepted(api: Api, good: dict[str, Any]) -> None:
    assert (await api.post("/recall", {"query": "x", **good})).status == 200


@pytest.mark.parametrize("field", IN_URL)
async def test_a_question_in_the_url_refuses_a_bad_parameter(api: Api, field: str) -> None:
    for value in IN_URL[field]:
        assert_refused(await api.get(url("/recall", field, value)), 400, field, sent=value)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("field", BY_TAG)
async def test_by_tag_refuses_a_bad_parameter_and_deletes_nothing(api: Api, method: str, field: str) -> None:
    await api.store("x", tags=["a"])
    tags = "" if field == "tags" else "&tags=a"
    for value in BY_TAG[field]:
        answer = await api.send(method, url("/memory/by-tag", field, value) + tags)
        assert_refused(answer, 400, field, sent=value)
    assert await api.count() == 1


@pytest.mark.parametrize("field", RELATED)
async def test_related_refuses_a_bad_parameter(api: Api, field: str) -> None:
    for value in RELATED[field]:
        answer = await api.get(url(f"/memories/{id_of(1)}/related", field, value))
        assert_refused(answer, 400, field, sent=value)


@pytest.mark.parametrize("junk", ["%", "%zz", "%ff%fe", "%ed%a0%80", "&&==&", "a=b=c", "[]=1", quote("🌅"), "%00=1"])
async def test_a_query_string_of_junk_is_no_reason_to_fail(api: Api, junk: str) -> None:
    for path in ("/recall?query=", "/memory/by-tag?tags=", "/health?x=", f"/memories/{id_of(1)}/related?x="):
        assert (await api.get(path + junk)).status in (200, 400)
