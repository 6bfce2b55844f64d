"""Stores a memory in the place of an older one, also where the memory service does not do that by itself."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bridge.client import MemoryClient
from bridge.errors import SupersedeHalfDone, UpstreamError, UpstreamNotFound

SupersedeRelation = Literal["INVALIDATED_BY", "EVOLVED_INTO"]

_STRENGTH = 0.9


@dataclass(frozen=True, slots=True)
class Supersession:
    """Which memory is superseded, and how it relates to the new one."""

    memory_id: str
    relation: SupersedeRelation = "INVALIDATED_BY"
    reason: str | None = None


async def store_superseding(
    client: MemoryClient, memory: Mapping[str, Any], supersession: Supersession
) -> dict[str, Any]:
    """What the memory service answers to the store. Raises UpstreamNotFound where the older memory does not exist.

    It is one request to a service that takes `supersedes`. To others it is several: one that fails is followed by
    those that undo the earlier ones; where these fail too SupersedeHalfDone is raised.
    """
    if await client.takes_supersedes():
        wanted = {"id": supersession.memory_id, "relation": supersession.relation, "reason": supersession.reason}
        given = {name: value for name, value in wanted.items() if value is not None}
        return await client.store({**memory, "supersedes": given})
    old = (await client.get(supersession.memory_id))["memory"]
    stored = await client.store(memory)
    new_id = str(stored["memory_id"])
    try:
        await client.update(supersession.memory_id, _marks(old, new_id, supersession))
        await client.associate(_relation(new_id, supersession))
    except UpstreamError as error:
        await _undo(client, old, new_id, supersession, error)
        raise
    return stored


def _marks(old: Mapping[str, Any], new_id: str, supersession: Supersession) -> dict[str, Any]:
    # Such a service replaces the metadata as a whole, so all of it is sent.
    metadata = {
        **_metadata(old),
        "deprecated": True,
        "superseded_by": new_id,
        "supersede_relation": supersession.relation,
    }
    if supersession.reason is not None:
        metadata["supersede_reason"] = supersession.reason
    return {"t_invalid": _end(old, datetime.now(UTC)), "metadata": metadata}


def _end(old: Mapping[str, Any], now: datetime) -> str:
    """From when the old memory no longer holds: now, unless it ended before."""
    try:
        end = datetime.fromisoformat(str(old.get("t_invalid")))
    except ValueError:
        return now.isoformat()
    return min(end if end.tzinfo else end.replace(tzinfo=UTC), now).isoformat()


def _relation(new_id: str, supersession: Supersession) -> dict[str, Any]:
    reason = {} if supersession.reason is None else {"reason": supersession.reason}
    return {
        "memory1_id": supersession.memory_id,
        "memory2_id": new_id,
        "type": supersession.relation,
        "strength": _STRENGTH,
        **reason,
    }


async def _undo(
    client: MemoryClient, old: Mapping[str, Any], new_id: str, supersession: Supersession, error: UpstreamError
) -> None:
    """The old memory as it was, and only then without the new one: what was said is never lost from both."""
    before = {"t_invalid": old.get("t_invalid"), "metadata": _metadata(old)}
    try:
        await client.update(supersession.memory_id, before)
        with suppress(UpstreamNotFound):
            await client.delete(new_id)
    except UpstreamError:
        raise SupersedeHalfDone(supersession.memory_id, new_id, error) from error


def _metadata(memory: Mapping[str, Any]) -> dict[str, Any]:
    metadata = memory.get("metadata")
    return metadata if isinstance(metadata, dict) else {}
