"""What every storage offers; tests/memory_api/storage/contract.py is this contract as tests.

A storage holds one tenant's memories. Every write is atomic and durable when it returns: a crash right after keeps
it, and the next read of any kind sees it. Reads never wait for writes. Every awaited method may raise
StorageUnavailable, and Overloaded at once when too much work already waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from memory_api.models.memory import RELATION_TYPES, Memory, Record, Relation
from memory_api.models.queries import Order


@dataclass(frozen=True, slots=True)
class Scope:
    """Which memories a search may return. Times are UTC ISO 8601 text and both inclusive.

    A tag matches a memory's tag that is equal, letter case aside; with `prefix` also one that continues it by
    another segment (`work` finds `work:alpha` and `Work/Alpha`, not `workshop`). `exclude` always matches by prefix.
    """

    tags: tuple[str, ...] = ()
    tag_mode: Literal["any", "all"] = "any"
    tag_match: Literal["prefix", "exact"] = "prefix"
    exclude: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None

    @property
    def open(self) -> bool:
        """Whether every memory is inside."""
        return not (self.tags or self.exclude or self.start or self.end)


@dataclass(frozen=True, slots=True)
class Change:
    """What an update sets. `values` has column names of Memory; `metadata` is merged, None removes a key.

    `metadata=None` leaves the metadata as it is, `clear_metadata` empties it first. `vector` replaces the vector.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] | None = None
    clear_metadata: bool = False
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory that a search found; what `score` means is the method's to say.

    `key` is what the storage knows it by: most candidates are never read whole, so none is looked up for its id. It
    stands for the same memory in Storage.gather.
    """

    key: int
    score: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A memory at the other end of a relation that leaves the memory asked about."""

    type: str
    strength: float
    memory: Memory


@dataclass(frozen=True, slots=True)
class Link:
    """One relation of a memory asked about, seen from there. `other` is the id at its far end."""

    asked: str
    other: str
    type: str
    strength: float
    outgoing: bool


@dataclass(frozen=True, slots=True)
class Lineage:
    """Memories by id, with those that took their place; `successions` as in Storage.successions."""

    memories: Mapping[str, Memory]
    successions: Mapping[str, Sequence[Link]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """The chosen memories by their keys, and their lineage; see Storage.gather."""

    chosen: Mapping[int, Memory]
    lineage: Lineage


class Choice(Protocol):
    """Decides in the middle of Storage.gather, maybe on another thread; every memory is named by its key."""

    def seeds(self, streams: Mapping[int, str]) -> Sequence[int]:
        """Those whose neighbours may matter, from the stream of each candidate that is part of one (models.streams)."""

    def chosen(self, beside: Sequence[tuple[int, int]]) -> Sequence[int]:
        """The memories to read, from pairs of a seed and the memory right before or after it in its stream."""


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of an enumeration, and whether more follows."""

    memories: list[Memory]
    has_more: bool


class Storage(Protocol):
    """One tenant's memories, their vectors, words, tags and relations."""

    async def store(self, records: Sequence[Record]) -> list[bool]:
        """Stores all or none. False where the id already holds the same content: that one is left as it was.

        Raises Conflict where an id holds other content.
        """

    async def get(self, memory_id: str) -> Memory | None:
        """The memory, or None."""

    async def fetch(self, ids: Sequence[str]) -> dict[str, Memory]:
        """The memories among these ids that exist."""

    async def update(self, memory_id: str, change: Change) -> Memory:
        """Changes the memory and everything derived from it; returns the new state.

        Raises MemoryNotFound, and InvalidRequest where the merged metadata would outgrow its limit.
        """

    async def delete(self, memory_id: str) -> bool:
        """Removes the memory with its vector, words, tags and relations. False where there was none."""

    async def delete_tagged(self, tags: Sequence[str]) -> int:
        """Removes every memory that carries any of the tags exactly; returns how many."""

    async def tagged(self, tags: Sequence[str], limit: int, offset: int) -> Page:
        """Memories that carry any of the tags exactly: importance desc, timestamp desc, id asc."""

    async def associate(self, relations: Sequence[Relation]) -> list[bool]:
        """Stores the relations whose two memories exist; False for the others."""

    async def neighbours(
        self, ids: Sequence[str], limit: int, types: Sequence[str] = RELATION_TYPES
    ) -> dict[str, list[Neighbour]]:
        """Up to `limit` outgoing relations of each memory, newest first; memories without any are absent."""

    async def related(self, memory_id: str, types: Sequence[str], depth: int, limit: int) -> list[Memory]:
        """Memories within `depth` relations in either direction: importance desc, timestamp desc."""

    async def nearest(
        self, vector: NDArray[np.float32], limit: int, scope: Scope, also: Sequence[int] = ()
    ) -> list[Candidate]:
        """The memories nearest to a vector of length 1, best first; `score` is the cosine, -1..1.

        Those whose keys are given in `also` come too, beyond the limit, however far they are.
        """

    async def matching(self, words: Sequence[str], limit: int, scope: Scope) -> list[Candidate]:
        """The memories that contain any of the words, best first.

        `score` is BM25 as a share of what a memory of middling length that says every word once would have: above 0,
        mostly below 1. A word that no memory holds counts as much as the rarest of the others; words so common that
        they were left out do not count.
        """

    async def browse(self, scope: Scope, order: Order, limit: int, offset: int = 0) -> list[Memory]:
        """Memories in the scope; `score` orders by importance, then by timestamp, newest first."""

    async def inside(self, ids: Sequence[str], scope: Scope) -> set[str]:
        """Those of the ids that name a memory in the scope."""

    async def gather(self, candidates: Sequence[int], scope: Scope, choice: Choice) -> Gathered:
        """The memories that are chosen, those that took their place, and the successions between them.

        Candidates are given by their keys; neighbours of the seeds are in the scope. All in one go, because it is asked
        for at every recall. What has been deleted meanwhile is missing.
        """

    async def links(self, ids: Sequence[str], types: Sequence[str], limit: int) -> list[Link]:
        """Up to `limit` relations of these types of each memory, in either direction, newest first."""

    async def successions(self, ids: Sequence[str]) -> dict[str, list[Link]]:
        """Relations by which these memories were superseded, and their successors in turn, to the end of each chain.

        Keys are ids of superseded memories, also of such as were reached; each list is newest first. A circle ends
        where it closes.
        """

    async def common(self, words: Sequence[str], scope: Scope, share: float, least: int = 1) -> set[str]:
        """Those of the words that stand in at least this share (0..1) of the memories in the scope, and in `least`.

        All memories may stand for a scope of very many.
        """

    def touch(self, ids: Sequence[str], instant: str) -> None:
        """Notes that these memories were read; kept soon after, and the one write that a crash may lose."""

    def count(self) -> int:
        """How many memories there are."""

    def waiting(self) -> int:
        """How many writes and reads have been asked for and not begun."""

    async def close(self) -> None:
        """Finishes the writes that wait, then frees everything. A closed storage raises StorageUnavailable."""


class StorageEngine(Protocol):
    """Opens a tenant's storage. Raises StartupError where the data does not fit this process."""

    @property
    def name(self) -> str:
        """What /health calls it."""

    async def open(self, tenant: str) -> Storage:
        """The storage of this tenant, made where there is none."""

    async def sizes(self) -> dict[str, int]:
        """Bytes on disk by tenant, of all that there are, open or not."""

    async def close(self) -> None:
        """Frees what the storages share; they are closed before."""
