"""Every memory and every text comes once."""

from memory_api.recall.duplicates import fingerprint, merged
from memory_api.recall.hits import Hit
from tests.memory_api.builders import id_of
from tests.memory_api.builders import memory as memory_of
from tests.memory_api.recall.asking import Asking, ids

EARLIER = "2026-01-01T00:00:00+00:00"


async def test_a_text_stored_twice_comes_once_and_names_all_its_memories(memory: Asking) -> None:
    await memory.note("The heron fishes.", importance=0.1)
    await memory.note("the HERON fishes", importance=0.9)
    await memory.note("**The heron** fishes!", importance=0.5)
    await memory.note("The heron sleeps")
    result = await memory.recall(query="heron fishes")
    best, other = result.hits
    assert (best.id, best.extra) == (id_of(1), {"deduped_from": ids([0, 1, 2])})
    assert (other.id, other.extra, result.repeated) == (id_of(3), {}, 2)


async def test_what_differs_in_a_word_are_two_texts(memory: Asking) -> None:
    await memory.notes("port 8001", "port 8002")
    assert set(await memory.numbers(query="port")) == {0, 1}


async def test_a_memory_found_by_several_questions_is_no_duplicate_of_itself(memory: Asking) -> None:
    await memory.note("The heron fishes.")
    result = await memory.recall(queries=["heron", "fishes"])
    assert [(hit.id, hit.extra) for hit in result.hits] == [(id_of(0), {})]
    assert result.repeated == 1


async def test_without_a_question_the_first_in_the_order_stays(memory: Asking) -> None:
    await memory.note("The heron fishes", importance=0.9, timestamp=EARLIER)
    await memory.note("The heron fishes", importance=0.1)
    for sort, stays in (("score", 0), ("time_desc", 1), ("time_asc", 0)):
        result = await memory.recall(sort=sort)
        assert [(hit.id, hit.extra) for hit in result.hits] == [(id_of(stays), {"deduped_from": ids([0, 1])})]
        assert result.repeated == 1


def test_merging_again_forgets_none_of_the_memories() -> None:
    one, two, three = (Hit(memory_of(n, "the same"), 0.9 - n / 10, "vector", 0.5, {}) for n in range(3))
    first, _ = merged([[one, two]])
    (kept,), repeated = merged([first, [three]])
    assert (kept.id, kept.extra["deduped_from"], repeated) == (id_of(0), ids([0, 1, 2]), 1)


def test_texts_are_compared_by_their_words_at_the_beginning() -> None:
    assert fingerprint("Tea, *please*!") == fingerprint("tea please")
    assert fingerprint("Caf\u00e9") != fingerprint("Cafe")
    assert fingerprint("a " * 200 + "b") == fingerprint("a " * 200 + "c")
    assert fingerprint("\U0001f375") != fingerprint("\U0001f376")
