"""The notes are many, told apart by their keys, and every question can be answered."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks import notes_data
from benchmarks.notes_data import CROSS_LANGUAGE, KINDS, RELATIONS, load


@pytest.fixture(scope="module")
def data() -> dict[str, list[dict[str, Any]]]:
    read: dict[str, list[dict[str, Any]]] = json.loads(
        Path(notes_data.__file__).with_name("notes.json").read_text(encoding="utf-8")
    )
    return read


def repeated(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


def test_there_is_enough_to_tell_rankings_apart(data: dict[str, list[dict[str, Any]]]) -> None:
    assert len(data["notes"]) >= 320
    assert len(data["questions"]) >= 200
    assert min(Counter(question["kind"] for question in data["questions"]).values()) >= 13


def test_no_note_and_no_question_is_there_twice(data: dict[str, list[dict[str, Any]]]) -> None:
    assert repeated(note["id"] for note in data["notes"]) == []
    assert repeated(note["content"].casefold() for note in data["notes"]) == []
    assert repeated(question["text"].casefold() for question in data["questions"]) == []


def test_every_question_is_of_a_kind_and_answered_by_notes_that_still_hold(
    data: dict[str, list[dict[str, Any]]],
) -> None:
    current = {note["id"] for note in data["notes"] if "t_invalid" not in note}
    for question in data["questions"]:
        assert question["kind"] in (*KINDS, CROSS_LANGUAGE), question
        assert question["gold"], question
        assert set(question["gold"]) <= current, question
        assert repeated(question["gold"]) == [], question


def test_a_corrected_note_stops_to_hold_when_the_one_in_its_place_begins(data: dict[str, list[dict[str, Any]]]) -> None:
    notes = {note["id"]: note for note in data["notes"]}
    for note in notes.values():
        successors = [note[name] for name in RELATIONS if name in note]
        assert len(successors) == ("t_invalid" in note), note
        for successor in successors:
            began = datetime.fromisoformat(notes[successor]["timestamp"])
            assert datetime.fromisoformat(note["timestamp"]) < began == datetime.fromisoformat(note["t_invalid"]), note


def test_loading_names_the_same_memory_everywhere() -> None:
    notes = load()
    ids = {memory["id"] for memory in notes.memories}
    assert ids == set(notes.keys)
    assert all(set(question.gold) <= ids for question in notes.questions)
    assert all({relation["memory1_id"], relation["memory2_id"]} <= ids for relation in notes.relations)
    assert all(not set(memory) & set(RELATIONS) for memory in notes.memories)
