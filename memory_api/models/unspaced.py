"""Scripts written without spaces: their text is looked up by pairs of neighbouring characters."""

import re

# Thai, Lao, Myanmar and Khmer; Hiragana, Katakana and Han.
_RUN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


def pairs(run: str) -> list[str]:
    """The pairs of a run of such characters; the character itself where there is only one."""
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def spaced(text: str) -> str:
    """The text with every run replaced by its pairs and its last character, all set apart by spaces."""
    return _RUN.sub(lambda found: f" {' '.join([*pairs(found[0]), found[0][-1]])} ", text)


def split(word: str) -> list[str]:
    """A word as the terms to look up: itself, or pairs where it is written without spaces."""
    terms: list[str] = []
    end = 0
    for found in _RUN.finditer(word):
        terms += [word[end : found.start()], *pairs(found[0])]
        end = found.end()
    return [term for term in [*terms, word[end:]] if term]
