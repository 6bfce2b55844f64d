"""delete_memory: removes one memory, or every memory with certain tags."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bridge.client import MemoryClient
from bridge.mcp.tools.fields import Arguments, MemoryId, Omittable, SomeTags, refusal
from bridge.mcp.tools.tool import Answer, Hints, Tool


class DeleteArguments(Arguments):
    """Exactly one of the two."""

    memory_id: Annotated[Omittable[MemoryId], Field(description="The one memory to delete.")] = None
    tags: Annotated[Omittable[SomeTags], Field(description="Delete every memory with any of exactly these tags.")] = (
        None
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.memory_id is None) == (self.tags is None):
            raise refusal("give either memory_id, for one memory, or tags, for all that carry any of them")
        return self


async def _delete(client: MemoryClient, arguments: DeleteArguments) -> Answer:
    if arguments.tags is not None:
        answer = await client.delete_by_tag(arguments.tags)
        count = answer["deleted_count"]
        message = f"Deleted {count} memories tagged {', '.join(arguments.tags)}"
        if answer.get("uncertain"):
            message += " (the first attempt broke off and may have deleted more)"
        return Answer([message], {"deleted_count": count, "tags": arguments.tags, "message": message})
    memory_id = str(arguments.memory_id)
    await client.delete(memory_id)
    message = f"Deleted {memory_id}"
    return Answer([message], {"memory_id": memory_id, "message": message})


DELETE_MEMORY = Tool(
    name="delete_memory",
    title="Delete memory",
    description=(
        "Deletes one memory for good, or every memory that carries one of the given tags.\n\n"
        "Call it when the user asks to forget something, or to remove a duplicate or a memory that was wrong from the "
        "start. There is no undo. Recall first and delete by `memory_id`; a fact that was true and has changed is "
        "better superseded.\n\n"
        "`tags` deletes in bulk, letter case aside. List them first with recall_memory (the same tags, exhaustive: "
        "true), and ask the user before deleting more than a few. The answer says how many went; none is not an error."
    ),
    arguments=DeleteArguments,
    output={
        "memory_id": {"type": "string"},
        "deleted_count": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "message": {"type": "string"},
    },
    hints=Hints(destructive=True, idempotent=True),
    work=_delete,
)
