"""update_memory: changes fields of a stored memory."""

from typing import Annotated, Self

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
    Tags,
    Text,
    Timestamp,
    ValidFrom,
    ValidUntil,
    Vector,
    refusal,
)
from bridge.mcp.tools.tool import Answer, Hints, Tool


class UpdateArguments(Arguments):
    """The id and at least one field to change."""

    memory_id: Annotated[MemoryId, Field(description="The memory to change.")]
    content: Annotated[Omittable[Text], Field(description="The new text, at most 2000 characters.")] = None
    type: Annotated[Omittable[MemoryType], Field(description="The new kind.")] = None
    tags: Annotated[Omittable[Tags], Field(description="Replace all old tags.")] = None
    importance: Annotated[Omittable[Fraction], Field(description="The new importance.")] = None
    confidence: Annotated[Omittable[Fraction], Field(description="How sure the type is.")] = None
    metadata: Annotated[
        Omittable[Metadata], Field(description="Merged into the old; a key set to null is removed.")
    ] = None
    timestamp: Annotated[Omittable[Timestamp], Field(description="When it happened.")] = None
    t_valid: ValidFrom = None
    t_invalid: ValidUntil = None
    updated_at: Imported = None
    last_accessed: Imported = None
    embedding: Vector = None

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
        "Call it to correct or sharpen a memory that you recalled, instead of storing a second one beside it. `tags` "
        "replace all old tags; `metadata` is merged key by key. New content is found by its new wording at once, and "
        "no longer by the old.\n\n"
        "Where a fact was true and has changed, store the new one with `supersedes_memory_id` instead: recall then "
        "gives the new one, and the old one stays as history."
    ),
    arguments=UpdateArguments,
    output={
        "memory_id": {"type": "string"},
        "message": {"type": "string"},
    },
    hints=Hints(destructive=True, idempotent=True),
    work=_update,
)
