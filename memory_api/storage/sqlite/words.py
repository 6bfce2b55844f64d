"""Questions to the word index, and how common a word is."""

import math
import sqlite3
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate
from threading import Lock

_COMMON = 5_000
# What a question may read in all: 1 to 2 µs a posting.
_POSTINGS = 15_000
_CACHED_TERMS = 4_096
# What FTS5 gives a word that stands in more than half of the memories.
_LEAST_IDF = 1e-6


def match_any(words: Sequence[str]) -> str:
    """An FTS5 expression for memories that contain any of the words."""
    return " OR ".join('"' + word.replace('"', "") + '"' for word in words)


class WordCounts:
    """How many memories contain a word, counted up to a bound and kept, so that common words are left out cheaply.

    Reading the postings of a word that stands in every other memory costs far more than it tells. A count is taken
    anew once the database has grown or shrunk by a tenth.
    """

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, bool], tuple[int, int]] = OrderedDict()
        self._lock = Lock()

    def telling(self, connection: sqlite3.Connection, words: Sequence[str], total: int) -> list[str]:
        """The words found in up to 5,000 memories, of many the rarest that are found in up to 15,000 together.

        Where all are commoner, the rarest one.
        """
        if total <= _COMMON:
            return list(words)
        counts = {word: self._count(connection, word, _COMMON, total) for word in words}
        rarest = sorted((word for word in counts if counts[word] <= _COMMON), key=counts.__getitem__)
        read = list(accumulate(counts[word] for word in rarest))
        affordable = set(rarest[: bisect_right(read, _POSTINGS)])
        telling = [word for word in words if word in affordable]
        return telling or sorted(words, key=lambda word: self._count(connection, word, total, total))[:1]

    def weight(self, connection: sqlite3.Connection, words: Sequence[str], total: int) -> float:
        """The BM25 of a memory of middling length that says each of these words once, as FTS5 computes it.

        A word that no memory holds counts as much as the rarest of the others: what lacks it answers only in part.
        Always above 0.
        """
        counts = [self._held(connection, word, total) for word in words]
        found = [_idf(count, total) for count in counts if count] or [_LEAST_IDF]
        return sum(found) + max(found) * counts.count(0)

    def common(
        self, connection: sqlite3.Connection | None, words: Sequence[str], enough: int, total: int
    ) -> set[str] | None:
        """Those of the words that stand in at least `enough` memories; without a connection None where that is unknown.

        A database too small to keep counts of is always unknown without one.
        """
        counts = {word: self._to_compare(connection, word, enough, total) for word in words}
        found = {word for word, count in counts.items() if count is not None and count >= enough}
        return None if None in counts.values() else found

    def _to_compare(self, connection: sqlite3.Connection | None, word: str, enough: int, total: int) -> int | None:
        if total <= _COMMON:
            return None if connection is None else count_matches(connection, word, enough)
        count = self._known_or_counted(connection, word, _COMMON, total)
        if count is None or count <= _COMMON or enough <= _COMMON:
            return count
        return self._known_or_counted(connection, word, total, total)

    def _known_or_counted(self, connection: sqlite3.Connection | None, word: str, bound: int, total: int) -> int | None:
        if connection is None:
            return self._known(word, bound, total)
        return self._count(connection, word, bound, total)

    def _held(self, connection: sqlite3.Connection, word: str, total: int) -> int:
        if total <= _COMMON:
            # Counted at once, and a count of some time ago would be far off in a storage that begins to fill.
            return count_matches(connection, word, total)
        count = self._count(connection, word, _COMMON, total)
        if count > _COMMON:
            return self._count(connection, word, total, total)
        return count or count_matches(connection, word, _COMMON)

    def _count(self, connection: sqlite3.Connection, word: str, bound: int, total: int) -> int:
        """The memories that hold the word; any number above `bound` stands for more of them."""
        known = self._known(word, bound, total)
        if known is not None:
            return known
        count = count_matches(connection, word, bound + 1)
        with self._lock:
            self._counts[word, bound == _COMMON] = (count, total)
            while len(self._counts) > _CACHED_TERMS:
                self._counts.popitem(last=False)
        return count

    def _known(self, word: str, bound: int, total: int) -> int | None:
        key = word, bound == _COMMON
        with self._lock:
            known = self._counts.get(key)
            if known is None or abs(total - known[1]) * 10 > known[1]:
                return None
            self._counts.move_to_end(key)
            return known[0]


def _idf(count: int, total: int) -> float:
    # The index in RAM, which says how many there are, may be a moment behind the words.
    total = max(total, count)
    return max(_LEAST_IDF, math.log((total - count + 0.5) / (count + 0.5)))


def count_matches(connection: sqlite3.Connection, word: str, limit: int) -> int:
    """How many memories contain the word, counting no further than `limit`."""
    bounded = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
    return int(connection.execute(bounded, (match_any([word]), limit)).fetchone()[0])
