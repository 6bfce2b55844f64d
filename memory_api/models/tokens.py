"""A text as words and what stands between them, which tells where a sentence begins."""

import re
import unicodedata
from dataclasses import dataclass

from memory_api.models.words import TITLES

# One word each: an address, a quotation of two to five words, code between backticks. A slash before a capital parts
# two names, any other one holds a path together.
_WORD = re.compile(
    r"""
    ( https?://[^\s<>"')\]]+
    | "\w[^\s"]*(?:\ [^\s"]+){1,4}" | \u201c\w[^\s\u201d]*(?:\ [^\s\u201d]+){1,4}\u201d
    | `[^`\n]{1,60}`
    | \w+(?:(?:['.&@:+-]+|/(?![A-Z]))\w+)*(?:\+\+|\#(?!\w))?
    )
    """,
    re.VERBOSE,
)
_STOPS = frozenset('.!?:;\n\u2026\u2022*|>([{"\u201c\u2500')
_ABBREVIATED = TITLES | {"st", "mt", "ft"}


@dataclass(frozen=True, slots=True)
class Tokens:
    """`gaps[n]` stands before `words[n]`, the last one after all of them.

    `folded` are the words without regard to case, `stems` those without 's, 'll and the like.
    """

    words: list[str]
    folded: list[str]
    stems: list[str]
    gaps: list[str]

    def opens(self, place: int) -> bool:
        """Whether a word may owe its capital to its place at the start of a sentence."""
        return place == 0 or not (
            self.gaps[place] == " " or _STOPS.isdisjoint(self.gaps[place]) or self.continues(place)
        )

    def continues(self, place: int) -> bool:
        """Whether nothing but a space, or the full stop of an abbreviation, parts a word from the one before it."""
        gap = self.gaps[place]
        if place == 0 or gap == " ":
            return place > 0
        before = self.words[place - 1]
        return gap in (". ", ".") and (
            self.folded[place - 1] in _ABBREVIATED or (len(before) == 1 and "A" < before != "I")
        )

    def before(self, place: int) -> str:
        """The word that stands directly before, or nothing."""
        return self.folded[place - 1] if place > 0 and self.gaps[place] == " " else ""

    def after(self, place: int) -> str:
        """The word that follows directly, or nothing."""
        return self.folded[place + 1] if place + 1 < len(self.words) and self.gaps[place + 1] == " " else ""

    def spelled(self, place: int, end: int) -> str:
        """The words from one place to another as they stand in the text, the last without 's."""
        last = end - 1
        inner = [self.words[n] + self.gaps[n + 1] for n in range(place, last)]
        return "".join([*inner, stem(self.words[last])])


def tokens(text: str) -> Tokens:
    plain = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    parts = _WORD.split(plain)
    words = parts[1::2]
    folded = [word.casefold() for word in words]
    return Tokens(words, folded, [stem(word) for word in folded] if "'" in plain else folded, parts[0::2])


def stem(word: str) -> str:
    """The word without 's, 'll and the like."""
    head, _, tail = word.rpartition("'")
    return head if head and tail in ("s", "ll", "d", "re", "ve", "m", "S") else word
