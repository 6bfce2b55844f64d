"""Looks beyond the tags asked for where they hold too little."""

from dataclasses import replace

from memory_api.recall.duplicates import fingerprint, merged
from memory_api.recall.hits import Hit
from memory_api.recall.ranking import rank
from memory_api.recall.search import Search
from memory_api.recall.state import Outdated, current


async def outside_tags(hits: list[Hit], search: Search, outdated: Outdated) -> list[Hit]:
    """What fills the page from outside the tags, marked so; nothing unless asked for and needed.

    Every other filter holds. A memory from outside stands below all from inside, whatever its score.
    """
    request = search.request
    lacking = search.page_end - len(hits)
    if not (request.scope_fallback and request.tags and request.is_question) or lacking <= 0:
        return []
    wider = search.within(replace(search.scope, tags=()))
    others, _ = merged([(await rank(text, wider)).hits for text in request.asks])
    if request.only_current:
        others = await current(others, wider, outdated)
    inside = {hit.id for hit in hits} | await search.storage.inside([hit.id for hit in others], search.scope)
    said = {fingerprint(hit.memory.content) for hit in hits}
    outside = [hit for hit in others if hit.id not in inside and fingerprint(hit.memory.content) not in said]
    return [replace(hit, extra={**hit.extra, "outside_tag_scope": True}) for hit in outside[:lacking]]
