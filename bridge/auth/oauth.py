"""The authorization server as a whole: what its parts are given, and where they stand."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bridge.auth.address import PublicAddress
from bridge.auth.attempts import Attempts
from bridge.auth.authorize import AuthorizationEndpoint
from bridge.auth.client_documents import ClientDocuments, DocumentFetch, Fetch
from bridge.auth.clients import Clients
from bridge.auth.connections import Connections
from bridge.auth.connections_page import ConnectionsPage
from bridge.auth.gate import CallerKey
from bridge.auth.grants import Tokens
from bridge.auth.metadata import metadata_routes
from bridge.auth.pages import Pages
from bridge.auth.people import People
from bridge.auth.registration import RegistrationEndpoint
from bridge.auth.scopes import ALL_SCOPES
from bridge.auth.store import Store
from bridge.auth.token_endpoint import TokenEndpoint
from bridge.auth.verifier import AccessTokenVerifier

Endpoint = Callable[[Request], Awaitable[Response]]
# Where the specification of 2025-03-26 puts the endpoints of a server without metadata. The Python SDK refreshes there
# what it kept from before it was restarted, and would otherwise ask its user to connect again.
DEFAULT_PATHS = frozenset({"/register", "/authorize", "/token"})
PATHS = frozenset({"/oauth/register", "/oauth/authorize", "/oauth/token", "/oauth/revoke", "/oauth/connections"})


class OAuth:
    """Signs people in at `url`, who prove themselves with one of `keys`.

    `secrets` seal everything it gives out: the first seals, all of them open. Works only while `store` is run.
    """

    def __init__(
        self,
        url: str,
        keys: Iterable[CallerKey],
        secrets: Sequence[bytes],
        store: Store,
        *,
        fetch: Fetch | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = PublicAddress(url)
        self.store = store
        people, pages, attempts = People(keys), Pages(), Attempts(store)
        tokens = Tokens(secrets, now)
        clients = Clients(store, ClientDocuments(fetch or DocumentFetch(), clock=clock))
        connections = Connections(store, now=now, clock=clock)
        self.verifier = AccessTokenVerifier(tokens, people, connections, self.address)
        self._authorize = AuthorizationEndpoint(
            secrets, tokens, clients, people, attempts, self.address, pages, now=now
        )
        self._register = RegistrationEndpoint(store, attempts, now=now)
        self._tokens = TokenEndpoint(tokens, store, connections, clients, people, self.address)
        self._connections = ConnectionsPage(secrets, connections, people, attempts, self.address, pages, now=now)

    def __repr__(self) -> str:
        return f"OAuth({self.address.issuer})"

    def challenge(self, path: str, refused: bool) -> str:
        """WWW-Authenticate of a 401 at this path: where to read on, and what to ask for."""
        error = 'error="invalid_token", ' if refused else ""
        metadata = self.address.resource_metadata(path)
        return f'Bearer {error}resource_metadata="{metadata}", scope="{" ".join(ALL_SCOPES)}"'

    def routes(self, *layers: Middleware) -> list[Route]:
        """Everything under /.well-known and /oauth, open to those who are not signed in yet; `layers` before each."""
        return [
            *metadata_routes(self.address),
            *(
                route
                for base in ("/oauth", "")
                for route in (
                    _route(f"{base}/register", layers, POST=self._register.register),
                    _route(f"{base}/authorize", layers, GET=self._authorize.ask, POST=self._authorize.decide),
                    _route(f"{base}/token", layers, POST=self._tokens.token),
                )
            ),
            _route("/oauth/revoke", layers, POST=self._tokens.revoke),
            _route("/oauth/connections", layers, GET=self._connections.ask, POST=self._connections.show),
        ]


def _route(path: str, layers: Sequence[Middleware], **endpoints: Endpoint) -> Route:
    async def respond(request: Request) -> Response:
        # HEAD is answered as GET is.
        return await endpoints["POST" if request.method == "POST" else "GET"](request)

    return Route(path, respond, methods=list(endpoints), middleware=layers)
