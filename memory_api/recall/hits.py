"""A recalled memory: why it came back, and how well it fits."""

from collections.abc import Callable, Iterable, Mapping
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


_TIMES: Mapping[str, Callable[[Hit], tuple[str, ...]]] = {
    "time": lambda hit: (hit.memory.timestamp,),
    "upda": lambda hit: (hit.memory.updated_at, hit.memory.timestamp),
}


def best_first(hits: Iterable[Hit]) -> list[Hit]:
    """By score; among equals the more important, then the newer, then by id, as a storage lists them."""
    by_id = sorted(hits, key=lambda hit: hit.id)
    return sorted(by_id, key=lambda hit: (hit.score, hit.memory.importance, hit.memory.timestamp), reverse=True)


def ordered(hits: Iterable[Hit], order: Order) -> list[Hit]:
    """By score or by a time; what lies outside the tags asked for comes last."""
    if order == "score":
        listed = best_first(hits)
    else:
        listed = sorted(sorted(hits, key=lambda hit: hit.id), key=_TIMES[order[:4]], reverse=order.endswith("desc"))
    return sorted(listed, key=lambda hit: bool(hit.extra.get("outside_tag_scope")))
