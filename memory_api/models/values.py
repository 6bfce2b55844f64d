"""The value types of the REST contract: what each accepts, how it is normalised, and the words of its refusal."""

import math
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, ValidationError, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError, to_json

from memory_api.models import schemas

MAX_TAGS = 100
MAX_TAG_CHARS = 256
MAX_METADATA_BYTES = 65_536
MAX_TEXT_CHARS = 2_000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """What depends on the installation; handed to the models as their validation context."""

    content_chars: int
    dimension: int


def refusal(text: str) -> PydanticCustomError:
    """An error whose text reaches the caller as it is."""
    return PydanticCustomError("refused", "{text}", {"text": text})


def explain(error: ValidationError) -> str:
    """The first problem of a failed validation, naming its field."""
    problem = error.errors(include_url=False, include_input=False)[0]
    if problem["type"] == "refused":
        return problem["msg"]
    field = ".".join(str(part) for part in problem["loc"]) or "body"
    if problem["type"] == "missing":
        return f"'{field}' is required"
    return f"'{field}': {problem['msg']}"


def limits_of(info: ValidationInfo) -> Limits:
    """The Limits every request model is validated with."""
    if not isinstance(info.context, Limits):
        raise TypeError("request models are validated with context=Limits(...)")
    return info.context


def clean_text(value: object, name: str) -> str:
    """A string that can be stored, indexed and sent: valid Unicode, no control characters but tab and newline."""
    if not isinstance(value, str):
        raise refusal(f"'{name}' must be a string")
    if _CONTROL.search(value):
        raise refusal(f"'{name}' must not contain control characters other than tab and newline")
    if _SURROGATE.search(value):
        raise refusal(f"'{name}' must be valid Unicode (it contains a lone surrogate)")
    return value


def _content(value: object, info: ValidationInfo) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise refusal("'content' is required")
    limit = limits_of(info).content_chars
    if isinstance(value, str) and len(value.strip()) > limit:
        raise refusal(
            f"Content exceeds maximum length of {limit} characters ({len(value.strip())} provided). "
            "Please split into smaller memories or summarize."
        )
    return clean_text(value, "content").strip()


def _fraction(value: object, info: ValidationInfo) -> float:
    name = info.field_name
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise refusal(f"'{name}' must be a number") from None
    if not 0 <= number <= 1:
        raise refusal(f"'{name}' must be between 0 and 1")
    return number


def parse_instant(value: object, name: str) -> str:
    """ISO 8601 in, UTC ISO 8601 out; a time without zone is UTC. Text of this form sorts as the instants do."""
    if not isinstance(value, str) or not value.strip():
        raise refusal(f"Invalid {name}: it must be an ISO 8601 time such as 2026-01-31T09:30:00Z")
    try:
        instant = datetime.fromisoformat(value.strip())
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise refusal(f"Invalid {name}: not an ISO 8601 time such as 2026-01-31T09:30:00Z") from None
    return instant.isoformat()


def _instant(value: object, info: ValidationInfo) -> str:
    return parse_instant(value, str(info.field_name))


def parse_id(value: object, name: str) -> str:
    """Any spelling of a UUID that Python accepts, in its canonical form."""
    if isinstance(value, str):
        try:
            return str(uuid.UUID(value.strip()))
        except ValueError:
            pass
    raise refusal(f"{name} must be a valid UUID")


def _id(value: object, info: ValidationInfo) -> str:
    return parse_id(value, str(info.field_name))


def checked_tags(values: Sequence[object], name: str = "tags") -> tuple[str, ...]:
    """The tags, blank ones dropped and the rest as they were written. Raises a refusal naming the field."""
    if len(values) > MAX_TAGS:
        raise refusal(f"'{name}' must be at most {MAX_TAGS}")
    return tuple(tag for value in values if (tag := _checked_tag(value, name)).strip())


