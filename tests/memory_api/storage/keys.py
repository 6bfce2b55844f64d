"""Candidates are known by keys, memories by ids: from the ones to the others, as recall goes."""

from collections.abc import Iterable

from memory_api.storage.base import Candidate, Scope, Storage
from tests.memory_api.builders import axis


async def ids_by_key(storage: Storage, keys: Iterable[int]) -> dict[int, str]:
    """The ids of the memories that are still there."""
    listed = list(keys)
    gathered = await storage.gather([], Scope(), lambda _: listed)
    return {key: memory.id for key, memory in gathered.chosen.items()}


async def ids_of(storage: Storage, candidates: Iterable[Candidate]) -> list[str]:
    """Their ids, in their order."""
    found = list(candidates)
    named = await ids_by_key(storage, (candidate.key for candidate in found))
    return [named[candidate.key] for candidate in found]


async def keys_by_id(storage: Storage) -> dict[str, int]:
    """The key of every memory."""
    everything = await storage.nearest(axis(0), max(1, storage.count()), Scope())
    named = await ids_by_key(storage, (candidate.key for candidate in everything))
    return {memory_id: key for key, memory_id in named.items()}
