"""GET and POST /oauth/connections: what is connected to a person's memory, with a button to disconnect each."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from bridge.auth.address import PublicAddress
from bridge.auth.attempts import WRONG_KEYS, Attempts
from bridge.auth.connections import Connections
from bridge.auth.forms import address_of, form, from_own_page
from bridge.auth.pages import Pages
from bridge.auth.people import People, Person
from bridge.auth.refusals import Refusal, StateUnavailable
from bridge.auth.rights import WRITE
from bridge.auth.seal import Seal
from bridge.auth.store import Connection

logger = structlog.stdlib.get_logger(__name__)

TITLE = "Connected apps"

_TICKET_SECONDS = 900


class Shown(BaseModel):
    """Whose connections the page shows. Only its forms hold this: there is no cookie that others could make use of."""

    model_config = ConfigDict(frozen=True)

    name: str
    key: str
    expires_at: float


class ConnectionsPage:
    """Shows a person's connections to whoever has their key."""

    def __init__(
        self,
        secrets: Sequence[bytes],
        connections: Connections,
        people: People,
        attempts: Attempts,
        address: PublicAddress,
        pages: Pages,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._tickets = Seal(secrets, "mbs_", Shown)
        self._connections = connections
        self._people = people
        self._attempts = attempts
        self._action = address.url("/oauth/connections")
        self._pages = pages
        self._now = now

    async def ask(self, _: Request) -> Response:
        """Asks for the key."""
        return self._asking()

    async def show(self, request: Request) -> Response:
        """Shows the connections, after it has ended the one that was chosen."""
        try:
            if not from_own_page(request):
                raise Refusal("invalid_request", "This form was sent from another site", 403)
            fields = await form(request)
            if "ticket" in fields:
                person = self._shown(fields["ticket"])
                await self._end(person, fields.get("connection", ""))
            else:
                await self._attempts.check(WRONG_KEYS, address_of(request))
                found = self._people.with_key(fields.get("key", "").strip())
                if found is None:
                    logger.warning("wrong key on the page of connections", address=address_of(request))
                    return self._asking("No memory here has this key.", 403)
                person = found
            return self._listed(person, await self._connections.of(person.name))
        except (Refusal, StateUnavailable) as error:
            return self._pages.problem("That did not work", str(error), error.status)

    def _shown(self, ticket: str) -> Person:
        shown = self._tickets.open(ticket)
        person = self._people.known(shown.name, shown.key) if shown and self._now() < shown.expires_at else None
        if person is None:
            raise Refusal("invalid_request", "This page has expired. Open it again.")
        return person

    async def _end(self, person: Person, connection_id: str) -> None:
        # Whoever has one memory cannot end the connections of another.
        if any(connection.id == connection_id for connection in await self._connections.of(person.name)):
            await self._connections.end(connection_id)
            logger.info("disconnected", key=person.name, connection=connection_id)

    def _asking(self, problem: str = "", status: int = 200) -> Response:
        shown = self._pages.fragment("wrong", problem=problem) if problem else ""
        return self._pages.page(
            TITLE, self._pages.fragment("key", {"problem": shown}, action=self._action), status=status
        )

    def _listed(self, person: Person, connections: Sequence[Connection]) -> Response:
        expires_at = self._now() + _TICKET_SECONDS
        ticket = self._tickets.seal(Shown(name=person.name, key=person.digest, expires_at=expires_at))
        rows = "".join(self._row(connection, ticket) for connection in connections)
        body = self._pages.fragment("connections" if rows else "nothing", {"rows": rows}, name=person.name)
        return self._pages.page(TITLE, body)

    def _row(self, connection: Connection, ticket: str) -> str:
        return self._pages.fragment(
            "connection",
            client=connection.client_name,
            access="May recall and change memories" if WRITE in connection.scopes else "May recall memories only",
            connected=_day(connection.connected_at),
            used=_day(connection.used_at),
            action=self._action,
            ticket=ticket,
            connection=connection.id,
        )


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %B %Y")
