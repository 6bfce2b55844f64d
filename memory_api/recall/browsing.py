"""Recall without a question: the filters choose, importance or time orders."""

from memory_api.recall.duplicates import merged
from memory_api.recall.hits import Hit
from memory_api.recall.search import Search
from memory_api.recall.state import Outdated, current

_MOST_AT_ONCE = 500


async def browse(search: Search, outdated: Outdated) -> list[Hit]:
    """As many memories as the page and those before it hold, and one more where there are more."""
    request = search.request
    wanted = search.page_end + 1
    size = min(wanted, _MOST_AT_ONCE)
    hits: list[Hit] = []
    offset = 0
    while len(hits) < wanted:
        memories = await search.storage.browse(search.scope, request.order, size, offset)
        listed = [
            Hit(memory, memory.importance, "trending", memory.importance, {"importance": memory.importance})
            for memory in memories
        ]
        if request.only_current:
            listed = await current(listed, search, outdated)
        hits, _ = merged([hits, listed])
        offset += size
        if len(memories) < size:
            break
    return hits
