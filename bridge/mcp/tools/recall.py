"""recall_memory: finds memories by meaning, fetches one by id, or lists all that carry certain tags."""

from collections.abc import Mapping
from typing import Any

from bridge.client import MemoryClient
from bridge.errors import UpstreamNotFound
from bridge.mcp.budget import fitted
from bridge.mcp.formatting import Recollection
from bridge.mcp.tools.recall_arguments import RecallArguments
from bridge.mcp.tools.tool import Answer, Hints, Tool

_PAGE = 20


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
        "matter, before you ask the user and before you store something new. Recall is cheap: ask several short "
        "questions with proper nouns, in `queries`, rather than one long one.\n\n"
        "`tags` filter hard: without a hit, ask again without them. `time_query` takes time in words. `tags: "
        "[preference], sort: updated_desc, limit: 20` lists current preferences. Without a question the most "
        "important memories come back.\n\n"
        "What is outdated is left out for what replaced it; `state_mode: history` shows how it came about. "
        "`expand_relations` adds the reasons and consequences of what was found.\n\n"
        "`memory_id` fetches one memory in full. `tags` with `exhaustive: true` lists every memory with any of exactly "
        "those tags, 20 a page.\n\n"
        "Each result has an id, for the other tools. A long answer shows previews and says so in its last line."
    ),
    arguments=RecallArguments,
    output={
        "results": {
            "type": "array",
            "description": "Best first: memory_id, content, tags, type, timestamp, final_score and more.",
            "items": {"type": "object"},
        },
        "count": {"type": "integer"},
        "mode": {"type": "string", "description": "ranked, id_fetch or enumeration."},
        "offset": {"type": "integer"},
        "has_more": {"type": "boolean", "description": "Whether more follow."},
    },
    hints=Hints(read_only=True, idempotent=True),
    work=_recall,
)
