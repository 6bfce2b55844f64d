"""What is true now: outdated memories give way to what replaced them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from memory_api.models.memory import Memory
from memory_api.recall.hits import Hit, best_first
from memory_api.recall.search import Search
from memory_api.storage.base import Lineage, Link


@dataclass(slots=True)
class Outdated:
    """What was left out, why, and what came in its place; the shape of `state_filter` in the answer."""

    suppressed: list[dict[str, Any]] = field(default_factory=list)
    replacements: list[dict[str, Any]] = field(default_factory=list)
    _noted: set[str] = field(default_factory=set)

    def has(self, memory_id: str) -> bool:
        """Whether this memory was left out."""
        return memory_id in self._noted

    def note(self, memory_id: str, reason: str, head: Link | None) -> None:
        """One memory that was left out, and the relation to what came in its place; each memory is noted once."""
        if self.has(memory_id):
            return
        self._noted.add(memory_id)
        gone: dict[str, Any] = {"id": memory_id, "reason": reason}
        if head is not None:
            gone |= {"replacement_id": head.other, "relation_type": head.type}
            self.replacements.append({"id": head.other, "replaces_id": memory_id, "relation_type": head.type})
        self.suppressed.append(gone)


async def current(hits: Sequence[Hit], search: Search, outdated: Outdated, lineage: Lineage | None = None) -> list[Hit]:
    """The hits that hold now, each outdated one replaced by the head of its chain where that passes the filters.

    Notes what went and why in `outdated`. A head that scores less than what it replaces, or was not found itself, takes
    the place, the score and the components of that one. `lineage` saves reading what is known of the hits already.
    """
    if not hits:
        return []
    state = _State(search.now.isoformat(), lineage or await _lineage(hits, search))
    reasons = {hit.id: reason for hit in hits if (reason := state.reason(hit.id)) is not None}
    heads = {memory_id: head for memory_id in reasons if (head := state.head(memory_id)) is not None}
    inside = await _inside([link.other for link in heads.values()], search)
    kept = {hit.id: hit for hit in hits if hit.id not in reasons}
    for hit in hits:
        if hit.id not in reasons:
            continue
        head = heads.get(hit.id)
        standing_in = head if head is not None and head.other in inside else None
        outdated.note(hit.id, reasons[hit.id], standing_in)
        if standing_in is not None:
            _put_in_place(kept, hit, standing_in, state.lineage.memories[standing_in.other])
    return best_first(kept.values())


async def _lineage(hits: Sequence[Hit], search: Search) -> Lineage:
    successions = await search.storage.successions([hit.id for hit in hits])
    known = {hit.id: hit.memory for hit in hits}
    reached = {link.other for links in successions.values() for link in links} - known.keys()
    if reached:
        known |= await search.storage.fetch(list(reached))
    return Lineage(known, successions)


async def _inside(ids: list[str], search: Search) -> set[str]:
    return await search.storage.inside(ids, search.scope) if ids and not search.scope.open else set(ids)


def _put_in_place(kept: dict[str, Hit], old: Hit, way: Link, memory: Memory) -> None:
    found = kept.get(memory.id)
    if found is not None and found.score >= old.score:
        return
    related_to = ({"type": way.type, "strength": way.strength, "from": old.id},)
    replaced = {"state_replaces": old.id}
    kept[memory.id] = Hit(memory, old.score, "state_replacement", old.match_score, old.components, related_to, replaced)


@dataclass(frozen=True, slots=True)
class _State:
    now: str
    lineage: Lineage

    def reason(self, memory_id: str) -> str | None:
        """Why the memory does not hold now; None where it does."""
        memory = self.lineage.memories[memory_id]
        if memory.t_valid > self.now:
            return "not_yet_valid"
        if memory_id in self.lineage.successions and self.head(memory_id) is not None:
            return "superseded"
        return None if self._in_force(memory) else "expired"

    def head(self, memory_id: str) -> Link | None:
        """The last step to a memory in force along the newest successions that lead to one; None where there is none.

        Memories that supersede one another in a circle all stand.
        """
        head: Link | None = None
        here, passed = memory_id, {memory_id}
        while True:
            link = self._newest(here)
            if link is None or link.other in passed:
                return None if link is not None and link.other == memory_id else head
            if self._in_force(self.lineage.memories[link.other]):
                head = link
            here = link.other
            passed.add(here)

    def _newest(self, memory_id: str) -> Link | None:
        known = self.lineage.memories
        links = [link for link in self.lineage.successions.get(memory_id, ()) if link.other in known]
        return next((link for link in links if self._in_force(known[link.other])), links[0] if links else None)

    def _in_force(self, memory: Memory) -> bool:
        return memory.t_valid <= self.now and (memory.t_invalid is None or memory.t_invalid > self.now)
