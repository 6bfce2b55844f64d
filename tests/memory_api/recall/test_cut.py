"""An answer ends at the least score asked for, and where the scores clearly fall off."""

from typing import Any

import pytest

from memory_api.recall.cut import cut
from memory_api.recall.hits import Hit
from tests.memory_api.builders import id_of, memory
from tests.memory_api.recall.asking import asked


def hits(*scores: float) -> list[Hit]:
    return [Hit(memory(n), score, "vector", score, {}) for n, score in enumerate(scores)]


def kept(scores: list[float], **fields: Any) -> list[float]:
    return [hit.score for hit in cut(hits(*scores), asked(query="x", **fields))[0]]


def test_what_scores_less_than_asked_for_goes() -> None:
    left, told = cut(hits(0.9, 0.5, 0.49), asked(query="x", min_score=0.5))
    assert [hit.score for hit in left] == [0.9, 0.5]
    assert (told.min_score, told.adaptive_floor, told.removed) == (0.5, None, 1)


@pytest.mark.parametrize(
    ("scores", "left"),
    [
        ([0.9, 0.8, 0.3, 0.2], 2),
        ([0.9, 0.8, 0.7, 0.3, 0.2, 0.1], 3),
        # A gap of a quarter of the best score is not yet clear.
        ([0.8, 0.75, 0.55, 0.5], 4),
        ([0.8, 0.75, 0.54, 0.5], 2),
        # At least half of the results remain.
        ([0.9, 0.2, 0.15, 0.1], 4),
        ([0.9, 0.85, 0.2, 0.15, 0.1], 5),
        # Three results and fewer are left as they are.
        ([0.9, 0.1, 0.05], 3),
        ([0.9], 1),
        ([], 0),
        # The gap is looked for among the first half, and the first three.
        ([0.9, 0.9, 0.9, 0.9, 0.9, 0.1], 6),
        ([0.9, 0.9, 0.9, 0.1], 3),
        ([0.9] * 5 + [0.1] * 5, 5),
    ],
)
def test_only_what_stands_above_a_clear_gap_remains(scores: list[float], left: int) -> None:
    assert kept(scores, limit=10) == scores[:left]


def test_the_gap_is_looked_for_on_the_page_and_ends_the_results() -> None:
    left, told = cut(hits(0.9, 0.8, 0.7, 0.3, 0.2, 0.1), asked(query="x", limit=5))
    assert [hit.score for hit in left] == [0.9, 0.8, 0.7]
    assert (told.adaptive_floor, told.removed) == (0.7, 2)
    assert kept([0.9, 0.85, 0.8, 0.7, 0.65, 0.1, 0.1], limit=5) == [0.9, 0.85, 0.8, 0.7, 0.65, 0.1, 0.1]


@pytest.mark.parametrize(
    "fields", [{"adaptive_floor": "no"}, {"offset": 1}, {"sort": "time_desc"}, {"query": ""}, {"query": "*"}]
)
def test_gaps_matter_only_on_the_first_page_by_score_of_a_question(fields: dict[str, Any]) -> None:
    scores = [0.9, 0.8, 0.3, 0.2]
    assert [hit.score for hit in cut(hits(*scores), asked(**{"query": "x", **fields}))[0]] == scores


def test_named_memories_stay_and_do_not_count() -> None:
    found = [*hits(0.1), *[Hit(memory(n), score, "vector", score, {}) for n, score in ((1, 0.9), (2, 0.8), (3, 0.75))]]
    left, told = cut(found, asked(query="x", min_score=0.78, priority_ids=[id_of(0)]))
    assert [hit.score for hit in left] == [0.1, 0.9, 0.8]
    assert (told.adaptive_floor, told.removed) == (None, 1)
