"""Writes an answer of recall as text, items, detailed or json, and as data. Pure functions."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Format = Literal["text", "items", "detailed", "json"]

_MAX_METADATA_CHARS = 1_500
_MAX_RELATIONS = 5
_DATA_OF_MEMORY = (
    "content",
    "summary",
    "type",
    "tags",
    "importance",
    "confidence",
    "metadata",
    "updated_at",
    "last_accessed",
    "t_valid",
    "t_invalid",
)
_DATA_OF_RESULT = (
    "final_score",
    "match_type",
    "source",
    "relations",
    "related_to",
    "deduped_from",
    "outside_tag_scope",
    "expanded_from_entity",
    "state_replaces",
)


@dataclass(frozen=True, slots=True)
class Recollection:
    """What the memory service answered and how it was asked: ranked, id_fetch or enumeration."""

    mode: str
    answer: Mapping[str, Any]
    asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """What was no longer valid then is marked as outdated."""

    @property
    def results(self) -> list[Mapping[str, Any]]:
        """The results that are objects; anything else is no result."""
        return [result for result in self.answer["results"] if isinstance(result, dict)]


def written(recollection: Recollection, style: Format) -> list[str]:
    """The parts of text that a model reads, one for each content item of the tool's answer."""
    return _STYLES[style](recollection)


def structured(recollection: Recollection) -> dict[str, Any]:
    """The same as data: flat results beside what the memory service said about the whole."""
    envelope = {name: value for name, value in recollection.answer.items() if name not in ("status", "results")}
    results = [_flat(result) for result in recollection.results]
    return {"results": results, "mode": recollection.mode, **envelope, "count": _count(recollection)}


def _text(recollection: Recollection) -> list[str]:
    if not recollection.results:
        return ["No memories found."]
    items = [
        f"{_summary(result, index, recollection.asked_at)}\n   ID: {_id(result)}"
        for index, result in enumerate(recollection.results, start=1)
    ]
    return ["\n\n".join([_heading(recollection), *items])]


def _items(recollection: Recollection) -> list[str]:
    if not recollection.results:
        return ["No memories found."]
    items = [
        f"{_summary(result, index, recollection.asked_at)}\nID: {_id(result)}"
        for index, result in enumerate(recollection.results, start=1)
    ]
    return [_heading(recollection), *items]


def _detailed(recollection: Recollection) -> list[str]:
    if not recollection.results:
        return ["No memories found."]
    items = [
        "\n".join(_details(result, index, recollection.asked_at))
        for index, result in enumerate(recollection.results, start=1)
    ]
    return [_heading(recollection), *items]


def _json(recollection: Recollection) -> list[str]:
    return [json.dumps(recollection.answer, ensure_ascii=False, indent=2)]


_STYLES: Mapping[Format, Callable[[Recollection], list[str]]] = {
    "text": _text,
    "items": _items,
    "detailed": _detailed,
    "json": _json,
}


def _heading(recollection: Recollection) -> str:
    removed = recollection.answer.get("dedup_removed")
    duplicates = f" ({removed} duplicates removed)" if isinstance(removed, int) and removed > 0 else ""
    return f"Found {_count(recollection)} memories{duplicates}:"


def _count(recollection: Recollection) -> int:
    count = recollection.answer.get("count")
    return count if isinstance(count, int) else len(recollection.results)


def _summary(result: Mapping[str, Any], index: int, now: datetime) -> str:
    memory = _memory(result)
    tags = ", ".join(str(tag) for tag in _list(memory.get("tags")))
    score, merged = _score(result), _list(result.get("deduped_from"))
    parts = [
        f"{index}. {memory.get('content', '')}",
        f" [{tags}]" if tags else "",
        f" score={score:.3f}" if score is not None else "",
        f" (deduped x{len(merged)})" if merged else "",
        " [outside tag scope]" if result.get("outside_tag_scope") else "",
        " [outdated]" if _is_outdated(memory, now) else "",
    ]
    return "".join(parts)


def _details(result: Mapping[str, Any], index: int, now: datetime) -> list[str]:
    memory, score = _memory(result), _score(result)
    facts = [
        ("ID", _id(result)),
        ("Type", memory.get("type")),
        ("Timestamp", memory.get("timestamp")),
        ("Updated", memory.get("updated_at")),
        ("Last accessed", memory.get("last_accessed")),
        ("Importance", _decimal(memory.get("importance"))),
        ("Confidence", _decimal(memory.get("confidence"))),
        ("Tags", ", ".join(str(tag) for tag in _list(memory.get("tags")))),
        ("Metadata", _metadata(memory.get("metadata"))),
        ("Score", _decimal(score)),
        ("Match", result.get("match_type")),
        ("Source", result.get("source")),
        ("Outside tag scope", "true" if result.get("outside_tag_scope") else None),
        ("Relations", _relations(_list(result.get("relations")) or _list(result.get("related_to")))),
        ("Replaces", result.get("state_replaces")),
        ("Outdated since", memory.get("t_invalid") if _is_outdated(memory, now) else None),
    ]
    return [f"{index}. {memory.get('content', '')}", *(f"{name}: {value}" for name, value in facts if value)]


def _is_outdated(memory: Mapping[str, Any], now: datetime) -> bool:
    try:
        end = datetime.fromisoformat(str(memory.get("t_invalid")))
    except ValueError:
        return False
    return (end if end.tzinfo else end.replace(tzinfo=UTC)) <= now


def _metadata(metadata: object) -> str | None:
    if not metadata:
        return None
    line = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
    if len(line) <= _MAX_METADATA_CHARS:
        return line
    return f"{line[:_MAX_METADATA_CHARS]}… (truncated, {len(line)} chars total)"


def _relations(relations: Sequence[Any]) -> str | None:
    shown = [_relation(relation) for relation in relations[:_MAX_RELATIONS] if isinstance(relation, Mapping)]
    more = f" (+{len(relations) - _MAX_RELATIONS} more)" if len(relations) > _MAX_RELATIONS else ""
    return "; ".join(shown) + more if shown else None


def _relation(relation: Mapping[str, Any]) -> str:
    strength, source = relation.get("strength"), relation.get("from")
    text = str(relation.get("type", "RELATES_TO"))
    if _is_number(strength):
        text += f"({strength:.2f})"
    return f"{text} from {source}" if source else text


def _flat(result: Mapping[str, Any]) -> dict[str, Any]:
    memory = _memory(result)
    flat: dict[str, Any] = {"memory_id": str(_id(result) or "")}
    flat.update((name, memory[name]) for name in _DATA_OF_MEMORY if memory.get(name) is not None)
    if memory.get("timestamp") is not None:
        flat["timestamp"] = flat["created_at"] = memory["timestamp"]
    flat.update((name, result[name]) for name in _DATA_OF_RESULT if result.get(name) is not None)
    if "final_score" not in flat and (score := _score(result)) is not None:
        flat["final_score"] = score
    return flat


def _memory(result: Mapping[str, Any]) -> Mapping[str, Any]:
    memory = result.get("memory")
    return memory if isinstance(memory, dict) else {}


def _id(result: Mapping[str, Any]) -> object:
    return result.get("id") or _memory(result).get("id")


def _score(result: Mapping[str, Any]) -> float | None:
    score = result.get("final_score", result.get("score"))
    return float(score) if _is_number(score) else None


def _decimal(value: object) -> str | None:
    return f"{value:.3f}" if _is_number(value) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
