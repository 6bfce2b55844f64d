"""Expansion goes on from what was found, within the filters, and adds nothing twice."""

import itertools
from typing import Any

import pytest

from memory_api.models.memory import RELATION_TYPES
from memory_api.recall.hits import Hit
from tests.memory_api.builders import id_of
from tests.memory_api.recall.asking import Asking, number_of

EARLIER, LATER = "2026-01-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"
# None shares a piece of a word with another or with the question.
TEXTS = ("heron", "dig mud", "kilt", "quiz", "jury", "fly sky")


async def chain(memory: Asking, strength: float = 0.8) -> list[int]:
    """Six memories, each related to the next."""
    numbers = await memory.notes(*TEXTS)
    for source, target in itertools.pairwise(numbers):
        await memory.relate(source, target, "LEADS_TO", strength)
    return numbers


async def expanded(memory: Asking, **fields: Any) -> list[Hit]:
    """What came by relations, best first."""
    found = await memory.hits(query="heron", **{"expand_relations": True, **fields})
    return [hit for hit in found if hit.match_type == "relation"]


async def numbers(memory: Asking, **fields: Any) -> list[int]:
    return [number_of(hit) for hit in await expanded(memory, **fields)]


async def test_nothing_is_added_unless_asked_for(memory: Asking) -> None:
    await chain(memory)
    assert await memory.numbers(query="heron") == [0]


@pytest.mark.parametrize("depth", [1, 2, 3])
async def test_relations_are_followed_as_far_as_asked_and_fade_with_each_step(memory: Asking, depth: int) -> None:
    await chain(memory, strength=0.8)
    (seed, *found) = await memory.hits(query="heron", expand_relations=True, expand_depth=depth)
    assert [number_of(hit) for hit in found] == [1, 2, 3][:depth]
    for step, hit in enumerate(found):
        expected = 0.8 * seed.score * 0.5**step
        assert hit.components["relation"] == hit.match_score == hit.extra["relation_score"] == pytest.approx(expected)
        assert hit.related_to == (
            {"type": "LEADS_TO", "strength": 0.8, "from": id_of(step), "seed_rank": 1, "seed_score": seed.score},
        )


async def test_the_way_tells_from_which_result_it_began(memory: Asking) -> None:
    await memory.notes("heron heron", "the heron and much else besides", "mud")
    await memory.relate(2, 1, "LEADS_TO")
    (first, second, third) = await memory.hits(query="heron", expand_relations=True)
    assert [number_of(hit) for hit in (first, second, third)] == [0, 1, 2]
    (way,) = third.related_to
    assert (way["from"], way["seed_rank"], way["seed_score"]) == (id_of(1), 2, second.score)


@pytest.mark.parametrize("kind", RELATION_TYPES)
async def test_every_type_of_relation_is_followed_in_both_directions(memory: Asking, kind: str) -> None:
    await memory.notes("mud", "heron", "kilt")
    await memory.relate(0, 1, kind)
    await memory.relate(1, 2, kind)
    assert set(await numbers(memory, state_mode="history")) == {0, 2}


async def test_relations_that_the_storage_makes_by_itself_are_not_followed(memory: Asking) -> None:
    await memory.notes("heron", "mud", tags=("session:1",))
    assert await numbers(memory) == []


async def test_of_several_ways_to_a_memory_the_best_counts(memory: Asking) -> None:
    await memory.notes("heron", "mud")
    await memory.relate(0, 1, "LEADS_TO", 0.3)
    await memory.relate(1, 0, "REINFORCES", 0.9)
    await memory.relate(0, 1, "PART_OF", 0.1)
    (hit,) = await expanded(memory)
    assert hit.related_to[0]["type"] == "REINFORCES"


async def test_stronger_relations_come_first(memory: Asking) -> None:
    await memory.notes("heron", "mud", "kilt", "jury")
    for target, strength in ((1, 0.2), (2, 0.9), (3, 0.5)):
        await memory.relate(0, target, "LEADS_TO", strength)
    assert await numbers(memory) == [2, 3, 1]
    assert await numbers(memory, expand_min_strength=0.5) == [2, 3]
    assert await numbers(memory, expansion_limit=1) == [2]


async def test_the_newest_relations_of_a_memory_are_followed_up_to_their_limit(memory: Asking) -> None:
    await memory.notes("heron", *TEXTS[1:])
    for target in range(1, 6):
        await memory.relate(0, target, "LEADS_TO", 0.5)
    assert set(await numbers(memory, relation_limit=2)) == {4, 5}


async def test_unimportant_memories_are_left_out_where_asked(memory: Asking) -> None:
    await memory.note("heron")
    await memory.note("mud", importance=0.2)
    await memory.note("kilt", importance=0.8)
    await memory.relate(0, 1, "LEADS_TO")
    await memory.relate(0, 2, "LEADS_TO")
    assert await numbers(memory, expand_min_importance=0.5) == [2]


async def test_tags_hold_for_what_is_added_only_where_asked(memory: Asking) -> None:
    await memory.note("heron", tags=("work",))
    await memory.note("mud", tags=("home",))
    await memory.note("kilt", tags=("work",))
    await memory.relate(0, 1, "LEADS_TO")
    await memory.relate(0, 2, "LEADS_TO")
    assert set(await numbers(memory, tags=["work"])) == {1, 2}
    assert await numbers(memory, tags=["work"], expand_respect_tags=True) == [2]


