"""Two channels become one score between 0 and 1."""

import pytest

from memory_api.recall.candidates import Found
from memory_api.recall.scoring import Scored, scale_cosine, score
from memory_api.storage.base import Candidate


@pytest.mark.parametrize(
    ("cosine", "scaled"), [(-1, 0), (0, 0), (0.1, 0), (0.4, 0.5), (0.7, 1), (1, 1), (1.0005, 1), (0.25, 0.25)]
)
def test_a_cosine_is_scaled_between_unrelated_and_the_same(cosine: float, scaled: float) -> None:
    assert scale_cosine(cosine) == pytest.approx(scaled)


def test_nothing_found_is_nothing_scored() -> None:
    assert score(Found([], [])) == []


def test_meaning_and_words_count_half_each_and_the_best_comes_first() -> None:
    found = Found(
        [Candidate("both", 0.7), Candidate("near", 0.7), Candidate("far", -0.5)],
        [Candidate("words", 8.0), Candidate("both", 4.0)],
    )
    scored = {item.id: item for item in score(found)}
    assert {name: item.score for name, item in scored.items()} == pytest.approx(
        {"both": 0.75, "near": 0.5, "words": 0.5, "far": 0}
    )
    assert next(iter(scored)) == "both"
    assert list(scored)[-1] == "far"
    assert (scored["both"].vector, scored["both"].keyword) == (0.7, 0.5)


def test_tiny_word_scores_still_count_fully_for_the_best() -> None:
    (only,) = score(Found([], [Candidate("a", 1e-6)]))
    assert only.score == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("vector", "keyword", "kind"), [(0.7, 0.5, "vector"), (0.4, 0.9, "keyword"), (0.4, 0.5, "vector"), (0, 0, "vector")]
)
def test_the_channel_that_gave_more_names_the_match(vector: float, keyword: float, kind: str) -> None:
    assert Scored("a", 0, vector, keyword).match_type == kind
