"""recall_memory: finds memories by meaning, fetches one by id, or lists all that carry certain tags."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bridge.client import MemoryClient
from bridge.errors import UpstreamNotFound
from bridge.mcp.budget import fitted
from bridge.mcp.formatting import Recollection
from bridge.mcp.tools.fields import (
    Arguments,
    Embedding,
    FreeText,
    Given,
    MemoryId,
    Tags,
    Timestamp,
    refusal,
)
from bridge.mcp.tools.tool import Answer, Hints, Tool

_DEFAULT_LIMIT = 5
_MAX_LIMIT = 200
_PAGE = 20
_MAX_QUERIES = 20

Query = Annotated[FreeText, Field(max_length=8_000)]
Limit = Annotated[int, Field(ge=1, le=_MAX_LIMIT)]


class RecallArguments(Arguments):
    """A ranked question, or `memory_id`, or `tags` with `exhaustive`."""

    query: Annotated[
        Query | None,
        Given,
        Field(description="What you want to know, in words: names, topics, a question. Meaning counts, not wording."),
    ] = None
    queries: Annotated[
        Annotated[list[Query], Field(min_length=1, max_length=_MAX_QUERIES)] | None,
        Given,
        Field(description="Several questions at once; their results are merged without duplicates."),
    ] = None
    embedding: Annotated[
        Embedding | None,
        Given,
        Field(description="A ready vector of the size that the memory uses. Normally left out."),
    ] = None
    limit: Annotated[
        Limit | None, Given, Field(description="Memories at most; 5 if left out, or 5 for each of `queries`.")
    ] = None
    per_query_limit: Annotated[Limit | None, Given, Field(description="Memories at most for each query.")] = None
    start: Annotated[Timestamp | None, Given, Field(description="Only what happened at or after this time.")] = None
    end: Annotated[Timestamp | None, Given, Field(description="Only what happened at or before this time.")] = None
    sort: Annotated[
        Literal["score", "time_desc", "time_asc", "updated_desc", "updated_asc"] | None,
        Given,
        Field(description="Best match first (score), or by time, or by last change."),
    ] = None
    tags: Annotated[
        Tags | None, Given, Field(description="A hard gate: only memories with these tags. Leave out to search all.")
    ] = None
    exclude_tags: Annotated[
        Tags | None, Given, Field(description="Leave out memories that carry any of these tags.")
    ] = None
    tag_mode: Annotated[
        Literal["any", "all"] | None, Given, Field(description="Whether one of `tags` is enough (any, the default).")
    ] = None
    tag_match: Annotated[
        Literal["prefix", "exact"] | None,
        Given,
        Field(description="prefix (the default): project also finds project:alpha."),
    ] = None
    memory_id: Annotated[
        MemoryId | None, Given, Field(description="Fetch this one memory in full; only `format` beside it.")
    ] = None
    exhaustive: Annotated[
        bool | None,
        Given,
        Field(description="With `tags`: list every memory that carries any of exactly these tags, page by page."),
    ] = None
    offset: Annotated[
        Annotated[int, Field(ge=0, le=1_000_000_000)] | None,
        Given,
        Field(description="With `exhaustive`: how many to skip; the answer says where the next page starts."),
    ] = None
    format: Annotated[
        Literal["text", "items", "detailed", "json"] | None,
        Given,
        Field(description="text (the default), items: one part a memory, detailed: every field, json: the raw answer."),
    ] = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.memory_id is not None:
            self._allow_only({"memory_id", "format"}, "memory_id fetches one memory")
        elif self.exhaustive:
            self._check_listing()
        elif self.offset is not None:
            raise refusal("offset goes only with exhaustive: true; raise limit to see more of a ranked recall")
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


async def _recall(client: MemoryClient, arguments: RecallArguments) -> Answer:
    if arguments.memory_id is not None:
        recollection = await _fetch(client, arguments.memory_id)
    elif arguments.exhaustive:
        recollection = await _listing(client, arguments)
    else:
        recollection = Recollection("ranked", await client.recall(arguments.question()))
    texts, structured = fitted(recollection, arguments.format or "text")
    return Answer(texts, structured)


async def _fetch(client: MemoryClient, memory_id: str) -> Recollection:
    try:
        results = [_direct((await client.get(memory_id))["memory"], memory_id)]
    except UpstreamNotFound:
        results = []
    return Recollection("id_fetch", {"status": "success", "results": results, "count": len(results)})


async def _listing(client: MemoryClient, arguments: RecallArguments) -> Recollection:
    page = await client.by_tag(arguments.tags or [], limit=arguments.limit or _PAGE, offset=arguments.offset or 0)
    results = [_direct(memory) for memory in page["memories"] if isinstance(memory, Mapping)]
    envelope = {name: value for name, value in page.items() if name != "memories"}
    return Recollection("enumeration", {**envelope, "results": results, "count": len(results)})


def _direct(memory: Mapping[str, Any], memory_id: str | None = None) -> dict[str, Any]:
    return {"id": memory.get("id", memory_id), "match_type": "direct", "memory": memory}


RECALL_MEMORY = Tool(
    name="recall_memory",
    title="Recall memory",
    description=(
        "Searches the user's lasting memory by meaning and returns the memories that fit best.\n\n"
        "Call it at the start of a task and whenever earlier preferences, decisions, people, projects or lessons could "
        "matter, before you ask the user and before you store something new. Recall is cheap: ask several short, "
        "concrete questions with proper nouns rather than one long one, or put them into `queries`.\n\n"
        "`tags` filter hard: without a hit, ask again without them. `start` and `end` bound the time of the memory, "
        "`sort` orders by time instead of fit: `tags: [preference], sort: updated_desc, limit: 20` lists current "
        "preferences. Without any question the most important memories come back.\n\n"
        "`memory_id` fetches one memory in full. `tags` with `exhaustive: true` lists every memory with any of exactly "
        "those tags, most important first, 20 a page; go on with `offset` while has_more is true.\n\n"
        "Each result has an id, for update_memory, delete_memory and associate_memories. A long answer shows previews "
        "and says so in its last line."
    ),
    arguments=RecallArguments,
    output={
        "results": {
            "type": "array",
            "description": "Best first: memory_id, content, tags, type, importance, times, final_score and more.",
            "items": {"type": "object", "properties": {"memory_id": {"type": "string"}}},
        },
        "count": {"type": "integer", "description": "How many memories were found."},
        "mode": {"type": "string", "description": "ranked, id_fetch or enumeration."},
        "has_more": {"type": "boolean", "description": "Whether another page follows, in an enumeration."},
    },
    hints=Hints(read_only=True, idempotent=True),
    work=_recall,
)
