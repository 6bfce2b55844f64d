"""Scopes too large to list give the same answers as comparing everything."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memory_api.storage.base import Scope
from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.scope import SELECTIVE
from memory_api.storage.sqlite.storage import open_storage
from tests.memory_api.builders import Vector, brute_force, clustered, recall, record
from tests.memory_api.storage.contract_search import numbers, numbers_of

MODEL, DIMENSION, COUNT = "random-1", 64, SELECTIVE + 2_000
VECTORS: Vector = clustered(COUNT, DIMENSION, seed=1)


def moment(number: int) -> str:
    return f"2026-01-{1 + number // 1_000:02}T{number // 50 % 20:02}:{number % 50:02}:00+00:00"


def tags_of(number: int) -> tuple[str, ...]:
    """`big` on all, a part of it on half of them, `rare` on one in five hundred."""
    return ("big/even" if number % 2 == 0 else "big", *(("rare",) if number % 500 == 0 else ()))


def text(number: int) -> str:
    """One of a hundred words, and a word of its own: linking texts that are the same takes longer than storing them."""
    return f"w{number % 100} x{number}"


Inside = Callable[[int], bool]
SCOPES: dict[str, tuple[Scope, Inside]] = {
    "a tag on all": (Scope(tags=("big",)), lambda n: True),
    "a tag on half": (Scope(tags=("big:even",)), lambda n: n % 2 == 0),
    "the other half by exclusion": (Scope(exclude=("big:even",)), lambda n: n % 2 == 1),
    "a large tag without a small one": (Scope(tags=("big",), exclude=("rare",)), lambda n: n % 500 != 0),
    "large and small": (Scope(tags=("big", "rare"), tag_mode="all"), lambda n: n % 500 == 0),
    "two large": (Scope(tags=("big", "big:even"), tag_mode="all"), lambda n: n % 2 == 0),
    "large exactly": (Scope(tags=("big",), tag_match="exact"), lambda n: n % 2 == 1),
    "nearly nothing left of a large one": (Scope(tags=("big",), exclude=("big:even", "big")), lambda n: False),
    "a large window": (Scope(start=moment(500)), lambda n: n >= 500),
    "a small window of a large tag": (
        Scope(tags=("big",), start=moment(100), end=moment(149)),
        lambda n: 100 <= n < 150,
    ),
    "a large window of half": (Scope(tags=("big:even",), end=moment(20_999)), lambda n: n % 2 == 0 and n <= 20_999),
    "everything": (Scope(), lambda n: True),
}


async def fill(path: Path) -> None:
    threads = ReaderThreads()
    storage = open_storage(path, MODEL, DIMENSION, threads)
    for first in range(0, COUNT, 2_000):
        rows = range(first, min(first + 2_000, COUNT))
        await storage.store([record(n, text(n), VECTORS[n], tags=tags_of(n), timestamp=moment(n)) for n in rows])
    await storage.close()
    await threads.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("large") / "tenant.db"
    asyncio.run(fill(path))
    yield path
    path.unlink()


async def test_vector_search_agrees_with_brute_force_in_every_scope(large: Path, threads: ReaderThreads) -> None:
    storage = open_storage(large, MODEL, DIMENSION, threads)
    queries = VECTORS[7::2_200]
    for name, (scope, inside) in SCOPES.items():
        allowed = [n for n in range(COUNT) if inside(n)]
        found = [await numbers_of(storage, await storage.nearest(query, 10, scope)) for query in queries]
        assert all(set(one) <= set(allowed) and len(one) == min(10, len(allowed)) for one in found), name
        if allowed:
            expected = [[allowed[row] for row in brute_force(VECTORS[allowed], query, 10)] for query in queries]
            assert recall(found, expected) >= 0.9, name
    await storage.close()


async def test_word_search_and_browsing_agree_with_the_scope_exactly(large: Path, threads: ReaderThreads) -> None:
    storage = open_storage(large, MODEL, DIMENSION, threads)
    for name, (scope, inside) in SCOPES.items():
        named = {n for n in range(42, COUNT, 100) if inside(n)}
        assert set(await numbers_of(storage, await storage.matching(["w42"], 1_000, scope))) == named, name
        newest = [n for n in sorted(range(COUNT), key=moment, reverse=True) if inside(n)][:20]
        assert numbers([item.id for item in await storage.browse(scope, "time_desc", 20)]) == newest, name
    await storage.close()
