"""Where the caller or the question wants it, the new comes before the old."""

import math
from typing import Any

import pytest

from memory_api.recall.scoring import Weights
from tests.memory_api.recall.asking import Asking, number_of

DAYS = ("2026-01-01T00:00:00+00:00", "2026-01-11T00:00:00+00:00", "2026-01-21T00:00:00+00:00")


async def fill(memory: Asking) -> None:
    for day in DAYS:
        await memory.note(f"the heron was seen on {day[8:10]}", timestamp=day)


async def test_the_newest_gains_most_and_the_oldest_nothing(memory: Asking) -> None:
    await fill(memory)
    plain = {number_of(hit): hit.score for hit in await memory.hits(query="heron")}
    leant = {number_of(hit): hit for hit in await memory.hits(query="heron", recency_bias="on")}
    assert [leant[n].components["temporal"] for n in range(3)] == [0, 0.5, 1]
    for number, hit in leant.items():
        gained = math.atanh(hit.score) - math.atanh(plain[number])
        assert gained == pytest.approx(Weights().temporal * hit.components["temporal"])


async def test_what_fits_as_well_comes_newest_first(memory: Asking) -> None:
    await fill(memory)
    assert await memory.numbers(query="heron", recency_bias="on") == [2, 1, 0]


@pytest.mark.parametrize(
    ("fields", "leans"),
    [
        ({"query": "latest heron"}, True),
        ({"query": "Where is the heron NOW?"}, True),
        ({"query": "what changed for the heron"}, True),
        ({"queries": ["heron", "current heron"]}, True),
        ({"query": "heron"}, False),
        ({"query": "I know the heron"}, False),
        ({"query": "latest heron", "recency_bias": "off"}, False),
        ({"query": "", "recency_bias": "on"}, False),
    ],
)
async def test_words_of_the_question_decide_where_left_to_them(
    memory: Asking, fields: dict[str, Any], leans: bool
) -> None:
    await fill(memory)
    result = await memory.recall(**{"recency_bias": "auto", **fields})
    assert result.leant_recent is leans
    assert {"temporal" in hit.components for hit in result.hits} == {leans}


async def test_the_default_leans_nowhere(memory: Asking) -> None:
    await fill(memory)
    assert not (await memory.recall(query="latest heron")).leant_recent


async def test_memories_of_one_instant_gain_nothing(memory: Asking) -> None:
    await memory.notes("heron one", "heron two")
    assert {hit.components["temporal"] for hit in await memory.hits(query="heron", recency_bias="on")} == {0}
