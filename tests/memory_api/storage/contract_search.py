"""The part of the storage contract about looking: by vector, by words, by tag and time, in order and in pages."""

import math

import numpy as np
import pytest

from memory_api.models.queries import Order
from memory_api.storage.base import Candidate, Scope, Storage
from tests.memory_api.builders import DIMENSION, axis, brute_force, clustered, id_of, recall, record, unit
from tests.memory_api.storage.keys import ids_of, keys_by_id


def numbers(ids: list[str]) -> list[int]:
    return [int(item.replace("-", ""), 16) for item in ids]


async def numbers_of(storage: Storage, candidates: list[Candidate]) -> list[int]:
    return numbers(await ids_of(storage, candidates))


def day(number: int) -> str:
    return f"2026-01-{number:02}T00:00:00+00:00"


TAGGED = {
    1: ("work:alpha",),
    2: ("Work/Beta", "urgent"),
    3: ("workshop",),
    4: ("home",),
    5: (),
    6: ("WORK", "urgent:now"),
    7: ("Ärger",),
}

SCOPES = {
    "an open scope": (Scope(), {1, 2, 3, 4, 5, 6, 7}),
    "a prefix by segment": (Scope(tags=("work",)), {1, 2, 6}),
    "a prefix in any case": (Scope(tags=(" WoRk ",)), {1, 2, 6}),
    "a prefix of two segments, either separator": (Scope(tags=("work:beta",)), {2}),
    "the other separator": (Scope(tags=("work/alpha",)), {1}),
    "half a word is no segment": (Scope(tags=("wor",)), set()),
    "no wildcard": (Scope(tags=("%", "_ork", "w*")), set()),
    "letter case beyond ASCII": (Scope(tags=("äRGER",)), {7}),
    "exact": (Scope(tags=("work",), tag_match="exact"), {6}),
    "exact in any case": (Scope(tags=("WORK:ALPHA",), tag_match="exact"), {1}),
    "exact heeds the separator": (Scope(tags=("work:beta",), tag_match="exact"), set()),
    "exact with its own separator": (Scope(tags=("work/beta",), tag_match="exact"), {2}),
    "any of several": (Scope(tags=("home", "workshop", "nothing")), {3, 4}),
    "all of several": (Scope(tags=("work", "urgent"), tag_mode="all"), {2, 6}),
    "all of several exactly": (Scope(tags=("work", "urgent"), tag_mode="all", tag_match="exact"), set()),
    "all with one that nobody carries": (Scope(tags=("work", "home"), tag_mode="all"), set()),
    "the same tag twice": (Scope(tags=("home", "home"), tag_mode="all"), {4}),
    "excluded": (Scope(exclude=("work",)), {3, 4, 5, 7}),
    "excluded by any": (Scope(exclude=("workshop", "HOME")), {1, 2, 5, 6, 7}),
    "excluded by prefix even where exact is asked": (
        Scope(tags=("urgent", "work:alpha", "home"), tag_match="exact", exclude=("work",)),
        {4},
    ),
    "tagged and not excluded": (Scope(tags=("work",), exclude=("urgent",)), {1}),
    "from a time, which is inside": (Scope(start=day(5)), {5, 6, 7}),
    "to a time, which is inside": (Scope(end=day(2)), {1, 2}),
    "one instant": (Scope(start=day(3), end=day(3)), {3}),
    "a microsecond too late": (Scope(start="2026-01-07T00:00:00.000001+00:00"), set()),
    "a microsecond more at the end": (Scope(start=day(7), end="2026-01-07T00:00:00.000001+00:00"), {7}),
    "an inverted window": (Scope(start=day(4), end=day(2)), set()),
    "tag and window": (Scope(tags=("work",), start=day(2), end=day(5)), {2}),
    "all, excluded and window": (
        Scope(tags=("work", "urgent"), tag_mode="all", exclude=("work:beta",), start=day(1)),
        {6},
    ),
    "many tags": (
        Scope(tags=(*(f"none{n}" for n in range(99)), "home"), exclude=tuple(f"x{n}" for n in range(100))),
        {4},
    ),
    "all of many tags": (Scope(tags=("home",) * 100, tag_mode="all"), {4}),
}

ORDERS: dict[Order, list[int]] = {
    "score": [3, 2, 1, 4, 5],
    "time_desc": [5, 3, 2, 4, 1],
    "time_asc": [1, 4, 2, 3, 5],
    "updated_desc": [1, 3, 2, 4, 5],
    "updated_asc": [5, 4, 2, 3, 1],
}


async def store_ranked(storage: Storage) -> None:
    """Five memories: importance, timestamp and updated_at each in an order of their own, with ties."""
    rows = [(1, 0.5, day(1), day(9)), (2, 0.9, day(3), day(5)), (3, 0.9, day(4), day(5))]
    rows += [(4, 0.2, day(2), day(4)), (5, 0.1, day(6), day(3))]
    await storage.store(
        [record(n, importance=i, timestamp=t, updated_at=u, tags=("r",)) for n, i, t, u in reversed(rows)]
    )


