"""A secret never comes out again: not in a log line, a metric, a page of the operator or an error, wherever it was put.

The bridge runs as a process of its own and logs all that it can. Every secret that it was given, and one that it does
not know, is put into every place that a request has.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import repeat
from pathlib import Path
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from mcp import Client
from mcp.client.sse import sse_client
from pydantic import ValidationError

from bridge.settings import Settings, describe
from tests.bridge import marked
from tests.bridge.auth.hosted_client import HostedClient
from tests.bridge.auth.site import form_of
from tests.bridge.mcp.wire import ACCEPT, INITIALIZE
from tests.bridge.processes import free_port
from tests.bridge.stand_in import MEMORY_ID, MemoryService, text_of

SECRETS = {
    "MCP_API_KEYS": "marker-key-of-ada",
    "AUTOMEM_API_TOKEN": "marker-key-of-the-bridge",
    "ADMIN_API_TOKEN": "marker-token-of-the-operator",
    "MCP_SESSION_SECRET": "marker-secret-of-sessions",
    "OAUTH_SECRET": "marker-secret-of-sign-ins-0123456789",
    "nowhere": "marker-that-nobody-knows",
}
KEY, OPERATOR = SECRETS["MCP_API_KEYS"], {"X-Admin-Token": SECRETS["ADMIN_API_TOKEN"]}
MARKER = re.compile("marker-[a-z-]*", re.IGNORECASE)

# By contract whoever sent it is told it again, and nobody else: the id of their JSON-RPC message, the name of a method
# or tool that does not exist, what is wrong with a message or an argument, the user's own content, the state of an
# authorization request.
TOLD_AGAIN = {"id", "method", "tool", "no message", "argument", "state"}


class Running:
    """A bridge as a process; `told` is what it answered, with the place of the secret in the request."""

    def __init__(self, url: str, log: Path, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.http = http
        self.told: list[tuple[str, str]] = []
        self._log = log
        self._requests = 0

    @property
    def log(self) -> str:
        """Everything that it has written to its standard output and error."""
        return self._log.read_text("utf-8")

    async def sends(self, request: marked.Marked) -> None:
        """Sends it and takes down the answer, of which there is as much as comes at once."""
        self._requests += 1
        # Each from an address of its own, since one where keys are guessed has to wait.
        headers = {"X-Forwarded-For": f"2001:db8:{self._requests:x}::1", **request.headers}
        async with self.http.request(
            request.method, request.path, data=request.data, headers=headers, allow_redirects=False
        ) as response:
            is_open = request.method == "GET" and response.content_type == "text/event-stream"
            body = await (response.content.readany() if is_open else response.read())
            self.told.append((request.place, f"{dict(response.headers)} {body.decode()}"))

    async def sends_bytes(self, data: bytes) -> None:
        """Sends what may be no HTTP at all."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(10):
            self.told.append(("head", (await reader.read()).decode()))
        writer.close()
        await writer.wait_closed()

    async def asks(self, path: str, **headers: str) -> str:
        """What a GET answers."""
        async with self.http.get(path, headers=headers) as response:
            assert response.status in (200, 503), path
            return f"{dict(response.headers)} {await response.text()}"


@contextmanager
def _process(log: Path, environment: dict[str, str]) -> Iterator[None]:
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "bridge", "serve"],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(20) == 0


@asynccontextmanager
async def bridge(folder: Path, upstream: str, **environment: str) -> AsyncIterator[Running]:
    """The command `serve`, with all secrets and everything switched on."""
    port, log = free_port(), folder / "log"
    url = f"http://127.0.0.1:{port}"
    settings = {
        **{name: secret for name, secret in SECRETS.items() if name.isupper()},
        "MCP_API_KEYS": f"ada:{KEY}",
        "PORT": str(port),
        "PUBLIC_URL": url,
        "AUTOMEM_API_URL": upstream,
        "UPSTREAM_MAX_RETRIES": "0",
        "HEALTH_PROBE_INTERVAL_MS": "100",
        "ALEXA_SKILL_ID": "amzn1.ask.skill.01234567",
        "TRUSTED_PROXIES": "loopback",
        "RATE_LIMIT_REQUESTS": "0",
        "ENABLE_CORS": "true",
        "LOG_LEVEL": "debug",
        "BRIDGE_DATA_DIR": str(folder / "bridge"),
        **environment,
    }
    with _process(log, settings):
        async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=10)) as http:
            await _until_it_answers(http)
            yield Running(url, log, http)


