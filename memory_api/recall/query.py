"""What was asked: the words to look up, and the text whose meaning is compared."""

import re
import unicodedata
from dataclasses import dataclass

from memory_api.models.unspaced import split

# Vowel signs and accents that stand as characters of their own belong to their word.
_MARKS = "".join(chr(code) for code in range(0x300, 0x2000) if unicodedata.category(chr(code)).startswith("M"))
_LETTER = rf"(?:[^\W_]|[{_MARKS}])"
_WORD = re.compile(rf"{_LETTER}+(?:'{_LETTER}+)*")

STOP_WORDS = frozenset(
    """
    a about after again all also am an and any are as at be because been before being between both but by can could
    did do does doing done down during each few for from further had has have having he her here hers him his how i if
    in into is it its itself just me might mine more most must my no nor not now of off on once only or other our ours
    out over own please same shall she should so some such than that the their theirs them then there these they this
    those through to too under until up upon us very was we were what when where which while who whom whose why will
    with would you your yours d ll m re s t ve don't didn't doesn't isn't wasn't won't can't i'm it's that's what's
    """.split()
)


@dataclass(frozen=True, slots=True)
class Question:
    """One query, read. `words` are without repeats and lower case; `names` are those written with a capital."""

    text: str
    words: tuple[str, ...]
    names: tuple[str, ...]


def read(text: str) -> Question:
    """Splits a query; stop words are left out unless there is nothing else."""
    plain = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    spoken = [(word, _bare(word)) for word in _WORD.findall(plain)]
    words = [bare for _, bare in spoken if bare not in STOP_WORDS] or [bare for _, bare in spoken]
    names = dict.fromkeys(bare for word, bare in spoken if word[0].isupper() and bare not in STOP_WORDS)
    return Question(text, tuple(dict.fromkeys(term for word in words for term in split(word))), tuple(names))


def without(text: str, words: set[str]) -> str:
    """The text with these words cut out, or as it was where nothing else would remain."""
    cut = re.sub(r"\s+", " ", _WORD.sub(lambda found: "" if _bare(found[0]) in words else found[0], text)).strip()
    return cut if _WORD.search(cut) else text


def _bare(word: str) -> str:
    return word.lower().removesuffix("'s")