def _checked_tag(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise refusal(f"'{name}' must be a list of strings or a single string")
    if len(value) > MAX_TAG_CHARS:
        raise refusal(f"'{name}' must each be at most {MAX_TAG_CHARS} characters")
    return clean_text(value, name)


def _stored_tags(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return checked_tags([value])
    if isinstance(value, list):
        return checked_tags(value)
    raise refusal("'tags' must be a list of strings or a single string")


def _replacing_tags(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(tag.strip() for tag in checked_tags(value.split(",")))
    return tuple(tag.strip() for tag in _stored_tags(value))


def _metadata(value: object) -> dict[str, Any]:
    return {} if value is None else checked_metadata(value)


def _merged_metadata(value: object) -> dict[str, Any] | None:
    return None if value is None else checked_metadata(value)


def checked_metadata(value: object) -> dict[str, Any]:
    """An object that JSON can carry, at most 64 KiB of it. Raises a refusal naming 'metadata'."""
    if not isinstance(value, dict):
        raise refusal("'metadata' must be an object")
    try:
        size = len(to_json(value, inf_nan_mode="constants"))
    except (UnicodeError, ValueError):
        raise refusal("'metadata' must be valid Unicode JSON") from None
    if size > MAX_METADATA_BYTES:
        raise refusal(f"'metadata' must be at most {MAX_METADATA_BYTES} bytes of JSON ({size} provided)")
    _refuse_infinite(value)
    return value


def _refuse_infinite(value: object) -> None:
    # A number such as 1e999 parses to infinity, which JSON cannot carry back.
    if isinstance(value, float) and not math.isfinite(value):
        raise refusal("'metadata' must not contain NaN or infinite numbers")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _refuse_infinite(part)


def parse_vector(value: object, dimension: int) -> NDArray[np.float32] | None:
    """Numbers, or text of numbers and commas, as a vector of length 1; None for nothing given."""
    if value is None or value == "" or value == []:
        return None
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise refusal("Embedding must be a list of floats or a comma-separated string")
    if len(parts) != dimension:
        raise refusal(f"Embedding must contain exactly {dimension} values")
    try:
        vector = np.array([float(part) for part in parts], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise refusal("Embedding must contain numeric values") from None
    peak = float(np.abs(vector).max())
    if not math.isfinite(peak) or peak == 0:
        raise refusal("Embedding must contain finite values that are not all zero")
    # Scaled first, because the squares of very large or small numbers are out of range.
    vector /= peak
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _vector(value: object, info: ValidationInfo) -> NDArray[np.float32] | None:
    return parse_vector(value, limits_of(info).dimension)


_TAGS: schemas.Schema = {
    "anyOf": [schemas.texts(MAX_TAGS, MAX_TAG_CHARS), schemas.text(MAX_TAG_CHARS)],
    "description": "A lone string is one tag.",
}
# Content and vectors depend on the installation: memory_api.openapi writes their schemas.
Content = Annotated[str, BeforeValidator(_content), WithJsonSchema(schemas.content(MAX_TEXT_CHARS))]
Fraction = Annotated[float, BeforeValidator(_fraction), WithJsonSchema(schemas.FRACTION)]
Instant = Annotated[str, BeforeValidator(_instant), WithJsonSchema(schemas.INSTANT)]
MemoryId = Annotated[str, BeforeValidator(_id), WithJsonSchema(schemas.UUID)]
StoredTags = Annotated[tuple[str, ...], BeforeValidator(_stored_tags), WithJsonSchema(schemas.nullable(_TAGS))]
ReplacingTags = Annotated[
    tuple[str, ...],
    BeforeValidator(_replacing_tags),
    WithJsonSchema(schemas.nullable(schemas.texts_or_commas(MAX_TAGS, MAX_TAG_CHARS))),
]
MergedMetadata = Annotated[
    dict[str, Any] | None, BeforeValidator(_merged_metadata), WithJsonSchema(schemas.nullable(schemas.METADATA))
]
Metadata = Annotated[dict[str, Any], BeforeValidator(_metadata), WithJsonSchema(schemas.METADATA)]
EmbeddingVector = Annotated[NDArray[np.float32] | None, BeforeValidator(_vector), WithJsonSchema(schemas.vector(1))]
