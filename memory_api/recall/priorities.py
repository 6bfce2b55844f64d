"""What the caller works on comes first: memories named by id, and some that fit the profile where none was found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory_api.models.memory import Memory
from memory_api.recall.hits import Hit, ordered
from memory_api.recall.profile import Profile
from memory_api.recall.scoring import score
from memory_api.recall.search import Search
from memory_api.recall.state import Outdated, current

_INJECTED = 3
_ADDED = ("priority_id", "tag")


@dataclass(frozen=True, slots=True)
class Context:
    """The profile that was in force, and whether memories on the page were added for it."""

    profile: Profile
    injected: bool


def context_of(page: Sequence[Hit], search: Search) -> Context | None:
    """The profile in force, where there is one, and what was added to this page for it."""
    added = any(hit.match_type in _ADDED for hit in page)
    return None if search.profile is None else Context(search.profile, added)


async def with_priorities(hits: Sequence[Hit], search: Search, outdated: Outdated) -> list[Hit]:
    """The hits in the order asked for, with the memories of `priority_ids` in front, in theirs.

    Named memories are there whatever the filters say, as the contract has it.
    """
    profile, order = search.profile, search.request.order
    if profile is None:
        return ordered(hits, order)
    missing = await _missing(hits, search)
    added = [_injected(memory, profile, "priority_id", search) for memory in missing]
    if not any(profile.bonus(hit.memory) for hit in (*hits, *added)):
        known = {hit.id for hit in (*hits, *added)}
        added += [hit for hit in await _fitting(profile, search, outdated) if hit.id not in known]
    places = {memory_id: place for place, memory_id in enumerate(search.request.priority_ids)}
    named = sorted((hit for hit in (*hits, *added) if hit.id in places), key=lambda hit: places[hit.id])
    others = ordered((hit for hit in (*hits, *added) if hit.id not in places), order)
    return [*named, *others]


async def _missing(hits: Sequence[Hit], search: Search) -> list[Memory]:
    found = {hit.id for hit in hits}
    wanted = [memory_id for memory_id in search.request.priority_ids if memory_id not in found]
    return list((await search.storage.fetch(wanted)).values()) if wanted else []


async def _fitting(profile: Profile, search: Search, outdated: Outdated) -> list[Hit]:
    """The three most important memories in scope that carry a tag of the profile, or what replaced them."""
    if not profile.tags:
        return []
    scope = replace(search.scope, tags=tuple(profile.tags), tag_mode="any", tag_match="prefix")
    memories = await search.storage.browse(scope, "score", _INJECTED)
    inside = await search.storage.inside([memory.id for memory in memories], search.scope)
    fitting = [_injected(memory, profile, "tag", search) for memory in memories if memory.id in inside]
    return await current(fitting, search, outdated) if search.request.only_current else fitting


def _injected(memory: Memory, profile: Profile, match_type: str, search: Search) -> Hit:
    components = {"vector": 0.0, "keyword": 0.0, "context": profile.bonus(memory)}
    total = score(components, search.weights)
    return Hit(memory, total, match_type, components["context"], components)
