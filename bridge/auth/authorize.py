"""GET and POST /oauth/authorize: a client asks, a person decides, and a code goes back."""

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bridge.auth.address import PublicAddress
from bridge.auth.attempts import DOCUMENTS, WRONG_KEYS, Attempts
from bridge.auth.clients import PINNED, Client, Clients, is_document
from bridge.auth.forms import address_of, form, from_own_page, parameters, required
from bridge.auth.grants import Grant, Tokens
from bridge.auth.pages import Pages
from bridge.auth.people import People, Person
from bridge.auth.redirects import form_target, is_registered, shown, with_parameters
from bridge.auth.refusals import Refusal, StateUnavailable
from bridge.auth.rights import WRITE, covered
from bridge.auth.scopes import requested_scopes
from bridge.auth.seal import Seal

logger = structlog.stdlib.get_logger(__name__)

CONSENT_SECONDS = 900

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_STATE_CHARS = 4_096
_CANNOT_CONNECT = "This app cannot be connected"


class Asking(BaseModel):
    """An authorization request that was found in order: it is sealed into the consent page that asks about it."""

    model_config = ConfigDict(frozen=True)

    client_id: str
    client_name: str
    proof: str
    redirect_uri: str
    state: str | None
    code_challenge: str
    scopes: tuple[str, ...]
    resource: str
    expires_at: float


class AuthorizationEndpoint:
    """Asks whoever sits at the browser, and takes the key of a person for an answer."""

    def __init__(
        self,
        secrets: Sequence[bytes],
        tokens: Tokens,
        clients: Clients,
        people: People,
        attempts: Attempts,
        address: PublicAddress,
        pages: Pages,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._tickets = Seal(secrets, "mbt_", Asking)
        self._tokens = tokens
        self._clients = clients
        self._people = people
        self._attempts = attempts
        self._address = address
        self._pages = pages
        self._now = now

    async def ask(self, request: Request) -> Response:
        """The consent page. What is wrong goes back to the client, or to the person where the client is unknown."""
        try:
            fields = parameters(request.url.query)
            client, redirect_uri = await self._client(fields, address_of(request))
        except (Refusal, StateUnavailable) as error:
            # 401 is for programs: nobody at a browser can answer it.
            status = 400 if error.status == 401 else error.status
            return self._pages.problem(_CANNOT_CONNECT, str(error), status)
        try:
            asking = self._asking(fields, client, redirect_uri)
        except Refusal as error:
            return self._sent_back(redirect_uri, fields.get("state"), error=error.code, error_description=str(error))
        return self._consent(asking)

    async def decide(self, request: Request) -> Response:
        """What the person decided. Back to the client with a code or a no, or the page once more."""
        try:
            if not from_own_page(request):
                raise Refusal("invalid_request", "This form was sent from another site", 403)
            fields = await form(request)
            asking = self._tickets.open(required(fields, "ticket"))
            if asking is None or asking.expires_at <= self._now():
                raise Refusal("invalid_request", "This page has expired. Go back to the app and connect again.")
            if fields.get("decision") != "allow":
                return self._sent_back(asking.redirect_uri, asking.state, error="access_denied")
            await self._attempts.check(WRONG_KEYS, address_of(request))
        except (Refusal, StateUnavailable) as error:
            return self._pages.problem("That did not work", str(error), error.status)
        person = self._people.with_key(fields.get("key", "").strip())
        if person is None:
            logger.warning("wrong key on the consent page", client=asking.client_name, address=address_of(request))
            return self._consent(asking, problem="No memory here has this key.", status=403)
        return self._sent_back(asking.redirect_uri, asking.state, code=self._code(asking, person, fields))

    async def _client(self, fields: Mapping[str, str], address: str) -> tuple[Client, str]:
        client_id = required(fields, "client_id")
        if is_document(client_id) and client_id not in PINNED:
            await self._attempts.check(DOCUMENTS, address)
        client = await self._clients.client(client_id)
        redirect_uri = required(fields, "redirect_uri")
        if not is_registered(redirect_uri, client.redirect_uris):
            raise Refusal("invalid_request", f"{client.name} did not say before that it would come back there.")
        return client, redirect_uri

    def _asking(self, fields: Mapping[str, str], client: Client, redirect_uri: str) -> Asking:
        if required(fields, "response_type") != "code":
            raise Refusal("unsupported_response_type", "Only the response type code is offered")
        if fields.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(fields.get("code_challenge", "")):
            raise Refusal("invalid_request", "PKCE with S256 is needed: code_challenge and code_challenge_method")
        if len(fields.get("state", "")) > _MAX_STATE_CHARS:
            raise Refusal("invalid_request", f"state is longer than {_MAX_STATE_CHARS} characters")
        resource = self._address.own_resource(fields.get("resource", self._address.resource))
        if resource is None:
            raise Refusal("invalid_target", f"The resource here is {self._address.resource}")
        scopes = requested_scopes(fields.get("scope", ""))
        if not scopes:
            raise Refusal("invalid_scope", "The scopes here are memory.read and memory.write")
        return Asking(
            client_id=client.client_id,
            client_name=client.name,
            proof=client.proof,
            redirect_uri=redirect_uri,
            state=fields.get("state"),
            code_challenge=fields["code_challenge"],
            scopes=scopes,
            resource=resource,
            expires_at=self._now() + CONSENT_SECONDS,
        )

    def _consent(self, asking: Asking, *, problem: str = "", status: int = 200) -> Response:
        pages = self._pages
        # What runs on the person's own computer can call itself by any name.
        vouched = asking.proof and asking.redirect_uri.startswith("https:")
        known = f"{asking.proof} vouches for it" if vouched else "It says so itself; nobody vouches for it"
        body = pages.fragment(
            "consent",
            {
                "choice": pages.fragment("choice" if WRITE in asking.scopes else "read_only"),
                "problem": pages.fragment("wrong", problem=problem) if problem else "",
            },
            client=asking.client_name,
            proof=known,
            destination=shown(asking.redirect_uri),
            resource=asking.resource,
            action=self._address.url("/oauth/authorize"),
            connections=self._address.url("/oauth/connections"),
            ticket=self._tickets.seal(asking),
        )
        title = f"Connect {asking.client_name}?"
        return pages.page(title, body, status=status, form_target=form_target(asking.redirect_uri))

    def _code(self, asking: Asking, person: Person, fields: Mapping[str, str]) -> str:
        wants_to_write = fields.get("access") == "write"
        grant = Grant(
            connection=secrets.token_urlsafe(12),
            name=person.name,
            key=person.digest,
            client_id=asking.client_id,
            client_name=asking.client_name,
            scopes=covered(asking.scopes, may_write=wants_to_write and person.may_write),
            resource=asking.resource,
            connected_at=self._now(),
        )
        return self._tokens.code(grant, redirect_uri=asking.redirect_uri, code_challenge=asking.code_challenge)

    def _sent_back(self, redirect_uri: str, state: str | None, **answer: str) -> Response:
        # RFC 9207: `iss` in every answer, so that no client takes it for that of another server.
        answer |= {"state": state} if state is not None else {}
        answer["iss"] = self._address.issuer
        return RedirectResponse(
            with_parameters(redirect_uri, answer),
            302,
            headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
        )
