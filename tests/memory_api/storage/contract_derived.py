"""The part of the storage contract about what follows from memories: entities, streams, near-duplicates."""

import random
from collections.abc import Sequence
from itertools import pairwise

from memory_api.models.memory import PRECEDED_BY, SIMILAR_TO
from memory_api.storage.base import Change, Link, Scope, Storage
from tests.memory_api.builders import id_of, record, relation
from tests.memory_api.storage.contract_search import day, numbers
from tests.memory_api.storage.keys import Chosen, keys_by_id, streams_by_id

TURN = "On the way home from the harbour we met Ada again and talked about the lighthouse for an hour"


async def inside(storage: Storage, *tags: str, **filters: object) -> set[int]:
    found = await storage.browse(Scope(tags=tags, **filters), "score", 50)  # type: ignore[arg-type]
    return set(numbers([item.id for item in found]))


def pair(one: str, other: str) -> tuple[int, int]:
    first, second = numbers([one, other])
    return first, second


async def preceded(storage: Storage, count: int) -> set[tuple[int, int]]:
    """Every pair of a memory and the one right before it in its stream."""
    links = await storage.links([id_of(number) for number in range(count)], [PRECEDED_BY], 100)
    assert all(link.strength == 1.0 for link in links)
    return {pair(link.asked, link.other) for link in links if link.outgoing}


async def beside(storage: Storage, asked: list[str], scope: Scope) -> list[tuple[str, str]]:
    """The pairs that gathering lets its caller choose by."""
    keys = await keys_by_id(storage)
    # A key that no memory has is that of one deleted meanwhile.
    told = Chosen(seeded=[keys.get(one, 10**9) for one in asked])
    gathered = await storage.gather([], scope, told)
    assert (gathered.chosen, gathered.lineage.memories) == ({}, {})
    ids = {key: memory_id for memory_id, key in keys.items()}
    return [(ids[one], ids[other]) for one, other in told.beside]


async def alike(storage: Storage, number: int) -> dict[int, float]:
    found = await storage.links([id_of(number)], [SIMILAR_TO], 100)
    leaving, arriving = (
        {numbers([x.other])[0]: x.strength for x in found if x.outgoing is way} for way in (True, False)
    )
    assert leaving == arriving
    return leaving


async def carried(storage: Storage, tags: Sequence[str]) -> set[str]:
    """Those of the tags that some memory carries exactly, entities included."""
    return {tag for tag in tags if await storage.browse(Scope(tags=(tag,), tag_match="exact"), "score", 1)}


class EntitiesContract:
    """Names found in memories answer tag filters, without being tags."""

    async def test_entities_read_back_and_are_no_tags(self, storage: Storage) -> None:
        entities = {"people": ("Ada Lovelace", "Élise"), "places": ("Zürich",)}
        await storage.store([record(1, entities=entities, tags=("t",))])
        kept = await storage.get(id_of(1))
        assert kept is not None
        assert kept.entities == entities
        assert kept.tags == ("t",)
        assert (await storage.tagged(["entity:places:zürich"], 5, 0)).memories == []
        assert await storage.delete_tagged(["entity:places:zürich"]) == 0

    async def test_an_entity_answers_filters_as_a_tag_of_its_path_would(self, storage: Storage) -> None:
        await storage.store(
            [
                record(1, entities={"people": ("Ada Lovelace",)}),
                record(2, entities={"people": ("Ada",), "places": ("Rome",)}, tags=("trip",)),
                record(3, tags=("entity:people:ada", "entity:people:ada:young")),
                record(4, tags=("entityless",)),
            ]
        )
        assert await inside(storage, "entity") == {1, 2, 3}
        assert await inside(storage, "Entity/People") == {1, 2, 3}
        assert await inside(storage, "entity:people:ada") == {2, 3}
        assert await inside(storage, "entity:people:ada-lovelace", tag_match="exact") == {1}
        assert await inside(storage, "entity:people", tag_match="exact") == set()
        assert await inside(storage, "entity:people:ada", "trip", tag_mode="all") == {2}
        assert await inside(storage, "entity:people:ada", "entity:places:rome", tag_mode="all") == {2}
        assert await inside(storage, exclude=("entity:people:ada",)) == {1, 4}
        assert await inside(storage, "entity:people", exclude=("entity:places",)) == {1, 3}

    async def test_entities_follow_updates_and_deletes(self, storage: Storage) -> None:
        await storage.store([record(1, entities={"people": ("Ada",)})])
        await storage.update(id_of(1), Change({"importance": 0.9}))
        assert await inside(storage, "entity:people:ada") == {1}
        changed = await storage.update(id_of(1), Change({"content": "Rome", "entities": {"places": ("Rome",)}}))
        assert changed.entities == {"places": ("Rome",)}
        assert await inside(storage, "entity:people:ada") == set()
        assert await inside(storage, "entity:places:rome") == {1}
        await storage.delete(id_of(1))
        assert await carried(storage, ["entity:places:rome"]) == set()

    async def test_carried_are_the_tags_that_some_memory_has_exactly(self, storage: Storage) -> None:
        await storage.store([record(1, tags=("Work/Alpha",), entities={"people": ("Ada",)})])
        asked = ["work/alpha", "WORK/ALPHA", "work", "work:alpha", "Entity:People:ADA", "entity:people", "none"]
        assert await carried(storage, asked) == {"work/alpha", "WORK/ALPHA", "Entity:People:ADA"}
        assert await carried(storage, []) == set()


