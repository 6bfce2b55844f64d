"""The order of recall: question, candidates, score, merge, cut."""

from collections.abc import Iterable
from dataclasses import dataclass

from memory_api.embedders.base import Embedder
from memory_api.models.memory import Memory
from memory_api.models.queries import Order, RecallRequest
from memory_api.recall import query
from memory_api.recall.candidates import find
from memory_api.recall.scoring import Scored, score
from memory_api.storage.base import Scope, Storage

_POOL = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A recalled memory, why, and how well it fits (0..1)."""

    memory: Memory
    score: float
    match_type: str
    vector: float = 0.0
    keyword: float = 0.0


@dataclass(frozen=True, slots=True)
class Recalled:
    """The page asked for, and how many finds of several queries were the same memory."""

    hits: list[Hit]
    repeated: int


async def recall(request: RecallRequest, storage: Storage, embedder: Embedder) -> Recalled:
    """The memories that answer the request best, at most `limit`, ordered as it says."""
    scope = scope_of(request)
    if request.asks == ("",) and request.embedding is None:
        browsed = await storage.browse(scope, request.order, request.limit)
        return Recalled([Hit(memory, memory.importance, "trending") for memory in browsed], 0)
    found = [await _answer(text, request, scope, storage, embedder) for text in request.asks]
    merged, repeated = _merge(found)
    memories = await storage.fetch([item.id for item in merged])
    hits = [_hit(memories[item.id], item) for item in merged if item.id in memories]
    return Recalled(_ordered(hits, request.order)[: request.limit], repeated)


def scope_of(request: RecallRequest) -> Scope:
    """The filters of a request."""
    return Scope(
        tags=request.tags,
        tag_mode=request.tag_mode,
        tag_match=request.tag_match,
        exclude=request.exclude_tags,
        start=request.start,
        end=request.end,
    )


async def _answer(
    text: str, request: RecallRequest, scope: Scope, storage: Storage, embedder: Embedder
) -> list[Scored]:
    wanted = request.per_query_limit or request.limit
    found = await find(query.read(text), request.embedding, max(_POOL, wanted), scope, storage, embedder)
    if request.order != "score":
        # Sorted by time, a page should hold the newest of what fits, not the newest of the very best.
        wanted = max(wanted, min(4 * wanted, 200))
    return score(found)[:wanted]


def _merge(found: Iterable[list[Scored]]) -> tuple[list[Scored], int]:
    """Every memory once, with its best score, best first."""
    best: dict[str, Scored] = {}
    total = 0
    for items in found:
        for item in items:
            total += 1
            if item.id not in best or item.score > best[item.id].score:
                best[item.id] = item
    return sorted(best.values(), key=lambda item: item.score, reverse=True), total - len(best)


def _hit(memory: Memory, item: Scored) -> Hit:
    return Hit(memory, item.score, item.match_type, item.vector, item.keyword)


def _ordered(hits: list[Hit], order: Order) -> list[Hit]:
    if order == "score":
        return sorted(hits, key=lambda hit: (hit.score, hit.memory.importance, hit.memory.timestamp), reverse=True)
    field = "timestamp" if order.startswith("time") else "updated_at"
    return sorted(hits, key=lambda hit: str(getattr(hit.memory, field)), reverse=order.endswith("desc"))
