"""update_memory: changes fields of a stored memory."""

from typing import Annotated, Self

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


class UpdateArguments(Arguments):
    """The id and at least one field to change."""

    memory_id: Annotated[MemoryId, Field(description="Id of the memory to change.")]
    content: Annotated[
        Text | None, Given, Field(description="The new text, at most 2000 characters; it is found by this from now on.")
    ] = None
    type: Annotated[MemoryType | None, Given, Field(description="The new kind of memory.")] = None
    tags: Annotated[Tags | None, Given, Field(description="The new tags; they replace all old ones.")] = None
    importance: Annotated[Fraction | None, Given, Field(description="The new importance.")] = None
    confidence: Annotated[Fraction | None, Given, Field(description="The new confidence.")] = None
    metadata: Annotated[
        Metadata | None,
        Given,
        Field(description="Merged into the old metadata; a key set to null is removed."),
    ] = None
    timestamp: Annotated[Timestamp | None, Given, Field(description="When it happened, ISO 8601.")] = None
    t_valid: Annotated[Timestamp | None, Given, Field(description="From when it holds.")] = None
    t_invalid: Annotated[Timestamp | None, Given, Field(description="From when it no longer holds.")] = None
    updated_at: Annotated[Timestamp | None, Given, Field(description="Only when importing from elsewhere.")] = None
    last_accessed: Annotated[Timestamp | None, Given, Field(description="Only when importing from elsewhere.")] = None
    embedding: Annotated[
        Embedding | None,
        Given,
        Field(description="A ready vector of the size that the memory uses. Normally left out."),
    ] = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.model_fields_set == {"memory_id"}:
            changeable = ", ".join(name for name in type(self).model_fields if name != "memory_id")
            raise refusal(f"nothing to change: give at least one of {changeable}")
        return self


async def _update(client: MemoryClient, arguments: UpdateArguments) -> Answer:
    changes = arguments.given()
    memory_id = changes.pop("memory_id")
    await client.update(memory_id, changes)
    message = f"Updated {memory_id}"
    return Answer([message], {"memory_id": memory_id, "message": message})


UPDATE_MEMORY = Tool(
    name="update_memory",
    title="Update memory",
    description=(
        "Changes fields of one stored memory and leaves the others as they are.\n\n"
        "Call it to correct or sharpen a memory that you recalled, instead of storing a second one beside it: new "
        "wording, a better type, more fitting tags or importance. What you leave out stays. `tags` replace all old "
        "tags; `metadata` is merged key by key, and a key set to null is removed. New content is indexed at once: "
        "recall finds the new wording and no longer the old.\n\n"
        "Where a fact was true and has changed, and the history matters, store the new fact and associate the old one "
        "with it (INVALIDATED_BY or EVOLVED_INTO) instead of overwriting it. The id comes from recall_memory or "
        "store_memory."
    ),
    arguments=UpdateArguments,
    output={
        "memory_id": {"type": "string", "description": "Id of the memory that was changed."},
        "message": {"type": "string"},
    },
    hints=Hints(destructive=True, idempotent=True),
    work=_update,
)
