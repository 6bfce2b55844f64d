"""What stands before the words of a memory is told from the words."""

import random

import pytest

from memory_api.models.labels import bare, speaker


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("[8 May 2023] Caroline: Hi there", "Caroline", "Hi there"),
        ("[8 May 2023] Zorblax: Hi: there", "Zorblax", "Hi: there"),
        ("[1:56 pm on 8 May, 2023] Jon: hey", "Jon", "hey"),
        ("[2024-05-01] Dr. Smith: hi", "Dr. Smith", "hi"),
        ("[2024-05-01] Will: hi", "Will", "hi"),
        ("[8 May 2023] Jean-Luc: engage", "Jean-Luc", "engage"),
        ("2024-05-01 10:00 Anna: hi", "Anna", "hi"),
        ("2024-05-01T10:00:00Z: Anna: hi", "Anna", "hi"),
        ("(May 8, 2023) Ольга: привет", "Ольга", "привет"),
        ("[8 May 2023]\nUser:\nhello", "User", "hello"),
        ("Caroline: hi", "Caroline", "hi"),
        ("Anna Brown: hi", "Anna Brown", "hi"),
        ("User: hi", "User", "hi"),
        ("assistant: hi", "assistant", "hi"),
        ("**User**: hi", "User", "hi"),
        ("**User:** hi", "User", "hi"),
    ],
)
def test_a_speaker_is_named_before_a_colon(text: str, name: str, words: str) -> None:
    assert speaker(text) == name
    assert bare(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[2024-05-01 10:00] hello", "hello"),
        ("[2024-05-01T10:00:00.123+02:00] hello", "hello"),
        ("2024-05-01: hello", "hello"),
        ("8 May 2023 - walked home", "walked home"),
        ("(2024-05-01) hello", "hello"),
        ("[Mon, 8 May 2023] hello", "hello"),
        ("[2024-05-01] Decision: use Postgres", "Decision: use Postgres"),
        ("[2024-05-01] Docker: upgraded", "Docker: upgraded"),
        ("[2024-05-01] Planning: later", "Planning: later"),
    ],
)
def test_a_date_is_left_out_also_where_nobody_speaks(text: str, words: str) -> None:
    assert speaker(text) is None
    assert bare(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "Note: buy milk",
        "TODO: x",
        "Decision: use Postgres",
        "Warning: hot",
        "Bug Report: it fails",
        "http://example.org",
        "Zorblax: hi",
        "anna: hi",
        "Anna:hi",
        "10:30: stand-up",
        "2024 was good",
        "2024-05-01 was good",
        "8 May 2023 was good",
        "[Image: a dog] Anna: hi",
        "Caroline:",
        "Caroline: ",
        "[8 May 2023]",
        "[8 May 2023] Caroline:",
        "[8 May 2023] Caroline: ",
        "[8 May 2023]" + " " * 30,
    ],
)
def test_anything_else_stays_as_it_is(text: str) -> None:
    assert speaker(text) is None
    assert bare(text) == text


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_is_always_the_end_of_the_text_and_never_empty(seed: int) -> None:
    chance = random.Random(seed)
    pieces = [
        "[8 May 2023]",
        "2024-05-01",
        "10:00",
        "Anna",
        "User",
        "Note",
        ":",
        " ",
        "\n",
        "**",
        "]",
        "(",
        "ß",
        "\u0301",
    ]
    for _ in range(100):
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(12)))
        assert text.endswith(bare(text))
        assert bare(text).strip() or not text.strip()
