"""A query is read into words, names and the text whose meaning counts."""

import pytest

from memory_api.recall.query import read, without


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("?!... --", ()),
        ("What did Melanie paint?", ("melanie", "paint")),
        ("Melanie's paintings", ("melanie", "paintings")),
        ("Melanie\u2019s paintings", ("melanie", "paintings")),
        ("the the THE", ("the",)),
        ("what is it", ("what", "is", "it")),
        ("paint Paint PAINT", ("paint",)),
        ("don't panic", ("panic",)),
        ("rock'n'roll", ("rock'n'roll",)),
        ("snake_case v2.1", ("snake", "case", "v2", "1")),
        ("Мама мыла раму", ("мама", "мыла", "раму")),
        ("10.0.0.3", ("10", "0", "3")),
        ("a\nb\tc", ("b", "c")),
        ("🌅 sunrise", ("sunrise",)),
    ],
)
def test_words_are_lower_case_without_repeats_and_stop_words_unless_there_is_nothing_else(
    text: str, words: tuple[str, ...]
) -> None:
    assert read(text).words == words
    assert read(text).text == text


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What did Melanie and Caroline do?", ("melanie", "caroline")),
        ("Melanie's Birthday", ("melanie", "birthday")),
        ("nobody here", ()),
        ("What The Who", ()),
        ("Élodie met Жанна", ("élodie", "жанна")),
        ("iPhone", ()),
    ],
)
def test_names_are_the_words_written_with_a_capital(text: str, names: tuple[str, ...]) -> None:
    assert read(text).names == names


@pytest.mark.parametrize(
    ("text", "cut", "rest"),
    [
        ("When did Melanie paint a sunrise?", {"melanie"}, "When did paint a sunrise?"),
        ("Melanie's sunrise", {"melanie"}, "sunrise"),
        ("Melanie", {"melanie"}, "Melanie"),
        ("Melanie?", {"melanie"}, "Melanie?"),
        ("paint  it", set(), "paint it"),
        ("MELANIE melanie mela", {"melanie"}, "mela"),
    ],
)
def test_words_are_cut_out_unless_nothing_would_remain(text: str, cut: set[str], rest: str) -> None:
    assert without(text, cut) == rest


def test_a_query_of_the_greatest_length_is_read() -> None:
    assert len(read("ab " * 2_666).words) == 1
    assert len(read(" ".join(f"w{n}" for n in range(1_200))).words) == 1_200
