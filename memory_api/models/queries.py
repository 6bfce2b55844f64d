"""Questions: the parameters of recall, of enumeration by tag and of the neighbourhood of a memory."""

import math
from typing import Annotated, Any, Literal, get_args

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, model_validator

from memory_api.models import schemas
from memory_api.models.memory import MEMORY_TYPES, RELATION_TYPES, SYSTEM_RELATION_TYPES, TYPE_ALIASES
from memory_api.models.requests import Request, null_is_absent
from memory_api.models.values import (
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TEXT_CHARS,
    EmbeddingVector,
    checked_tags,
    clean_text,
    parse_id,
    parse_instant,
    refusal,
)

MAX_LIMIT = 200
MAX_QUERIES = 20
MAX_QUERY_CHARS = 8_000
MAX_OFFSET = 10_000
MAX_PRIORITY_IDS = 100
_TRUE = frozenset(("1", "true", "yes", "y", "on"))
_FALSE = frozenset(("0", "false", "no", "n", "off"))
Order = Literal["score", "time_desc", "time_asc", "updated_desc", "updated_asc"]


def _clamped(lowest: int, highest: int) -> BeforeValidator:
    def clamp(value: object, info: ValidationInfo) -> int:
        try:
            number = int(value)  # type: ignore[call-overload]
            if isinstance(value, bool) or (isinstance(value, float) and number != value):
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            raise refusal(f"'{info.field_name}' must be a whole number from {lowest} to {highest}") from None
        return int(min(max(number, lowest), highest))

    return BeforeValidator(clamp)


def _one_of(*allowed: str) -> BeforeValidator:
    def choose(value: object, info: ValidationInfo) -> str:
        name = value.strip().lower() if isinstance(value, str) else ""
        if name not in allowed:
            raise refusal(f"'{info.field_name}' must be one of {', '.join(allowed)}")
        return name

    return BeforeValidator(choose)


def _flag(value: object, info: ValidationInfo) -> bool:
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise refusal(f"'{info.field_name}' must be true or false")


def _share(value: object, info: ValidationInfo) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise refusal(f"'{info.field_name}' must be a number from 0 to 1")
    return min(max(number, 0.0), 1.0)


def _short_text(value: object, info: ValidationInfo) -> str:
    text = clean_text(value, str(info.field_name)).strip()
    if len(text) > MAX_TEXT_CHARS:
        raise refusal(f"'{info.field_name}' must be at most {MAX_TEXT_CHARS} characters")
    return text


def _memory_types(value: object) -> tuple[str, ...]:
    names = [str(part).strip().lower() for part in _listed(value, "context_types")]
    unknown = [name for name in names if name and name not in TYPE_ALIASES]
    if unknown:
        raise refusal(f"'context_types' must be of {', '.join(MEMORY_TYPES)}")
    return tuple(dict.fromkeys(TYPE_ALIASES[name] for name in names if name))


def _ids(value: object) -> tuple[str, ...]:
    parts = _listed(value, "priority_ids")
    if len(parts) > MAX_PRIORITY_IDS:
        raise refusal(f"'priority_ids' must be at most {MAX_PRIORITY_IDS}")
    return tuple(dict.fromkeys(parse_id(part, "each of 'priority_ids'") for part in parts if str(part).strip()))


def _query(value: object, name: str = "query") -> str:
    if isinstance(value, str) and len(value.strip()) > MAX_QUERY_CHARS:
        raise refusal(f"'{name}' must be at most {MAX_QUERY_CHARS} characters ({len(value.strip())} provided)")
    return clean_text(value, name).strip()


