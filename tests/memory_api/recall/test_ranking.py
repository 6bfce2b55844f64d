"""A question is ranked within its filters, and by what tells memories apart."""

import random
from typing import Any

import pytest

from memory_api.recall.scoring import Weights, score
from tests.memory_api.recall.asking import Asking, number_of

DAY = "2026-01-{:02}T00:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({}, {0, 2}),
        ({"tags": ["work"]}, {0}),
        ({"exclude_tags": ["home"]}, {0}),
        ({"start": "2026-01-02"}, {2}),
        ({"tags": ["work"], "start": "2026-01-02"}, set()),
    ],
)
async def test_turns_beside_come_in_only_within_the_filters(
    memory: Asking, fields: dict[str, Any], beside: set[int]
) -> None:
    for number, (text, tag) in enumerate((("mud", "work"), ("the heron", "work"), ("jury", "home"))):
        await memory.note(text, tags=("session:1", tag), timestamp=DAY.format(number + 1))
    assert set(await memory.numbers(query="heron", **fields)) == {1} | beside


async def test_a_name_that_is_common_only_within_the_filters_is_cut_too(memory: Asking) -> None:
    await memory.many((f"heron {n}" for n in range(200)), tags=("other",))
    await memory.many((f"Melanie Melanie Melanie walked {n} miles" for n in range(20)), tags=("talk",))
    cat = await memory.note("Melanie adopted a cat", tags=("talk",))
    (first, *_) = await memory.numbers(query="Which pet did Melanie adopt? a cat", tags=["talk"])
    assert first == cat


async def test_scores_are_the_sum_of_their_components_and_fall(memory: Asking) -> None:
    await memory.notes(*(f"the heron {'and more ' * n}" for n in range(5)), tags=("session:1",))
    hits = await memory.hits(query="heron", adaptive_floor=False)
    assert [hit.score for hit in hits] == sorted((score(hit.components, Weights()) for hit in hits), reverse=True)


async def test_the_channel_that_says_most_is_named_with_what_it_said(memory: Asking) -> None:
    await memory.note("heron")
    await memory.many(f"note {n}" for n in range(20))
    for weights, channel in ((Weights(keyword=0.0), "vector"), (Weights(vector=0.0), "keyword")):
        (hit, *_) = (await memory.recall(query="heron", weights=weights)).hits
        assert (number_of(hit), hit.match_type, hit.match_score) == (0, channel, hit.components[channel])


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"recency_bias": "on"},
        {"tags": ["odd"]},
        {"queries": ["pond number"]},
        {"query": "What did Bob say about the heron at the pond?"},
    ],
)
async def test_pages_of_a_question_hold_every_find_once(memory: Asking, fields: dict[str, Any]) -> None:
    chance = random.Random(3)
    words = "heron pond fishes again number dawn mud sky reed".split()
    for n in range(60):
        text = " ".join(chance.choices(words, k=4)) + f" {n}"
        tags = ("odd" if n % 2 else f"session:{n % 6}", "speaker:ada" if n % 3 else "speaker:bob")
        await memory.note(text, tags=tags, timestamp=DAY.format(1 + n % 20))
    asked: dict[str, Any] = {"query": "heron at the pond", "adaptive_floor": False, **fields}
    whole = await memory.numbers(**asked, limit=200)
    assert len(set(whole)) == len(whole) > 20
    assert [n for at in range(0, 70, 10) for n in await memory.numbers(**asked, limit=10, offset=at)] == whole


async def test_a_time_that_the_question_mentions_lifts_what_many_others_precede(memory: Asking) -> None:
    await memory.many((f"heron at the pond {n}" for n in range(40)), timestamp="2026-01-05T10:00:00+00:00")
    inside = await memory.note("heron at the pond again", timestamp="2026-03-05T10:00:00+00:00")
    assert (await memory.numbers(query="heron at the pond in March 2026", limit=5))[0] == inside
    assert inside not in await memory.numbers(query="heron at the pond", limit=30)


async def test_sorted_by_time_the_pages_of_a_question_hold_the_same_choice(memory: Asking) -> None:
    chance = random.Random(5)
    for n in range(40):
        await memory.note(f"heron {'so ' * chance.randrange(20)}far {n}", timestamp=DAY.format(chance.randrange(1, 29)))
    asked: dict[str, Any] = {"query": "heron", "sort": "time_desc", "limit": 5}
    pages = [await memory.recall(**asked, offset=offset) for offset in (0, 5, 10, 15, 20)]
    found = [hit for page in pages for hit in page.hits]
    assert len({hit.id for hit in found}) == len(found) == 20
    assert [hit.memory.timestamp for hit in found] == sorted((hit.memory.timestamp for hit in found), reverse=True)
    assert [page.more for page in pages] == [True, True, True, False, False]


async def test_parts_of_a_question_only_add_to_what_answers_it(memory: Asking) -> None:
    await memory.notes("Alice paints herons", "Alice keeps a garden", "a garden with a pond")
    asked = "When did Alice paint the garden with herons?"
    whole = {number_of(hit): hit for hit in await memory.hits(query=asked, adaptive_floor=False)}
    result = await memory.recall(query=asked, auto_decompose=True, adaptive_floor=False)
    assert len(result.asked) > 1
    for hit in result.hits:
        assert ("sub_query" in hit.extra) == (hit.score != whole[number_of(hit)].score)


async def test_taking_apart_leaves_questions_given_side_by_side_alone(memory: Asking) -> None:
    await memory.notes("the heron fishes", "bananas ripen")
    asked: dict[str, Any] = {"query": "heron", "queries": ["bananas"], "adaptive_floor": False}
    assert await memory.hits(**asked, auto_decompose=True) == await memory.hits(**asked)
