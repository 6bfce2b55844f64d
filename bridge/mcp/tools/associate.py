"""associate_memories: relates two memories, or up to 500 pairs at once."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from bridge.client import MemoryClient
from bridge.mcp.tools.fields import (
    Arguments,
    Fraction,
    MemoryId,
    Omittable,
    RelationType,
    ShortText,
    Timestamp,
    refusal,
)
from bridge.mcp.tools.tool import Answer, Hints, Tool

_SHOWN_FAILURES = 5
_ENDS = frozenset({"memory1_id", "memory2_id", "type", "strength"})
_OWNERS = {
    "context": ("PREFERS_OVER", "PART_OF"),
    "reason": ("PREFERS_OVER", "CONTRADICTS", "INVALIDATED_BY", "EVOLVED_INTO"),
    "pattern_type": ("EXEMPLIFIES",),
    "confidence": ("EXEMPLIFIES", "EVOLVED_INTO", "DERIVED_FROM"),
    "resolution": ("CONTRADICTS",),
    "observations": ("REINFORCES",),
    "timestamp": ("INVALIDATED_BY",),
    "transformation": ("DERIVED_FROM",),
    "role": ("PART_OF",),
}


def _owned_by(name: str) -> str:
    return f"For {', '.join(_OWNERS[name])}."


class _Association(Arguments):
    memory1_id: Annotated[
        Omittable[MemoryId], Field(description="Where the relation starts; the OLD memory when one replaces another.")
    ] = None
    memory2_id: Annotated[Omittable[MemoryId], Field(description="Where it ends; the NEW memory.")] = None
    type: Annotated[Omittable[RelationType], Field(description="Read from memory1 to memory2.")] = None
    strength: Annotated[
        Omittable[Fraction], Field(description="0.9 for a certain link, 0.5 (default) for a loose one.")
    ] = None
    context: Annotated[Omittable[ShortText], Field(description=_owned_by("context"))] = None
    reason: Annotated[Omittable[ShortText], Field(description=_owned_by("reason"))] = None
    pattern_type: Annotated[Omittable[ShortText], Field(description=_owned_by("pattern_type"))] = None
    confidence: Annotated[Omittable[Fraction], Field(description=_owned_by("confidence"))] = None
    resolution: Annotated[Omittable[ShortText], Field(description=_owned_by("resolution"))] = None
    observations: Annotated[
        Omittable[Annotated[list[ShortText], Field(max_length=100)]], Field(description=_owned_by("observations"))
    ] = None
    timestamp: Annotated[Omittable[Timestamp], Field(description=_owned_by("timestamp"))] = None
    transformation: Annotated[Omittable[ShortText], Field(description=_owned_by("transformation"))] = None
    role: Annotated[Omittable[ShortText], Field(description=_owned_by("role"))] = None


class _BatchedAssociation(_Association):
    memory1_id: MemoryId
    memory2_id: MemoryId
    type: RelationType

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        _check_pair(self.type, self.memory1_id, self.memory2_id, self.model_fields_set)
        return self


class AssociateArguments(_Association):
    """Either one association, or `associations` and nothing beside it."""

    associations: Annotated[
        Omittable[Annotated[list[_BatchedAssociation], Field(min_length=1, max_length=500, fail_fast=True)]],
        Field(description="1 to 500 at once, each with the arguments above; nothing beside it."),
    ] = None

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if self.associations is not None:
            beside = sorted(self.model_fields_set - {"associations"})
            if beside:
                raise refusal(f"{', '.join(beside)} must stand inside each of associations, not beside it")
            return self
        missing = [name for name in ("memory1_id", "memory2_id", "type") if getattr(self, name) is None]
        if missing:
            raise refusal(f"{', '.join(missing)} is required, or associations to relate several pairs at once")
        _check_pair(str(self.type), str(self.memory1_id), str(self.memory2_id), self.model_fields_set)
        return self


def _check_pair(relation: str, source: str, target: str, given: set[str]) -> None:
    if source == target:
        raise refusal("memory1_id and memory2_id must differ: a memory cannot be associated with itself")
    for name in sorted(given - _ENDS):
        if relation not in _OWNERS[name]:
            raise refusal(f"{name} does not go with {relation}; it is only for {', '.join(_OWNERS[name])}")


async def _associate(client: MemoryClient, arguments: AssociateArguments) -> Answer:
    if arguments.associations is not None:
        return await _associate_batch(client, [association.given() for association in arguments.associations])
    answer = await client.associate(arguments.given())
    message = answer.get("message") or (
        f"Association created between {arguments.memory1_id} and {arguments.memory2_id}"
    )
    return Answer([str(message)], {"success": True, "message": str(message)})


async def _associate_batch(client: MemoryClient, associations: list[dict[str, Any]]) -> Answer:
    answer = await client.associate_batch(associations)
    failed = [failure for failure in answer["failed"] if isinstance(failure, dict)]
    created = len(associations) - len(failed)
    summary = str(answer.get("summary") or f"{created}/{len(associations)} associations created successfully")
    parts = [summary, *(f"failed index {one.get('index')}: {one.get('reason')}" for one in failed[:_SHOWN_FAILURES])]
    omitted = len(failed) - _SHOWN_FAILURES
    if omitted > 0:
        parts.append(f"{omitted} more failure{'' if omitted == 1 else 's'} omitted")
    structured = {
        "success": not failed,
        "message": summary,
        "created_count": created,
        "failed_count": len(failed),
        "failed": failed,
    }
    return Answer(["; ".join(parts)], structured)


ASSOCIATE_MEMORIES = Tool(
    name="associate_memories",
    title="Associate memories",
    description=(
        "Relates two stored memories, so that recalling one can lead to the other.\n\n"
        "Call it after storing a memory that explains, continues or contradicts one that you recalled. The relation "
        "reads from memory1 to memory2:\n"
        "RELATES_TO (general), LEADS_TO (cause to effect), OCCURRED_BEFORE (earlier to later), PREFERS_OVER (chosen to "
        "rejected), EXEMPLIFIES (example to pattern), CONTRADICTS, REINFORCES (evidence to claim), INVALIDATED_BY (old "
        "to the new one that proves it wrong), EVOLVED_INTO (old to its newer version), DERIVED_FROM (conclusion to "
        "source), PART_OF (part to whole).\n\n"
        "The same relation between the same memories again replaces its strength and properties. Properties such as "
        "`reason` belong to certain types and are refused with others.\n\n"
        "Of `associations` those that fail are listed by index and the others are kept."
    ),
    arguments=AssociateArguments,
    output={
        "success": {"type": "boolean", "description": "Whether all were created."},
        "message": {"type": "string"},
        "created_count": {"type": "integer"},
        "failed_count": {"type": "integer"},
        "failed": {"type": "array", "items": {"type": "object"}, "description": "Index and reason of each."},
    },
    hints=Hints(idempotent=True),
    work=_associate,
)
