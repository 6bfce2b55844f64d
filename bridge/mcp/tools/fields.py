"""The kinds of argument that tools share: what each accepts and how it appears in a schema."""

import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

T = TypeVar("T")

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_MAX_DEPTH = 32

_MAX_NAMES = 100


class Arguments(BaseModel):
    """Base of all argument models: nothing is converted, nothing unknown is let through."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _has_few_names(cls, given: object) -> object:
        # Each unknown name is an error of its own, and a hundred thousand of them take seconds to write down.
        if isinstance(given, dict) and len(given) > _MAX_NAMES:
            raise refusal(f"at most {_MAX_NAMES} arguments may be given, got {len(given)}")
        return given

    def given(self) -> dict[str, Any]:
        """The arguments that the caller gave, by name."""
        return self.model_dump(exclude_unset=True)


def refusal(sentence: str) -> PydanticCustomError:
    """An error whose text reaches the caller as it stands; it should say what is allowed."""
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def _fit(text: str) -> str:
    if _UNFIT.search(text):
        raise PydanticCustomError("unfit_text", "must not contain control characters or lone surrogates")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


def _single(tag: str) -> str:
    # The memory service reads a comma between tags, so one inside could reach other tags than this one.
    if "," in tag:
        raise PydanticCustomError("comma", "must not contain a comma; give several tags as several strings")
    return tag


def _canonical_uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise PydanticCustomError("uuid", "must be a UUID") from None


def _timestamp(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("timestamp", "must be an ISO 8601 date or time") from None
    return text


def _not_null(value: object) -> object:
    if value is None:
        raise PydanticCustomError("null", "must not be null")
    return value


def _fit_json(value: dict[str, Any]) -> dict[str, Any]:
    for part in _parts(value, _MAX_DEPTH):
        if isinstance(part, str):
            _fit(part)
        elif isinstance(part, float) and not math.isfinite(part):
            raise PydanticCustomError("not_finite", "must not contain NaN or infinite numbers")
        elif not isinstance(part, str | int | float | bool | dict | list | None):
            raise PydanticCustomError("not_json", "must contain only JSON values")
    return value


def _parts(value: object, depth: int) -> Iterator[object]:
    yield value
    if not isinstance(value, dict | list):
        return
    if depth == 0:
        raise PydanticCustomError("too_deep", "must not be nested more than {depth} levels deep", {"depth": _MAX_DEPTH})
    if isinstance(value, dict):
        yield from value
    for part in value.values() if isinstance(value, dict) else value:
        yield from _parts(part, depth - 1)


Omittable = Annotated[T | None, BeforeValidator(_not_null)]
"""An argument that may be left out but, when given, is not null."""

FreeText = Annotated[str, AfterValidator(_fit)]
Text = Annotated[FreeText, AfterValidator(_not_blank), Field(min_length=1)]
ShortText = Annotated[Text, Field(max_length=2_000)]
MemoryId = Annotated[str, AfterValidator(_canonical_uuid), Field(json_schema_extra={"format": "uuid"})]
Timestamp = Annotated[str, AfterValidator(_timestamp), Field(json_schema_extra={"format": "date-time"})]
Fraction = Annotated[float, Field(ge=0, le=1)]
Tag = Annotated[Text, AfterValidator(_single), Field(max_length=256)]
Tags = Annotated[list[Tag], Field(max_length=100)]
SomeTags = Annotated[list[Tag], Field(min_length=1, max_length=100)]
Embedding = Annotated[list[float], Field(min_length=1, max_length=4_096)]
Metadata = Annotated[dict[str, Any], AfterValidator(_fit_json)]

MemoryType = Literal["Decision", "Pattern", "Preference", "Style", "Habit", "Insight", "Context"]
RelationType = Literal[
    "RELATES_TO",
    "LEADS_TO",
    "OCCURRED_BEFORE",
    "PREFERS_OVER",
    "EXEMPLIFIES",
    "CONTRADICTS",
    "REINFORCES",
    "INVALIDATED_BY",
    "EVOLVED_INTO",
    "DERIVED_FROM",
    "PART_OF",
]

ValidFrom = Annotated[Omittable[Timestamp], Field(description="From when it holds.")]
ValidUntil = Annotated[Omittable[Timestamp], Field(description="From when it no longer holds.")]
Imported = Annotated[Omittable[Timestamp], Field(description="For imports only.")]
Vector = Annotated[Omittable[Embedding], Field(description="Ready-made vector; rarely needed.")]
