"""Every score can be computed again from what the answer tells, by the formula and weights of the documentation."""

import math
import re
from pathlib import Path
from typing import Any

import pytest

from tests.memory_api.api import Api

# As docs/recall.md has them.
WEIGHTS = {
    "vector": 0.5,
    "keyword": 0.5,
    "session": 0.2,
    "neighbour": 0.3,
    "subject": 0.2,
    "time": 0.2,
    "exact": 0.1,
    "tag": 0.05,
    "importance": 0.05,
    "confidence": 0.02,
    "recency": 0.0,
    "relation": 0.25,
    "context": 0.5,
    "temporal": 0.1,
}
STANDING = {"importance", "confidence", "recency"}
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "recall.md").read_text(encoding="utf-8")
PART_OF_A_QUESTION = 0.1


def computed(result: dict[str, Any]) -> float:
    """The score of one result from its own keys."""
    parts = dict(result["score_components"])
    if result["match_type"] == "trending":
        return float(parts["importance"])
    meaning = min(1.2, max(0.0, (parts.pop("vector") - 0.1) / 0.6))
    ground = 0.5 * meaning + 0.5 * parts.pop("keyword") ** 1.5
    temporal = parts.pop("temporal", 0.0) * WEIGHTS["temporal"]
    total = ground + sum(
        WEIGHTS[name] * value * (min(1, ground) if name in STANDING else 1) for name, value in parts.items()
    )
    return math.tanh(total * (PART_OF_A_QUESTION if "sub_query" in result else 1) + temporal)


def test_the_weights_are_the_documented_ones() -> None:
    rows = re.findall(r"^\| (`.*?) \|.*\| ([0-9., ]+) \|$", DOCUMENTED, re.MULTILINE)
    documented = {
        name: float(weight)
        for names, weights in rows
        for name, weight in zip(re.findall(r"`(\w+)`", names), weights.split(","), strict=True)
    }
    assert documented == WEIGHTS


async def fill(api: Api) -> list[str]:
    """Turns, notes, corrections and relations that bring every component into play."""
    ids = [
        await api.store(
            f"{text} ({turn})",
            timestamp=f"2026-01-0{turn}T10:00:00Z",
            tags=["conversation:c", f"session:{turn // 4}", f"speaker:{who}"],
        )
        for turn, (who, text) in enumerate(
            [
                ("ada", "I saw a heron at the pond"),
                ("bob", "Was the heron fishing?"),
                ("ada", "Yes, for hours on end"),
                ("bob", "Herons are patient"),
                ("ada", "Bananas ripen quickly"),
                ("bob", "Put them beside the heron statue"),
            ],
            1,
        )
    ]
    ids += [
        await api.store("heron at the pond", importance=1, tags=["birds", "pond"], type="Habit"),
        await api.store("Deploys of project Zephyr go to the heron server", metadata={"lang": "python"}),
        await api.store("Project Zephyr ends in May", tags=["python"], importance=0.9),
        await api.store("Nothing of the sort", importance=0.2),
        await api.store("The pond is heated", tags=["outside"]),
    ]
    new = await api.store("Herons nest elsewhere now", supersedes={"id": ids[6]})
    await api.post("/associate", {"memory1_id": ids[7], "memory2_id": ids[9], "type": "LEADS_TO", "strength": 0.7})
    await api.post("/associate", {"memory1_id": ids[9], "memory2_id": ids[10], "type": "PART_OF", "strength": 0.4})
    return [*ids, new]


ASKED: list[tuple[dict[str, Any], set[str], set[str]]] = [
    ({"query": "heron at the pond"}, {"vector", "keyword", "importance", "session"}, {"state_replacement"}),
    ({"query": "heron at the pond", "state_mode": "history"}, {"exact", "tag", "confidence"}, {"vector"}),
    ({"query": "What did Ada see at the pond in January 2026?"}, {"subject", "time", "neighbour"}, set()),
    ({"query": "pond heron", "recency_bias": "on"}, {"temporal"}, {"state_replacement"}),
    ({"query": "latest heron", "recency_bias": "auto", "queries": ["bananas"]}, {"temporal"}, set()),
    (
        {"query": "Zephyr heron server", "expand_relations": True, "expand_depth": 2, "limit": 1},
        {"relation"},
        {"relation"},
    ),
    ({"query": "heron server", "expand_entities": True, "limit": 1}, {"relation"}, {"entity_expansion"}),
    ({"query": "heron", "language": "python"}, {"context"}, set()),
    ({"query": "heron", "tags": ["birds"], "scope_fallback": True}, {"vector"}, set()),
    ({"query": "What does Ada say about bananas and the heron statue?", "auto_decompose": True}, {"subject"}, set()),
    ({"query": "", "limit": 20}, {"importance"}, {"trending"}),
    ({"query": "heron", "sort": "time_asc"}, {"keyword"}, set()),
]


@pytest.mark.parametrize(("asked", "components", "kinds"), ASKED)
async def test_every_score_follows_from_its_components(
    api: Api, asked: dict[str, Any], components: set[str], kinds: set[str]
) -> None:
    await fill(api)
    answer = await api.post("/recall", {"limit": 50, "adaptive_floor": False, **asked})
    results = answer.body["results"]
    for result in results:
        assert result["score"] == pytest.approx(computed(result), abs=1e-9), result
        assert result["score"] == result["final_score"] == result["original_score"]
    assert components <= {name for result in results for name in result["score_components"]}
    assert kinds <= {result["match_type"] for result in results}


async def test_a_named_memory_and_one_added_for_the_context_follow_the_formula_too(api: Api) -> None:
    ids = await fill(api)
    asked = {"query": "heron", "tags": ["birds"], "state_mode": "history", "priority_ids": [ids[9]]}
    results = (await api.post("/recall", asked)).body["results"]
    assert results[0]["match_type"] == "priority_id"
    for result in results:
        assert result["score"] == pytest.approx(computed(result), abs=1e-9)


async def test_a_part_of_a_question_counts_a_tenth_and_says_so(api: Api) -> None:
    whole = await api.store("Ada has a job at the zoo")
    part = await api.store("Interests, goals, plans: mud")
    body = (await api.post("/recall", {"query": "Which job would Ada want?", "auto_decompose": True})).body
    assert "Ada interests goals plans" in body["queries"]
    assert [(result["id"], result.get("sub_query")) for result in body["results"]] == [
        (whole, None),
        (part, "Ada interests goals plans"),
    ]
    for result in body["results"]:
        assert result["score"] == pytest.approx(computed(result), abs=1e-9)


async def test_what_replaced_another_shows_what_spoke_for_that_one(api: Api) -> None:
    old = await api.store("heron at the pond")
    new = await api.store("Herons nest elsewhere now", supersedes={"id": old})
    ask = {"query": "heron at the pond", "adaptive_floor": False}
    before = {r["id"]: r for r in (await api.post("/recall", {**ask, "state_mode": "history"})).body["results"]}
    (result,) = (await api.post("/recall", ask)).body["results"]
    assert (result["id"], result["match_type"], result["state_replaces"]) == (new, "state_replacement", old)
    assert result["score"] == pytest.approx(before[old]["score"], abs=1e-9)
    assert result["score_components"] == pytest.approx(before[old]["score_components"], abs=1e-6)
    assert before[new]["score"] < before[old]["score"]
