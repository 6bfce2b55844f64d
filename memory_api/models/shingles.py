"""Near-duplicates by their letters: a few hashes that texts share when most of their four-letter pieces are the same.

MinHash (Broder 1997): two texts agree in one least hash with the probability of their Jaccard similarity J, and in a
band of four with J^4; of six bands at least one agrees with 1 - (1 - J^4)^6, which is .96 at J = .8 and .02 at J = .25.
Hashes are kept in databases: the constants here follow from a text, so that no other version of a library changes them.
"""

import re
from hashlib import shake_256

import numpy as np
from numpy.typing import NDArray

ALIKE = 0.7
_LENGTH = 4
_BANDS, _ROWS = 6, 4
_LEAST = _BANDS * _ROWS


def _constants(purpose: bytes, count: int) -> NDArray[np.uint64]:
    """Odd numbers, so that multiplying by one loses nothing."""
    return np.frombuffer(shake_256(purpose).digest(8 * count), "<u8").astype(np.uint64) | np.uint64(1)


# Multiplying must wrap around 64 bits many times: where it does not, all the hashes keep the order of their inputs,
# their least elements are the same few, and texts that share nothing meet in a band.
_LETTERS = _constants(b"letters", _LENGTH)
_FACTORS = _constants(b"factors", _LEAST).reshape(-1, 1)
_SHIFTS = _constants(b"shifts", _LEAST).reshape(-1, 1)
_BAND_FACTORS = _constants(b"bands", _LEAST).reshape(_BANDS, _ROWS)


def shingles(text: str) -> set[str]:
    """Every piece of four characters, letter case and punctuation aside; a shorter text is its own only piece."""
    plain = _plain(text)
    return {plain[place : place + _LENGTH] for place in range(max(1, len(plain) - _LENGTH + 1))}


def similarity(one: str, other: str) -> float:
    """The Jaccard similarity of two texts, 0..1; near-duplicates have at least ALIKE."""
    return jaccard(shingles(one), shingles(other))


def jaccard(mine: set[str], theirs: set[str]) -> float:
    """What two sets share, of all that is in them; neither is empty."""
    return len(mine & theirs) / len(mine | theirs)


def bands(text: str) -> list[int]:
    """Six hashes, 63 bits each; texts that share one are candidates for near-duplicates."""
    least = (_FACTORS * _pieces(text) + _SHIFTS).min(axis=1).reshape(_BANDS, _ROWS)
    hashes: list[int] = ((least * _BAND_FACTORS).sum(axis=1) >> np.uint64(1)).tolist()
    return hashes


def _pieces(text: str) -> NDArray[np.uint64]:
    """A number for each piece of the text, the same one for the same piece."""
    letters = np.frombuffer(_plain(text).ljust(_LENGTH, "\0").encode("utf-32-le"), "<u4").astype(np.uint64)
    pieces = np.convolve(letters, _LETTERS, "valid")
    return pieces ^ (pieces >> np.uint64(32))


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()
