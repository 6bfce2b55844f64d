"""Words are found in their inflections and spellings, and words that stand everywhere cost no time."""

import math
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import closing

import pytest

from memory_api.recall import query
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.storage import SqliteStorage
from memory_api.storage.sqlite.words import WordCounts, count_matches, match_any
from tests.memory_api.builders import record
from tests.memory_api.storage.contract_search import numbers_of


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("She was painting sunrises", "paint a sunrise"),
        ("Un été à Genève", "ete geneve"),
        ("Un ete a Geneve", "été"),
        ("ÜBER DIE BRÜCKE", "über brucke"),
        ("Мы гуляли по ПАРКУ", "парку"),
        ("C++ and node.js", "node.js"),
        ("don't panic", "Don't"),
        ("Caroline\u2019s cats", "Caroline's"),
        ("release v2_final is out", "v2_final"),
    ],
)
async def test_a_question_finds_the_text_that_says_it_in_another_form(
    storage: SqliteStorage, text: str, asked: str
) -> None:
    await storage.store([record(1, text), record(2, "nothing of the kind")])
    assert (await numbers_of(storage, await storage.matching(query.read(asked).words, 5, Scope())))[:1] == [1]


async def test_letters_composed_in_either_way_are_the_same_word(storage: SqliteStorage) -> None:
    await storage.store([record(1, unicodedata.normalize("NFC", "un été")), record(2, "autre chose")])
    decomposed = unicodedata.normalize("NFD", "été")
    assert await numbers_of(storage, await storage.matching(query.read(decomposed).words, 5, Scope())) == [1]


@pytest.mark.parametrize(("text", "word"), [("私は東京に住んでいます", "東京"), ("ฉันชอบกินข้าวผัด", "ข้าวผัด")])
async def test_a_word_is_found_in_scripts_that_write_no_spaces(storage: SqliteStorage, text: str, word: str) -> None:
    await storage.store([record(1, text), record(2, "大阪 รถไฟฟ้า")])
    assert (await numbers_of(storage, await storage.matching(query.read(word).words, 5, Scope())))[:1] == [1]


async def test_tags_are_words_too(storage: SqliteStorage) -> None:
    await storage.store([record(1, "a note", tags=("Project/Falcon", "q3 plan")), record(2, "a note")])
    assert await numbers_of(storage, await storage.matching(["falcon"], 5, Scope())) == [1]
    assert await numbers_of(storage, await storage.matching(["plan"], 5, Scope())) == [1]


def test_an_expression_holds_every_word_as_plain_text() -> None:
    assert match_any(["heron", 'a"b', "AND"]) == '"heron" OR "ab" OR "AND"'


@pytest.fixture(scope="module")
def many() -> Iterator[sqlite3.Connection]:
    """12,000 texts: `all` in each, `half` in every other, `tenth` in every tenth; one of three and of four by turns."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (content)")
        texts = (
            "all" + " half" * (n % 2 == 0) + " tenth" * (n % 10 == 0) + f" third{n % 3} fourth{n % 4}"
            for n in range(12_000)
        )
        connection.executemany("INSERT INTO words VALUES (?)", ((text,) for text in texts))
        yield connection


def test_words_that_stand_in_thousands_of_memories_are_left_out(many: sqlite3.Connection) -> None:
    assert WordCounts().telling(many, ["all", "half", "tenth", "absent"], 12_000) == ["tenth", "absent"]


def test_of_many_words_the_rarest_are_read_up_to_a_bound(many: sqlite3.Connection) -> None:
    asked = ["third0", "third1", "third2", "fourth0", "tenth", "absent"]
    assert WordCounts().telling(many, asked, 12_000) == ["third0", "third1", "fourth0", "tenth", "absent"]
    assert WordCounts().telling(many, asked[:4], 12_000) == asked[:4]


def test_of_common_words_alone_one_stays(many: sqlite3.Connection) -> None:
    assert len(WordCounts().telling(many, ["all", "half"], 12_000)) == 1


def test_in_a_small_storage_every_word_counts(many: sqlite3.Connection) -> None:
    assert WordCounts().telling(many, ["all", "half"], 4_000) == ["all", "half"]


def test_counting_stops_at_its_bound(many: sqlite3.Connection) -> None:
    assert count_matches(many, "tenth", 5_000) == 1_200
    assert count_matches(many, "all", 5_000) == 5_000


def test_a_weight_is_what_the_index_gives_a_text_of_middling_length(many: sqlite3.Connection) -> None:
    counts = WordCounts()
    rarity = math.log((12_000 - 1_200 + 0.5) / (1_200 + 0.5))
    for _ in range(2):
        assert counts.weight(many, ["tenth"], 12_000) == pytest.approx(rarity)
        assert counts.weight(many, ["tenth", "half", "absent", "none"], 12_000) == pytest.approx(3 * rarity)
        assert counts.weight(many, ["tenth", "tenth"], 12_000) == pytest.approx(2 * rarity)
    assert counts.weight(many, ["half"], 12_000) == counts.weight(many, ["all"], 12_000) == 1e-6


def test_a_weight_is_above_nothing_whatever_is_asked(many: sqlite3.Connection) -> None:
    for words, total in (([], 12_000), (["absent"], 12_000), (["absent"], 0), (["all"], 1), (["tenth"], 1_199)):
        assert WordCounts().weight(many, words, total) > 0


@pytest.mark.parametrize(
    ("enough", "expected"), [(1_000, {"all", "half", "tenth"}), (5_500, {"all", "half"}), (7_000, {"all"})]
)
def test_a_common_word_is_counted_once_and_then_known_without_the_index(
    many: sqlite3.Connection, enough: int, expected: set[str]
) -> None:
    counts, words = WordCounts(), ["all", "half", "tenth", "absent"]
    assert counts.common(None, words, enough, 12_000) is None
    assert counts.common(many, words, enough, 12_000) == expected
    assert counts.common(None, words, enough, 12_500) == expected
    assert counts.common(None, words, enough, 14_000) is None


def test_in_a_small_storage_common_words_are_always_counted(many: sqlite3.Connection) -> None:
    counts = WordCounts()
    assert counts.common(many, ["all", "tenth"], 1_201, 5_000) == {"all"}
    assert counts.common(None, ["all"], 1_201, 5_000) is None


def test_a_count_is_taken_anew_once_the_storage_has_changed_by_more_than_a_tenth() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (content)")
        counts = WordCounts()
        assert counts.telling(connection, ["heron", "x"], 10_000) == ["heron", "x"]
        connection.executemany("INSERT INTO words VALUES (?)", [("heron",)] * 6_000)
        assert counts.telling(connection, ["heron", "x"], 10_900) == ["heron", "x"]
        assert counts.telling(connection, ["heron", "x"], 16_000) == ["x"]
