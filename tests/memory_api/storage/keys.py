"""Candidates are known by keys, memories by ids: from the ones to the others, as recall goes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from memory_api.storage.base import Candidate, Choice, Scope, Storage
from tests.memory_api.builders import axis


@dataclass(slots=True)
class Chosen(Choice):
    """A choice made before, and what was told while it was asked for."""

    keys: Sequence[int] = ()
    seeded: Sequence[int] = ()
    streams: Mapping[int, str] = field(default_factory=dict)
    beside: Sequence[tuple[int, int]] = ()

    def seeds(self, streams: Mapping[int, str]) -> Sequence[int]:
        self.streams = streams
        return self.seeded

    def chosen(self, beside: Sequence[tuple[int, int]]) -> Sequence[int]:
        self.beside = beside
        return self.keys


async def ids_by_key(storage: Storage, keys: Iterable[int]) -> dict[int, str]:
    """The ids of the memories that are still there."""
    gathered = await storage.gather([], Scope(), Chosen(list(keys)))
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


async def streams_by_id(storage: Storage) -> dict[str, str]:
    """The stream of every memory that is in one."""
    keys = await keys_by_id(storage)
    told = Chosen()
    # A key that no memory has is that of one deleted meanwhile.
    await storage.gather([*keys.values(), 10**9], Scope(), told)
    return {memory_id: told.streams[key] for memory_id, key in keys.items() if key in told.streams}
