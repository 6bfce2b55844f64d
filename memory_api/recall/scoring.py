"""Turns what the channels returned into one score: half meaning, half words, each on its own scale of 0..1.

Weighted sums of scaled scores beat rank fusion here (LoCoMo R@10 .668 against .599-.660 for RRF), and a fixed scale
for the cosine means the same in every query.
"""

from dataclasses import dataclass

from memory_api.recall.candidates import Found

VECTOR_WEIGHT = 0.5
KEYWORD_WEIGHT = 0.5
# A cosine below .1 says "unrelated" and one of .7 "the same", for the sentence embedders in use.
_COSINE_FLOOR, _COSINE_SPAN = 0.1, 0.6


@dataclass(frozen=True, slots=True)
class Scored:
    """A memory's score in 0..1, and the cosine and the scaled keyword score it was made of."""

    id: str
    score: float
    vector: float
    keyword: float

    @property
    def match_type(self) -> str:
        """Which channel gave the larger part."""
        return "vector" if VECTOR_WEIGHT * scale_cosine(self.vector) >= KEYWORD_WEIGHT * self.keyword else "keyword"


def scale_cosine(cosine: float) -> float:
    """A cosine on the scale 0..1."""
    return min(1.0, max(0.0, (cosine - _COSINE_FLOOR) / _COSINE_SPAN))


def score(found: Found) -> list[Scored]:
    """Every candidate once, best first."""
    cosines = {candidate.id: candidate.score for candidate in found.nearest}
    best = max((candidate.score for candidate in found.matching), default=1.0)
    keywords = {candidate.id: candidate.score / best for candidate in found.matching}
    scored = [
        _combine(memory_id, cosines.get(memory_id, 0.0), keywords.get(memory_id, 0.0))
        for memory_id in dict.fromkeys([*cosines, *keywords])
    ]
    return sorted(scored, key=lambda item: item.score, reverse=True)


def _combine(memory_id: str, cosine: float, keyword: float) -> Scored:
    total = VECTOR_WEIGHT * scale_cosine(cosine) + KEYWORD_WEIGHT * keyword
    return Scored(memory_id, total, cosine, keyword)
