"""Recall asks storage and embedder, merges what several queries find, orders and cuts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory_api.embedders.hashing import HashingEmbedder
from memory_api.models.queries import RecallRequest
from memory_api.models.values import Limits
from memory_api.recall.pipeline import Hit, recall, scope_of
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.storage import SqliteStorage, open_storage
from tests.memory_api.builders import id_of, record
from tests.memory_api.storage.contract_search import day

EMBEDDER = HashingEmbedder()


def asked(**fields: Any) -> RecallRequest:
    return RecallRequest.model_validate(fields, context=Limits(2_000, EMBEDDER.dimension))


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    threads = ReaderThreads()
    opened = open_storage(tmp_path / "t.db", EMBEDDER.model, EMBEDDER.dimension, threads)
    yield opened
    await opened.close()
    await threads.close()


async def fill(storage: SqliteStorage, *texts: str, **values: Any) -> None:
    begin = storage.count()
    await storage.store(
        [
            record(begin + n, text, await EMBEDDER.embed(text), timestamp=day(1 + (begin + n) % 28), **values)
            for n, text in enumerate(texts)
        ]
    )


async def hits(storage: SqliteStorage, **fields: Any) -> list[Hit]:
    return (await recall(asked(**fields), storage, EMBEDDER)).hits


async def test_the_memory_that_says_it_comes_first_with_the_parts_of_its_score(storage: SqliteStorage) -> None:
    await fill(storage, "bananas ripen quickly", "the heron fishes", "a quarterly report")
    best = (await hits(storage, query="heron fishing"))[0]
    assert best.memory.id == id_of(1)
    assert best.keyword == 1
    assert 0.3 < best.vector < 1
    assert 0.5 < best.score <= 1


async def test_scores_fall_and_stay_between_nought_and_one(storage: SqliteStorage) -> None:
    await fill(storage, *(f"note {'heron ' * (n % 4)}number {n}" for n in range(40)))
    scores = [hit.score for hit in await hits(storage, query="heron number 7", limit=40)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 40
    assert 0 <= scores[-1] <= scores[0] <= 1


async def test_equal_scores_are_decided_by_importance_then_by_time(storage: SqliteStorage) -> None:
    same = "exactly the same"
    await fill(storage, same, same, importance=0.2)
    await fill(storage, same, importance=0.9)
    assert [hit.memory.id for hit in await hits(storage, query=same)] == [id_of(2), id_of(1), id_of(0)]


async def test_of_several_queries_each_memory_keeps_its_best_score(storage: SqliteStorage) -> None:
    await fill(storage, "the heron fishes", "bananas ripen", "nothing of both")
    alone = await hits(storage, query="heron")
    result = await recall(asked(queries=["bananas", "heron"]), storage, EMBEDDER)
    assert {hit.memory.id for hit in result.hits[:2]} == {id_of(0), id_of(1)}
    assert next(hit.score for hit in result.hits if hit.memory.id == id_of(0)) == alone[0].score
    assert (len(result.hits), result.repeated) == (3, 3)


async def test_the_limit_of_each_query_holds_before_they_are_merged(storage: SqliteStorage) -> None:
    await fill(storage, "heron one", "heron two", "banana one", "banana two")
    found = await hits(storage, queries=["heron", "banana"], per_query_limit=1, limit=10)
    assert len(found) == 2
    assert {hit.memory.content.split()[0] for hit in found} == {"heron", "banana"}


async def test_sorted_by_time_a_page_holds_the_newest_of_what_fits(storage: SqliteStorage) -> None:
    await fill(storage, *("the heron " * 5 for _ in range(2)), "the heron once seen by somebody on a walk")
    found = await hits(storage, query="heron", sort="time_desc", limit=1)
    assert [hit.memory.id for hit in found] == [id_of(2)]


async def test_filters_are_kept_to_by_every_channel_and_fill_the_page(storage: SqliteStorage) -> None:
    await fill(storage, *("the heron fishes again" for _ in range(300)))
    await fill(storage, *(f"the heron at pond {n}" for n in range(10)), tags=("rare",))
    found = await hits(storage, query="heron", tags=["rare"], limit=10)
    assert {hit.memory.tags for hit in found} == {("rare",)}
    assert len(found) == 10
    assert all("rare" not in hit.memory.tags for hit in await hits(storage, query="pond", exclude_tags=["rare"]))


async def test_a_name_that_every_memory_says_does_not_lead_astray(storage: SqliteStorage) -> None:
    await fill(storage, *(f"Melanie Melanie Melanie walked {n} miles" for n in range(20)), "Melanie adopted a cat")
    assert (await hits(storage, query="Which pet did Melanie adopt? a cat"))[0].memory.id == id_of(20)


async def test_a_storage_with_nothing_in_it_answers_with_nothing(storage: SqliteStorage) -> None:
    for fields in ({}, {"query": "x"}, {"query": "Melanie", "tags": ["a"]}, {"queries": ["a", "b"]}, {"query": "?"}):
        assert await hits(storage, **fields) == []


async def test_a_question_of_punctuation_alone_is_answered_without_words(storage: SqliteStorage) -> None:
    await fill(storage, "bananas")
    assert [hit.keyword for hit in await hits(storage, query="???")] == [0]


def test_the_filters_of_a_request_become_its_scope() -> None:
    request = asked(
        tags="a, b", tag_mode="all", tag_match="exact", exclude_tags=["c"], start="2026-01-01", end="2026-02-01"
    )
    assert scope_of(request) == Scope(
        ("a", "b"), "all", "exact", ("c",), "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"
    )
