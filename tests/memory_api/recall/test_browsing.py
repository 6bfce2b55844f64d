"""Without a question the filters choose and importance or time orders, page by page."""

import random
from typing import Any

import pytest

from tests.memory_api.recall.asking import Asking, number_of

EARLIER = "2026-01-01T00:00:00+00:00"
ORDERS = ["score", "time_desc", "time_asc", "updated_desc", "updated_asc"]


async def fill(memory: Asking, count: int = 40) -> None:
    """Memories of few times and importances, so that many are equal; some outdated, some of the same text."""
    chance = random.Random(7)
    days = [f"2026-01-0{day}T00:00:00+00:00" for day in range(1, 5)]
    for number in range(count):
        await memory.note(
            f"note {chance.choice((number, number, number, 1))}",
            importance=chance.choice((0.2, 0.5, 0.8)),
            timestamp=chance.choice(days),
            updated_at=chance.choice(days),
            t_invalid=EARLIER if chance.random() < 0.2 else None,
        )
    for _ in range(10):
        old, new = chance.sample(range(count), 2)
        await memory.relate(old, new, "EVOLVED_INTO")


async def pages(memory: Asking, size: int, **fields: Any) -> list[int]:
    """Every page, until none follows."""
    found: list[int] = []
    for offset in range(0, 100, size):
        result = await memory.recall(limit=size, offset=offset, **fields)
        found += [number_of(hit) for hit in result.hits]
        assert len(result.hits) == size or not result.more
        if not result.more:
            return found
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("mode", ["current", "history"])
@pytest.mark.parametrize("sort", ORDERS)
async def test_pages_hold_every_memory_once(memory: Asking, sort: str, mode: str) -> None:
    await fill(memory)
    whole = await memory.numbers(limit=200, sort=sort, state_mode=mode)
    assert 10 < len(whole) == len(set(whole)) < 40
    for size in (1, 7, 10):
        assert await pages(memory, size, sort=sort, state_mode=mode) == whole


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("score", [2, 0, 1, 3]),
        ("time_desc", [3, 1, 0, 2]),
        ("time_asc", [2, 0, 1, 3]),
        ("updated_desc", [0, 3, 1, 2]),
        ("updated_asc", [2, 1, 3, 0]),
    ],
)
async def test_memories_come_in_the_order_asked_for(memory: Asking, sort: str, expected: list[int]) -> None:
    days = [f"2026-01-0{day}T00:00:00+00:00" for day in range(1, 6)]
    await memory.note("a", importance=0.5, timestamp=days[1], updated_at=days[4])
    await memory.note("b", importance=0.2, timestamp=days[2], updated_at=days[3])
    await memory.note("c", importance=0.9, timestamp=days[0], updated_at=days[0])
    await memory.note("d", importance=0.1, timestamp=days[3], updated_at=days[3])
    assert await memory.numbers(sort=sort) == expected


async def test_a_replacement_stands_where_its_own_importance_puts_it(memory: Asking) -> None:
    await memory.note("old", importance=0.9)
    await memory.note("other", importance=0.5)
    await memory.note("new", importance=0.1)
    await memory.relate(0, 2, "EVOLVED_INTO")
    result = await memory.recall()
    assert [(number_of(hit), hit.match_type, hit.score) for hit in result.hits] == [
        (1, "trending", 0.5),
        (2, "trending", 0.1),
    ]
    assert result.outdated.suppressed[0]["reason"] == "superseded"


async def test_a_page_behind_the_last_is_empty(memory: Asking) -> None:
    await memory.notes("a", "b")
    result = await memory.recall(offset=2)
    assert (result.hits, result.more) == ([], False)


async def test_filters_hold_and_time_words_choose(memory: Asking) -> None:
    await memory.note("a", tags=("work",))
    await memory.note("b", tags=("work",), timestamp=EARLIER)
    await memory.note("c")
    assert await memory.numbers(tags=["work"], time_query="today") == [0]
    assert set(await memory.numbers(time_query="today")) == {0, 2}
