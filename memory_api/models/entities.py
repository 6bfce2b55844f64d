"""Names found in a text by the way they are written: no model, and rather too few than wrong ones."""

import re
from collections.abc import Iterator
from itertools import chain

from memory_api.models import names, words
from memory_api.models.labels import bare, speaker
from memory_api.models.proper_nouns import CONCEPTS, PEOPLE, PROJECTS, TOOLS, proper_nouns
from memory_api.models.tokens import Tokens, tokens

_MOST = 10
_IDENTIFIER = re.compile(r"[A-Za-z]\w*(?:[._-]\w+)+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w-]*/[A-Za-z][\w.-]*")
_HOSTED = re.compile(
    r"https?://(?:www\.)?(?:github|gitlab)\.com/((?!(?:features|orgs|settings|sponsors|topics|users)/)[\w-]+/[\w.-]+)"
)
_FILE = re.compile(
    r".*\.(?:py|js|ts|tsx|jsx|md|txt|json|toml|ya?ml|html|css|sh|sql|log|cfg|ini|lock|csv|xml|rs|go|c|h)"
)
_TERM = re.compile(r"[\w'&.+-]+(?: [\w'&.+-]+)*[,.]?")
_HASHTAG = re.compile(r"[^\W\d]\w{2,49}")
_COLOUR = re.compile(r"(?:[0-9a-fA-F]{3}){1,2}")

# Whoever is quoted with these words speaks a sentence.
_SPOKEN = words.GLUE - {"a", "an", "the", "and", "of", "in", "on", "at", "for", "to", "by", "with", "from", "or"}

Found = tuple[int, str, str]


def entities_of(content: str) -> dict[str, tuple[str, ...]]:
    """Names by kind, each once and in the order of the text; a kind without any is absent."""
    text = tokens(bare(content))
    found = sorted(chain(proper_nouns(text), _written(text)), key=lambda one: one[0])
    kinds: dict[str, dict[str, str]] = {}
    for _, kind, name in chain(_speaking(content), found):
        kept = kinds.setdefault(kind, {})
        if len(kept) < _MOST:
            kept.setdefault(name.casefold(), name)
    return {kind: tuple(kept.values()) for kind, kept in kinds.items()}


def _speaking(content: str) -> Iterator[Found]:
    name = speaker(content)
    if name and name.casefold() not in words.ROLES:
        yield -1, PEOPLE, name


def _written(text: Tokens) -> Iterator[Found]:
    """What is set apart by its writing: tools in small letters, quotations, code, hashtags, repositories."""
    for place, word in enumerate(text.words):
        if (tool := names.PLAIN_TOOLS.get(text.folded[place])) and not word[0].isupper():
            yield place, TOOLS, tool
        elif word[0] in '"\u201c`':
            yield from _quoted(place, word)
        elif text.gaps[place].endswith("#") and _HASHTAG.fullmatch(word) and not _COLOUR.fullmatch(word):
            yield place, CONCEPTS, word
        elif "/" in word and (name := _repository(text, place)):
            yield place, PROJECTS, name


def _quoted(place: int, word: str) -> Iterator[Found]:
    inner = word[1:-1].strip()
    tool = names.PLAIN_TOOLS.get(inner.casefold())
    if tool:
        yield place, TOOLS, tool
    elif word[0] == "`":
        if _IDENTIFIER.fullmatch(inner) and not _FILE.fullmatch(inner):
            yield place, CONCEPTS, inner
    elif _TERM.fullmatch(inner) and not _SPOKEN & set(inner.casefold().rstrip(",.").split()):
        yield place, CONCEPTS, inner.rstrip(",.")


def _repository(text: Tokens, place: int) -> str | None:
    word = text.words[place]
    if hosted := _HOSTED.match(word):
        return hosted[1].rstrip(".").removesuffix(".git")
    near = {*text.folded[max(0, place - 2) : place], text.after(place)}
    return word if not near.isdisjoint(words.REPOSITORY_NEAR) and _REPOSITORY.fullmatch(word) else None
