"""Whose memory a speaker uses, and the key of it. Nothing that a request says chooses more than that."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.alexa.pairing import Pairings
from bridge.alexa.turn import Speaker


@dataclass(frozen=True, slots=True)
class Owner:
    """The name of a memory, and the key that opens it; None where the memory service asks for none."""

    name: str
    key: str | None = field(repr=False)


class Owners:
    """`keys` opens the memories by name; `lone` is the name whose memory everybody uses who is not paired."""

    def __init__(self, keys: Mapping[str, str | None], pairings: Pairings, *, lone: str | None) -> None:
        self._keys = keys
        self._pairings = pairings
        self._lone = lone

    async def of(self, speaker: Speaker) -> Owner | None:
        """None where the speaker is not paired and there is no lone owner, or the name has no key any more.

        Raises sqlite3.Error or OSError.
        """
        paired = await asyncio.to_thread(self._pairings.name_of, speaker)
        name = paired or self._lone
        return Owner(name, self._keys[name]) if name is not None and name in self._keys else None

    async def pair(self, speaker: Speaker, code: str) -> str | None:
        """The name that the speaker is paired with from now on, None where the code is wrong. Raises as `of` does."""
        return await asyncio.to_thread(self._pairings.redeem, code, speaker)
