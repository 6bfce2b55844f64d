"""The contract of Storage as tests: a storage's test class inherits it and gives a fixture named `storage`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from memory_api.errors import Conflict, MemoryNotFound, StorageUnavailable
from memory_api.storage.base import Change, Scope, Storage
from tests.memory_api.builders import NOON, axis, id_of, memory, record, relation, vector_of
from tests.memory_api.storage.contract_derived import DerivedContract
from tests.memory_api.storage.contract_filters import FiltersContract
from tests.memory_api.storage.contract_relations import RelationsContract, SupersessionContract
from tests.memory_api.storage.contract_search import SearchContract
from tests.memory_api.storage.keys import Chosen, ids_of

LATER = "2026-02-01T08:30:00.250000+00:00"


async def found_by(storage: Storage, word: str) -> list[str]:
    return await ids_of(storage, await storage.matching([word], 10, Scope()))


async def nearest_to(storage: Storage, text: str) -> str | None:
    """The id of the memory whose vector is that of this text."""
    found = await storage.nearest(vector_of(text), 1, Scope())
    return (await ids_of(storage, found))[0] if found and found[0].score > 0.99 else None


async def carrying(storage: Storage, tag: str) -> list[str]:
    return [item.id for item in await storage.browse(Scope(tags=(tag,)), "time_asc", 10)]


async def assert_empty(storage: Storage, word: str, text: str, tag: str) -> None:
    assert await found_by(storage, word) == []
    assert await nearest_to(storage, text) is None
    assert await carrying(storage, tag) == []
    assert (await storage.tagged([tag], 10, 0)).memories == []
    assert storage.count() == 0


class WritingContract:
    """Store, update, delete and their promises."""

    async def test_a_memory_reads_back_as_it_was_stored(self, storage: Storage) -> None:
        kept = memory(
            1,
            'Ünïcode 🌅 "quotes" \\ and\nnewlines',
            type="Insight",
            confidence=0.123456789,
            importance=1.0,
            tags=("Work/Alpha", "  spaced ", "twice", "twice"),
            metadata={"nested": {"list": [1, 2.5, None, True]}, "text": "日の出", "empty": {}, "big": 2**70},
            timestamp="2026-01-01T00:00:00.000001+00:00",
            t_invalid=LATER,
        )
        assert await storage.store(
            [record(1, **{name: getattr(kept, name) for name in kept.__slots__ if name != "id"})]
        )
        assert await storage.get(id_of(1)) == kept
        assert await storage.fetch([id_of(1), id_of(2)]) == {id_of(1): kept}

    async def test_unknown_ids_are_absent(self, storage: Storage) -> None:
        assert await storage.get(id_of(1)) is None
        assert await storage.fetch([id_of(1), "not an id", ""]) == {}
        assert await storage.fetch([]) == {}

    async def test_storing_nothing_is_fine(self, storage: Storage) -> None:
        assert await storage.store([]) == []

    async def test_a_stored_memory_is_found_in_every_index_at_once(self, storage: Storage) -> None:
        await storage.store([record(1, "a heron in the reeds", tags=("birds",))])
        assert await found_by(storage, "heron") == [id_of(1)]
        assert await nearest_to(storage, "a heron in the reeds") == id_of(1)
        assert await carrying(storage, "birds") == [id_of(1)]
        assert [item.id for item in (await storage.tagged(["birds"], 10, 0)).memories] == [id_of(1)]
        assert storage.count() == 1

    async def test_the_same_id_with_the_same_content_changes_nothing(self, storage: Storage) -> None:
        await storage.store([record(1, "kept", importance=0.9)])
        again = record(1, "kept", axis(0), importance=0.1, tags=("new",))
        assert await storage.store([again, record(2, "other")]) == [False, True]
        assert await storage.get(id_of(1)) == memory(1, "kept", importance=0.9)
        assert await nearest_to(storage, "kept") == id_of(1)
        assert await carrying(storage, "new") == []
        assert storage.count() == 2

    async def test_a_memory_given_twice_in_one_store_is_stored_once(self, storage: Storage) -> None:
        assert await storage.store([record(1, "kept"), record(1, "kept")]) == [True, False]
        assert storage.count() == 1
        assert len(await storage.nearest(vector_of("kept"), 10, Scope())) == 1

    async def test_the_same_id_with_other_content_is_a_conflict_and_nothing_of_the_store_stays(
        self, storage: Storage
    ) -> None:
        await storage.store([record(1, "held")])
        with pytest.raises(Conflict, match=id_of(1)):
            await storage.store([record(2, "a heron", tags=("birds",)), record(1, "other")])
        assert (await storage.get(id_of(1))) == memory(1, "held")
        await storage.delete(id_of(1))
        await assert_empty(storage, "heron", "a heron", "birds")

    async def test_an_update_replaces_what_it_names_and_keeps_the_rest(self, storage: Storage) -> None:
        await storage.store([record(1, "before", tags=("a",), metadata={"k": 1}, importance=0.2)])
        changed = await storage.update(id_of(1), Change({"importance": 0.8, "t_invalid": LATER, "updated_at": LATER}))
        expected = memory(
            1, "before", tags=("a",), metadata={"k": 1}, importance=0.8, t_invalid=LATER, updated_at=LATER
        )
        assert changed == expected == await storage.get(id_of(1))

    async def test_a_changed_text_is_found_and_the_former_is_not(self, storage: Storage) -> None:
        await storage.store([record(1, "a heron", tags=("birds",))])
        change = Change({"content": "an otter", "tags": ("Mammals/Otter",)}, vector=vector_of("an otter"))
        await storage.update(id_of(1), change)
        assert await found_by(storage, "heron") == []
        assert await found_by(storage, "otter") == [id_of(1)]
        assert await nearest_to(storage, "a heron") is None
        assert await nearest_to(storage, "an otter") == id_of(1)
        assert await carrying(storage, "birds") == []
        assert await carrying(storage, "mammals") == [id_of(1)]
        assert storage.count() == 1

    async def test_metadata_is_merged_and_a_null_removes_its_key(self, storage: Storage) -> None:
        await storage.store([record(1, metadata={"keep": 1, "drop": 2, "null": None, "deep": {"a": 1}})])
        await storage.update(id_of(1), Change(metadata={"drop": None, "deep": {"b": None}, "absent": None}))
        kept = await storage.get(id_of(1))
        assert kept is not None
        assert kept.metadata == {"keep": 1, "null": None, "deep": {"b": None}}

    async def test_metadata_can_be_cleared_and_given_anew_in_one_update(self, storage: Storage) -> None:
        await storage.store([record(1, metadata={"old": 1})])
        assert (await storage.update(id_of(1), Change(metadata={"new": 2}, clear_metadata=True))).metadata == {"new": 2}
        assert (await storage.update(id_of(1), Change(clear_metadata=True))).metadata == {}

    async def test_an_update_without_any_change_returns_the_memory(self, storage: Storage) -> None:
        await storage.store([record(1, "same")])
        assert await storage.update(id_of(1), Change()) == memory(1, "same")

    async def test_an_unknown_memory_cannot_be_updated(self, storage: Storage) -> None:
        with pytest.raises(MemoryNotFound):
            await storage.update(id_of(1), Change({"importance": 1.0}))

    async def test_a_deleted_memory_is_gone_from_every_index(self, storage: Storage) -> None:
        await storage.store([record(1, "a heron", tags=("birds",))])
        assert await storage.delete(id_of(1)) is True
        assert await storage.get(id_of(1)) is None
        await assert_empty(storage, "heron", "a heron", "birds")
        assert await storage.delete(id_of(1)) is False

    async def test_the_id_of_a_deleted_memory_may_be_used_again(self, storage: Storage) -> None:
        await storage.store([record(1, "a heron", tags=("birds",))])
        await storage.delete(id_of(1))
        assert await storage.store([record(1, "an otter")]) == [True]
        assert await nearest_to(storage, "an otter") == id_of(1)
        assert await carrying(storage, "birds") == []

    async def test_deleting_by_tag_takes_exactly_those_that_carry_one_of_them(self, storage: Storage) -> None:
        tags = [("Old",), ("old", "older"), ("old:part",), ("fresh",), ()]
        await storage.store([record(number, tags=carried) for number, carried in enumerate(tags)])
        assert await storage.delete_tagged(["OLD", "older"]) == 2
        assert set(await storage.fetch([id_of(number) for number in range(5)])) == {id_of(2), id_of(3), id_of(4)}
        assert storage.count() == 3
        assert await storage.delete_tagged(["old"]) == 0

    async def test_a_touch_is_kept_with_the_next_write(self, storage: Storage) -> None:
        await storage.store([record(1)])
        storage.touch([id_of(1), id_of(99)], LATER)
        await storage.store([record(2)])
        assert await storage.get(id_of(1)) == memory(1, last_accessed=LATER)
        assert storage.count() == 2

    async def test_an_update_after_a_touch_has_the_last_word(self, storage: Storage) -> None:
        await storage.store([record(1)])
        storage.touch([id_of(1)], NOON)
        await storage.update(id_of(1), Change({"last_accessed": LATER}))
        await storage.store([record(2)])
        assert await storage.get(id_of(1)) == memory(1, last_accessed=LATER)


class ConcurrencyContract:
    """What many callers at once may rely on."""

    async def test_hundreds_of_writes_at_once_are_all_kept_and_readable_when_acknowledged(
        self, storage: Storage
    ) -> None:
        async def store_and_read(number: int) -> bool:
            await storage.store([record(number, f"note{number:04}", tags=(f"tag{number}",))])
            return (
                await storage.get(id_of(number)) is not None
                and await found_by(storage, f"note{number:04}") == [id_of(number)]
                and await nearest_to(storage, f"note{number:04}") == id_of(number)
                and await carrying(storage, f"tag{number}") == [id_of(number)]
            )

        assert all(await asyncio.gather(*(store_and_read(number) for number in range(240))))
        assert storage.count() == 240

    async def test_one_bad_write_among_many_fails_alone(self, storage: Storage) -> None:
        await storage.store([record(0, "held")])
        good = [storage.store([record(number, f"note {number}")]) for number in range(1, 101)]
        bad: list[Awaitable[Any]] = [
            storage.store([record(0, "other")]),
            storage.update(id_of(999), Change({"importance": 0.1})),
            storage.store([record(200), record(201, type=None)]),
        ]
        results = await asyncio.gather(*good[:50], *bad, *good[50:], return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        assert [type(failure) for failure in failures[:2]] == [Conflict, MemoryNotFound]
        assert len(failures) == 3
        assert results.count([True]) == 100
        assert storage.count() == 101
        assert await storage.get(id_of(200)) is None

    async def test_updates_of_one_memory_at_once_all_count(self, storage: Storage) -> None:
        await storage.store([record(1)])
        changes = [Change(metadata={f"key{number}": number}) for number in range(100)]
        await asyncio.gather(*(storage.update(id_of(1), change) for change in changes))
        kept = await storage.get(id_of(1))
        assert kept is not None
        assert kept.metadata == {f"key{number}": number for number in range(100)}

    async def test_of_many_stores_of_one_id_exactly_one_makes_it(self, storage: Storage) -> None:
        results = await asyncio.gather(*(storage.store([record(1, "the same")]) for _ in range(50)))
        assert sorted(results) == [[False]] * 49 + [[True]]
        assert storage.count() == 1


CALLS: dict[str, Callable[[Storage], Awaitable[Any]]] = {
    "store": lambda storage: storage.store([record(1)]),
    "get": lambda storage: storage.get(id_of(1)),
    "fetch": lambda storage: storage.fetch([id_of(1)]),
    "update": lambda storage: storage.update(id_of(1), Change({"importance": 0.1})),
    "delete": lambda storage: storage.delete(id_of(1)),
    "delete_tagged": lambda storage: storage.delete_tagged(["a"]),
    "tagged": lambda storage: storage.tagged(["a"], 1, 0),
    "associate": lambda storage: storage.associate([relation(1, 2)]),
    "neighbours": lambda storage: storage.neighbours([id_of(1)], 1),
    "related": lambda storage: storage.related(id_of(1), ["RELATES_TO"], 1, 1),
    "nearest": lambda storage: storage.nearest(axis(0), 1, Scope()),
    "matching": lambda storage: storage.matching(["a"], 1, Scope()),
    "browse": lambda storage: storage.browse(Scope(), "score", 1),
    "inside": lambda storage: storage.inside([id_of(1)], Scope()),
    "gather": lambda storage: storage.gather([1], Scope(), Chosen()),
    "links": lambda storage: storage.links([id_of(1)], ["RELATES_TO"], 1),
    "successions": lambda storage: storage.successions([id_of(1)]),
    "common": lambda storage: storage.common(["a"], Scope(), 0.5),
}


class ClosingContract:
    """The end of a storage."""

    @pytest.mark.parametrize("call", CALLS)
    async def test_a_closed_storage_says_so(self, storage: Storage, call: str) -> None:
        await storage.store([record(1)])
        await storage.close()
        with pytest.raises(StorageUnavailable):
            await CALLS[call](storage)

    async def test_closing_finishes_the_writes_that_wait(self, storage: Storage) -> None:
        writes = [asyncio.create_task(storage.store([record(number)])) for number in range(100)]
        await asyncio.sleep(0)
        await storage.close()
        assert await asyncio.gather(*writes) == [[True]] * 100

    async def test_closing_twice_is_closing_once(self, storage: Storage) -> None:
        await storage.close()
        await storage.close()


class StorageContract(
    WritingContract,
    ConcurrencyContract,
    ClosingContract,
    SearchContract,
    FiltersContract,
    RelationsContract,
    SupersessionContract,
    DerivedContract,
):
    """Everything that storage/base.py promises."""