async def test_time_and_excluded_tags_always_hold(memory: Asking) -> None:
    await memory.note("heron")
    await memory.note("mud", timestamp=EARLIER)
    await memory.note("kilt", tags=("secret:x",))
    await memory.note("jury")
    for target in (1, 2, 3):
        await memory.relate(0, target, "LEADS_TO")
    assert await numbers(memory, start="2026-01-15", exclude_tags=["secret"]) == [3]


async def test_what_is_among_the_results_is_not_added_again(memory: Asking) -> None:
    await memory.notes("heron one", "heron two", "mud")
    await memory.relate(0, 1, "LEADS_TO")
    await memory.relate(1, 2, "LEADS_TO")
    await memory.relate(2, 0, "LEADS_TO")
    found = await memory.numbers(query="heron", expand_relations=True, expand_depth=3)
    assert sorted(found) == [0, 1, 2]


async def test_a_text_that_is_among_the_results_is_not_added_again(memory: Asking) -> None:
    await memory.notes("heron", "mud", "Mud!", "kilt")
    await memory.note("Heron.", timestamp=EARLIER)
    for target in (1, 2, 3, 4):
        await memory.relate(0, target, "LEADS_TO")
    found = await memory.hits(query="heron", start="2026-01-15", expand_relations=True)
    assert {hit.memory.content.casefold().strip("!.") for hit in found} == {"heron", "mud", "kilt"}
    assert len(found) == 3


async def test_outdated_memories_give_way_among_what_is_added(memory: Asking) -> None:
    await memory.note("heron")
    await memory.note("mud", t_invalid=EARLIER)
    await memory.note("kilt", t_valid=LATER)
    await memory.notes("jury", "sky")
    for target in (1, 2, 3):
        await memory.relate(0, target, "LEADS_TO")
    await memory.relate(3, 4, "EVOLVED_INTO")
    (_, hit) = await memory.hits(query="heron", expand_relations=True)
    assert (number_of(hit), hit.match_type, hit.extra) == (4, "state_replacement", {"state_replaces": id_of(3)})
    assert set(await numbers(memory, state_mode="history")) == {1, 2, 3}


async def test_what_replaces_an_added_memory_need_not_carry_the_tags_either(memory: Asking) -> None:
    await memory.note("heron", tags=("work",))
    await memory.notes("mud", "kilt")
    await memory.relate(0, 1, "LEADS_TO")
    await memory.relate(1, 2, "INVALIDATED_BY")
    assert await memory.numbers(query="heron", tags=["work"], expand_relations=True) == [0, 2]
    assert await memory.numbers(query="heron", tags=["work"], expand_relations=True, expand_respect_tags=True) == [0]


async def test_without_a_question_the_memories_listed_are_gone_on_from(memory: Asking) -> None:
    await memory.note("heron", importance=0.9)
    await memory.note("mud", importance=0.1)
    await memory.relate(1, 0, "LEADS_TO")
    assert await memory.numbers(limit=1, expand_relations=True) == [0, 1]


async def test_expansion_tells_how_much_it_added(memory: Asking) -> None:
    await chain(memory)
    expansion = (await memory.recall(query="heron", expand_relations=True, expand_depth=2)).expansion
    assert (expansion.by_relation, expansion.by_entity, expansion.entities) == (2, 0, [])


@pytest.mark.parametrize(
    ("seed", "other", "entity"),
    [
        ("heron seen by Alice Johnson", "Alice Johnson paints", "Alice Johnson"),
        ("heron tracked with PostgreSQL", "PostgreSQL was upgraded", "PostgreSQL"),
        ("we moved to Berlin near a heron", "the office in Berlin", "Berlin"),
        ("heron filmed at Acme Corp", "an offer from Acme Corp", "Acme Corp"),
        ("heron seen in project Zephyr", "a plan for project Zephyr", "Zephyr"),
    ],
)
async def test_memories_that_name_the_same_entity_are_added(memory: Asking, seed: str, other: str, entity: str) -> None:
    await memory.notes(seed, other, "nothing of the sort")
    result = await memory.recall(query="heron", expand_entities=True, limit=1)
    assert [number_of(hit) for hit in result.hits] == [0, 1]
    (first, added) = result.hits
    assert (added.match_type, added.extra["expanded_from_entity"]) == ("entity_expansion", entity)
    assert added.components["relation"] == pytest.approx(0.5 * first.score)
    assert (result.expansion.by_entity, entity in result.expansion.entities) == (1, True)


async def test_entities_bring_memories_within_the_filters_that_hold_now(memory: Asking) -> None:
    await memory.note("heron seen by Alice Johnson", tags=("work",))
    await memory.note("Alice Johnson paints", tags=("home",))
    await memory.note("Alice Johnson sings", tags=("work",), timestamp=EARLIER)
    await memory.note("Alice Johnson dances", tags=("secret",))
    await memory.note("Alice Johnson ran", t_invalid=EARLIER)
    fields: dict[str, Any] = {"query": "heron", "limit": 1, "expand_entities": True, "tags": ["work"]}
    assert set(await memory.numbers(**fields)) == {0, 1, 2, 3}
    assert set(await memory.numbers(**fields, start="2026-01-15", exclude_tags=["secret"])) == {0, 1}
    assert set(await memory.numbers(**fields, expand_respect_tags=True)) == {0, 2}


async def test_what_relations_brought_is_not_brought_again_by_entities(memory: Asking) -> None:
    await memory.notes("heron seen by Alice Johnson", "Alice Johnson paints")
    await memory.relate(0, 1, "LEADS_TO")
    found = await memory.hits(query="heron", limit=1, expand_entities=True, expand_relations=True)
    assert [(number_of(hit), hit.match_type == "relation") for hit in found] == [(0, False), (1, True)]