def _queries(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise refusal("'queries' must be a list of strings")
    if len(parts) > MAX_QUERIES:
        raise refusal(f"'queries' must be at most {MAX_QUERIES}")
    return tuple(query for part in parts if (query := _query(part, "queries")))


def _tag_filter(value: object, name: str = "tags") -> tuple[str, ...]:
    return tuple(tag.strip() for tag in checked_tags(_listed(value, name), name))


def _named_tag_filter(value: object, info: ValidationInfo) -> tuple[str, ...]:
    return _tag_filter(value, str(info.field_name))


def _listed(value: object, name: str) -> list[object]:
    """One text is split at its commas; the texts of a list are left as they are, so that a comma can be meant."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise refusal(f"'{name}' must be a list of strings or a single string")
    return list(parts)


def _bound(value: object, info: ValidationInfo) -> str | None:
    return None if value in (None, "") else parse_instant(value, f"{info.field_name} time")


def _relation_types(value: object) -> tuple[str, ...]:
    names = {str(part).strip().upper() for part in _listed(value, "relationship_types")}
    return tuple(name for name in (*RELATION_TYPES, *SYSTEM_RELATION_TYPES) if name in names) or RELATION_TYPES


# A phrase that nobody can read is refused, and which can be read is more than a pattern says.
_TIME_WORDS: schemas.Schema = {
    "type": "string",
    "pattern": r"^(?:today|yesterday|(?:this|last) (?:week|month|year)|last [1-9][0-9]? (?:days|weeks|months|years)"
    r"|(?:in|since|before) (?:January|May|October) (?:19|20)[0-9]{2})?$",
    "description": "English words of time: the pattern shows some of those that are understood.",
    "examples": ["last 7 days", "since May 2024"],
}
_SOME_TAGS: schemas.Schema = {
    **schemas.texts(MAX_TAGS, MAX_TAG_CHARS),
    "minItems": 1,
    "contains": {"type": "string", "pattern": r"[^\s,]"},
}
WholeNumber = WithJsonSchema({**schemas.WHOLE_NUMBER, "description": "What is out of range is clamped."})
Query = Annotated[str, BeforeValidator(_query), WithJsonSchema(schemas.text(MAX_QUERY_CHARS))]
TagFilter = Annotated[
    tuple[str, ...],
    BeforeValidator(_named_tag_filter),
    WithJsonSchema(schemas.texts_or_commas(MAX_TAGS, MAX_TAG_CHARS)),
]
Bound = Annotated[
    str | None, BeforeValidator(_bound), WithJsonSchema({"anyOf": [schemas.INSTANT, {"const": ""}, schemas.NULL]})
]
Sort = Annotated[Order, _one_of(*get_args(Order))]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema(schemas.FLAG)]
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema(schemas.SHARE)]
ShortText = Annotated[str, BeforeValidator(_short_text), WithJsonSchema(schemas.text(MAX_TEXT_CHARS))]
TimeWords = Annotated[str, BeforeValidator(_short_text), WithJsonSchema(_TIME_WORDS)]
Queries = Annotated[
    tuple[str, ...],
    BeforeValidator(_queries),
    WithJsonSchema(schemas.texts_or_commas(MAX_QUERIES, MAX_QUERY_CHARS)),
]
MemoryTypes = Annotated[
    tuple[str, ...],
    BeforeValidator(_memory_types),
    WithJsonSchema(schemas.one_of((*MEMORY_TYPES, *TYPE_ALIASES), several=True)),
]
Ids = Annotated[tuple[str, ...], BeforeValidator(_ids), WithJsonSchema(schemas.uuids_or_commas(MAX_PRIORITY_IDS))]
RelationTypes = Annotated[
    tuple[str, ...],
    BeforeValidator(_relation_types),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "description": "Unknown ones are dropped."}),
]


def _also(*names: str) -> Any:
    """The further names under which a field may be sent; the first given wins."""
    return Field(validation_alias=AliasChoices(*names))


class RecallRequest(Request):
    """What to recall. Numbers out of range are clamped, as the contract has it; anything unreadable is refused."""

    model_config = ConfigDict(json_schema_extra=null_is_absent)

    query: Query = ""
    queries: Queries = ()
    embedding: EmbeddingVector = None
    limit: Annotated[int, _clamped(1, MAX_LIMIT), WholeNumber] = 5
    per_query_limit: Annotated[int | None, _clamped(1, MAX_LIMIT), WholeNumber] = None
    tags: TagFilter = ()
    exclude_tags: TagFilter = ()
    tag_mode: Annotated[Literal["any", "all"], _one_of("any", "all")] = "any"
    tag_match: Annotated[Literal["prefix", "exact"], _one_of("prefix", "exact")] = "prefix"
    time_query: Annotated[TimeWords, _also("time_query", "time")] = ""
    start: Bound = None
    end: Bound = None
    sort: Annotated[Sort | None, _also("sort", "order_by")] = None
    offset: Annotated[int, _clamped(0, MAX_OFFSET), WholeNumber] = 0
    min_score: Share = 0.0
    adaptive_floor: Flag = True
    recency_bias: Annotated[Literal["auto", "on", "off"], _one_of("auto", "on", "off")] = "off"
    scope_fallback: Flag = False
    state_mode: Annotated[Literal["current", "history"], _one_of("current", "history")] = "current"
    current_only: Flag | None = None
    state_debug: Flag = False
    expand_relations: Annotated[Flag, _also("expand_relations", "expand_associations", "expand")] = False
    expand_depth: Annotated[int, _clamped(1, 3), WholeNumber] = 1
    expand_entities: Annotated[Flag, _also("expand_entities", "entity_expansion")] = False
    expand_respect_tags: Flag = False
    relation_limit: Annotated[int, _clamped(1, 200), WholeNumber] = 5
    expansion_limit: Annotated[
        int, _clamped(1, 500), WholeNumber, _also("expansion_limit", "relation_expansion_limit")
    ] = 25
    expand_min_importance: Share = 0.0
    expand_min_strength: Share = 0.0
    auto_decompose: Flag = False
    context: ShortText = ""
    language: Annotated[ShortText, _also("language", "lang")] = ""
    active_path: Annotated[ShortText, _also("active_path", "file_path", "focus_path")] = ""
    context_tags: TagFilter = ()
    context_types: MemoryTypes = ()
    priority_ids: Ids = ()

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if value is not None}

    @property
    def asks(self) -> tuple[str, ...]:
        """Every query to run, without repeats; one empty text where nothing is asked but filters are given."""
        asked = dict.fromkeys(query for query in (self.query, *self.queries) if query and query != "*")
        return tuple(asked) or ("",)

    @property
    def order(self) -> Order:
        """The sort in force: by time, newest first, where a time window is all that was given."""
        if self.sort:
            return self.sort
        return "time_desc" if not self.is_question and (self.start or self.end or self.time_query) else "score"

    @property
    def is_question(self) -> bool:
        """Whether anything is asked; otherwise the filters alone choose."""
        return self.asks != ("",) or self.embedding is not None

    @property
    def only_current(self) -> bool:
        """Whether outdated memories give way to what replaced them."""
        return self.state_mode == "current" if self.current_only is None else self.current_only


class ByTagRequest(Request):
    """Memories that carry any of the tags exactly, letter case aside."""

    model_config = ConfigDict(json_schema_extra={"required": ["tags"]})

    tags: Annotated[TagFilter, WithJsonSchema(_SOME_TAGS)] = ()
    limit: Annotated[int, _clamped(1, MAX_LIMIT), WholeNumber] = 20
    offset: Annotated[int, _clamped(0, 2**53), WholeNumber] = 0

    @model_validator(mode="before")
    @classmethod
    def _needs_tags(cls, body: dict[str, Any]) -> dict[str, Any]:
        if not _tag_filter(body.get("tags", ())):
            raise refusal("'tags' query parameter is required")
        return body


class RelatedRequest(Request):
    """The neighbourhood of one memory; unknown relation types are dropped, none left means all that callers make."""

    relationship_types: RelationTypes = RELATION_TYPES
    max_depth: Annotated[int, _clamped(1, 3), WholeNumber] = 1
    limit: Annotated[int, _clamped(1, MAX_LIMIT), WholeNumber] = 5
