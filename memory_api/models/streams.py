"""Streams of turns: which memories were said one after the other, as far as their caller marked them so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_KINDS = ("conversation", "session", "thread")
_TAG = re.compile(rf"({'|'.join(_KINDS)})[:/](.+)", re.DOTALL)


def stream_of(tags: tuple[str, ...], metadata: Mapping[str, Any]) -> str | None:
    """The name of the stream, or None where nothing marks one.

    A stream is marked by conversation, session and thread together, in tags (`session:7`) or metadata (`session` or
    `session_id`): the same session number in two conversations names two streams.
    """
    marks = sorted({*_of_tags(tags), *_of_metadata(metadata)})
    return "\n".join(f"{kind}={name}" for kind, name in marks) or None


def _of_tags(tags: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for tag in tags:
        if found := _TAG.fullmatch(tag.strip().casefold()):
            yield found[1], found[2]


def _of_metadata(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in _KINDS:
        for value in (metadata.get(kind), metadata.get(f"{kind}_id")):
            if isinstance(value, str | int) and str(value).strip():
                yield kind, str(value).strip().casefold()
