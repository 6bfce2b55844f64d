"""What is true now comes first, and what was true before only where history is asked for."""

import itertools

import pytest

from memory_api.models.memory import Supersession
from tests.memory_api.builders import id_of
from tests.memory_api.recall.asking import Asking

EARLIER, LATER = "2026-01-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"
OLD, NEW = "The deploy key lives in the old vault", "The deploy key lives in the new safe"
ASKED = "Where does the deploy key live? vault"


@pytest.mark.parametrize("relation", ["INVALIDATED_BY", "EVOLVED_INTO"])
async def test_a_corrected_memory_gives_way_to_its_correction(memory: Asking, relation: str) -> None:
    old, new = await memory.notes(OLD, NEW)
    await memory.relate(old, new, relation)
    assert await memory.numbers(query=ASKED) == [new]
    assert set(await memory.numbers(query=ASKED, state_mode="history")) == {old, new}


async def test_a_correction_takes_the_better_place_of_what_it_corrects(memory: Asking) -> None:
    old, new = await memory.notes(OLD, "Now in the safe")
    other = await memory.note("A deploy happens on Friday")
    await memory.relate(old, new, "INVALIDATED_BY")
    assert await memory.numbers(query=ASKED) == [new, other]


async def test_a_correction_in_other_words_is_found_by_the_words_of_the_old_memory(memory: Asking) -> None:
    old, new = await memory.notes(OLD, "Ask Priya")
    await memory.relate(old, new, "INVALIDATED_BY")
    (hit,) = await memory.hits(query="vault")
    assert (hit.id, hit.match_type, hit.extra["state_replaces"]) == (id_of(new), "state_replacement", id_of(old))
    assert hit.related_to == ({"type": "INVALIDATED_BY", "strength": 0.5, "from": id_of(old)},)


async def test_a_chain_is_followed_to_its_head(memory: Asking) -> None:
    chain = await memory.notes("vault one", "vault two", "vault three", "vault four")
    for old, new in itertools.pairwise(chain):
        await memory.relate(old, new, "EVOLVED_INTO")
    assert await memory.numbers(query="vault") == [chain[-1]]
    assert await memory.numbers(query="one") == [chain[-1]]


async def test_memories_that_supersede_one_another_in_a_circle_all_stand(memory: Asking) -> None:
    circle = await memory.notes("vault one", "vault two", "vault three")
    for old, new in zip(circle, [*circle[1:], circle[0]], strict=True):
        await memory.relate(old, new, "INVALIDATED_BY")
    assert set(await memory.numbers(query="vault")) == set(circle)


async def test_of_two_corrections_the_newest_relation_counts(memory: Asking) -> None:
    old, first, second = await memory.notes("vault", "cellar", "attic")
    await memory.relate(old, second, "INVALIDATED_BY")
    await memory.relate(old, first, "INVALIDATED_BY")
    assert await memory.numbers(query="vault") == [first]


async def test_a_deleted_correction_leaves_the_old_memory_standing(memory: Asking) -> None:
    old, new = await memory.notes(OLD, NEW)
    await memory.relate(old, new, "INVALIDATED_BY")
    await memory.storage.delete(id_of(new))
    assert await memory.numbers(query=ASKED) == [old]


async def test_what_has_expired_is_left_out(memory: Asking) -> None:
    await memory.note("Parking on level two", t_invalid=EARLIER)
    stays = await memory.note("Parking on level three")
    assert await memory.numbers(query="parking") == [stays]
    assert len(await memory.numbers(query="parking", state_mode="history")) == 2


async def test_what_expires_later_still_holds(memory: Asking) -> None:
    note = await memory.note("Parking on level two", t_invalid=LATER)
    assert await memory.numbers(query="parking") == [note]


async def test_what_is_not_valid_yet_waits(memory: Asking) -> None:
    await memory.note("Parking moves to level nine", t_valid=LATER)
    assert await memory.numbers(query="parking") == []


async def test_a_correction_that_is_not_valid_yet_leaves_the_old_memory_standing(memory: Asking) -> None:
    old = await memory.note(OLD)
    new = await memory.note(NEW, t_valid=LATER)
    await memory.relate(old, new, "INVALIDATED_BY")
    assert await memory.numbers(query=ASKED) == [old]


async def test_an_expired_correction_leaves_the_old_memory_standing(memory: Asking) -> None:
    old = await memory.note(OLD)
    new = await memory.note(NEW, t_invalid=EARLIER)
    await memory.relate(old, new, "INVALIDATED_BY")
    assert await memory.numbers(query=ASKED) == [old]


async def test_a_correction_outside_the_filters_does_not_come_in(memory: Asking) -> None:
    old = await memory.note(OLD, tags=("work",))
    new = await memory.note(NEW, tags=("home",))
    await memory.relate(old, new, "INVALIDATED_BY")
    assert await memory.numbers(query=ASKED, tags=["work"]) == []
    assert await memory.numbers(query=ASKED, tags=["work"], state_mode="history") == [old]


