"""A recalled memory: why it came back, and how well it fits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from memory_api.models.memory import Memory
from memory_api.models.queries import Order
from memory_api.recall.scoring import Components


@dataclass(frozen=True, slots=True)
class Hit:
    """`score` lies in 0..1; `match_score` is what the channel named by `match_type` said, on its own scale.

    `related_to` tells the way to a memory that was reached over relations, `extra` holds further keys of the answer.
    """

    memory: Memory
    score: float
    match_type: str
    match_score: float
    components: Components
    related_to: tuple[Mapping[str, Any], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the memory."""
        return self.memory.id


def best_first(hits: Iterable[Hit]) -> list[Hit]:
    """By score; among equals the more important, then the newer."""
    return sorted(hits, key=lambda hit: (hit.score, hit.memory.importance, hit.memory.timestamp, hit.id), reverse=True)


def ordered(hits: Iterable[Hit], order: Order) -> list[Hit]:
    """By score or by a time; what lies outside the tags asked for comes last."""
    if order == "score":
        listed = best_first(hits)
    else:
        name = "timestamp" if order.startswith("time") else "updated_at"
        listed = sorted(hits, key=lambda hit: (str(getattr(hit.memory, name)), hit.id), reverse=order.endswith("desc"))
    return sorted(listed, key=lambda hit: bool(hit.extra.get("outside_tag_scope")))
