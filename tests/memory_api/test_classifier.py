"""The type of a memory is guessed from its words, in a fixed order of families."""

import time

import pytest

from memory_api.classifier import classify


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("We DECIDED TO use PostgreSQL", "Decision"),
        ("chose tabs over spaces", "Decision"),
        ("I usually take the train", "Pattern"),
        ("She tends to be late", "Pattern"),
        ("Alice prefers dark mode", "Preference"),
        ("tea instead of coffee", "Preference"),
        ("My favourite colour", "Preference"),
        ("wrote the note in a formal style", "Style"),
        ("always brushes twice", "Habit"),
        ("always use type hints", "Preference"),
        ("the weekly shop", "Habit"),
        ("I realized it was late", "Insight"),
        ("while working on the roof", "Context"),
        ("We usually decided to go", "Decision"),
    ],
)
def test_the_first_family_with_a_hit_decides(content: str, kind: str) -> None:
    assert classify(content) == (kind, 0.6)


@pytest.mark.parametrize(
    ("content", "confidence"),
    [
        ("usually and often", 0.8),
        ("usually, often, frequently", 0.9),
        ("usually typically often frequently regularly consistently", 0.95),
    ],
)
def test_more_hits_make_it_surer_up_to_a_bound(content: str, confidence: float) -> None:
    kind, sure = classify(content)
    assert kind == "Pattern"
    assert sure == pytest.approx(confidence)


@pytest.mark.parametrize("content", ["The server address is 10.0.0.3", "preferable", "", "🌅", "unpicked", "whenever"])
def test_without_a_hit_it_is_context_and_hardly_sure(content: str) -> None:
    assert classify(content) == ("Context", 0.3)


def test_a_long_text_is_no_trouble() -> None:
    assert classify("chose wrote using like " * 400) == ("Context", 0.3)


def test_no_text_takes_it_long() -> None:
    began = time.process_time()
    classify("wrote in chose using like " * 4_000)
    assert time.process_time() - began < 1
