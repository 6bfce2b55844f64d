"""The authorization server without a network or a clock of its own, and a browser that fills in its pages."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import httpx
from mcp.server.auth.middleware.auth_context import get_access_token
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.auth.client_documents import Fetch, Unreachable
from bridge.auth.gate import CallerKey, Gate
from bridge.auth.oauth import OAuth
from bridge.auth.sqlite_store import SQLiteStore
from bridge.auth.store import Store
from tests.bridge.stand_in import ADA, BOB

URL = "https://memory.example"
RESOURCE = f"{URL}/mcp"
SECRET = b"a secret that only this test site has, 32+"
KEYS = (CallerKey("ada", ADA), CallerKey("bob", BOB), CallerKey("reader", "the-key-of-reader", may_write=False))


@dataclass
class Clock:
    """Stands still until told."""

    seconds: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        """Goes on."""
        self.seconds += seconds


async def no_document(url: str) -> bytes:
    """A world in which no client has a document."""
    raise Unreachable("there is no such document")


@dataclass
class Site:
    """A bridge as far as signing in goes: its `/mcp` says who is asking."""

    http: httpx.AsyncClient
    oauth: OAuth
    clock: Clock
    store: Store
    app: Starlette

    def seen_from(self, address: str) -> httpx.AsyncClient:
        """The same site, asked from another address."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app, client=(address, 40_000)), base_url=URL)

    async def who(self, access_token: str) -> tuple[int, dict[str, object]]:
        """What /mcp answers to this token."""
        response = await self.http.get("/mcp", headers={"Authorization": f"Bearer {access_token}"})
        return response.status_code, response.json()

    async def page(self, parameters: Mapping[str, str]) -> httpx.Response:
        """The answer to an authorization request."""
        return await self.http.get("/oauth/authorize", params=parameters)

    async def decided(self, page: httpx.Response, **answers: str) -> httpx.Response:
        """The answer to the form of a page, filled in."""
        fields = {**form_of(page.text), **answers}
        return await self.http.post("/oauth/authorize", data=fields, headers={"Sec-Fetch-Site": "same-origin"})

    async def token(self, **fields: str) -> httpx.Response:
        """The answer of the token endpoint."""
        return await self.http.post("/oauth/token", data=fields)


async def _who(_: Request) -> Response:
    token = get_access_token()
    known = {"name": token.client_id, "key": token.token, "scopes": token.scopes} if token else {}
    return JSONResponse(known)


@asynccontextmanager
async def site(
    *,
    store: Store | None = None,
    clock: Clock | None = None,
    fetch: Fetch = no_document,
    url: str = URL,
    keys: Sequence[CallerKey] = KEYS,
    secrets: Sequence[bytes] = (SECRET,),
) -> AsyncIterator[Site]:
    """A site at `url`."""
    clock = clock or Clock()
    store = store or SQLiteStore(None, now=clock)
    oauth = OAuth(url, keys, secrets, store, fetch=fetch, now=clock, clock=clock)
    gate = Middleware(
        Gate,
        keys=keys,
        owner_key=None,
        open_paths=frozenset(),
        other_doors=("/oauth/", "/.well-known/"),
        tokens=oauth.verifier,
        challenge=oauth.challenge,
    )
    app = Starlette(routes=[*oauth.routes(), Route("/mcp", _who), Route("/mcp/", _who)], middleware=[gate])
    transport = httpx.ASGITransport(app, client=("198.51.100.7", 40_000))
    async with store.run(), httpx.AsyncClient(transport=transport, base_url=url) as http:
        yield Site(http, oauth, clock, store, app)


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        chosen = attributes.get("type") not in ("radio", "checkbox") or "checked" in attributes
        if tag == "input" and chosen:
            self.fields[attributes.get("name") or ""] = attributes.get("value") or ""


def form_of(html: str) -> dict[str, str]:
    """The fields of a page's form, as it was sent."""
    parser = _Form()
    parser.feed(html)
    return parser.fields


def answer_of(response: httpx.Response) -> dict[str, str]:
    """The parameters that a redirect brings to the client."""
    assert response.status_code == 302, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


@dataclass
class Connector:
    """A client as its vendor would write it, down to how it asks. `verifier` is that of the challenge."""

    client_id: str = "https://claude.ai/oauth/mcp-oauth-client-metadata"
    redirect_uri: str = "https://claude.ai/api/mcp/auth_callback"
    resource: str = RESOURCE
    verifier: str = "a-code-verifier-that-is-long-enough-0123456789"
    challenge: str = "LOPNeXTx6GH3mjmFbfW8haxK_y5ZvgpfD8ay0bjMJxA"
    more: dict[str, str] = field(default_factory=dict)

    @property
    def request(self) -> dict[str, str]:
        """The authorization request."""
        return {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "state": "st-1",
            "scope": "memory.read memory.write",
            "resource": self.resource,
            **self.more,
        }

    async def code(self, site: Site, key: str = ADA, **answers: str) -> str:
        """A code, after a person with this key has allowed it."""
        page = await site.page(self.request)
        assert page.status_code == 200, page.text
        answer = answer_of(await site.decided(page, key=key, decision="allow", **answers))
        assert answer["state"] == "st-1"
        return answer["code"]

    async def redeem(self, site: Site, code: str, **changes: str) -> httpx.Response:
        """The code exchanged for tokens."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "client_id": self.client_id,
            "code_verifier": self.verifier,
            "resource": self.resource,
        }
        return await site.token(**{name: value for name, value in {**fields, **changes}.items() if value})

    async def refresh(self, site: Site, refresh_token: str, **changes: str) -> httpx.Response:
        """The refresh token exchanged for the next pair."""
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": self.client_id}
        return await site.token(**{**fields, "resource": self.resource, **changes})

    async def connect(self, site: Site, key: str = ADA, **answers: str) -> dict[str, str]:
        """The first pair of tokens."""
        response = await self.redeem(site, await self.code(site, key, **answers))
        assert response.status_code == 200, response.text
        tokens: dict[str, str] = response.json()
        return tokens


def refused(response: httpx.Response, error: str, status: int = 400) -> None:
    """It is a refusal of the token endpoint, in JSON."""
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


async def register(here: Site, uri: str = "https://app.example/cb", **more: object) -> Connector:
    """A client that registered itself."""
    response = await here.http.post("/oauth/register", json={"redirect_uris": [uri], "client_name": "An app", **more})
    assert response.status_code == 201, response.text
    return Connector(client_id=response.json()["client_id"], redirect_uri=uri)