class StreamsContract:
    """Which memories follow one another."""

    async def test_memories_of_a_session_follow_one_another_in_the_order_of_their_times(self, storage: Storage) -> None:
        rows = [(0, 3, "session:a"), (1, 1, "session:a"), (2, 2, "session:a"), (3, 2, "session:b"), (4, 1, "other")]
        await storage.store([record(n, f"turn {n}", timestamp=day(d), tags=(tag,)) for n, d, tag in rows])
        assert await preceded(storage, 5) == {(2, 1), (0, 2)}

    async def test_a_choice_is_told_the_stream_of_every_candidate_that_is_in_one(self, storage: Storage) -> None:
        tags = ["session:a", "session:a", "session:b", "other"]
        await storage.store([record(n, "turn", tags=(tag,)) for n, tag in enumerate(tags)])
        streams = await streams_by_id(storage)
        assert streams.keys() == {id_of(0), id_of(1), id_of(2)}
        assert streams[id_of(0)] == streams[id_of(1)] != streams[id_of(2)]

    async def test_a_memory_that_leaves_lets_the_two_around_it_meet(self, storage: Storage) -> None:
        await storage.store([record(n, timestamp=day(n + 1), metadata={"session_id": 7}) for n in range(4)])
        await storage.delete(id_of(1))
        assert await preceded(storage, 4) == {(2, 0), (3, 2)}
        await storage.update(id_of(2), Change(metadata={"session_id": None}))
        assert await preceded(storage, 4) == {(3, 0)}
        await storage.update(id_of(2), Change({"timestamp": day(9), "tags": ("x",)}, metadata={"session_id": "7"}))
        assert await preceded(storage, 4) == {(3, 0), (2, 3)}

    async def test_beside_are_the_neighbours_that_lie_in_the_scope(self, storage: Storage) -> None:
        await storage.store(
            [record(n, timestamp=day(n + 1), tags=("session:a", *(("even",) if n % 2 == 0 else ()))) for n in range(5)]
        )
        asked = [id_of(1), id_of(4), id_of(4), id_of(99)]
        everything = await beside(storage, asked, Scope())
        assert {pair(*one) for one in everything} == {(1, 0), (1, 2), (4, 3)}
        assert len(everything) == 3
        even = await beside(storage, asked, Scope(tags=("even",), start=day(2)))
        assert {pair(*one) for one in even} == {(1, 2)}
        assert await beside(storage, [], Scope()) == []

    async def test_what_is_gathered_are_the_chosen_and_what_took_their_place(self, storage: Storage) -> None:
        await storage.store([record(n) for n in range(5)])
        await storage.associate([relation(1, 2, "INVALIDATED_BY"), relation(2, 3, "EVOLVED_INTO"), relation(0, 4)])
        keys = await keys_by_id(storage)
        chosen = [keys[id_of(0)], keys[id_of(1)]]
        gathered = await storage.gather([], Scope(), Chosen([*chosen, 10**9]))
        assert {key: memory.id for key, memory in gathered.chosen.items()} == {chosen[0]: id_of(0), chosen[1]: id_of(1)}
        lineage = gathered.lineage
        assert set(numbers(list(lineage.memories))) == {0, 1, 2, 3}
        assert all(memory_id == memory.id for memory_id, memory in lineage.memories.items())
        assert lineage.successions == await storage.successions([id_of(0), id_of(1)])

    async def test_what_is_gathered_is_the_memory_as_it_was_stored(self, storage: Storage) -> None:
        content, metadata = 'a "quoted" \\ \u0001 line\n\u2028 \U0001f600', {"n": 10**20, "x": [1.5, None]}
        one = record(1, content, tags=("ä", "B:c"), metadata=metadata, entities={"people": ("Ada",)})
        await storage.store([one])
        await storage.update(id_of(1), Change({"importance": 0.1 + 0.2, "confidence": 1 / 3, "t_invalid": day(9)}))
        (key,) = (await keys_by_id(storage)).values()
        gathered = await storage.gather([], Scope(), Chosen([key]))
        assert gathered.chosen[key] == await storage.get(id_of(1))

    async def test_after_any_changes_everyone_is_linked_to_the_one_before(self, storage: Storage) -> None:
        chance = random.Random(4)
        held: dict[int, tuple[str, str]] = {}
        born: dict[int, int] = {}
        for step in range(150):
            number, name, when = chance.randrange(25), chance.choice("ab"), day(chance.randint(1, 9))
            if number not in held:
                await storage.store([record(number, f"turn {number}", timestamp=when, tags=(f"thread:{name}",))])
                born[number] = step
            elif chance.random() < 0.4:
                await storage.delete(id_of(number))
                del held[number]
                continue
            else:
                await storage.update(id_of(number), Change({"timestamp": when, "tags": (f"thread:{name}",)}))
            held[number] = name, when
        expected = set()
        for name in "ab":
            turns = sorted((when, born[number], number) for number, (thread, when) in held.items() if thread == name)
            expected |= {(later[2], earlier[2]) for earlier, later in pairwise(turns)}
        assert await preceded(storage, 25) == expected


