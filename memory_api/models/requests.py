"""Bodies of the writing endpoints: store, update, associate."""

import uuid
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, model_validator

from memory_api.models import schemas
from memory_api.models.memory import (
    MEMORY_TYPES,
    RELATION_PROPERTIES,
    RELATION_TYPES,
    SUPERSEDING,
    TYPE_ALIASES,
    Supersession,
)
from memory_api.models.values import (
    MAX_TEXT_CHARS,
    Content,
    EmbeddingVector,
    Fraction,
    Instant,
    MemoryId,
    MergedMetadata,
    Metadata,
    ReplacingTags,
    StoredTags,
    clean_text,
    parse_id,
    refusal,
)

MAX_BATCH = 500

_TYPES = (*MEMORY_TYPES, *TYPE_ALIASES)


def _memory_type(value: object) -> str:
    name = TYPE_ALIASES.get(value.strip().lower()) if isinstance(value, str) else None
    if name is None:
        raise refusal(f"'type' must be one of {', '.join(MEMORY_TYPES)}")
    return name


def _relation_type(value: object) -> str:
    name = value.strip().upper() if isinstance(value, str) else ""
    if name not in RELATION_PROPERTIES:
        raise refusal(f"Relation type must be one of {list(RELATION_TYPES)}")
    return name


def _property_text(value: object, info: ValidationInfo) -> str:
    text = clean_text(value, str(info.field_name))
    if len(text) > MAX_TEXT_CHARS:
        raise refusal(f"'{info.field_name}' must be at most {MAX_TEXT_CHARS} characters")
    return text


def _observations(value: object) -> int | list[str]:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
        return value
    if isinstance(value, list) and len(value) <= 100:
        return [clean_text(part, "observations") for part in value]
    raise refusal("'observations' must be a whole number or a list of at most 100 strings")


def _supersession(value: object) -> Supersession:
    if not isinstance(value, dict) or "id" not in value:
        raise refusal("'supersedes' must be an object with id, and optionally relation and reason")
    sent = SUPERSEDING[0] if value.get("relation") in (None, "") else value["relation"]
    relation = sent.strip().upper() if isinstance(sent, str) else None
    if relation not in SUPERSEDING:
        raise refusal(f"'supersedes.relation' must be one of {', '.join(SUPERSEDING)}")
    reason = None if value.get("reason") is None else clean_text(value["reason"], "supersedes.reason")
    if reason and len(reason) > MAX_TEXT_CHARS:
        raise refusal(f"'supersedes.reason' must be at most {MAX_TEXT_CHARS} characters")
    return Supersession(parse_id(value["id"], "supersedes.id"), relation, reason)


_REASON = schemas.nullable(schemas.text(MAX_TEXT_CHARS))
_SUPERSESSION: schemas.Schema = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": schemas.UUID,
        "relation": schemas.nullable(schemas.one_of(SUPERSEDING)),
        "reason": _REASON,
    },
}
_OBSERVATIONS: schemas.Schema = {
    "anyOf": [
        {"type": "integer", "minimum": 0, "exclusiveMaximum": 2**53},
        {"type": "array", "maxItems": 100, "items": schemas.text(MAX_TEXT_CHARS)},
    ]
}
Superseded = Annotated[
    Supersession | None, BeforeValidator(_supersession), WithJsonSchema(schemas.nullable(_SUPERSESSION))
]
MemoryType = Annotated[str, BeforeValidator(_memory_type), WithJsonSchema(schemas.one_of(_TYPES))]
RelationType = Annotated[str, BeforeValidator(_relation_type), WithJsonSchema(schemas.one_of(RELATION_TYPES))]
PropertyText = Annotated[str, BeforeValidator(_property_text), WithJsonSchema(schemas.text(MAX_TEXT_CHARS))]
Observations = Annotated[int | list[str], BeforeValidator(_observations), WithJsonSchema(_OBSERVATIONS)]


def null_is_absent(schema: dict[str, Any]) -> None:
    """Says so in the schema of a model whose fields may all be sent as null, but for those that are required."""
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        if name not in required:
            schema["properties"][name] = schemas.nullable(field)


class Request(BaseModel):
    """Unknown fields are ignored, as the contract has it."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    def sent(self, name: str) -> bool:
        """Whether the caller sent this field, null included."""
        return name in self.model_fields_set


class StoreRequest(Request):
    """One memory to store. Null means the same as leaving the field out, and so does an empty type."""

    model_config = ConfigDict(json_schema_extra=null_is_absent)

    content: Content
    id: MemoryId = Field(default_factory=lambda: str(uuid.uuid4()))
    type: Annotated[MemoryType, WithJsonSchema(schemas.one_of(("", *_TYPES)))] | None = None
    confidence: Fraction | None = None
    importance: Fraction = 0.5
    tags: StoredTags = ()
    metadata: Metadata = {}
    timestamp: Instant | None = None
    t_valid: Instant | None = None
    t_invalid: Instant | None = None
    updated_at: Instant | None = None
    last_accessed: Instant | None = None
    embedding: EmbeddingVector = None
    supersedes: Superseded = None

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, body: dict[str, Any]) -> dict[str, Any]:
        body = {name: value for name, value in body.items() if value is not None}
        if body.get("type") == "":
            del body["type"]
        return {"content": None, **body}


class UpdateRequest(Request):
    """What to change; a field that was not sent stays. Metadata is merged, a key set to null is removed.

    Null clears t_invalid and metadata, and empties tags; elsewhere it is refused.
    """

    content: Content = ""
    type: MemoryType = ""
    confidence: Fraction = 0.5
    importance: Fraction = 0.5
    tags: ReplacingTags = ()
    metadata: MergedMetadata = None
    timestamp: Instant = ""
    t_valid: Instant = ""
    t_invalid: Instant | None = None
    updated_at: Instant = ""
    last_accessed: Instant = ""
    embedding: EmbeddingVector = None


class AssociateRequest(Request):
    """One relation, memory1 to memory2."""

    model_config = ConfigDict(json_schema_extra=null_is_absent)

    memory1_id: MemoryId
    memory2_id: MemoryId
    type: RelationType = "RELATES_TO"
    strength: Fraction = 0.5
    context: PropertyText | None = None
    reason: PropertyText | None = None
    pattern_type: PropertyText | None = None
    resolution: PropertyText | None = None
    transformation: PropertyText | None = None
    role: PropertyText | None = None
    confidence: Fraction | None = None
    observations: Observations | None = None
    timestamp: Instant | None = None

    @model_validator(mode="before")
    @classmethod
    def _needs_both_ids(cls, body: dict[str, Any]) -> dict[str, Any]:
        if not body.get("memory1_id") or not body.get("memory2_id"):
            raise refusal("'memory1_id' and 'memory2_id' are required")
        return {name: value for name, value in body.items() if value is not None}

    @model_validator(mode="after")
    def _joins_two_memories(self) -> Self:
        if self.memory1_id == self.memory2_id:
            raise refusal("Cannot associate a memory with itself")
        return self

    @property
    def properties(self) -> dict[str, Any]:
        """The properties that this relation type owns and the caller sent."""
        return {name: getattr(self, name) for name in RELATION_PROPERTIES[self.type] if getattr(self, name) is not None}
