"""Client metadata documents: what is fetched, how, and what is believed of it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bridge.auth.client_documents import MAX_BYTES, ClientDocuments, DocumentFetch, Unreachable, described
from bridge.auth.public_addresses import PublicResolver
from bridge.auth.refusals import Refusal
from tests.bridge.auth.site import Clock, Connector, answer_of, site
from tests.bridge.stand_in import ADA

ID = "https://app.example/client.json"
DOCUMENT: dict[str, Any] = {
    "client_id": ID,
    "client_name": "An app",
    "redirect_uris": ["https://app.example/cb", "http://localhost/cb"],
}


class World:
    """Documents by address, and what was asked for."""

    def __init__(self, **documents: object) -> None:
        self.documents: dict[str, object] = {ID: DOCUMENT, **documents}
        self.asked: list[str] = []

    async def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.documents:
            raise Unreachable("its server answered 404, and only 200 will do")
        return json.dumps(self.documents[url]).encode()


async def test_a_client_with_a_document_connects_and_is_shown_by_its_host() -> None:
    async with site(fetch=World()) as here:
        connector = Connector(ID, "https://app.example/cb")
        page = await here.page(connector.request)
        assert "Connect An app?" in page.text
        assert "app.example vouches for it" in page.text
        answer = answer_of(await here.decided(page, key=ADA, decision="allow"))
        assert (await connector.redeem(here, answer["code"])).status_code == 200


async def test_documents_are_remembered_for_an_hour_and_failures_for_a_minute() -> None:
    world, clock = World(), Clock()
    documents = ClientDocuments(world, clock=clock)
    for _ in range(2):
        await documents.client(ID)
    clock.passes(3_600)
    await documents.client(ID)
    assert len(world.asked) == 2
    world.documents.clear()
    clock.passes(3_600)
    for _ in range(2):
        with pytest.raises(Refusal, match="answered 404"):
            await documents.client(ID)
    assert len(world.asked) == 3
    world.documents[ID] = DOCUMENT
    clock.passes(60)
    assert (await documents.client(ID)).name == "An app"


@pytest.mark.parametrize(
    "client_id",
    [
        "http://app.example/client.json",
        "https://app.example",
        "https://app.example/",
        "https://app.example/client.json#x",
        "https://user:pass@app.example/client.json",
        "https://app.example/../client.json",
        "https://app.example/./client.json",
        "https://127.0.0.1/client.json",
        "https://[::1]/client.json",
        "https://[::ffff:10.0.0.1]/client.json",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/client.json",
        "https://2130706433/client.json",
        "https://0x7f000001/client.json",
        "https://app.example:x/client.json",
        "https://app.example\\@10.0.0.1/client.json",
        "https://app.example/" + "a" * 600,
        "https:///client.json",
        "https://",
    ],
)
async def test_an_id_that_is_no_sound_address_is_not_asked_for(client_id: str) -> None:
    world = World()
    with pytest.raises(Refusal) as caught:
        await ClientDocuments(world).client(client_id)
    assert caught.value.code == "invalid_client"
    assert world.asked == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<html>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not the address"),
        ({**DOCUMENT, "client_id": "https://claude.ai/oauth/mcp-oauth-client-metadata"}, "not the address"),
        ({**DOCUMENT, "redirect_uris": []}, "redirect_uris"),
        ({**DOCUMENT, "redirect_uris": "https://app.example/cb"}, "redirect_uris"),
        ({**DOCUMENT, "redirect_uris": ["https://app.example/cb"] * 21}, "redirect_uris"),
        ({**DOCUMENT, "redirect_uris": ["http://app.example/cb"]}, "redirect_uris"),
        ({**DOCUMENT, "redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({**DOCUMENT, "redirect_uris": [1]}, "redirect_uris"),
    ],
)
def test_a_document_that_makes_no_sense_describes_nobody(content: object, problem: str) -> None:
    document = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(Unreachable, match=problem):
        described(ID, document)


@pytest.mark.parametrize(("name", "shown"), [(None, "app.example"), (7, "app.example"), ("\u202e\n ", "app.example")])
def test_a_client_without_a_name_goes_by_its_host(name: object, shown: str) -> None:
    assert described(ID, json.dumps({**DOCUMENT, "client_name": name}).encode()).name == shown


async def test_the_pinned_clients_are_asked_for_nowhere() -> None:
    world = World()
    async with site(fetch=world) as here:
        for client_id, uri in (
            ("https://claude.ai/oauth/mcp-oauth-client-metadata", "https://claude.ai/api/mcp/auth_callback"),
            ("https://claude.ai/oauth/claude-code-client-metadata", "http://localhost:41234/callback"),
            ("https://chatgpt.com/oauth/client.json", "https://chatgpt.com/connector_platform_oauth_redirect"),
            ("https://cursor.com/oauth/mcp-client.json", "http://localhost:8787/callback"),
        ):
            await Connector(client_id, uri).connect(here)
    assert world.asked == []


async def test_nobody_makes_the_bridge_fetch_without_end() -> None:
    world = World()
    async with site(fetch=world) as here:
        for number in range(40):
            await here.page(Connector(f"https://app{number}.example/client.json").request)
    assert len(world.asked) == 30


async def test_only_a_few_documents_are_fetched_at_once() -> None:
    may_end = asyncio.Event()

    async def slow(url: str) -> bytes:
        await may_end.wait()
        return json.dumps({**DOCUMENT, "client_id": url}).encode()

    documents = ClientDocuments(slow)
    waiting = [asyncio.create_task(documents.client(f"https://app{number}.example/x")) for number in range(4)]
    await asyncio.sleep(0)
    with pytest.raises(Refusal, match="Too many"):
        await documents.client(ID)
    may_end.set()
    assert len(await asyncio.gather(*waiting)) == 4


# On the wire


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server at app.example shows, and what a client believes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("app.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "app.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


async def here_only(_: str) -> list[str]:
    return ["127.0.0.1"]


@asynccontextmanager
async def app_example(folder: Path, answer: Any) -> AsyncIterator[tuple[str, DocumentFetch]]:
    """A server that calls itself app.example, and a fetch that finds and believes it."""
    server, client = certificate(folder)
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server)
    await listening.start()
    port = runner.addresses[0][1]
    resolver = PublicResolver(here_only, allowed=lambda _: True)
    try:
        yield f"https://app.example:{port}/client.json", DocumentFetch(resolver=resolver, tls=client, seconds=0.5)
    finally:
        await runner.cleanup()


async def test_a_document_is_fetched_over_https_and_asked_for_plainly(tmp_path: Path) -> None:
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return web.json_response(DOCUMENT)

    async with app_example(tmp_path, answer) as (url, fetch):
        assert json.loads(await fetch(url)) == DOCUMENT
        with pytest.raises(Unreachable, match="https"):
            await fetch(url.replace("app.example", "other.example"))
    assert asked[0].headers["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Authorization"} & set(asked[0].headers)


async def test_redirects_are_not_followed(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound("/elsewhere")

    async with app_example(tmp_path, answer) as (url, fetch):
        with pytest.raises(Unreachable, match="answered 302"):
            await fetch(url)
    assert asked == ["/client.json"]


@pytest.mark.parametrize("status", [204, 206, 403, 404, 500])
async def test_only_200_will_do(tmp_path: Path, status: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with app_example(tmp_path, answer) as (url, fetch):
        with pytest.raises(Unreachable, match=f"answered {status}"):
            await fetch(url)


async def test_what_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(2_000):
                await response.write(b" " * 65_536)
                sent += 65_536
        except ConnectionError:
            pass
        return response

    async with app_example(tmp_path, answer) as (url, fetch):
        with pytest.raises(Unreachable, match="larger than 64 KB"):
            await fetch(url)
    assert sent < 200 * MAX_BYTES


async def test_what_is_packed_stays_packed(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.Response:
        response = web.Response(body=b" " * 10_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with app_example(tmp_path, answer) as (url, fetch):
        assert (await fetch(url)).startswith(b"\x1f\x8b")


async def test_what_drips_is_given_up(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    async with app_example(tmp_path, answer) as (url, fetch):
        with pytest.raises(Unreachable, match="did not arrive within"):
            await fetch(url)


async def test_a_name_that_leads_inside_is_not_connected_to(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response(DOCUMENT)

    async with app_example(tmp_path, answer) as (url, _):
        with pytest.raises(Unreachable, match="public internet"):
            await DocumentFetch(resolver=PublicResolver(here_only))(url)
        with pytest.raises(Unreachable, match="public internet"):
            await DocumentFetch()(url.replace("app.example", "localhost"))
    assert asked == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(DOCUMENT)

    async with app_example(tmp_path, answer) as (url, _):
        with pytest.raises(Unreachable, match="https"):
            await DocumentFetch(resolver=PublicResolver(here_only, allowed=lambda _: True))(url)
