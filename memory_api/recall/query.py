"""What was asked: the words to look up, and the text whose meaning is compared."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

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
    spoken = [(word, _bare(word)) for word in _WORD.findall(text.replace("\u2019", "'"))]
    words = dict.fromkeys(bare for _, bare in spoken if bare not in STOP_WORDS)
    names = dict.fromkeys(bare for word, bare in spoken if word[0].isupper() and bare not in STOP_WORDS)
    return Question(text, tuple(words or dict.fromkeys(bare for _, bare in spoken)), tuple(names))


def without(text: str, words: set[str]) -> str:
    """The text with these words cut out, or as it was where nothing else would remain."""
    cut = re.sub(r"\s+", " ", _WORD.sub(lambda found: "" if _bare(found[0]) in words else found[0], text)).strip()
    return cut if _WORD.search(cut) else text


def _bare(word: str) -> str:
    return word.lower().removesuffix("'s")
