"""What a memory itself says for it: subject, time, phrase, tags, age."""

from datetime import timedelta
from typing import Any

import pytest

from memory_api.recall.evidence import Asked, recency, speakers, subject_of, tag_share
from memory_api.recall.query import read
from tests.memory_api.builders import memory as memory_of
from tests.memory_api.recall.asking import NOW, Asking, number_of


async def components(memory: Asking, **fields: Any) -> dict[int, dict[str, float]]:
    return {number_of(hit): dict(hit.components) for hit in await memory.hits(**{"adaptive_floor": False, **fields})}


def test_the_speaker_stands_in_tags_or_metadata() -> None:
    assert speakers(memory_of(1, tags=(" Speaker:Ada ",), metadata={"speaker": "Bob "})) == {"ada", "bob"}
    assert speakers(memory_of(1, tags=("ada",), metadata={"speaker": ["Bob"]})) == set()


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("What did Ada say?", "ada"),
        ("What about Ada's cat?", "ada"),
        ("Did Ada and Bob meet?", None),
        ("what did ada say?", None),
        ("What did Eve say?", None),
    ],
)
def test_the_subject_is_the_one_speaker_whom_the_question_names(question: str, subject: str | None) -> None:
    memories = [memory_of(1, tags=("speaker:ada",)), memory_of(2, metadata={"speaker": "Bob"})]
    assert subject_of(read(question), memories) == subject


async def test_what_the_person_asked_about_said_gains(memory: Asking) -> None:
    await memory.note("the heron at dawn", tags=("speaker:ada",))
    await memory.note("the heron at noon", tags=("speaker:bob",))
    found = await components(memory, query="Which heron did Bob see?")
    assert ("subject" in found[0], found[1]["subject"]) == (False, 1)
    assert (await memory.numbers(query="Which heron did Bob see?"))[0] == 1


@pytest.mark.parametrize(
    ("day", "inside"),
    [("2025-12-31", False), ("2026-01-01", True), ("2026-01-05", True), ("2026-01-12", True), ("2026-01-13", False)],
)
async def test_what_was_said_in_the_time_that_the_question_names_or_some_days_later_gains(
    memory: Asking, day: str, inside: bool
) -> None:
    await memory.note("the heron", timestamp=f"{day}T12:00:00+00:00")
    found = await components(memory, query="Was there a heron between 2026-01-01 and 2026-01-05?")
    assert found[0].get("time", 0) == inside


async def test_a_window_that_was_given_is_a_filter_and_no_evidence(memory: Asking) -> None:
    await memory.note("the heron")
    found = await components(memory, query="heron in January 2026", start="2026-01-01")
    assert "time" not in found[0]


@pytest.mark.parametrize(
    ("question", "content", "held"),
    [
        ("connection refused", "Error: Connection  refused!", True),
        ("connection refused", "connection was refused", False),
        ("refused", "refused", False),
        ("is it the", "so it is the one", False),
        ("tion refused", "connection refused", False),
        ("Stra\u00dfe 7", "in der STRASSE 7", True),
    ],
)
def test_the_question_word_for_word_counts_from_two_words_on(question: str, content: str, held: bool) -> None:
    asked = Asked(read(question), NOW, None, None, None)
    assert ("exact" in asked.components(memory_of(1, content))) is held


@pytest.mark.parametrize(
    ("question", "tags", "share"),
    [
        ("heron food", ("Heron",), 0.5),
        ("heron food", ("bird/heron", "food-chain"), 1),
        ("heron food", ("herons",), 0),
        ("heron", (), 0),
        ("???", ("heron",), 0),
    ],
)
def test_tags_count_by_the_share_of_the_words_they_hold(question: str, tags: tuple[str, ...], share: float) -> None:
    assert tag_share(read(question).words, tags) == share


@pytest.mark.parametrize(("days", "value"), [(0, 1), (90, 0.5), (180, 0), (400, 0), (-5, 1)])
def test_newness_falls_evenly_over_half_a_year(days: int, value: float) -> None:
    stored = memory_of(1, timestamp=(NOW - timedelta(days=days)).isoformat())
    assert recency(stored, NOW) == pytest.approx(value)