async def _until_it_answers(http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(20):
        for pause in repeat(0.02):
            with suppress(aiohttp.ClientConnectionError):
                async with http.get("/health"):
                    return
            await asyncio.sleep(pause)


async def echo(request: web.Request) -> web.StreamResponse:
    """A memory service that has no discretion."""
    message = f"no: {request.headers.get('Authorization')} {request.rel_url} {(await request.read()).decode()}"
    return web.json_response({"message": message}, status=400)


@pytest.fixture
def careless(memory_service: MemoryService) -> MemoryService:
    memory_service.handles("GET /recall", echo)
    memory_service.handles("PATCH /memory", echo)
    memory_service.answers("POST /memory", {"status": "success", "memory_id": MEMORY_ID}, 201)
    return memory_service


async def try_everything(running: Running) -> None:
    """Every secret in every place, and then what the operator and everybody may look at."""
    for secret in SECRETS.values():
        session = await opened(running)
        form = form_of(await running.asks(marked.ASKING))
        for request in (
            *marked.as_a_key(secret),
            *marked.elsewhere(secret, session),
            *marked.of_sign_in(secret, form.get("ticket", "")),
        ):
            await running.sends(request)
        for data in marked.unreadable(secret):
            await running.sends_bytes(data)
    await look(running)


async def opened(running: Running) -> dict[str, str]:
    """The headers of a session of Ada's."""
    headers = {**ACCEPT, "X-API-Key": KEY}
    async with running.http.post("/mcp", json=INITIALIZE, headers=headers) as response:
        assert response.status == 200
        return {"X-API-Key": KEY, "Mcp-Session-Id": response.headers["Mcp-Session-Id"]}


async def look(running: Running) -> None:
    for path in ("/metrics", "/admin/stats", "/admin/sessions", "/health", "/ready"):
        running.told.append((path, await running.asks(path, **OPERATOR)))


def leaks(running: Running) -> set[str]:
    """The places whose secrets came out again."""
    return {place for place, said in running.told if MARKER.search(said)}


async def test_no_secret_comes_out_again_wherever_it_was_put(tmp_path: Path, careless: MemoryService) -> None:
    async with bridge(tmp_path, careless.url) as running:
        await try_everything(running)
    assert leaks(running) == TOLD_AGAIN
    assert MARKER.findall(running.log) == []
    assert running.log.count('"event": "request"') > len(running.told) * 0.9


async def test_nor_while_neither_the_memory_nor_the_record_of_sign_ins_can_be_reached(tmp_path: Path) -> None:
    dead = f"127.0.0.1:{free_port()}"
    redis = {"STATE_URL": f"redis://marker-user:marker-password@{dead}/0"}
    async with bridge(tmp_path, f"http://{dead}/marker-path", **redis) as running:
        await try_everything(running)
    assert leaks(running) == TOLD_AGAIN
    assert MARKER.findall(running.log) == []


async def signed_in(running: Running) -> list[str]:
    """A whole sign-in, with mistakes in between; everything secret that came up."""
    client = HostedClient(f"{running.url}/mcp", running.http, "", "http://localhost/callback", documents=False)
    await client.connect(key=KEY)
    metadata = await client.server(running.url)
    before = client.tokens
    assert (await client.tools())[0]["name"] == "store_memory"
    ticket = form_of(await running.asks(marked.ASKING))["ticket"]
    code = (await client.allowed(metadata, key=KEY))["code"]
    form = {"grant_type": "authorization_code", "client_id": client.connector.client_id, "code": code}
    status, _ = await client.posted(metadata["token_endpoint"], {**form, "code_verifier": "a" * 43})
    assert status == 400
    await client.redeem(metadata, code)
    status, _ = await client.posted(metadata["token_endpoint"], {**form, "code_verifier": client.connector.verifier})
    assert status == 400
    status, renewed = await client.refresh(metadata)
    assert status == 400, "a code that is used twice ends its connection"
    client.tokens = before
    status, renewed = await client.refresh(metadata)
    assert status == 200
    async with running.http.post("/oauth/connections", data={"key": KEY}) as page:
        assert "Disconnect" in await page.text()
    await running.http.post("/oauth/revoke", data={"token": renewed["refresh_token"], "client_id": form["client_id"]})
    tokens = [pair[kind] for pair in (before, renewed) for kind in ("access_token", "refresh_token")]
    return [*tokens, ticket, code, client.connector.verifier]


async def used(running: Running) -> list[str]:
    """Ada's session, stream and calls; the ids that let her in again."""
    session = await opened(running)
    for url, mode in ((f"/mcp?api_key={KEY}", "auto"), (f"/mcp?api_key={KEY}", "legacy"), ("/mcp/sse", "legacy")):
        headers = {"Authorization": f"Bearer {KEY}"}
        to = sse_client(running.url + url, headers=headers) if "sse" in url else running.url + url
        async with Client(to, mode=mode) as client:
            assert not (await client.call_tool("store_memory", {"content": "marker-content"})).is_error
            result = await client.call_tool("recall_memory", {"query": "x"})
            assert "[key]" in text_of(result), "the memory service gives it away, and the bridge does not"
            running.told.append(("upstream", text_of(result)))
    async with running.http.get("/mcp/sse", headers={"X-API-Key": KEY}) as stream:
        await stream.content.readline()
        endpoint = (await stream.content.readline()).decode().removeprefix("data: ").strip()
        for body in ('{"jsonrpc": "2.0", "marker-x": "marker-y"}', '["marker-z"]', "marker-"):
            await running.sends(marked.Marked("stream", "POST", endpoint, {**session, **marked.AS_JSON}, body.encode()))
        await look(running)
    stream_id = endpoint.partition("session_id=")[2]
    return [session["Mcp-Session-Id"], stream_id, str(UUID(stream_id))]


async def test_what_lets_somebody_in_for_a_while_stands_in_no_line_and_on_no_page(
    tmp_path: Path, careless: MemoryService
) -> None:
    async with bridge(tmp_path, careless.url) as running:
        secrets = [*await used(running), *await signed_in(running)]
        await look(running)
    said = "\n".join([running.log, *(said for _, said in running.told)])
    assert len(secrets) == 10
    assert [secret for secret in secrets if secret in said] == []
    assert MARKER.findall(said) == []
    for event in ("connected", "code used twice: connection ended", "connection revoked"):
        assert f'"event": "{event}"' in running.log


SECRET_SETTINGS = {
    "mcp_api_keys": "ada:marker-1,bob:marker-2:read",
    "memory_api_keys": "ada:marker-3",
    "oauth_secret": "marker-4-0123456789012345678901234567890,marker-5-0123456789012345678901234567890",
    "state_url": "redis://:marker-6@127.0.0.1/0",
    **{
        name: f"marker-{name}"
        for name in (
            "automem_api_key",
            "automem_api_token",
            "memory_api_key",
            "admin_api_token",
            "mcp_session_secret",
        )
    },
}


def test_settings_show_no_secret_however_they_are_printed() -> None:
    settings = Settings(**SECRET_SETTINGS)  # type: ignore[arg-type]
    assert settings.admin_token == "marker-admin_api_token", "they are there"
    shown = [repr(settings), str(settings), f"{settings!r:>10}", repr(settings.model_dump()), repr(dict(settings))]
    shown += [settings.model_dump_json(), repr(settings.caller_keys), repr(settings.memory_service_keys)]
    assert [text for text in shown if "marker" in text] == []


def test_every_setting_that_holds_a_secret_is_tried_here() -> None:
    kinds = {name: str(field.annotation) for name, field in Settings.model_fields.items()}
    assert {name for name, kind in kinds.items() if "Secret" in kind or "NamedKey" in kind} == set(SECRET_SETTINGS)


@pytest.mark.parametrize("name", [name for name in SECRET_SETTINGS if name != "memory_api_keys"])
@pytest.mark.parametrize("value", ["marker with blanks", "marker-\x00", "x:// marker:y@z", "ada:marker:read, marker"])
def test_a_setting_that_is_refused_is_not_quoted(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**{name: value})  # type: ignore[arg-type]
    assert name.upper() in describe(caught.value)
    assert "marker" not in describe(caught.value) + str(caught.value) + repr(caught.value)


def test_nor_are_the_keys_of_the_memory_service_which_are_looked_at_later() -> None:
    with pytest.raises(ValidationError) as caught:
        _ = Settings(memory_api_keys="marker with blanks").memory_service_keys
    assert "marker" not in describe(caught.value)
