"""Answers of recall stay below what clients accept, whatever is in the memory."""

import json
from typing import Any

import pytest
from pydantic_core import to_json

from bridge.mcp.budget import BYTES_PER_TOKEN, MAX_TOKENS, fitted
from bridge.mcp.formatting import Format, Recollection

STYLES: list[Format] = ["text", "items", "detailed", "json"]


def answer(
    contents: list[str], mode: str = "ranked", envelope: dict[str, Any] | None = None, **memory: object
) -> Recollection:
    results = [
        {"id": f"id-{index}", "final_score": 0.5, "memory": {"content": content, "tags": ["t"], **memory}}
        for index, content in enumerate(contents)
    ]
    return Recollection(mode, {"status": "success", "results": results, "count": len(results), **(envelope or {})})


def tokens(texts: list[str], data: dict[str, Any]) -> float:
    text = sum(len(part.encode()) for part in texts)
    return max(text, len(to_json(data))) / BYTES_PER_TOKEN


@pytest.mark.parametrize("style", STYLES)
def test_an_answer_that_fits_is_left_alone(style: Format) -> None:
    texts, data = fitted(answer(["short"] * 3), style)
    assert "recall_memory" not in "".join(texts)
    assert "truncated" not in data


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "content", ["x" * 2_000, "é" * 2_000, "字" * 2_000, "\N{GRINNING FACE}" * 2_000, '"\\\n' * 600]
)
def test_long_memories_become_previews(style: Format, content: str) -> None:
    texts, data = fitted(answer([content] * 50), style)
    assert tokens(texts, data) < MAX_TOKENS
    assert len(data["results"]) == 50
    assert data["truncated"] is True
    assert 'fetch one in full with recall_memory({"memory_id": "<id>"})' in texts[-1].splitlines()[-1]


def test_the_longest_are_cut_first() -> None:
    _, data = fitted(answer(["x" * 20_000, *["short"] * 5, "y" * 20_000, "z" * 20_000]), "text")
    contents = [result["content"] for result in data["results"]]
    assert contents[1:6] == ["short"] * 5
    assert len(contents[0]) == len(contents[6]) == len(contents[7])
    assert contents[0].endswith("x…")
    assert sum(map(len, contents)) > 0.9 * 44_000


@pytest.mark.parametrize("style", STYLES)
def test_fields_go_next(style: Format) -> None:
    texts, data = fitted(answer(["x" * 2_000] * 100, metadata={"big": "y" * 5_000}), style)
    assert tokens(texts, data) < MAX_TOKENS
    assert len(data["results"]) == 100
    assert "metadata" not in data["results"][0]


@pytest.mark.parametrize("style", STYLES)
def test_results_go_last(style: Format) -> None:
    texts, data = fitted(answer(["x" * 2_000] * 200, tags=["t" * 256] * 100), style)
    assert tokens(texts, data) < MAX_TOKENS
    assert 5 < len(data["results"]) < 200
    assert data["count"] == 200
    assert f"{200 - len(data['results'])} are left out" in texts[-1]


def test_json_stays_parseable_beside_the_note() -> None:
    first, note = fitted(answer(["x" * 2_000] * 50), "json")[0]
    assert len(json.loads(first)["results"]) == 50
    assert note.startswith("[Long memories")


def test_a_page_says_where_the_next_one_starts() -> None:
    listing = answer(["a", "b"], "enumeration", {"has_more": True, "offset": 40, "limit": 2})
    texts, data = fitted(listing, "text")
    assert texts[-1].endswith("[More memories carry these tags: go on with offset: 42.]")
    assert (data["has_more"], data["offset"], data["mode"]) == (True, 40, "enumeration")


def test_the_last_page_says_nothing() -> None:
    texts, _ = fitted(answer(["a"], "enumeration", {"has_more": False, "offset": 40}), "text")
    assert "offset" not in texts[-1]


def test_a_fetched_memory_that_is_too_large_does_not_send_the_caller_round_in_circles() -> None:
    texts, data = fitted(answer(["x" * 2_000], "id_fetch", metadata={"big": "y" * 60_000}), "json")
    assert data["results"][0]["content"] == "x" * 2_000
    assert texts[-1] == "[This memory has more than fits here: some of its fields are left out.]"


@pytest.mark.parametrize("style", STYLES)
def test_a_long_question_is_not_repeated(style: Format) -> None:
    texts, data = fitted(answer(["short"] * 3, envelope={"queries": ["q" * 8_000] * 20, "sort": "score"}), style)
    assert tokens(texts, data) < MAX_TOKENS
    assert len(data["results"]) == 3
    assert data["sort"] == "score"


def test_what_a_page_leaves_out_is_where_the_next_one_starts() -> None:
    page = answer(["x" * 2_000] * 200, "enumeration", {"has_more": False, "offset": 0}, tags=["t" * 256] * 100)
    texts, data = fitted(page, "text")
    assert data["has_more"] is True
    assert texts[-1].endswith(f"go on with offset: {len(data['results'])}.]")


def test_marks_stay_when_fields_go() -> None:
    results = [
        {
            "id": "1",
            "state_replaces": "2",
            "outside_tag_scope": True,
            "memory": {"content": "short", "t_invalid": "2020-01-01", "metadata": {"big": "y" * 60_000}},
        }
    ]
    texts, data = fitted(Recollection("ranked", {"results": results, "count": 1}), "text")
    assert "1. short [outside tag scope] [outdated]\n" in texts[0]
    assert data["results"][0]["state_replaces"] == "2"


def test_a_ranked_page_that_is_cut_has_more() -> None:
    page = answer(["x" * 2_000] * 200, envelope={"has_more": False, "offset": 0}, tags=["t" * 256] * 100)
    texts, data = fitted(page, "text")
    assert data["has_more"] is True
    assert texts[-1].endswith("or ask for fewer at a time with limit and offset.]")
