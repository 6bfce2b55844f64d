"""Recall without a question: the filters choose, importance or time orders."""

from memory_api.models.memory import Memory
from memory_api.recall.duplicates import merged
from memory_api.recall.hits import Hit
from memory_api.recall.search import Search
from memory_api.recall.state import Outdated, current

_MOST_AT_ONCE = 500


async def browse(search: Search, outdated: Outdated) -> tuple[list[Hit], int]:
    """As many memories as the page and those before it hold, and one more where there are more; how many repeated one.

    Every memory stands where its own importance or time puts it, also one that replaced another: its place must not
    depend on how many were read, or pages would overlap.
    """
    request = search.request
    wanted = search.page_end + 1
    size = min(wanted, _MOST_AT_ONCE)
    hits: list[Hit] = []
    repeated = offset = 0
    while len(hits) < wanted:
        memories = await search.storage.browse(search.scope, request.order, size, offset)
        listed = [_listed(memory) for memory in memories]
        if request.only_current:
            await current(listed, search, outdated)
            listed = [hit for hit in listed if not outdated.has(hit.id)]
        hits, dropped = merged([hits, listed], request.order)
        repeated += dropped
        offset += size
        if len(memories) < size:
            break
    return hits, repeated


def _listed(memory: Memory) -> Hit:
    return Hit(memory, memory.importance, "trending", memory.importance, {"importance": memory.importance})
