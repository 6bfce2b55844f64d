"""store_memory: keeps one memory, or up to 500 at once."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from bridge.client import MemoryClient
from bridge.mcp.tools.fields import (
    Arguments,
    Fraction,
    Imported,
    MemoryId,
    MemoryType,
    Metadata,
    Omittable,
    ShortText,
    Tags,
    Text,
    Timestamp,
    ValidFrom,
    ValidUntil,
    Vector,
    refusal,
)
from bridge.mcp.tools.supersede import SupersedeRelation, Supersession, store_superseding
from bridge.mcp.tools.tool import Answer, Hints, Tool

_SHOWN_IDS = 10
_ECHOED = ("memory_id", "type", "confidence", "timestamp", "stored_at", "updated_at", "embedding_status")
_BATCH_ECHOED = ("memory_ids", "query_time_ms")
_SUPERSEDING = ("supersedes_memory_id", "supersede_relation", "supersede_reason")


class _Memory(Arguments):
    content: Annotated[
        Omittable[Text],
        Field(
            description="One self-contained fact in one to three sentences, at most 2000 characters. Required unless "
            "`memories` is given."
        ),
    ] = None
    type: Annotated[Omittable[MemoryType], Field(description="Guessed if left out.")] = None
    tags: Annotated[Omittable[Tags], Field(description="Bare words to filter by later: project, tool, person.")] = None
    importance: Annotated[
        Omittable[Fraction], Field(description="0.9 for decisions and corrections, 0.5 for ordinary facts.")
    ] = None
    confidence: Annotated[Omittable[Fraction], Field(description="How sure you are; goes with `type`.")] = None
    metadata: Annotated[Omittable[Metadata], Field(description="Further facts: files, links, numbers.")] = None
    timestamp: Annotated[Omittable[Timestamp], Field(description="When it happened; now if left out.")] = None
    t_valid: ValidFrom = None
    t_invalid: ValidUntil = None
    updated_at: Imported = None
    last_accessed: Imported = None
    id: Annotated[Omittable[MemoryId], Field(description="Of your choice; storing the same again changes nothing.")] = (
        None
    )
    embedding: Vector = None


class _BatchedMemory(_Memory):
    content: Text


class StoreArguments(_Memory):
    """Either one memory, or `memories` and nothing beside it."""

    memories: Annotated[
        Omittable[Annotated[list[_BatchedMemory], Field(min_length=1, max_length=500, fail_fast=True)]],
        Field(description="1 to 500 at once, all or none, each with the arguments above; nothing beside it."),
    ] = None
    supersedes_memory_id: Annotated[
        Omittable[MemoryId], Field(description="Id of the memory that this one takes the place of.")
    ] = None
    supersede_relation: Annotated[
        Omittable[SupersedeRelation],
        Field(description="INVALIDATED_BY (default): the old one no longer holds; EVOLVED_INTO: it grew into this."),
    ] = None
    supersede_reason: Annotated[Omittable[ShortText], Field(description="Why it was superseded.")] = None

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if self.memories is not None:
            self._check_batch()
        elif self.content is None:
            raise refusal("content is required, or memories to store several at once")
        self._check_supersession()
        return self

    def _check_batch(self) -> None:
        superseding = [name for name in _SUPERSEDING if name in self.model_fields_set]
        if superseding:
            raise refusal(f"{', '.join(superseding)} goes only with a single memory, not with memories")
        beside = sorted(self.model_fields_set - {"memories"})
        if beside:
            raise refusal(f"{', '.join(beside)} must stand inside each of memories, not beside it")

    def _check_supersession(self) -> None:
        given = [name for name in _SUPERSEDING if name in self.model_fields_set]
        if given and self.supersedes_memory_id is None:
            raise refusal(f"{', '.join(given)} goes only with supersedes_memory_id")
        if self.supersedes_memory_id is not None and self.supersedes_memory_id == self.id:
            raise refusal("supersedes_memory_id must differ from id: a memory cannot supersede itself")

    def memory(self) -> dict[str, Any]:
        """The memory alone, without what it supersedes."""
        return self.model_dump(exclude_unset=True, exclude=set(_SUPERSEDING))

    def supersession(self) -> Supersession | None:
        """What the memory takes the place of, if anything."""
        if self.supersedes_memory_id is None:
            return None
        relation = self.supersede_relation or "INVALIDATED_BY"
        return Supersession(self.supersedes_memory_id, relation, self.supersede_reason)


async def _store(client: MemoryClient, arguments: StoreArguments) -> Answer:
    if arguments.memories is not None:
        return await _store_batch(client, [memory.given() for memory in arguments.memories])
    supersession = arguments.supersession()
    if supersession is not None:
        return await _supersede(client, arguments.memory(), supersession)
    answer = await client.store(arguments.given())
    return Answer([f"Memory stored: {answer['memory_id']}"], _chosen(answer, _ECHOED))


async def _supersede(client: MemoryClient, memory: dict[str, Any], supersession: Supersession) -> Answer:
    answer = await store_superseding(client, memory, supersession)
    structured = {
        **_chosen(answer, _ECHOED),
        "superseded_memory_id": supersession.memory_id,
        "supersede_relation": supersession.relation,
    }
    text = f"Memory stored: {answer['memory_id']}\nSuperseded memory ID: {supersession.memory_id}"
    return Answer([text], structured)


async def _store_batch(client: MemoryClient, memories: list[dict[str, Any]]) -> Answer:
    answer = await client.store_batch(memories)
    ids = answer["memory_ids"]
    shown = ", ".join(str(memory_id) for memory_id in ids[:_SHOWN_IDS])
    more = f" (+{len(ids) - _SHOWN_IDS} more)" if len(ids) > _SHOWN_IDS else ""
    structured = {"stored": len(ids), **_chosen(answer, _BATCH_ECHOED)}
    return Answer([f"Stored {structured['stored']} memories.\nIDs: {shown}{more}"], structured)


def _chosen(answer: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: answer[name] for name in names if answer.get(name) is not None}


STORE_MEMORY = Tool(
    name="store_memory",
    title="Store memory",
    description=(
        "Keeps a fact in the user's lasting memory so that any assistant can recall it in any later conversation.\n\n"
        "Call it in the same turn in which the user states a preference, settles a decision, corrects you, or when you "
        "find a root cause, a pattern or a lesson that will matter again. Recall first: where a memory already says "
        "it, update that one instead of storing a copy; where a memory was true and no longer is, store the new fact "
        "with `supersedes_memory_id`.\n\n"
        "Write content that stands alone months later: name the project, the people and the reason ('Chose PostgreSQL "
        "over MongoDB for the user service, because orders need transactions'). One fact a memory, at most 2000 "
        "characters. Give `type`, an honest `importance`, and two to four bare `tags`: they filter later recalls "
        "exactly.\n\n"
        "Do not store secrets, passwords or keys, progress reports, or what the code itself already says.\n\n"
        "Several facts at once go into `memories`. The answer gives each id, for updates and associations."
    ),
    arguments=StoreArguments,
    output={
        "memory_id": {"type": "string"},
        "memory_ids": {"type": "array", "description": "Those of a batch, in its order."},
        "stored": {"type": "integer", "description": "How many of a batch."},
        "type": {"type": "string", "description": "Given or guessed."},
        "confidence": {"type": "number"},
        "timestamp": {"type": "string"},
        "superseded_memory_id": {"type": "string"},
    },
    hints=Hints(),
    work=_store,
)