class SearchContract:
    """Nearest, matching, browse, tagged and common."""

    @pytest.mark.parametrize("name", SCOPES)
    async def test_every_search_returns_exactly_what_the_scope_holds(self, storage: Storage, name: str) -> None:
        scope, expected = SCOPES[name]
        await storage.store([record(n, f"shared word{n}", tags=tags, timestamp=day(n)) for n, tags in TAGGED.items()])
        assert set(numbers([item.id for item in await storage.browse(scope, "score", 50)])) == expected
        assert set(await numbers_of(storage, await storage.nearest(axis(0), 50, scope))) == expected
        assert set(await numbers_of(storage, await storage.matching(["shared"], 50, scope))) == expected
        assert set(numbers(list(await storage.inside([id_of(n) for n in (*TAGGED, 99)], scope)))) == expected
        assert await storage.common(["shared", "absent"], scope, 1.0) == ({"shared"} if expected else set())

    async def test_letter_case_does_not_matter_where_a_letter_changes_at_the_end_of_a_word(
        self, storage: Storage
    ) -> None:
        await storage.store([record(1, "a road", tags=("ΟΔΟΣ:ΑΘΗΝΑ",))])
        for scope in (Scope(tags=("ΟΔΟΣ",)), Scope(tags=("οδος",)), Scope(tags=("οδός:x", "ΟΔΟΣ/ΑΘΗΝΑ"))):
            assert numbers([item.id for item in await storage.browse(scope, "score", 5)]) == [1]

    async def test_an_empty_storage_finds_nothing(self, storage: Storage) -> None:
        for scope in (Scope(), Scope(tags=("a",)), Scope(exclude=("a",)), Scope(start=day(1))):
            assert await storage.nearest(axis(0), 5, scope) == []
            assert await storage.matching(["a"], 5, scope) == []
            assert await storage.browse(scope, "score", 5) == []
            assert await storage.common(["a"], scope, 0.1) == set()

    async def test_the_nearest_come_first_with_their_cosine(self, storage: Storage) -> None:
        vectors = [axis(0), unit(axis(0) + axis(1)), axis(1), -axis(0)]
        await storage.store([record(n, str(n), vector) for n, vector in enumerate(vectors)])
        found = await storage.nearest(axis(0), 10, Scope())
        assert await numbers_of(storage, found) == [0, 1, 2, 3]
        assert [item.score for item in found] == pytest.approx([1, 0.7071, 0, -1], abs=1e-3)
        assert await numbers_of(storage, await storage.nearest(-axis(0), 2, Scope())) == [3, 2]

    async def test_those_asked_for_by_key_come_too_however_far_they_are(self, storage: Storage) -> None:
        vectors = [axis(0), unit(axis(0) + axis(1)), axis(1), -axis(0)]
        await storage.store([record(n, str(n), vector) for n, vector in enumerate(vectors)])
        keys = await keys_by_id(storage)
        found = await storage.nearest(axis(0), 1, Scope(), [keys[id_of(0)], keys[id_of(3)], 10**9])
        assert await numbers_of(storage, found) == [0, 3]
        assert [item.score for item in found] == pytest.approx([1, -1], abs=1e-3)

    async def test_the_nearest_are_those_that_comparing_all_would_give(self, storage: Storage) -> None:
        vectors = clustered(1_500, DIMENSION, seed=1)
        await storage.store([record(n, f"n{n}", vectors[n]) for n in range(1_500)])
        queries = unit(vectors[::50] + 0.05 * np.random.default_rng(2).standard_normal((30, DIMENSION)))
        found = [await numbers_of(storage, await storage.nearest(query, 10, Scope())) for query in queries]
        assert recall(found, [brute_force(vectors, query, 10) for query in queries]) >= 0.97

    async def test_words_find_the_memories_that_hold_any_of_them_the_better_match_first(self, storage: Storage) -> None:
        texts = ["the heron fishes", "the heron and the otter", "an otter otter otter", "nothing here", "a the an"]
        await storage.store([record(n, text) for n, text in enumerate(texts)])
        found = await storage.matching(["heron", "otter"], 10, Scope())
        assert set(await numbers_of(storage, found)) == {0, 1, 2}
        assert (await numbers_of(storage, found))[0] == 1
        assert all(item.score > 0 for item in found)
        assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
        assert len(await storage.matching(["heron", "otter"], 2, Scope())) == 2

    async def test_the_score_of_words_is_a_share_of_what_saying_them_all_once_would_score(
        self, storage: Storage
    ) -> None:
        texts = ["heron otter fish", "heron bird reeds", "otter otter fur", "plain words here", "heron more here"]
        await storage.store([record(n, text) for n, text in enumerate(texts * 4)])
        assert {round(one.score, 9) for one in await storage.matching(["otter"], 50, Scope())} == {1.0, 1.375}
        idf = {word: math.log((20 - n + 0.5) / (n + 0.5)) for word, n in (("reeds", 4), ("otter", 8))}
        found = await storage.matching(["reeds", "otter", "absent"], 50, Scope())
        most = sum(idf.values()) + idf["reeds"]
        numbered = zip(await numbers_of(storage, found), found, strict=True)
        shares = {number % 5: one.score * most for number, one in numbered}
        assert shares == pytest.approx({0: idf["otter"], 1: idf["reeds"], 2: idf["otter"] * 1.375})

    async def test_a_score_counts_a_word_that_has_just_come(self, storage: Storage) -> None:
        await storage.store([record(n, f"plain text {n}") for n in range(50)])
        assert await storage.matching(["heron"], 5, Scope()) == []
        await storage.store([record(60, "heron text 60")])
        assert [one.score for one in await storage.matching(["heron"], 5, Scope())] == pytest.approx([1.0])

    @pytest.mark.parametrize(
        "word",
        ['"', '""', '"heron', "AND", "OR", "NOT", "NEAR", "he*", "*", "content:heron", "-heron", "(", "^heron", "'"],
    )
    async def test_no_word_is_a_command_to_the_index(self, storage: Storage, word: str) -> None:
        await storage.store([record(1, "something else"), record(2, "a heron")])
        assert (await numbers_of(storage, await storage.matching([word, "something"], 10, Scope())))[0] == 1
        assert len(await storage.matching([word], 10, Scope())) <= 1

    async def test_no_words_find_nothing(self, storage: Storage) -> None:
        await storage.store([record(1, "something")])
        assert await storage.matching([], 10, Scope()) == []
        assert await storage.common([], Scope(), 0.1) == set()

    async def test_thousands_of_words_are_no_trouble(self, storage: Storage) -> None:
        await storage.store([record(1, "word3999 is here")])
        words = [f"word{n}" for n in range(4_000)]
        assert await numbers_of(storage, await storage.matching(words, 10, Scope(tags=(), exclude=("x",)))) == [1]

    @pytest.mark.parametrize("order", ORDERS)
    async def test_browsing_keeps_each_order(self, storage: Storage, order: Order) -> None:
        await store_ranked(storage)
        assert numbers([item.id for item in await storage.browse(Scope(), order, 10)]) == ORDERS[order]
        assert numbers([item.id for item in await storage.browse(Scope(), order, 2)]) == ORDERS[order][:2]
        assert numbers([item.id for item in await storage.browse(Scope(), order, 2, 1)]) == ORDERS[order][1:3]
        assert await storage.browse(Scope(), order, 2, 5) == []

    async def test_pages_by_tag_hold_every_memory_once_the_most_important_first(self, storage: Storage) -> None:
        await storage.store(
            [record(n, importance=(n % 3) / 2, timestamp=day(1 + n % 2), tags=("T", "t", "u")) for n in range(11)]
        )
        await storage.store([record(50, tags=("t:part",)), record(51, tags=("v",))])
        pages = [await storage.tagged(["t", "U"], 4, offset) for offset in (0, 4, 8, 12)]
        assert [page.has_more for page in pages] == [True, True, False, False]
        seen = [item for page in pages for item in page.memories]
        assert seen == sorted(sorted(seen, key=lambda m: m.id), key=lambda m: (-m.importance, -int(m.timestamp[8:10])))
        assert set(numbers([item.id for item in seen])) == set(range(11))
        assert len(seen) == 11

    async def test_a_page_that_ends_with_the_last_memory_has_no_more(self, storage: Storage) -> None:
        await storage.store([record(n, tags=("t",)) for n in range(4)])
        assert not (await storage.tagged(["t"], 4, 0)).has_more
        assert (await storage.tagged(["t"], 3, 0)).has_more

    async def test_common_words_are_those_that_stand_in_the_share_of_the_scope(self, storage: Storage) -> None:
        await storage.store([record(n, "all " + ("half " if n % 2 else "") + f"w{n}", tags=("t",)) for n in range(10)])
        await storage.store([record(20 + n, "outside", tags=("u",)) for n in range(90)])
        inside = Scope(tags=("t",))
        assert await storage.common(["all", "half", "w3", "outside"], inside, 0.5) == {"all", "half"}
        assert await storage.common(["all", "half", "w3", "outside"], inside, 0.51) == {"all"}
        assert await storage.common(["all", "w3"], inside, 0.1) == {"all", "w3"}
        assert await storage.common(["all", "outside"], Scope(), 0.2) == {"outside"}
