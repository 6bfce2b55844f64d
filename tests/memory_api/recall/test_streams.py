"""Turns of a conversation speak for one another; isolated notes are left as they are."""

from typing import Any

import pytest

from memory_api.recall.scoring import Weights, base
from memory_api.recall.streams import neighbour_scores, session_scores
from tests.memory_api.recall.asking import Asking, number_of

DAY = "2026-01-{:02}T00:00:00+00:00"


async def turns(memory: Asking, *texts: str, **values: Any) -> list[int]:
    start = memory.storage.count()
    return [await memory.note(text, timestamp=DAY.format(start + n + 1), **values) for n, text in enumerate(texts)]


async def test_the_turns_beside_a_fitting_one_come_in(memory: Asking) -> None:
    await turns(memory, "sky", "mud", "the heron", "jury", "kilt", tags=("session:1",))
    found = {number_of(hit): hit for hit in await memory.hits(query="heron", adaptive_floor=False)}
    expected = base(found[2].components, Weights()) + Weights().session * found[2].components["session"]
    assert found[1].components["neighbour"] == found[3].components["neighbour"] == pytest.approx(expected)
    assert found[2].score > found[1].score == found[3].score > found[0].score


async def test_a_session_with_several_fitting_turns_speaks_for_each_of_them(memory: Asking) -> None:
    await turns(memory, "heron at dawn", "heron at noon", tags=("session:1",))
    await turns(memory, "heron at dusk", tags=("session:2",))
    found = {number_of(hit): hit.components for hit in await memory.hits(query="heron", adaptive_floor=False)}
    grounds = [base(found[number], Weights()) for number in (0, 1)]
    assert found[0]["session"] == found[1]["session"] == pytest.approx(sum(grounds) / 3)
    assert "session" not in found[2]


async def test_isolated_notes_gain_nothing_from_one_another(memory: Asking) -> None:
    await turns(memory, "heron at dawn", "heron at noon", "mud", tags=("work",))
    hits = await memory.hits(query="heron", adaptive_floor=False)
    assert {number_of(hit) for hit in hits} == {0, 1}
    assert all({"session", "neighbour"}.isdisjoint(hit.components) for hit in hits)


async def test_the_same_session_of_two_conversations_are_two_streams(memory: Asking) -> None:
    await turns(memory, "the heron", tags=("conversation:a", "session:1"))
    await turns(memory, "mud", tags=("conversation:b", "session:1"))
    assert await memory.numbers(query="heron") == [0]


def test_a_session_counts_by_its_three_best() -> None:
    grounds = {1: 0.9, 2: 0.6, 3: 0.3, 4: 0.1, 5: 0.8}
    found = session_scores(grounds, dict.fromkeys((1, 2, 3, 4), "one") | {5: "two"})
    assert found == dict.fromkeys((1, 2, 3, 4), pytest.approx(0.6))


def test_a_turn_between_two_counts_by_the_better_one() -> None:
    assert neighbour_scores({1: 0.2, 3: 0.7}, [(1, 2), (3, 2), (3, 4)]) == {2: 0.7, 4: 0.7}
