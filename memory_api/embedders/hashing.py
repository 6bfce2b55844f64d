"""Turns text into vectors without a model: words and pieces of words, hashed. Similar spelling, not similar meaning."""

import hashlib
import math
import unicodedata

import numpy as np
from numpy.typing import NDArray

from memory_api.embedders.base import Vector

# Bounds the work to a few milliseconds; in longer texts nearly every place of the vector is taken anyway.
MAX_CHARS = 32_768

# Frequent words are short in every spaced language, so length stands in for the rarity that one text cannot tell.
_FULL_WEIGHT_LENGTH = 8
_FIRST_UNSPACED = 0x0E00  # from Thai onwards many scripts write no spaces, and two signs can be a whole word

# Odd 64-bit constants with evenly mixed bits (FNV-1a's prime, the two multipliers of SplitMix64).
_PRIME = np.uint64(0x100000001B3)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)

Hashes = NDArray[np.uint64]
Weights = NDArray[np.float64]


class HashingEmbedder:
    """The same text gives the same bits in every process and on every machine."""

    provider = "hashing"

    def __init__(self, dimension: int = 384) -> None:
        self.dimension = dimension
        self.model = f"hashing-{dimension}-1"

    async def embed(self, text: str) -> Vector:
        """Never busy. A text of nothing but blanks and punctuation gets the first axis."""
        features, weights = _features(_words(text[:MAX_CHARS]))
        distinct, occurrences = np.unique(features, return_inverse=True)
        # A repeated feature counts more, but not in proportion. All sums are float64 in a fixed order: no machine
        # rounds them in another way.
        amounts = np.sqrt(np.bincount(occurrences, weights, len(distinct)))
        signs = np.where(distinct >> np.uint64(63), 1.0, -1.0)
        places = (distinct % np.uint64(self.dimension)).astype(np.int64)
        vector = np.bincount(places, signs * amounts, self.dimension).astype(np.float64)
        length = math.sqrt(math.fsum(vector * vector))
        if length == 0:
            vector[0] = length = 1.0
        return (vector / length).astype(np.float32)

    async def close(self) -> None:
        """Nothing to free."""


def _words(text: str) -> list[str]:
    """Letters, marks, digits and symbols (emoji, the ++ of C++) in one case and one form; the rest separates."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())[:MAX_CHARS]
    return "".join(char if unicodedata.category(char)[0] in "LMNS" else " " for char in folded).split()


def _features(words: list[str]) -> tuple[Hashes, Weights]:
    """Words, their runs of three characters with the blanks around them, and pairs of signs of unspaced scripts."""
    points = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le"), "<u4").astype(np.uint64)
    lengths = np.array([len(word) for word in words], np.int64)
    word_weights = np.minimum(lengths, _FULL_WEIGHT_LENGTH) / _FULL_WEIGHT_LENGTH
    point_weights = np.where(points == ord(" "), 0.0, 1.0)
    point_weights[point_weights > 0] = np.repeat(word_weights, lengths)
    triples, triple_weights = _runs(points, 3), point_weights[1:-1]  # by the middle: a blank there joins two words
    unspaced = (points[:-1] >= _FIRST_UNSPACED) & (points[1:] >= _FIRST_UNSPACED)
    pairs, pair_weights = _runs(points, 2), point_weights[:-1] * unspaced
    digests = b"".join(hashlib.blake2b(word.encode(), digest_size=8).digest() for word in words)
    whole = np.frombuffer(digests, "<u8").astype(np.uint64)
    features = np.concatenate([whole, triples, pairs])
    weights = np.concatenate([word_weights, triple_weights, pair_weights])
    return features[weights > 0], weights[weights > 0]


def _runs(points: Hashes, size: int) -> Hashes:
    """A hash for each run of `size` code points, len(points) - size + 1 of them; none where there are fewer points."""
    count = max(len(points) - size + 1, 0)
    hashes = np.full(count, size, np.uint64)
    for offset in range(size):
        hashes = (hashes ^ points[offset : offset + count]) * _PRIME
    # SplitMix64's finaliser: every bit of the result depends on every bit before.
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX_1
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX_2
    return hashes ^ (hashes >> np.uint64(31))
