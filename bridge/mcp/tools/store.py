"""store_memory: keeps one memory, or up to 500 at once."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from bridge.client import MemoryClient
from bridge.mcp.tools.fields import (
    Arguments,
    Embedding,
    Fraction,
    Given,
    MemoryId,
    MemoryType,
    Metadata,
    Tags,
    Text,
    Timestamp,
    refusal,
)
from bridge.mcp.tools.tool import Answer, Hints, Tool

_SHOWN_IDS = 10
_ECHOED = ("memory_id", "type", "confidence", "timestamp", "stored_at", "updated_at", "embedding_status")
_BATCH_ECHOED = ("memory_ids", "query_time_ms")


class _Memory(Arguments):
    content: Annotated[
        Text | None,
        Given,
        Field(
            description="One self-contained fact in one to three sentences, at most 2000 characters: what, why, and "
            "what it applies to. Required unless `memories` is given."
        ),
    ] = None
    type: Annotated[MemoryType | None, Given, Field(description="Kind of memory; left out, it is guessed.")] = None
    tags: Annotated[
        Tags | None,
        Given,
        Field(description="Bare words to filter by later, such as the project, tool or person. At most 100."),
    ] = None
    importance: Annotated[
        Fraction | None,
        Given,
        Field(description="0.9 for decisions and corrections, 0.5 for ordinary facts, less for asides."),
    ] = None
    confidence: Annotated[Fraction | None, Given, Field(description="How sure you are; goes with `type`.")] = None
    metadata: Annotated[Metadata | None, Given, Field(description="Further facts as JSON: files, links, numbers.")] = (
        None
    )
    timestamp: Annotated[Timestamp | None, Given, Field(description="When it happened, ISO 8601. Now if left out.")] = (
        None
    )
    t_valid: Annotated[Timestamp | None, Given, Field(description="From when it holds.")] = None
    t_invalid: Annotated[Timestamp | None, Given, Field(description="From when it no longer holds.")] = None
    updated_at: Annotated[Timestamp | None, Given, Field(description="Only when importing from elsewhere.")] = None
    last_accessed: Annotated[Timestamp | None, Given, Field(description="Only when importing from elsewhere.")] = None
    id: Annotated[
        MemoryId | None, Given, Field(description="A UUID of your choice; storing the same again changes nothing.")
    ] = None
    embedding: Annotated[
        Embedding | None,
        Given,
        Field(description="A ready vector of the size that the memory uses. Normally left out."),
    ] = None


class _BatchedMemory(_Memory):
    content: Text


class StoreArguments(_Memory):
    """Either one memory, or `memories` and nothing beside it."""

    memories: Annotated[
        Annotated[list[_BatchedMemory], Field(min_length=1, max_length=500, fail_fast=True)] | None,
        Given,
        Field(description="1 to 500 memories to store at once, all or none; no other argument beside it."),
    ] = None

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if self.memories is None and self.content is None:
            raise refusal("content is required, or memories to store several at once")
        beside = sorted(self.model_fields_set - {"memories"})
        if self.memories is not None and beside:
            raise refusal(f"{', '.join(beside)} must stand inside each of memories, not beside it")
        return self


async def _store(client: MemoryClient, arguments: StoreArguments) -> Answer:
    if arguments.memories is not None:
        return await _store_batch(client, [memory.given() for memory in arguments.memories])
    answer = await client.store(arguments.given())
    return Answer([f"Memory stored: {answer['memory_id']}"], _chosen(answer, _ECHOED))


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
        "Keeps a fact in the user's lasting memory so that it can be recalled in any later conversation, by any "
        "assistant.\n\n"
        "Call it in the same turn in which the user states a preference, settles a decision, corrects you, or when you "
        "find a root cause, a pattern or a lesson that will matter again. Recall first: where a memory already says "
        "it, update that one instead of storing a copy.\n\n"
        "Write content that stands alone months later: name the project, the people and the reason ('Chose PostgreSQL "
        "over MongoDB for the user service, because orders need transactions'). One fact a memory; split longer texts, "
        "2000 characters is the limit. Give `type`, an honest `importance`, and two to four bare `tags` such as the "
        "project's name: tags filter later recalls exactly.\n\n"
        "Do not store secrets, passwords or keys, progress reports, or what the code itself already says.\n\n"
        "Several facts at once go into `memories` (up to 500, stored all or none). The answer gives the id of each "
        "memory, for updates and associations."
    ),
    arguments=StoreArguments,
    output={
        "memory_id": {"type": "string", "description": "Id of the memory that was stored."},
        "memory_ids": {"type": "array", "description": "Ids of a batch, in its order."},
        "stored": {"type": "integer", "description": "How many memories of a batch were stored."},
        "type": {"type": "string", "description": "The kind of memory, guessed or given."},
        "confidence": {"type": "number", "description": "How sure that kind is."},
        "timestamp": {"type": "string", "description": "When it happened."},
    },
    hints=Hints(),
    work=_store,
)
