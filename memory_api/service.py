"""What the memory does: store, recall, associate, update, delete, list, relate, health. Knows no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from memory_api.classifier import classify
from memory_api.embedders.base import Embedder
from memory_api.errors import MemoryNotFound
from memory_api.models.embedded import embedded_text
from memory_api.models.entities import entities_of
from memory_api.models.memory import Memory, Record, Relation
from memory_api.models.queries import ByTagRequest, RecallRequest, RelatedRequest
from memory_api.models.requests import AssociateRequest, StoreRequest, UpdateRequest
from memory_api.recall.pipeline import Recalled, recall
from memory_api.recall.scoring import Weights
from memory_api.storage.base import Change, Neighbour, Page, Scope
from memory_api.tenants import Tenants

_CONFIDENCE_OF_A_GIVEN_TYPE = 0.9
_RELATIONS_SHOWN = 5
_UPDATED_AS_SENT = (
    "content",
    "type",
    "confidence",
    "importance",
    "tags",
    "timestamp",
    "t_valid",
    "t_invalid",
    "last_accessed",
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A memory as it is kept, and whether this request made it."""

    memory: Memory
    created: bool


@dataclass(frozen=True, slots=True)
class RecalledPage:
    """What recall found, with the outgoing relations of each memory."""

    recalled: Recalled
    relations: dict[str, list[Neighbour]]


