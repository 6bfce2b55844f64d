"""Recall asks storage and embedder, merges what several queries find, orders and cuts."""

import pytest

from memory_api.recall.search import scope_of
from memory_api.storage.base import Scope
from tests.memory_api.builders import id_of
from tests.memory_api.recall.asking import NOW, Asking, asked


async def test_the_memory_that_says_it_comes_first_with_the_parts_of_its_score(memory: Asking) -> None:
    await memory.notes("bananas ripen quickly", "the heron fishes", "a quarterly report")
    best = (await memory.hits(query="heron fishing"))[0]
    assert best.memory.id == id_of(1)
    assert best.components["keyword"] == pytest.approx(1)
    assert 0.3 < best.components["vector"] < 1
    assert 0.5 < best.score <= 1


async def test_scores_fall_and_stay_between_nought_and_one(memory: Asking) -> None:
    await memory.notes(*(f"note {'heron ' * (n % 4)}number {n}" for n in range(40)))
    scores = [hit.score for hit in await memory.hits(query="heron number 7", limit=40)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 40
    assert 0 <= scores[-1] <= scores[0] <= 1


async def test_equal_scores_are_decided_by_importance_then_by_time(memory: Asking) -> None:
    await memory.note("exactly the same one", importance=0.2)
    await memory.note("exactly the same two", importance=0.2, timestamp="2026-02-01T00:00:00+00:00")
    await memory.note("exactly the same six", importance=0.9)
    assert await memory.numbers(query="exactly the same") == [2, 1, 0]


async def test_of_several_queries_each_memory_keeps_its_best_score(memory: Asking) -> None:
    await memory.notes("the heron fishes", "bananas ripen where the heron fishes", "nothing of both")
    alone = await memory.hits(query="heron")
    result = await memory.recall(queries=["bananas", "heron"])
    assert {hit.memory.id for hit in result.hits} == {id_of(0), id_of(1)}
    assert next(hit.score for hit in result.hits if hit.memory.id == id_of(0)) == alone[0].score
    assert (len(result.hits), result.repeated) == (2, 1)


async def test_the_limit_of_each_query_holds_before_they_are_merged(memory: Asking) -> None:
    await memory.notes("heron one", "heron two", "banana one", "banana two")
    found = await memory.hits(queries=["heron", "banana"], per_query_limit=1, limit=10)
    assert len(found) == 2
    assert {hit.memory.content.split()[0] for hit in found} == {"heron", "banana"}


async def test_sorted_by_time_a_page_holds_the_newest_of_what_fits(memory: Asking) -> None:
    await memory.notes("the heron " * 5, "the heron " * 6)
    newest = await memory.note("the heron once seen by somebody on a walk", timestamp="2026-02-01T00:00:00+00:00")
    assert await memory.numbers(query="heron", sort="time_desc", limit=1) == [newest]
    assert (await memory.numbers(query="heron", limit=1)) != [newest]


async def test_filters_are_kept_to_by_every_channel_and_fill_the_page(memory: Asking) -> None:
    await memory.notes(*("the heron fishes again" for _ in range(300)))
    await memory.notes(*(f"the heron at pond {n}" for n in range(10)), tags=("rare",))
    found = await memory.hits(query="heron", tags=["rare"], limit=10)
    assert {hit.memory.tags for hit in found} == {("rare",)}
    assert len(found) == 10
    assert all("rare" not in hit.memory.tags for hit in await memory.hits(query="pond", exclude_tags=["rare"]))


async def test_a_name_that_every_memory_says_does_not_lead_astray(memory: Asking) -> None:
    await memory.notes(*(f"Melanie Melanie Melanie walked {n} miles" for n in range(20)), "Melanie adopted a cat")
    assert (await memory.hits(query="Which pet did Melanie adopt? a cat"))[0].memory.id == id_of(20)


async def test_a_storage_with_nothing_in_it_answers_with_nothing(memory: Asking) -> None:
    for fields in ({}, {"query": "x"}, {"query": "Melanie", "tags": ["a"]}, {"queries": ["a", "b"]}, {"query": "?"}):
        assert await memory.hits(**fields) == []


async def test_what_nothing_speaks_for_is_not_recalled(memory: Asking) -> None:
    await memory.notes("bananas")
    assert await memory.hits(query="???") == []
    assert await memory.hits(query="zeppelin") == []


def test_the_filters_of_a_request_become_its_scope() -> None:
    request = asked(
        tags="a, b", tag_mode="all", tag_match="exact", exclude_tags=["c"], start="2026-01-01", end="2026-02-01"
    )
    assert scope_of(request, NOW) == Scope(
        ("a", "b"), "all", "exact", ("c",), "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"
    )
