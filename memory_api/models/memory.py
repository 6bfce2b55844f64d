"""The domain: a memory, a relation between two, and the closed lists of their types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEMORY_TYPES = ("Decision", "Pattern", "Preference", "Style", "Habit", "Insight", "Context")

TYPE_ALIASES = {
    **{name.lower(): name for name in MEMORY_TYPES},
    **dict.fromkeys(
        [
            "memory",
            "milestone",
            "document",
            "meeting_notes",
            "project",
            "timeline",
            "organization",
            "person",
            "personal_situation",
            "practical_info",
        ],
        "Context",
    ),
    **dict.fromkeys(("analysis", "observation", "issue", "legal_analysis"), "Insight"),
    "template": "Pattern",
    **dict.fromkeys(
        ("interests", "personality", "emotional_patterns", "relationship_dynamics", "communication"), "Preference"
    ),
    "health_habits": "Habit",
}

RELATION_PROPERTIES: dict[str, tuple[str, ...]] = {
    "RELATES_TO": (),
    "LEADS_TO": (),
    "OCCURRED_BEFORE": (),
    "PREFERS_OVER": ("context", "reason"),
    "EXEMPLIFIES": ("pattern_type", "confidence"),
    "CONTRADICTS": ("resolution", "reason"),
    "REINFORCES": ("observations",),
    "INVALIDATED_BY": ("reason", "timestamp"),
    "EVOLVED_INTO": ("confidence", "reason"),
    "DERIVED_FROM": ("transformation", "confidence"),
    "PART_OF": ("role", "context"),
}
RELATION_TYPES = tuple(sorted(RELATION_PROPERTIES))
# Ways in which one memory takes the place of another, the usual one first.
SUPERSEDING = ("INVALIDATED_BY", "EVOLVED_INTO")
# Made by the storage alone: nearly the same text, and the memory right before this one in its stream.
SIMILAR_TO, PRECEDED_BY = "SIMILAR_TO", "PRECEDED_BY"
SYSTEM_RELATION_TYPES = (PRECEDED_BY, SIMILAR_TO)


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory. Times are UTC ISO 8601 text, importance and confidence lie in 0..1.

    `entities` are the names found in the content, by kind; see models.entities.
    """

    id: str
    content: str
    type: str
    confidence: float
    importance: float
    tags: tuple[str, ...]
    metadata: dict[str, Any]
    timestamp: str
    t_valid: str
    t_invalid: str | None
    updated_at: str
    last_accessed: str
    entities: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        """The memory as clients see it; a t_invalid that is not set is absent."""
        wire: dict[str, Any] = {
            "id": self.id,
            "content": self.content,
            "type": self.type,
            "confidence": self.confidence,
            "importance": self.importance,
            "tags": self.tags,
            "tag_prefixes": tag_prefixes(self.tags),
            "metadata": {"entities": self.entities, **self.metadata} if self.entities else self.metadata,
            "timestamp": self.timestamp,
            "t_valid": self.t_valid,
            "updated_at": self.updated_at,
            "last_accessed": self.last_accessed,
        }
        if self.t_invalid is not None:
            wire["t_invalid"] = self.t_invalid
        return wire

    def summary(self) -> dict[str, Any]:
        """The short form shown beside a relation."""
        return {
            "id": self.id,
            "type": self.type,
            "timestamp": self.timestamp,
            "content": self.content[:160],
            "importance": self.importance,
            "confidence": self.confidence,
            "tags": self.tags[:5],
        }


@dataclass(frozen=True, slots=True)
class Supersession:
    """Which memory a new one takes the place of, and how: INVALIDATED_BY or EVOLVED_INTO."""

    id: str
    relation: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A memory with the vector it is found by; the vector has length 1."""

    memory: Memory
    vector: NDArray[np.float32]
    supersedes: Supersession | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed edge. Storing the same source, type and target again replaces strength and properties."""

    source: str
    target: str
    type: str
    strength: float
    properties: dict[str, Any]


def tag_name(tag: str) -> str:
    """The form in which two tags are the same tag: without regard to letter case or space around it."""
    return tag.strip().casefold()


def tag_path(tag: str) -> str:
    """The form that prefixes are matched in: `:` between segments (`/` separates them too)."""
    return tag_name(tag).replace("/", ":")


def entity_path(kind: str, name: str) -> str:
    """The tag path that finds the memories naming an entity: entity:people:ada-lovelace."""
    return f"entity:{_slug(kind)}:{_slug(name)}"


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.casefold()).strip("-")


def tag_prefixes(tags: tuple[str, ...]) -> list[str]:
    """Every path above and including each tag, first seen first: Project/Alpha gives project, project:alpha."""
    prefixes: dict[str, None] = {}
    for tag in tags:
        segments = [segment for segment in tag_path(tag).split(":") if segment]
        for end in range(1, len(segments) + 1):
            prefixes[":".join(segments[:end])] = None
    return list(prefixes)
