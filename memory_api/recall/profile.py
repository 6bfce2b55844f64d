"""What the caller works on, and how well a memory fits it: language, coding style, tags, types and memories named."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from memory_api.models.memory import TYPE_ALIASES, Memory

# The bonuses and the tags are the contract's.
_TAG, _TYPE, _KEYWORD, _ID = 0.45, 0.25, 0.20, 0.90
# Where only the question speaks of a language or a style: its words count already. In full, this put three of 319 notes
# (benchmarks/notes.json) off the first place.
_MENTIONED = 0.4
_STYLE_TAGS = ("coding-style", "style", "style-guide", "preferences", "preference:coding")
_STYLE_TYPES = ("Style", "Preference")
_SHOWN_TAGS = 10

_ALIASES = {
    **dict.fromkeys(("python", "py"), "python"),
    **dict.fromkeys(("typescript", "ts", "tsx"), "typescript"),
    **dict.fromkeys(("javascript", "js", "jsx"), "javascript"),
    **dict.fromkeys(("go", "golang"), "go"),
    **dict.fromkeys(("csharp", "c#", "cs"), "csharp"),
    **dict.fromkeys(("cpp", "c++", "cc", "cxx"), "cpp"),
    **{name: name for name in ("rust", "java", "swift")},
}
_EXTENSIONS = _ALIASES | {
    **dict.fromkeys(("pyi", "ipynb"), "python"),
    **dict.fromkeys(("mts", "cts"), "typescript"),
    **dict.fromkeys(("mjs", "cjs"), "javascript"),
    **dict.fromkeys(("hpp", "hh", "hxx"), "cpp"),
    "rs": "rust",
}
_LANGUAGE = re.compile(
    # Words that name nothing else.
    r"(?<![\w.#+-])(?:(?P<sure>(?i:python|py|typescript|tsx|javascript|jsx?|golang|java|csharp|c#|cpp|c\+\+))"
    # Words of English, names of people: only as "in Go" or "go code".
    r"|(?:[Ii]n|[Uu]sing) (?P<name>Go|Rust|Swift)"
    r"|(?P<code>(?i:go|rust|swift))(?= (?i:code|codebase|modules?|packages?|crates?|compiler|programs?|programming)\b)"
    r")(?![\w#+])"
)
_STYLE = re.compile(r"\b(?:styles?|guidelines?|pep-?8|formatting|lint(?:ing|er)?|preferences?)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w#+]+")


@dataclass(frozen=True, slots=True)
class Profile:
    """`language` is a canonical name such as "cpp", or as the caller wrote it where it is none of the known ones.

    `tags` are lower case and sorted, `types` canonical, `keywords` lower case. `given` is false where all of it follows
    from the words of the question.
    """

    language: str | None
    context: str | None
    tags: tuple[str, ...]
    types: tuple[str, ...]
    keywords: tuple[str, ...]
    ids: frozenset[str]
    given: bool

    def bonus(self, memory: Memory) -> float:
        """From 0 to 1.8: .45 for a tag, .25 for the type, .20 for a keyword, .90 for being named.

        Two fifths of it where the caller gave no context. A tag fits where it is, begins with or holds a priority tag
        as whole segments between ":" or "/". The contract compares letters, so that there "go" would fit "google" too.
        """
        bonus = (
            _TAG * self._has_tag(memory.tags)
            + _TYPE * (memory.type in self.types)
            + _KEYWORD * self._has_keyword(memory)
            + _ID * (memory.id in self.ids)
        )
        return bonus if self.given else _MENTIONED * bonus

    def summary(self, injected: bool) -> dict[str, Any]:
        """The profile as an answer shows it, at most 10 of its tags; `injected` tells of memories added for it."""
        return {
            "language": self.language,
            "context": self.context,
            "priority_tags": list(self.tags[:_SHOWN_TAGS]),
            "priority_types": list(self.types),
            "injected": injected,
        }

    def _has_tag(self, tags: Iterable[str]) -> bool:
        carried = "\n".join(_segments(tag) for tag in tags)
        return any(_segments(tag) in carried for tag in self.tags)

    def _has_keyword(self, memory: Memory) -> bool:
        """In the metadata as a word; in the content only as the name of a language, for "go" is in every other one."""
        if not self.keywords:
            return False
        if spoken_language(memory.content) in self.keywords:
            return True
        words = {word for text in _texts(memory.metadata) for word in _WORD.findall(text.lower())}
        return any(keyword in words for keyword in self.keywords)


def profile_of(
    query: str,
    context: str | None,
    language: str | None,
    active_path: str | None,
    context_tags: Sequence[str],
    context_types: Sequence[str],
    priority_ids: Sequence[str],
) -> Profile | None:
    """The profile of a request, or None where it gives no context and speaks of no language and no style.

    The language is the one given, else that of the context, of the extension of the path, of the query. In a query
    "python" is enough; "go", "rust" and "swift" must be unmistakable ("in Go", "go code", "golang"), unlike in the
    contract, where "where did we go" is about a language. `context_types` are canonical names or their aliases.
    """
    label = (context or "").strip()
    worked_in = _given(language) or _of_label(label) or _of_path(active_path or "")
    spoken = worked_in or spoken_language(query)
    styled = bool(spoken) or bool(_STYLE.search(label) or _STYLE.search(query))
    given = any((worked_in, label, context_tags, context_types, priority_ids))
    if not styled and not given:
        return None
    tags = {tag.strip().lower() for tag in context_tags} | set(_derived_tags(spoken, styled, label))
    types = (*(TYPE_ALIASES.get(name.lower(), name) for name in context_types), *(_STYLE_TYPES if styled else ()))
    return Profile(
        language=spoken,
        context=label or None,
        tags=tuple(sorted(tags - {""})),
        types=tuple(dict.fromkeys(types)),
        keywords=(spoken,) if spoken else (),
        ids=frozenset(priority_ids),
        given=given,
    )


def spoken_language(text: str) -> str | None:
    """The programming language that a text names first, beyond doubt."""
    found = _LANGUAGE.search(text)
    return _ALIASES[(found["sure"] or found["name"] or found["code"]).lower()] if found else None


def _given(language: str | None) -> str | None:
    name = (language or "").strip().lower()
    return _ALIASES.get(name, name) or None


def _of_label(label: str) -> str | None:
    return _ALIASES.get(label.lower()) or spoken_language(label)


def _of_path(path: str) -> str | None:
    extension = PurePosixPath(path.replace("\\", "/")).suffix.lower().removeprefix(".")
    return _EXTENSIONS.get(extension)


def _derived_tags(language: str | None, styled: bool, label: str) -> Iterator[str]:
    if language:
        yield from (language, f"{language}-style", f"{language}:style")
    if styled:
        yield from _STYLE_TAGS
    else:
        yield label.lower()


def _segments(tag: str) -> str:
    """The tag with a ":" before, between and after its segments."""
    return f":{tag.strip().lower().replace('/', ':')}:"


def _texts(value: object) -> Iterator[str]:
    """Every text within a JSON value, keys left out."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting.extend(one.values())
        elif isinstance(one, list | tuple):
            waiting.extend(one)
