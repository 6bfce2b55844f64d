"""A question is taken apart into who it asks about, and what."""

import pytest

from memory_api.recall.decomposition import MAX_PARTS, sub_queries


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What did Caroline tell Melanie about adoption and camping?",
            (
                "Caroline adoption",
                "Melanie adoption",
                "Caroline camping",
                "Melanie camping",
                "Caroline",
                "Melanie",
            ),
        ),
        (
            "How does the Memory Bridge authenticate tokens, and where are sessions kept?",
            ("Memory Bridge authenticate tokens", "Memory Bridge sessions kept", "Memory Bridge"),
        ),
        (
            "What did we decide about database migration and cache eviction?",
            ("database migration", "cache eviction"),
        ),
        ("Where did Melanie go in New York?", ("Melanie", "New York")),
    ],
)
def test_every_entity_is_asked_with_every_topic_and_then_alone(question: str, parts: tuple[str, ...]) -> None:
    assert sub_queries(question) == parts


@pytest.mark.parametrize(
    "question",
    ["", "?!", "camping", "camping trip photos", "What is Caroline's hobby?", "What is it about?", "what did we do"],
)
def test_a_question_of_one_part_is_not_taken_apart(question: str) -> None:
    assert sub_queries(question) == ()


def test_a_possessive_at_the_beginning_is_an_entity() -> None:
    parts = sub_queries("Caroline\u2019s paintings and photos")
    assert parts == ("Caroline paintings", "Caroline photos", "Caroline")


def test_the_capital_that_begins_a_sentence_makes_no_entity() -> None:
    assert sub_queries("Tomatoes grow there. Carrots also grow in gardens.") == (
        "tomatoes grow",
        "carrots",
        "grow",
    )


def test_months_weekdays_and_i_are_no_entities() -> None:
    parts = sub_queries("What did I'd paint with Mel on Monday in May, sunsets or sunrises?")
    assert not any(word in part for part in parts for word in ("I'd", "Monday", "May"))
    assert "Mel sunsets" in parts


def test_a_question_about_work_asks_for_ambitions_first() -> None:
    assert sub_queries("What career does John want?") == ("John interests goals plans", "John career", "John")


def test_a_text_in_capitals_has_no_entities() -> None:
    assert sub_queries("WHAT ABOUT ADOPTION AND CAMPING") == ("adoption", "camping")


def test_there_are_at_most_six_parts_without_repeats_and_in_a_stable_order() -> None:
    question = "Did Anna, Berta and Clara talk of gardens, gardens, kitchens, cellars, attics and roofs with Anna?"
    parts = sub_queries(question)
    assert len(parts) == len(set(parts)) == MAX_PARTS
    assert parts == sub_queries(question)
    assert question not in parts


@pytest.mark.parametrize("piece", ["Ab cdefg ", "a", "A's ", ". ", "' - '"])
def test_a_long_text_gives_no_more(piece: str) -> None:
    assert len(sub_queries((piece * 8_000)[:8_000])) <= MAX_PARTS