class MemoryService:
    """The operations of the REST contract for one tenant at a time."""

    def __init__(self, tenants: Tenants, embedder: Embedder, weights: Weights) -> None:
        self._tenants = tenants
        self._embedder = embedder
        self._weights = weights

    async def store(self, tenant: str, requests: Sequence[StoreRequest]) -> list[Stored]:
        """Stores all or none; returns them in order.

        Raises Conflict for an id that is taken, MemoryNotFound where one to be superseded does not exist.
        """
        now = datetime.now(UTC).isoformat()
        ids = [request.id for request in requests]
        async with self._tenants.use(tenant) as storage:
            # A repeated batch finds what its first attempt stored, and does not embed it again.
            chosen = [request.id for request in requests if request.sent("id")]
            kept = await storage.fetch(chosen) if chosen else {}
            fresh = [request for request in requests if not _is_kept(request, kept)]
            records = [await self._record(request, now) for request in fresh]
            created = await storage.store(records) if records else []
            made = {record.memory.id: record.memory for record, new in zip(records, created, strict=True) if new}
            if len(made) < len(records):
                # Others stored the same at the same time: theirs is what is kept.
                kept |= await storage.fetch(ids)
        return [Stored(made.get(memory_id) or kept[memory_id], memory_id in made) for memory_id in ids]

    async def _record(self, request: StoreRequest, now: str) -> Record:
        vector = request.embedding
        if vector is None:
            vector = await self._embedder.embed(embedded_text(request.content, request.tags))
        return Record(_new_memory(request, now), vector, request.supersedes)

    async def get(self, tenant: str, memory_id: str) -> Memory:
        """The memory as it was before this read. Raises MemoryNotFound."""
        async with self._tenants.use(tenant) as storage:
            memory = await storage.get(memory_id)
            if memory is None:
                raise MemoryNotFound
            storage.touch([memory_id], datetime.now(UTC).isoformat())
        return memory

    async def update(self, tenant: str, memory_id: str, request: UpdateRequest) -> Memory:
        """The memory after the change. Raises MemoryNotFound."""
        async with self._tenants.use(tenant) as storage:
            if (memory := await storage.get(memory_id)) is None:
                raise MemoryNotFound
            if not request.model_fields_set:
                # Nothing to change, and nothing to bump: the contract has it succeed.
                return memory
            return await storage.update(memory_id, await self._change(memory, request))

    async def _change(self, memory: Memory, request: UpdateRequest) -> Change:
        values = {name: getattr(request, name) for name in _UPDATED_AS_SENT if request.sent(name)}
        values["updated_at"] = request.updated_at if request.sent("updated_at") else datetime.now(UTC).isoformat()
        if request.sent("content"):
            values["entities"] = entities_of(request.content)
        cleared = request.sent("metadata") and request.metadata is None
        return Change(values, request.metadata, cleared, await self._new_vector(memory, request))

    async def _new_vector(self, memory: Memory, request: UpdateRequest) -> NDArray[np.float32] | None:
        """The vector that goes with the change; None where the old one stays, which may be one that a caller gave."""
        if request.embedding is not None or not request.sent("content"):
            return request.embedding
        tags = request.tags if request.sent("tags") else memory.tags
        return await self._embedder.embed(embedded_text(request.content, tags))

    async def delete(self, tenant: str, memory_id: str) -> None:
        """Raises MemoryNotFound."""
        async with self._tenants.use(tenant) as storage:
            if not await storage.delete(memory_id):
                raise MemoryNotFound

    async def delete_tagged(self, tenant: str, tags: Sequence[str]) -> int:
        """How many memories went."""
        async with self._tenants.use(tenant) as storage:
            return await storage.delete_tagged(tags)

    async def tagged(self, tenant: str, request: ByTagRequest) -> Page:
        """One page of the memories that carry any of the tags."""
        async with self._tenants.use(tenant) as storage:
            page = await storage.tagged(request.tags, request.limit, request.offset)
            storage.touch([memory.id for memory in page.memories], datetime.now(UTC).isoformat())
        return page

    async def associate(self, tenant: str, requests: Sequence[AssociateRequest]) -> list[bool]:
        """Which of the relations were stored; the others name a memory that does not exist."""
        relations = [
            Relation(item.memory1_id, item.memory2_id, item.type, item.strength, item.properties) for item in requests
        ]
        async with self._tenants.use(tenant) as storage:
            return await storage.associate(relations)

    async def related(self, tenant: str, memory_id: str, request: RelatedRequest) -> list[Memory]:
        """The neighbourhood of a memory; empty where the memory does not exist."""
        async with self._tenants.use(tenant) as storage:
            return await storage.related(memory_id, request.relationship_types, request.max_depth, request.limit)

    async def recall(self, tenant: str, request: RecallRequest) -> RecalledPage:
        """What answers the request best. Raises InvalidRequest for words of time that nobody can read."""
        now = datetime.now(UTC)
        async with self._tenants.use(tenant) as storage:
            recalled = await recall(request, now, storage, self._embedder, self._weights)
            ids = [hit.id for hit in recalled.hits]
            relations = await storage.neighbours(ids, _RELATIONS_SHOWN) if ids else {}
            storage.touch(ids, now.isoformat())
        return RecalledPage(recalled, relations)

    async def last_change(self, tenant: str) -> Memory | None:
        """The memory that was stored or changed last, as far as its own times tell; None where there is none."""
        async with self._tenants.use(tenant) as storage:
            return next(iter(await storage.browse(Scope(), "updated_desc", 1)), None)

    async def count(self, tenant: str) -> int:
        """How many memories the tenant has."""
        async with self._tenants.use(tenant) as storage:
            return storage.count()


def _is_kept(request: StoreRequest, kept: dict[str, Memory]) -> bool:
    return request.id in kept and kept[request.id].content == request.content


def _new_memory(request: StoreRequest, now: str) -> Memory:
    """The memory with every default filled in."""
    if request.type is None:
        kind, confidence = classify(request.content)
    else:
        kind = request.type
        confidence = _CONFIDENCE_OF_A_GIVEN_TYPE if request.confidence is None else request.confidence
    timestamp = request.timestamp or now
    updated_at = request.updated_at or timestamp
    return Memory(
        id=request.id,
        content=request.content,
        type=kind,
        confidence=confidence,
        importance=request.importance,
        tags=request.tags,
        metadata=request.metadata,
        timestamp=timestamp,
        t_valid=request.t_valid or timestamp,
        t_invalid=request.t_invalid,
        updated_at=updated_at,
        last_accessed=request.last_accessed or updated_at,
        entities=entities_of(request.content),
    )
