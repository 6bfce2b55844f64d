"""Whose memory a speaker uses, and the key of it. Nothing that a request says chooses more than that."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.alexa.pairing import Pairings
from bridge.alexa.turn import Speaker


@dataclass(frozen=True, slots=True)
class Owner:
    """The name of a memory, the key that opens it, None where the memory service asks for none, and what it allows."""

    name: str
    key: str | None = field(repr=False)
    may_write: bool


class Owners:
    """`keys` opens the memories by name, those of `readers` only for reading.

    `lone` is the name whose memory everybody uses who is not paired.
    """

    def __init__(
        self,
        keys: Mapping[str, str | None],
        pairings: Pairings,
        *,
        lone: str | None,
        readers: frozenset[str] = frozenset(),
    ) -> None:
        self._keys = keys
        self._pairings = pairings
        self._lone = lone
        self._readers = readers

    async def of(self, speaker: Speaker) -> Owner | None:
        """None where the speaker is not paired and there is no lone owner, or the name has no key any more.

        Raises sqlite3.Error or OSError.
        """
        paired = await asyncio.to_thread(self._pairings.name_of, speaker)
        name = paired or self._lone
        if name is None or name not in self._keys:
            return None
        return Owner(name, self._keys[name], name not in self._readers)

    async def pair(self, speaker: Speaker, code: str) -> str | None:
        """The name that the speaker is paired with from now on, None where the code is wrong. Raises as `of` does."""
        return await asyncio.to_thread(self._pairings.redeem, code, speaker)
