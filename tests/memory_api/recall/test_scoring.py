"""Components become one score between 0 and 1 that means the same in every question."""

import math
from dataclasses import asdict

import pytest

from memory_api.recall.scoring import COMPONENTS, Weights, raised, scale_cosine, scale_words, scaled, score

WEIGHTS = Weights()


@pytest.mark.parametrize(
    ("cosine", "expected"), [(-1, 0), (0, 0), (0.1, 0), (0.4, 0.5), (0.7, 1), (1, 1.2), (1.0005, 1.2), (0.25, 0.25)]
)
def test_a_cosine_is_scaled_between_unrelated_and_the_same(cosine: float, expected: float) -> None:
    assert scale_cosine(cosine) == pytest.approx(expected)


@pytest.mark.parametrize(("share", "expected"), [(0, 0), (0.25, 0.125), (1, 1), (1.4, 1)])
def test_one_word_of_several_says_less_than_its_share(share: float, expected: float) -> None:
    assert scale_words(share) == pytest.approx(expected)


def test_nothing_known_scores_nothing() -> None:
    assert score({}, WEIGHTS) == 0
    assert score({"vector": -0.3, "keyword": 0.0, "importance": 1.0, "confidence": 1.0}, WEIGHTS) == 0


def test_every_component_raises_the_score_by_its_weight() -> None:
    ground = {"vector": 0.4, "keyword": 0.5}
    for name, weight in asdict(WEIGHTS).items():
        if name in ground or not weight:
            continue
        with_it = math.atanh(score({**ground, name: 0.5}, WEIGHTS)) - math.atanh(score(ground, WEIGHTS))
        part = 0.5 * 0.5 + 0.5 * 0.5**1.5 if name in {"importance", "confidence", "recency"} else 1.0
        assert with_it == pytest.approx(weight * 0.5 * part), name


def test_scores_stay_between_nought_and_one_whatever_comes_together() -> None:
    everything = {**dict.fromkeys(COMPONENTS, 1.0), "context": 1.8}
    assert 0.9 < score(everything, WEIGHTS) < 1


def test_a_weight_of_nothing_switches_a_component_off() -> None:
    off = Weights(**dict.fromkeys(COMPONENTS, 0.0))
    assert score(dict.fromkeys(COMPONENTS, 1.0), off) == 0


def test_raising_and_scaling_work_on_what_the_score_was_made_of() -> None:
    assert raised(math.tanh(0.5), 0.1) == pytest.approx(math.tanh(0.6))
    assert scaled(math.tanh(0.5), 0.5) == pytest.approx(math.tanh(0.25))
    assert raised(1.0, 0.1) == pytest.approx(1)
