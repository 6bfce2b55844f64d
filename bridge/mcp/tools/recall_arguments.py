"""The arguments of recall_memory: what each accepts, and which go together."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bridge.mcp.tools.fields import (
    Arguments,
    Fraction,
    FreeText,
    MemoryId,
    MemoryType,
    Omittable,
    ShortText,
    Tags,
    Timestamp,
    Vector,
    refusal,
)

_DEFAULT_LIMIT = 5
_MAX_LIMIT = 200
_MAX_QUERIES = 20
# A memory service ranks no further than this.
_MAX_RANKED_OFFSET = 10_000

Query = Annotated[FreeText, Field(max_length=8_000)]
Limit = Annotated[int, Field(ge=1, le=_MAX_LIMIT)]


class _Question(Arguments):
    """What is asked, how much of the answer is wanted, and which memories may be in it."""

    query: Annotated[
        Omittable[Query],
        Field(description="What you want to know: names, topics, a question. Meaning counts, not wording."),
    ] = None
    queries: Annotated[
        Omittable[Annotated[list[Query], Field(min_length=1, max_length=_MAX_QUERIES)]],
        Field(description=f"Up to {_MAX_QUERIES} questions at once, merged without duplicates."),
    ] = None
    embedding: Vector = None
    limit: Annotated[
        Omittable[Limit], Field(description="Memories at most; 5 if left out, or 5 for each of `queries`.")
    ] = None
    per_query_limit: Annotated[Omittable[Limit], Field(description="Memories at most for each of `queries`.")] = None
    offset: Annotated[
        Omittable[Annotated[int, Field(ge=0, le=1_000_000_000)]],
        Field(description="How many to skip; go on while has_more is true."),
    ] = None
    time_query: Annotated[
        Omittable[ShortText],
        Field(description="Only from this time: 'last 7 days', 'since Monday', 'May 2023'."),
    ] = None
    start: Annotated[Omittable[Timestamp], Field(description="Only what happened then or later.")] = None
    end: Annotated[Omittable[Timestamp], Field(description="Only what happened then or earlier.")] = None
    sort: Annotated[
        Omittable[Literal["score", "time_desc", "time_asc", "updated_desc", "updated_asc"]],
        Field(description="By fit (score), by time, or by last change."),
    ] = None
    tags: Annotated[
        Omittable[Tags], Field(description="Hard filter: only memories with these tags. Leave out to search all.")
    ] = None
    exclude_tags: Annotated[Omittable[Tags], Field(description="No memories with any of these tags.")] = None
    tag_mode: Annotated[
        Omittable[Literal["any", "all"]], Field(description="Any of `tags` is enough (default), or all are needed.")
    ] = None
    tag_match: Annotated[
        Omittable[Literal["prefix", "exact"]],
        Field(description="prefix (default): project also finds project:alpha."),
    ] = None
    scope_fallback: Annotated[
        Omittable[bool], Field(description="Where `tags` hold too little, fill up from outside, marked so.")
    ] = None


class _Ranking(Arguments):
    """What holds now, and how the results are weighed."""

    state_mode: Annotated[
        Omittable[Literal["current", "history"]],
        Field(description="current (default): what replaced an outdated memory comes instead of it; history: both."),
    ] = None
    current_only: Annotated[
        Omittable[bool], Field(description="true: state_mode current, false: history; overrides it.")
    ] = None
    state_debug: Annotated[Omittable[bool], Field(description="Also report what was outdated, and why.")] = None
    recency_bias: Annotated[
        Omittable[Literal["auto", "on", "off"]],
        Field(description="Favour newer memories; auto: where the question asks for the latest. Default off."),
    ] = None
    min_score: Annotated[Omittable[Fraction], Field(description="Leave out what scores less.")] = None
    adaptive_floor: Annotated[
        Omittable[bool], Field(description="false: also keep what scores far less than the best.")
    ] = None
    context: Annotated[
        Omittable[ShortText], Field(description="What you work on; memories that fit it come first.")
    ] = None
    language: Annotated[Omittable[ShortText], Field(description="Programming language you work in.")] = None
    active_path: Annotated[Omittable[ShortText], Field(description="File you work on.")] = None
    context_tags: Annotated[Omittable[Tags], Field(description="Prefer memories with these tags.")] = None
    context_types: Annotated[
        Omittable[Annotated[list[MemoryType], Field(max_length=20)]], Field(description="Prefer these types.")
    ] = None
    priority_ids: Annotated[
        Omittable[Annotated[list[MemoryId], Field(max_length=100)]],
        Field(description="These memories come first, whatever the filters say."),
    ] = None


class _Expansion(Arguments):
    """What is added to the results beyond what was found."""

    expand_relations: Annotated[Omittable[bool], Field(description="Add memories related to those found.")] = None
    expand_depth: Annotated[
        Omittable[Annotated[int, Field(ge=1, le=3)]], Field(description="How many relations away; 1 if left out.")
    ] = None
    expand_entities: Annotated[
        Omittable[bool], Field(description="Add memories that name the same people, tools or projects.")
    ] = None
    auto_decompose: Annotated[Omittable[bool], Field(description="Also ask for each part of `query`.")] = None
    relation_limit: Annotated[Omittable[Limit], Field(description="Relations followed from each memory; 5.")] = None
    expansion_limit: Annotated[
        Omittable[Annotated[int, Field(ge=1, le=500)]], Field(description="Related memories added at most; 25.")
    ] = None
    expand_min_importance: Annotated[
        Omittable[Fraction], Field(description="Add only memories at least this important.")
    ] = None
    expand_min_strength: Annotated[
        Omittable[Fraction], Field(description="Follow only relations at least this strong.")
    ] = None
    expand_respect_tags: Annotated[Omittable[bool], Field(description="Add only what `tags` let through.")] = None


class _Mode(Arguments):
    """What is wanted in the place of a ranked answer, and how the answer is written."""

    memory_id: Annotated[
        Omittable[MemoryId], Field(description="Only this memory, in full; only `format` beside it.")
    ] = None
    exhaustive: Annotated[
        Omittable[bool],
        Field(description="With `tags`: list every memory with any of exactly these, page by page."),
    ] = None
    format: Annotated[
        Omittable[Literal["text", "items", "detailed", "json"]],
        Field(description="text (default), items: a part for each memory, detailed: every field, json: raw."),
    ] = None


class RecallArguments(_Mode, _Expansion, _Ranking, _Question):
    """A ranked question, or `memory_id`, or `tags` with `exhaustive`."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.memory_id is not None:
            self._allow_only({"memory_id", "format"}, "memory_id fetches one memory")
        elif self.exhaustive:
            self._check_listing()
        elif self.offset is not None and self.offset > _MAX_RANKED_OFFSET:
            raise refusal(f"offset must be at most {_MAX_RANKED_OFFSET} unless exhaustive is true; narrow the question")
        if self.query and len(self.queries or ()) >= _MAX_QUERIES:
            raise refusal(f"query and queries together must be at most {_MAX_QUERIES}")
        if self.start is not None and self.end is not None and _instant(self.start) > _instant(self.end):
            raise refusal("start must not be later than end")
        return self

    def _check_listing(self) -> None:
        if not self.tags:
            raise refusal("exhaustive: true lists memories by tag and needs at least one of tags")
        allowed = {"tags", "exhaustive", "limit", "offset", "format", "tag_mode", "tag_match"}
        self._allow_only(allowed, "exhaustive: true lists every memory with the tags")
        if self.tag_mode == "all" or self.tag_match == "prefix":
            raise refusal("exhaustive: true matches any of exactly the tags; leave out tag_mode and tag_match")

    def _allow_only(self, names: set[str], reason: str) -> None:
        beside = sorted(self.model_fields_set - names)
        if beside:
            raise refusal(f"{reason}; leave out {', '.join(beside)}")

    def question(self) -> dict[str, Any]:
        """What is asked of the memory service in a ranked recall."""
        asked = self.model_dump(exclude_unset=True, exclude={"exhaustive", "format", "query", "queries"})
        queries = [query for query in [self.query or "", *(self.queries or [])] if query.strip()]
        # Of one in a URL the service would make several at its commas; of several it leaves each as it is.
        if len(queries) == 1:
            asked["query"] = queries[0]
        elif queries:
            asked["queries"] = queries
        asked.setdefault("limit", min(_DEFAULT_LIMIT * max(len(queries), 1), _MAX_LIMIT))
        if len(queries) > 1:
            asked.setdefault("per_query_limit", self.limit or _DEFAULT_LIMIT)
        return asked


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
