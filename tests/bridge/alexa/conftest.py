"""The endpoint before a stand-in memory service, signed for by a made-up Amazon."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from starlette.applications import Starlette
from starlette.routing import Route

from bridge.alexa.chains import SigningKeys
from bridge.alexa.endpoint import AlexaEndpoint
from bridge.alexa.owners import Owners
from bridge.alexa.pairing import Pairings
from bridge.alexa.skill import Skill
from bridge.client import MemoryClient
from bridge.upstream import Upstream
from tests.bridge.alexa import rules
from tests.bridge.alexa.amazon import CHAIN_URL, NOW, SKILL_ID, Said, amazon
from tests.bridge.stand_in import MemoryService


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """The same in seconds of the epoch."""
        return self.now.timestamp()


@dataclass
class Echo:
    """A device that speaks with the endpoint."""

    http: httpx.AsyncClient
    pairings: Pairings
    facts: dict[str, Any] = field(default_factory=dict)

    async def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Sends these bytes, whoever signed them."""
        return await self.http.post("/alexa", content=body, headers=headers)

    async def hears(self, said: Said) -> dict[str, Any]:
        """What Alexa is answered, which has to be right by Amazon's rules."""
        body = said.encoded()
        response = await self.post(body, amazon().headers(body))
        assert response.status_code == 200, (response.text, self.facts)
        answer: dict[str, Any] = response.json()
        rules.check(said.kind, answer)
        return answer

    async def text(self, said: Said) -> str:
        """What is said."""
        return str((await self.hears(said))["response"]["outputSpeech"]["text"])


Listening = Callable[..., AbstractAsyncContextManager[Echo]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def chain_host() -> Iterator[respx.MockRouter]:
    """The host of Amazon's certificates, as far as anybody asks it; everything else outside is out of reach."""
    with respx.mock(assert_all_called=False) as router:
        # The made-up device itself speaks httpx.
        router.route(host="bridge.test").pass_through()
        router.get(CHAIN_URL, name="chain").respond(content=amazon().chain)
        yield router


@pytest.fixture
def listening(memory_service: MemoryService, chain_host: respx.MockRouter, clock: Clock, tmp_path: Path) -> Listening:
    """Opens an endpoint; what is given goes to the skill, the endpoint or the signing keys."""

    @asynccontextmanager
    async def listen(
        *,
        keys: dict[str, str | None] | None = None,
        lone: str | None = "default",
        readers: frozenset[str] = frozenset(),
        unscoped_recall: bool = False,
        seconds: float = 5.0,
        chain_seconds: float = 2.5,
        url: str | None = None,
    ) -> AsyncIterator[Echo]:
        pairings = Pairings(tmp_path / "bridge", now=clock.seconds)
        facts: dict[str, Any] = {}
        async with Upstream(url or memory_service.url, timeout=4.0, probe_timeout=1.0) as upstream:
            owners = Owners(keys or {"default": "owner-key"}, pairings, lone=lone, readers=readers)
            client = MemoryClient(upstream, "the bridge's own")
            skill = Skill(client, owners, unscoped_recall=unscoped_recall, now=clock, zone=UTC)
            signing = SigningKeys(roots=[amazon().root.certificate], now=clock, seconds=chain_seconds)
            endpoint = AlexaEndpoint(skill, signing, skill_id=SKILL_ID, seconds=seconds, now=clock)
            app = Starlette(routes=[Route("/alexa", _noting(endpoint, facts), methods=["POST"])])
            transport = httpx.ASGITransport(app)
            async with endpoint, httpx.AsyncClient(transport=transport, base_url="http://bridge.test") as http:
                yield Echo(http, pairings, facts)

    return listen


def _noting(endpoint: AlexaEndpoint, facts: dict[str, Any]) -> Any:
    class Noting:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            facts.clear()
            scope.setdefault("state", {})["facts"] = facts
            await endpoint(scope, receive, send)

    return Noting()
