"""Keeps an answer of recall below the size that clients accept: previews first, then fewer fields, then results."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic_core import to_json

from bridge.mcp.formatting import Format, Recollection, structured, written

MAX_TOKENS = 18_000
BYTES_PER_TOKEN = 2.5

# The last line is written after the rest was measured.
_RESERVED_BYTES = 500
_MAX_BYTES = int(MAX_TOKENS * BYTES_PER_TOKEN) - _RESERVED_BYTES
_SHORTEST_PREVIEW = 120
_ESSENTIAL = ("id", "content", "type", "tags", "timestamp", "updated_at", "t_invalid", "importance")
_ESSENTIAL_OF_RESULT = ("match_type", "state_replaces", "outside_tag_scope")
_MAX_TAGS_SHOWN = 10
_LONG_VALUE = 1_000

_FETCH = 'fetch one in full with recall_memory({"memory_id": "<id>"})'


def fitted(recollection: Recollection, style: Format) -> tuple[list[str], dict[str, Any]]:
    """Text parts and data of an answer, each of at most MAX_TOKENS; a last part says what was left out."""
    texts, data = written(recollection, style), structured(recollection)
    if _within_limits(texts, data):
        return _noted(texts, style, [_next_page(recollection)]), data
    fits = _fits(style)
    shown = _cut(recollection, _SHORTEST_PREVIEW)
    if fits(shown):
        shown = _with_previews(recollection, fits)
        note = f"[Long memories are shown as previews: {_FETCH}.]"
    else:
        # Before previews are measured again and again: other fields may be many times as long.
        shown = _with_previews(_with_essentials(recollection), fits)
        note = f"[Memories are shown as previews without all their fields: {_FETCH}.]"
    if not fits(shown):
        shown = _with_fewer(shown, fits)
        omitted = len(recollection.results) - len(shown.results)
        note = f"[{len(shown.results)} memories are shown as previews and {omitted} are left out: {_FETCH}, "
        note += "or ask for fewer at a time with limit and offset.]"
    texts, data = written(shown, style), structured(shown)
    data["truncated"] = True
    if recollection.mode == "id_fetch":
        note = "[This memory has more than fits here: some of its fields are left out.]"
    return _noted(texts, style, [note, _next_page(shown)]), data


def _noted(texts: list[str], style: Format, notes: list[str]) -> list[str]:
    notes = [note for note in notes if note]
    if not notes:
        return texts
    # JSON stays parseable and the other lists stay one memory a part; plain text is one part.
    return [f"{texts[0]}\n\n" + "\n".join(notes)] if style == "text" else [*texts, "\n".join(notes)]


def _next_page(recollection: Recollection) -> str:
    answer = recollection.answer
    if recollection.mode != "enumeration" or not answer.get("has_more"):
        return ""
    offset = answer.get("offset")
    start = (offset if isinstance(offset, int) else 0) + len(recollection.results)
    return f"[More memories carry these tags: go on with offset: {start}.]"


def _fits(style: Format) -> Callable[[Recollection], bool]:
    return lambda recollection: _within_limits(written(recollection, style), structured(recollection))


def _within_limits(texts: list[str], data: dict[str, Any]) -> bool:
    text = sum(len(part.encode()) for part in texts)
    return text <= _MAX_BYTES and len(to_json(data)) <= _MAX_BYTES


def _with_previews(recollection: Recollection, fits: Callable[[Recollection], bool]) -> Recollection:
    longest = max((len(_content(result)) for result in recollection.results), default=0)
    chars = _largest(_SHORTEST_PREVIEW, longest, lambda size: fits(_cut(recollection, size)))
    return _cut(recollection, chars)


def _with_fewer(recollection: Recollection, fits: Callable[[Recollection], bool]) -> Recollection:
    count = _largest(1, len(recollection.results), lambda size: fits(_first(recollection, size)))
    return _first(recollection, count)


def _largest(least: int, most: int, fits: Callable[[int], bool]) -> int:
    """The largest size from `least` to `most` that fits, or `least` when none does."""
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if fits(middle) else (least, middle - 1)
    return least


def _cut(recollection: Recollection, chars: int) -> Recollection:
    return _with_results(recollection, [_cut_result(result, chars) for result in recollection.results])


def _cut_result(result: Mapping[str, Any], chars: int) -> Mapping[str, Any]:
    content = _content(result)
    if len(content) <= chars:
        return result
    return {**result, "memory": {**result["memory"], "content": content[:chars].rstrip() + "…"}}


def _with_essentials(recollection: Recollection) -> Recollection:
    # The answer repeats the question, which may be as long as anything in the memory.
    envelope = {name: value for name, value in recollection.answer.items() if len(json.dumps(value)) <= _LONG_VALUE}
    results = [_essentials(result) for result in recollection.results]
    return replace(recollection, answer={**envelope, "results": results})


def _essentials(result: Mapping[str, Any]) -> Mapping[str, Any]:
    memory = result.get("memory")
    fields = memory if isinstance(memory, Mapping) else {}
    kept = {name: fields[name] for name in _ESSENTIAL if name in fields}
    if isinstance(kept.get("tags"), list):
        kept["tags"] = kept["tags"][:_MAX_TAGS_SHOWN]
    score = result.get("final_score", result.get("score"))
    marks = {name: result[name] for name in _ESSENTIAL_OF_RESULT if name in result}
    return {"id": result.get("id"), "final_score": score, **marks, "memory": kept}


def _first(recollection: Recollection, count: int) -> Recollection:
    first = _with_results(recollection, recollection.results[:count])
    if count == len(recollection.results):
        return first
    # The rest of this page is where the next one starts.
    return replace(first, answer={**first.answer, "has_more": True})


def _with_results(recollection: Recollection, results: list[Mapping[str, Any]]) -> Recollection:
    return replace(recollection, answer={**recollection.answer, "results": results})


def _content(result: Mapping[str, Any]) -> str:
    memory = result.get("memory")
    content = memory.get("content") if isinstance(memory, Mapping) else None
    return content if isinstance(content, str) else ""
