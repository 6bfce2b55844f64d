"""What has to be remembered between requests because no seal can hold it: a Protocol with two implementations."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from pydantic import BaseModel, ConfigDict

RETRY_SECONDS = 60
"""For so long a refresh token that was just used gives the same pair again: its answer may have been lost."""


class Connection(BaseModel):
    """A client that somebody connected. Times are seconds since 1970."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    client_name: str
    client_id: str
    scopes: tuple[str, ...]
    connected_at: float
    used_at: float


class Registration(BaseModel):
    """A client that registered itself."""

    model_config = ConfigDict(frozen=True)

    client_id: str
    client_name: str
    redirect_uris: tuple[str, ...]


class Store(Protocol):
    """Keeps what it is told for a number of seconds. Every method raises StateUnavailable where it cannot."""

    def run(self) -> AbstractAsyncContextManager[None]:
        """Open for as long as this is."""
        ...

    async def spend(self, ticket: str, seconds: int) -> bool:
        """True the first time, False for every later time and on every other replica."""
        ...

    async def connect(self, connection: Connection, seconds: int) -> None:
        """Writes a connection down, or what has changed about it. One that was ended stays ended."""
        ...

    async def rotate(self, connection_id: str, generation: int, now: float, seconds: int) -> float | None:
        """When the refresh token of this generation was used up: `now`, or earlier if this is a retry.

        None where it was used more than RETRY_SECONDS ago, or the connection was ended. A connection that is not known
        is taken at its word: the seal has proved it genuine.
        """
        ...

    async def end(self, connection_id: str, seconds: int) -> None:
        """Disconnects, whether the connection is known or not."""
        ...

    async def is_ended(self, connection_id: str) -> bool:
        """Whether the connection was disconnected."""
        ...

    async def connections(self, name: str) -> list[Connection]:
        """What is connected to the memory of this name, the latest first; at most 200."""
        ...

    async def register(self, registration: Registration, seconds: int, *, most: int) -> None:
        """Writes a client down. Above `most` of them the one that ends soonest goes."""
        ...

    async def registration(self, client_id: str) -> Registration | None:
        """A client that registered here."""
        ...

    async def keep_registration(self, client_id: str, seconds: int) -> None:
        """Lets a registration last for so long from now on; nothing where there is none."""
        ...

    async def count(self, event: str, seconds: int) -> int:
        """How often this has happened since it happened first, at most `seconds` ago, this time included."""
        ...
