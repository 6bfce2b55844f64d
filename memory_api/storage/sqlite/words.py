"""Questions to the word index, and how common a word is."""

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

_COMMON = 5_000
_CACHED_TERMS = 4_096


def match_any(words: Sequence[str]) -> str:
    """An FTS5 expression for memories that contain any of the words."""
    return " OR ".join('"' + word.replace('"', "") + '"' for word in words)


class WordCounts:
    """How many memories contain a word, counted up to a bound and kept, so that common words are left out cheaply.

    Reading the postings of a word that stands in every other memory costs far more than it tells. A count is taken
    anew once the database has grown or shrunk by a tenth.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = Lock()

    def telling(self, connection: sqlite3.Connection, words: Sequence[str], total: int) -> list[str]:
        """The words found in up to 5,000 memories, or the rarest one where all are commoner."""
        if total <= _COMMON:
            return list(words)
        telling = [word for word in words if self._count(connection, word, total) <= _COMMON]
        return telling or sorted(words, key=lambda word: count_matches(connection, word, total))[:1]

    def _count(self, connection: sqlite3.Connection, word: str, total: int) -> int:
        with self._lock:
            known = self._counts.get(word)
            if known and abs(total - known[1]) * 10 <= known[1]:
                self._counts.move_to_end(word)
                return known[0]
        count = count_matches(connection, word, _COMMON + 1)
        with self._lock:
            self._counts[word] = (count, total)
            while len(self._counts) > _CACHED_TERMS:
                self._counts.popitem(last=False)
        return count


def count_matches(connection: sqlite3.Connection, word: str, limit: int) -> int:
    """How many memories contain the word, counting no further than `limit`."""
    bounded = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    return int(connection.execute(bounded, (match_any([word]), limit)).fetchone()[0])
