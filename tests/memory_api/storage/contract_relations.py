"""The part of the storage contract about relations: storing them, neighbours, and what lies further."""

import pytest

from memory_api.storage.base import Neighbour, Storage
from tests.memory_api.builders import id_of, memory, record, relation
from tests.memory_api.storage.contract_search import day, numbers


async def store_chain(storage: Storage, *pairs: tuple[int, int]) -> None:
    """Memories 0..5 and an edge for each pair."""
    await storage.store([record(number, f"note {number}") for number in range(6)])
    assert all(await storage.associate([relation(source, target) for source, target in pairs]))


async def around(storage: Storage, number: int, depth: int, *types: str) -> set[int]:
    found = await storage.related(id_of(number), types or ["RELATES_TO"], depth, 50)
    return set(numbers([item.id for item in found]))


class RelationsContract:
    """Associate, neighbours and related."""

    async def test_a_relation_needs_both_memories_and_the_others_are_stored_all_the_same(
        self, storage: Storage
    ) -> None:
        await storage.store([record(1), record(2)])
        asked = [relation(1, 99), relation(1, 2, "LEADS_TO", 0.7), relation(99, 2), relation(98, 99)]
        assert await storage.associate(asked) == [False, True, False, False]
        assert await storage.neighbours([id_of(1)], 5) == {id_of(1): [Neighbour("LEADS_TO", 0.7, memory(2))]}

    async def test_associating_nothing_is_fine(self, storage: Storage) -> None:
        assert await storage.associate([]) == []

    async def test_the_same_relation_again_replaces_its_strength(self, storage: Storage) -> None:
        await store_chain(storage)
        await storage.associate([relation(1, 2, strength=0.1), relation(1, 2, "PART_OF")])
        assert await storage.associate([relation(1, 2, strength=0.9)]) == [True]
        kept = (await storage.neighbours([id_of(1)], 5))[id_of(1)]
        assert {(item.type, item.strength) for item in kept} == {("RELATES_TO", 0.9), ("PART_OF", 0.5)}

    async def test_neighbours_are_where_relations_lead_not_where_they_come_from(self, storage: Storage) -> None:
        await store_chain(storage, (1, 2), (3, 1))
        found = await storage.neighbours([id_of(1), id_of(2), id_of(99)], 5)
        assert {source: numbers([item.memory.id for item in near]) for source, near in found.items()} == {id_of(1): [2]}

    async def test_the_newest_neighbours_come_first_and_the_limit_is_for_each_memory(self, storage: Storage) -> None:
        await store_chain(storage)
        for target in (2, 3, 4, 5):
            await storage.associate([relation(1, target), relation(0, target)])
        found = await storage.neighbours([id_of(0), id_of(1)], 3)
        assert [numbers([item.memory.id for item in found[id_of(n)]]) for n in (0, 1)] == [[5, 4, 3]] * 2

    @pytest.mark.parametrize(("depth", "expected"), [(1, {1, 3}), (2, {0, 1, 3, 4}), (3, {0, 1, 3, 4, 5})])
    async def test_what_is_related_lies_within_the_depth_in_both_directions(
        self, storage: Storage, depth: int, expected: set[int]
    ) -> None:
        await store_chain(storage, (0, 1), (1, 2), (3, 2), (3, 4), (4, 5))
        assert await around(storage, 2, depth) == expected

    async def test_a_cycle_ends_and_never_holds_its_own_start(self, storage: Storage) -> None:
        await store_chain(storage, (0, 1), (1, 2), (2, 0), (1, 0))
        for depth in (1, 2, 3):
            assert await around(storage, 0, depth) == {1, 2}

    async def test_only_relations_of_the_wanted_types_are_followed(self, storage: Storage) -> None:
        await store_chain(storage, (0, 1))
        await storage.associate([relation(1, 2, "LEADS_TO"), relation(0, 3, "LEADS_TO")])
        assert await around(storage, 0, 3) == {1}
        assert await around(storage, 0, 3, "LEADS_TO") == {3}
        assert await around(storage, 0, 3, "LEADS_TO", "RELATES_TO") == {1, 2, 3}
        assert await around(storage, 0, 3, "PART_OF") == set()

    async def test_what_is_related_comes_by_importance_then_newest_first(self, storage: Storage) -> None:
        rows = [(0, 0.0, 1), (1, 0.2, 1), (2, 0.9, 1), (3, 0.9, 2), (4, 0.5, 1)]
        await storage.store([record(n, importance=i, timestamp=day(d)) for n, i, d in rows])
        await storage.associate([relation(0, n) for n in (1, 2, 3, 4)])
        found = await storage.related(id_of(0), ["RELATES_TO"], 1, 3)
        assert numbers([item.id for item in found]) == [3, 2, 4]

    async def test_an_unknown_memory_has_no_relations(self, storage: Storage) -> None:
        assert await storage.related(id_of(99), ["RELATES_TO"], 3, 5) == []
        assert await storage.neighbours([id_of(99)], 5) == {}
        assert await storage.neighbours([], 5) == {}

    async def test_deleting_a_memory_removes_its_relations_in_both_directions(self, storage: Storage) -> None:
        await store_chain(storage, (0, 1), (1, 2))
        await storage.delete(id_of(1))
        await storage.store([record(1, "note 1")])
        assert await around(storage, 0, 3) == await around(storage, 1, 3) == await around(storage, 2, 3) == set()
        assert await storage.neighbours([id_of(0), id_of(1)], 5) == {}
