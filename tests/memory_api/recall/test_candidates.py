"""Candidates come by meaning and by words, each with what its channel says."""

from dataclasses import dataclass

import pytest

from memory_api.embedders.base import Vector
from memory_api.recall.candidates import find
from memory_api.recall.query import read
from memory_api.storage.base import Scope
from tests.memory_api.builders import id_of
from tests.memory_api.recall.asking import EMBEDDER, Asking
from tests.memory_api.storage.keys import ids_by_key


@dataclass(frozen=True)
class Named:
    """Cosines of all candidates, and what was found by its words, by ids."""

    cosines: dict[str, float]
    keywords: dict[str, float]


async def found(
    memory: Asking, text: str, vector: Vector | None = None, limit: int = 10, scope: Scope | None = None
) -> Named:
    result = await find(read(text), vector, limit, scope or Scope(), memory.storage, EMBEDDER)
    named = await ids_by_key(memory.storage, result)
    return Named(
        {named[key]: components["vector"] for key, components in result.items()},
        {named[key]: components["keyword"] for key, components in result.items() if components["keyword"]},
    )


async def test_both_channels_tell_what_they_found(memory: Asking) -> None:
    await memory.notes("heron", "mud", "the heron and the mud")
    result = await found(memory, "heron")
    assert set(result.keywords) == {id_of(0), id_of(2)}
    assert set(result.cosines) == {id_of(n) for n in range(3)}
    assert 1 == result.keywords[id_of(0)] > result.keywords[id_of(2)]
    assert result.cosines[id_of(0)] == pytest.approx(1, abs=0.01)


async def test_a_vector_that_is_given_stands_in_for_that_of_the_question(memory: Asking) -> None:
    await memory.notes("heron", "mud")
    vector = await EMBEDDER.embed("mud")
    result = await found(memory, "heron", vector)
    assert max(result.cosines, key=result.cosines.__getitem__) == id_of(1)
    assert set(result.keywords) == {id_of(0)}
    assert set((await found(memory, "", vector)).cosines) == {id_of(0), id_of(1)}


async def test_each_channel_keeps_to_the_limit_and_the_filters(memory: Asking) -> None:
    await memory.many(f"heron {n}" for n in range(30))
    inside = await memory.many((f"heron far {n}" for n in range(5)), tags=("rare",))
    result = await found(memory, "heron", limit=7)
    assert (len(result.cosines), len(result.keywords)) == (7, 7)
    result = await found(memory, "heron", scope=Scope(tags=("rare",)))
    assert set(result.cosines) == set(result.keywords) == {id_of(n) for n in inside}


async def test_what_is_found_by_its_words_is_compared_by_meaning_too(memory: Asking) -> None:
    vector = await EMBEDDER.embed("mud")
    await memory.notes("mud", "mud", "the heron")
    result = await found(memory, "heron", vector, limit=2)
    assert set(result.keywords) == {id_of(2)}
    assert set(result.cosines) == {id_of(n) for n in range(3)}


async def test_a_name_is_cut_only_where_it_is_common_within_the_filters(memory: Asking) -> None:
    await memory.many((f"Melanie {n}" for n in range(30)), tags=("talk",))
    await memory.many((f"heron {n}" for n in range(200)), tags=("other",))
    within = await found(memory, "Melanie heron", scope=Scope(tags=("talk",)))
    assert within.keywords == {}
    assert len((await found(memory, "Melanie", scope=Scope(tags=("talk",)), limit=50)).keywords) == 30
    rare = await found(memory, "Melanie heron", scope=Scope(), limit=300)
    assert len(rare.keywords) == 230


async def test_a_question_without_words_has_no_candidates_by_words(memory: Asking) -> None:
    await memory.notes("heron")
    assert (await found(memory, "???")).keywords == {}
