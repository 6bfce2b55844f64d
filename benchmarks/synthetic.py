"""Makes up memories and questions that are as costly to find as real ones: clustered vectors, words of Zipf's law.

Vectors: 384 components, unit length, a common offset, 200 themes, 20 topics in each, and noise; all with a falling
spectrum, so that directions are not alike. The mean cosine is about .34 between any two, .7 within a topic. Words:
30,000 made of syllables, the n-th used 1/n as often as the first; the 60 most frequent are English function words,
which a keyword search leaves out. Tags: project:0 to project:99, 1 % each; area:work, 30 %, or area:home; a topic.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIMENSION = 384

_WORDS = 30_000
_FUNCTION_WORDS = (
    "the of and to a in is that it was for on with as be at by this had not are but from or have an they which she "
    "you we all their has been were who will more if no out so what up her about than into them can only other some "
    "could these may then do any my now such over"
).split()
_SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]
_THEMES, _TOPICS = 200, 4_000
# Squared shares of offset, theme, topic and noise.
_SHARES = (0.34, 0.18, 0.20, 0.28)
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_MINUTES = 2 * 365 * 24 * 60

Vectors = NDArray[np.float64]


class Synthetic:
    """The same seed gives the same memories and questions, in the order in which they are asked for."""

    def __init__(self, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self._spectrum = np.arange(1, DIMENSION + 1) ** -0.35
        self._offset, self._themes, self._topics = (self._directions(count) for count in (1, _THEMES, _TOPICS))
        self._vocabulary = np.array([*_FUNCTION_WORDS, *self._made_up(_WORDS - len(_FUNCTION_WORDS))])
        weights = 1 / np.arange(1, _WORDS + 1)
        self._cumulative = np.cumsum(weights) / weights.sum()

    def _directions(self, count: int) -> Vectors:
        drawn: Vectors = self._random.standard_normal((count, DIMENSION)) * self._spectrum
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        return drawn

    def _made_up(self, count: int) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < count:
            for length, *syllables in self._random.integers((2, 0, 0, 0, 0), (5, *[len(_SYLLABLES)] * 4), (count, 5)):
                words["".join(_SYLLABLES[syllable] for syllable in syllables[:length])] = None
        return list(words)[:count]

    def memories(self, count: int) -> list[dict[str, Any]]:
        """Memories with their vectors, as POST /memory takes them."""
        topics = self._random.integers(0, _TOPICS, count)
        vectors = self.vectors(topics)
        lengths = self._random.integers(18, 39, count)
        return [
            {
                "content": self.words(int(length)),
                "type": "Context",
                "tags": self._tags(int(topic)),
                "timestamp": (_BEGIN + timedelta(minutes=int(self._random.integers(0, _MINUTES)))).isoformat(),
                "embedding": vector,
            }
            for length, topic, vector in zip(lengths, topics, vectors, strict=True)
        ]

    def vectors(self, topics: Sequence[int] | NDArray[np.int64]) -> list[list[float]]:
        """A vector for each topic, rounded as a client would send it."""
        places = np.asarray(topics)
        parts = (
            self._offset,
            self._themes[places % _THEMES],
            self._topics[places],
            self._directions(len(places)),
        )
        mixed = sum((part * share**0.5 for part, share in zip(parts, _SHARES, strict=True)), np.zeros(DIMENSION))
        rows: list[list[float]] = np.round(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), 5).tolist()
        return rows

    def vector(self) -> list[float]:
        """One more vector of any topic."""
        return self.vectors([int(self._random.integers(0, _TOPICS))])[0]

    def _tags(self, topic: int) -> list[str]:
        area = "work" if self._random.random() < 0.3 else "home"
        return [self.project(), f"area:{area}", f"topic:{topic}"]

    def project(self) -> str:
        """A tag that one memory in a hundred carries."""
        return f"project:{self._random.integers(0, 100)}"

    def words(self, count: int) -> str:
        """A text of this many words."""
        return " ".join(self._vocabulary[np.searchsorted(self._cumulative, self._random.random(count))])

    def question(self) -> str:
        """4 to 8 words, drawn like those of the memories; at least one that tells something."""
        while True:
            text = self.words(int(self._random.integers(4, 9)))
            if not set(text.split()) <= set(_FUNCTION_WORDS):
                return text
