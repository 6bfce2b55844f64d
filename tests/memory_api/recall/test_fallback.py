"""Where the tags hold too little, what fits from outside fills the page."""

from typing import Any

from tests.memory_api.builders import id_of
from tests.memory_api.recall.asking import Asking, number_of

EARLIER = "2026-01-01T00:00:00+00:00"
ASKED: dict[str, Any] = {"query": "heron", "tags": ["work"], "scope_fallback": True, "adaptive_floor": False}


async def test_what_lies_outside_the_tags_comes_last_and_marked(memory: Asking) -> None:
    await memory.note("the heron and so much else besides that it hardly counts", tags=("work",))
    await memory.notes("heron", "heron heron")
    result = await memory.recall(**ASKED)
    inside, *outside = result.hits
    assert (inside.id, inside.extra) == (id_of(0), {})
    assert [hit.extra for hit in outside] == [{"outside_tag_scope": True}] * 2
    assert outside[0].score > inside.score


async def test_without_being_asked_for_nothing_comes_from_outside(memory: Asking) -> None:
    await memory.notes("heron", "heron heron")
    assert await memory.hits(**{**ASKED, "scope_fallback": False}) == []


async def test_only_what_the_page_lacks_comes_from_outside(memory: Asking) -> None:
    await memory.notes("heron one", "heron two", tags=("work",))
    await memory.notes("heron six", "heron ten")
    assert len(await memory.hits(**ASKED, limit=3)) == 3
    assert set(await memory.numbers(**ASKED, limit=2)) == {0, 1}


async def test_every_other_filter_holds_outside_too(memory: Asking) -> None:
    await memory.note("heron one", tags=("secret",))
    await memory.note("heron two", timestamp=EARLIER)
    await memory.note("heron six", t_invalid=EARLIER)
    fits = await memory.note("heron ten")
    found = await memory.numbers(**ASKED, exclude_tags=["secret"], start="2026-01-15")
    assert found == [fits]


async def test_an_outdated_memory_outside_gives_way_to_one_outside(memory: Asking) -> None:
    old, new = await memory.notes("heron", "mud")
    await memory.relate(old, new, "EVOLVED_INTO")
    (hit,) = await memory.hits(**ASKED)
    assert (number_of(hit), hit.extra) == (new, {"state_replaces": id_of(old), "outside_tag_scope": True})


async def test_of_several_questions_the_best_score_counts(memory: Asking) -> None:
    await memory.notes("heron")
    (alone,) = await memory.hits(**ASKED)
    (hit,) = await memory.hits(**{**ASKED, "query": "", "queries": ["the weather and a heron", "heron"]})
    assert hit.score == alone.score


async def test_a_text_that_lies_inside_does_not_come_again_from_outside(memory: Asking) -> None:
    await memory.note("The heron", tags=("work",))
    await memory.note("the heron!")
    assert await memory.numbers(**ASKED) == [0]


async def test_without_a_question_or_without_tags_there_is_no_outside(memory: Asking) -> None:
    await memory.notes("heron")
    assert await memory.hits(**{**ASKED, "query": ""}) == []
    (hit,) = await memory.hits(**{**ASKED, "tags": []})
    assert hit.extra == {}