class DuplicatesContract:
    """Texts that say nearly the same are linked both ways."""

    async def test_near_duplicates_are_linked_both_ways_with_how_alike_they_are(self, storage: Storage) -> None:
        await storage.store([record(0, TURN), record(1, TURN.upper() + "!"), record(2, "something else altogether")])
        await storage.store([record(3, TURN + " or so")])
        assert await alike(storage, 0) == {1: 1.0, 3: (await alike(storage, 3))[0]}
        assert 0.9 < (await alike(storage, 3))[0] < 1
        assert await alike(storage, 2) == {}

    async def test_at_most_five_are_linked_by_one_store(self, storage: Storage) -> None:
        await storage.store([record(number, TURN) for number in range(40)])
        await storage.store([record(50, TURN + " or so"), record(51, TURN + " or so")])
        assert len(await alike(storage, 51)) == 5
        assert (await alike(storage, 51))[50] == 1.0

    async def test_a_changed_text_loses_its_links_and_finds_new_ones(self, storage: Storage) -> None:
        other = "The boiler in the cellar was repaired by the plumber on a rainy Tuesday morning"
        await storage.store([record(0, TURN), record(1, TURN), record(2, other)])
        await storage.update(id_of(1), Change({"importance": 0.9}))
        assert await alike(storage, 1) == {0: 1.0}
        await storage.update(id_of(1), Change({"content": other}))
        assert await alike(storage, 1) == {2: 1.0}
        assert await alike(storage, 0) == {}
        await storage.delete(id_of(1))
        assert await alike(storage, 2) == {}

    async def test_links_that_the_storage_makes_are_shown_only_to_those_who_ask(self, storage: Storage) -> None:
        await storage.store([record(0, TURN), record(1, TURN), record(2, "a third")])
        await storage.associate([relation(0, 2)])
        assert numbers([one.memory.id for one in (await storage.neighbours([id_of(0)], 5))[id_of(0)]]) == [2]
        assert numbers([one.id for one in await storage.related(id_of(0), [SIMILAR_TO], 1, 5)]) == [1]
        assert await storage.links([id_of(0)], ["RELATES_TO"], 5) == [
            Link(id_of(0), id_of(2), "RELATES_TO", 0.5, outgoing=True)
        ]


class DerivedContract(EntitiesContract, StreamsContract, DuplicatesContract):
    """Everything that a storage makes of memories by itself."""
