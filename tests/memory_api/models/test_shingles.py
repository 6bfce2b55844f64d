"""Texts that are nearly the same share a band, and others hardly ever do."""

import random

import pytest

from memory_api.models.shingles import ALIKE, bands, similarity

CHANCE = random.Random(3)
WORDS = ["".join(CHANCE.choices("etaoinshrdlucmfwyp", k=CHANCE.randint(2, 9))) for _ in range(3_000)]


def text() -> list[str]:
    """Twenty-five words, one in three of which are the very common ones that all texts share."""
    return [CHANCE.choice(WORDS[:20] if CHANCE.random() < 0.3 else WORDS) for _ in range(25)]


def test_texts_that_are_alike_nearly_always_meet() -> None:
    met = []
    for _ in range(600):
        words = text()
        changed = list(words)
        changed[CHANCE.randrange(len(words))] = CHANCE.choice(WORDS)
        one, other = " ".join(words), " ".join(changed)
        if similarity(one, other) >= ALIKE:
            met.append(bool(set(bands(one)) & set(bands(other))))
    assert len(met) > 300
    assert sum(met) / len(met) > 0.95


def test_texts_that_share_only_common_words_hardly_ever_meet() -> None:
    seen: set[int] = set()
    met = 0
    for _ in range(1_000):
        hashes = set(bands(" ".join(text())))
        met += bool(hashes & seen)
        seen |= hashes
    assert met < 20


@pytest.mark.parametrize("one", ["", "a", "abc", "日の出", "🌅", "ÜBER", "x" * 5_000])
def test_any_text_has_bands_and_is_like_itself(one: str) -> None:
    assert len(bands(one)) == 6
    assert all(0 <= value < 2**63 for value in bands(one))
    assert bands(one) == bands(f"  {one.upper().lower()}! ")
    assert similarity(one, one) == 1.0


def test_hashes_never_change_because_databases_keep_them() -> None:
    assert bands("the heron fishes at dawn")[:2] == [8024367492660967750, 587839276148746379]
