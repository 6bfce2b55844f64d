"""The part of the storage contract about relations: storing them, neighbours, what lies further, successors."""

from dataclasses import replace

import pytest

from memory_api.errors import MemoryNotFound
from memory_api.models.memory import Supersession
from memory_api.storage.base import Change, Link, Neighbour, Storage
from tests.memory_api.builders import NOON, id_of, memory, record, relation
from tests.memory_api.storage.contract_search import day, numbers


async def store_chain(storage: Storage, *pairs: tuple[int, int]) -> None:
    """Memories 0..5 and an edge for each pair."""
    await storage.store([record(number, f"note {number}") for number in range(6)])
    assert all(await storage.associate([relation(source, target) for source, target in pairs]))


async def around(storage: Storage, number: int, depth: int, *types: str) -> set[int]:
    found = await storage.related(id_of(number), types or ["RELATES_TO"], depth, 50)
    return set(numbers([item.id for item in found]))


class RelationsContract:
    """Associate, neighbours, related and links."""

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

    async def test_links_are_seen_from_either_end_newest_first_and_limited_for_each(self, storage: Storage) -> None:
        await store_chain(storage, (0, 1))
        await storage.associate([relation(2, 0, "LEADS_TO", 0.8)])
        await storage.associate([relation(0, 3, "PART_OF")])
        found = await storage.links([id_of(0), id_of(3), id_of(0), id_of(99)], ["LEADS_TO", "RELATES_TO"], 5)
        assert found == [
            Link(id_of(0), id_of(2), "LEADS_TO", 0.8, outgoing=False),
            Link(id_of(0), id_of(1), "RELATES_TO", 0.5, outgoing=True),
        ]
        everything = await storage.links([id_of(n) for n in range(4)], ["LEADS_TO", "RELATES_TO", "PART_OF"], 1)
        assert {(*numbers([link.asked]), *numbers([link.other])) for link in everything} == {
            (0, 3),
            (1, 0),
            (2, 0),
            (3, 0),
        }
        assert await storage.links([], ["LEADS_TO"], 5) == []
        assert await storage.links([id_of(0)], [], 5) == []


class SupersessionContract:
    """What took a memory's place."""

    async def test_a_memory_that_supersedes_another_ends_it_and_is_linked_from_it(self, storage: Storage) -> None:
        await storage.store([record(1, "old"), record(2, "older", t_invalid=NOON)])
        new = record(3, "new")
        for number, relation_type in ((1, "INVALIDATED_BY"), (2, "EVOLVED_INTO")):
            superseding = replace(
                new,
                memory=replace(new.memory, id=id_of(number + 10)),
                supersedes=Supersession(id_of(number), relation_type, "it changed"),
            )
            assert await storage.store([superseding]) == [True]
            assert await storage.successions([id_of(number)]) == {
                id_of(number): [Link(id_of(number), id_of(number + 10), relation_type, 0.9, outgoing=True)]
            }
        ended, ended_before = await storage.get(id_of(1)), await storage.get(id_of(2))
        assert ended is not None
        assert ended.t_invalid == ended.updated_at > NOON
        assert ended_before == memory(2, "older", t_invalid=NOON)

    async def test_an_end_that_lies_ahead_is_brought_forward(self, storage: Storage) -> None:
        await storage.store([record(1, "old", t_invalid="2999-01-01T00:00:00+00:00")])
        await storage.store([replace(record(2, "new"), supersedes=Supersession(id_of(1), "EVOLVED_INTO"))])
        ended = await storage.get(id_of(1))
        assert ended is not None
        assert ended.t_invalid is not None
        assert NOON < ended.t_invalid < "2999"

    async def test_what_is_not_there_cannot_be_superseded_and_nothing_of_the_store_stays(
        self, storage: Storage
    ) -> None:
        superseding = replace(record(2, "new"), supersedes=Supersession(id_of(1), "INVALIDATED_BY"))
        with pytest.raises(MemoryNotFound, match="supersede"):
            await storage.store([record(3, "another"), superseding])
        assert storage.count() == 0
        itself = replace(record(2, "new"), supersedes=Supersession(id_of(2), "INVALIDATED_BY"))
        with pytest.raises(MemoryNotFound, match="supersede"):
            await storage.store([itself])

    async def test_the_same_store_again_changes_nothing(self, storage: Storage) -> None:
        superseding = replace(record(2, "new"), supersedes=Supersession(id_of(1), "INVALIDATED_BY"))
        await storage.store([record(1, "old"), superseding])
        await storage.update(id_of(1), Change({"t_invalid": None}))
        assert await storage.store([superseding]) == [False]
        kept = await storage.get(id_of(1))
        assert kept is not None
        assert kept.t_invalid is None
        await storage.delete(id_of(1))
        assert await storage.store([superseding]) == [False]

    async def test_successions_are_followed_to_their_end_and_circles_end(self, storage: Storage) -> None:
        await storage.store([record(number, f"version {number}") for number in range(9)])
        await storage.associate([relation(n, n + 1, "EVOLVED_INTO") for n in range(7)])
        found = await storage.successions([id_of(0)])
        assert {source: numbers([link.other for link in links]) for source, links in found.items()} == {
            id_of(n): [n + 1] for n in range(7)
        }
        await storage.associate([relation(2, 0, "INVALIDATED_BY"), relation(8, 2, "RELATES_TO")])
        circle = await storage.successions([id_of(1), id_of(8)])
        assert numbers([link.other for link in circle[id_of(2)]]) == [0, 3]
        assert numbers([link.other for link in circle[id_of(0)]]) == [1]
        assert id_of(8) not in circle
        assert await storage.successions([]) == {}