async def test_a_contradiction_outdates_nothing(memory: Asking) -> None:
    one, other = await memory.notes(OLD, NEW)
    await memory.relate(one, other, "CONTRADICTS")
    assert set(await memory.numbers(query=ASKED)) == {one, other}


async def test_the_page_is_filled_although_outdated_memories_fell_away(memory: Asking) -> None:
    for number in range(10):
        await memory.note(f"vault vault vault {number}", t_invalid=EARLIER)
    stays = await memory.notes(*(f"the vault and much else besides, number {n}" for n in range(5)))
    assert set(await memory.numbers(query="vault", limit=5)) == set(stays)


async def test_the_page_is_filled_without_a_question_too(memory: Asking) -> None:
    for number in range(10):
        await memory.note(f"note {number}", t_invalid=EARLIER, importance=0.9)
    stays = await memory.notes("a", "b", "c")
    assert set(await memory.numbers(limit=3)) == set(stays)
    assert set(await memory.numbers(limit=3, sort="time_desc")) == set(stays)


async def test_two_memories_with_one_correction_bring_it_once(memory: Asking) -> None:
    first, second, new = await memory.notes("vault one", "vault two", "safe")
    await memory.relate(first, new, "INVALIDATED_BY")
    await memory.relate(second, new, "INVALIDATED_BY")
    assert await memory.numbers(query="vault") == [new]


async def test_current_only_wins_over_the_mode(memory: Asking) -> None:
    old, new = await memory.notes(OLD, NEW)
    await memory.relate(old, new, "INVALIDATED_BY")
    assert await memory.numbers(query=ASKED, state_mode="history", current_only=True) == [new]
    assert set(await memory.numbers(query=ASKED, state_mode="current", current_only="false")) == {old, new}


async def test_superseding_in_a_store_outdates_at_once(memory: Asking) -> None:
    old = await memory.note(OLD)
    new = await memory.note(NEW, Supersession(id_of(old), "INVALIDATED_BY", "moved"))
    assert await memory.numbers(query=ASKED) == [new]
    superseded = (await memory.storage.fetch([id_of(old)]))[id_of(old)]
    assert superseded.t_invalid is not None


async def test_what_went_and_why_is_told(memory: Asking) -> None:
    old, new = await memory.notes(OLD, NEW)
    gone = await memory.note("The deploy key was once in a drawer", t_invalid=EARLIER)
    await memory.relate(old, new, "EVOLVED_INTO")
    outdated = (await memory.recall(query=ASKED)).outdated
    assert {(item["id"], item["reason"]) for item in outdated.suppressed} == {
        (id_of(old), "superseded"),
        (id_of(gone), "expired"),
    }
    assert outdated.replacements == [{"id": id_of(new), "replaces_id": id_of(old), "relation_type": "EVOLVED_INTO"}]


async def test_a_long_chain_is_followed_to_its_end(memory: Asking) -> None:
    chain = await memory.notes(*(f"{word} step" for word in "a b c d e f g h".split()))
    for old, new in itertools.pairwise(chain):
        await memory.relate(old, new, "EVOLVED_INTO")
    assert (await memory.numbers(query="step", limit=1)) == [chain[-1]]


async def test_a_correction_that_holds_counts_although_a_newer_one_does_not_hold_yet(memory: Asking) -> None:
    old, holds = await memory.notes("vault", "cellar")
    later = await memory.note("attic", t_valid=LATER)
    await memory.relate(old, holds, "INVALIDATED_BY")
    await memory.relate(old, later, "INVALIDATED_BY")
    assert await memory.numbers(query="vault") == [holds]


async def test_a_correction_found_by_its_own_words_takes_what_speaks_for_the_old_memory(memory: Asking) -> None:
    old, new = await memory.notes("vault vault key", "the key is in some other place that was chosen last week")
    await memory.relate(old, new, "EVOLVED_INTO")
    (before, *_) = await memory.hits(query="vault key", state_mode="history")
    (hit,) = await memory.hits(query="vault key")
    assert (before.id, hit.id, hit.match_type) == (id_of(old), id_of(new), "state_replacement")
    assert (hit.score, hit.components, hit.extra) == (before.score, before.components, {"state_replaces": id_of(old)})


async def test_a_correction_that_fits_better_keeps_its_own_score(memory: Asking) -> None:
    old, new = await memory.notes("the key was once in some other place, not the vault", "vault key")
    await memory.relate(old, new, "EVOLVED_INTO")
    (before, *_) = await memory.hits(query="vault key", state_mode="history")
    assert before.id == id_of(new)
    assert await memory.hits(query="vault key") == [before]


async def test_what_several_questions_leave_out_is_told_once(memory: Asking) -> None:
    old, new = await memory.notes(OLD, NEW)
    await memory.relate(old, new, "INVALIDATED_BY")
    outdated = (await memory.recall(queries=["deploy key", "old vault"])).outdated
    assert (len(outdated.suppressed), len(outdated.replacements)) == (1, 1)
