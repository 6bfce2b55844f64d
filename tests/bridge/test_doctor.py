"""The doctor: a good server passes, and of each broken one the first fault is named with what to do."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bridge.cli import main
from bridge.doctor import walk
from tests.bridge.auth.test_client_documents import certificate
from tests.bridge.processes import free_port
from tests.bridge.stand_in import Served

Answer = Callable[[web.Request], Awaitable[web.Response]]

PRM = "/.well-known/oauth-protected-resource/mcp"
ASM = "/.well-known/oauth-authorization-server"


def saying(content: object, status: int = 200, **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(content, status=status, headers=headers)

    return answer


def page(text: str, status: int = 200) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=f"<html>{text}</html>", status=status, content_type="text/html")

    return answer


def redirecting(to: str, status: int = 307) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": to})

    return answer


class Server:
    """A server that does everything right, until something about it is changed."""

    def __init__(self, url: str) -> None:
        self.resource: dict[str, Any] = {"resource": f"{url}/mcp", "authorization_servers": [url]}
        self.metadata: dict[str, Any] = {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "registration_endpoint": f"{url}/register",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "client_id_metadata_document_supported": True,
            "authorization_response_iss_parameter_supported": True,
        }
        challenge = f'Bearer resource_metadata="{url}{PRM}"'
        self.answers: dict[str, Answer] = {
            "/mcp": saying({}, 401, **{"WWW-Authenticate": challenge}),
            PRM: self._resource,
            ASM: self._metadata,
            "/token": saying({"error": "invalid_grant"}, 400),
            "/authorize": page("sign in"),
        }

    async def _resource(self, _: web.Request) -> web.Response:
        return web.json_response(self.resource)

    async def _metadata(self, _: web.Request) -> web.Response:
        return web.json_response(self.metadata)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return await self.answers.get(request.path, saying({}, 404))(request)


@asynccontextmanager
async def running(change: Callable[[Server], object], tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The address of the memory of such a server."""
    port = free_port()
    url = f"{'https' if tls else 'http'}://localhost:{port}"
    server = Server(url)
    change(server)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    try:
        yield f"{url}/mcp"
    finally:
        await runner.cleanup()


async def found(url: str, **more: Any) -> tuple[int, str]:
    """How many steps went well, and what was said about the one that did not."""
    lines = [line async for line in walk(url, **more)]
    wrong = [text for went_well, text in lines if not went_well]
    assert len(wrong) <= 1
    return len(lines) - len(wrong), wrong[0] if wrong else ""


async def test_a_good_server_passes_every_step() -> None:
    async with running(lambda _: None) as url:
        assert await found(url) == (8, "")


async def test_our_own_bridge_passes_every_step(public: Served) -> None:
    async with public() as bridge:
        assert await found(f"{bridge.url}/mcp") == (8, "")
        assert await found(f"{bridge.url}/mcp/") == (8, "")


async def test_our_own_bridge_without_its_public_address_is_told_to_set_it(public: Served) -> None:
    async with public(public_url=None) as bridge:
        _, problem = await found(f"{bridge.url}/mcp")
        assert "does not say where to sign in" in problem
        assert "Set PUBLIC_URL" in problem


def _answers(path: str, answer: Answer) -> Callable[[Server], object]:
    return lambda server: server.answers.update({path: answer})


def _says(**metadata: object) -> Callable[[Server], object]:
    return lambda server: server.metadata.update(metadata)


@pytest.mark.parametrize(
    ("change", "steps", "problem", "remedy"),
    [
        pytest.param(_answers(PRM, saying({}, 404)), 3, "answers 404", "Set PUBLIC_URL and a key", id="404 metadata"),
        pytest.param(_answers(ASM, saying({}, 404)), 4, "signing in, http", "/.well-known", id="404 server metadata"),
        pytest.param(
            lambda server: server.resource.update(resource="http://localhost/"),
            3,
            "calls itself http://localhost/, and the address given is",
            "Connect to http://localhost/, or set PUBLIC_URL",
            id="wrong resource",
        ),
        pytest.param(
            _answers("/mcp", redirecting("/mcp/")), 2, "redirects to /mcp/", "let the proxy pass", id="redirect on /mcp"
        ),
        pytest.param(
            _answers("/token", page("Checking your browser")),
            5,
            "200 with a web page",
            "robots",
            id="HTML at the token",
        ),
        pytest.param(_answers(ASM, page("Welcome")), 4, "is a web page", "error page of a proxy", id="HTML metadata"),
        pytest.param(
            _says(token_endpoint_auth_methods_supported=["client_secret_post"]),
            4,
            "does not offer none in token_endpoint_auth_methods_supported",
            "update it",
            id="missing none",
        ),
        pytest.param(
            _says(grant_types_supported=["authorization_code"]),
            4,
            "does not offer refresh_token",
            "update it",
            id="no refresh token",
        ),
        pytest.param(_says(code_challenge_methods_supported=None), 4, "does not offer S256", "update it", id="no PKCE"),
        pytest.param(
            _says(authorization_response_iss_parameter_supported=False), 4, "ChatGPT wants", "update it", id="no iss"
        ),
        pytest.param(
            _says(issuer="https://other.example"), 4, "calls itself https://other.example", "PUBLIC_URL", id="issuer"
        ),
        pytest.param(_answers("/mcp", saying({}, 200)), 2, "lets in whoever asks", "MCP_API_KEYS", id="no sign-in"),
        pytest.param(_answers("/mcp", saying({}, 403)), 2, "answers 403", "160.79.104.0/21", id="a wall"),
        pytest.param(_answers("/mcp", page("Bad gateway", 502)), 2, "502 with a web page", "which port", id="502"),
        pytest.param(_answers("/mcp", saying({}, 421)), 2, "answers 421", "TRUSTED_HOSTS", id="unknown host"),
        pytest.param(_answers("/mcp", saying({}, 401)), 2, "no resource_metadata", "PUBLIC_URL", id="bare 401"),
        pytest.param(_answers("/authorize", saying({}, 404)), 6, "answers 404", "/oauth", id="no page"),
    ],
)
async def test_a_broken_server_is_named_with_what_to_do(
    change: Callable[[Server], object], steps: int, problem: str, remedy: str
) -> None:
    async with running(change) as url:
        went_well, text = await found(url)
    said, advice = text.split("\n")
    assert problem in said
    assert remedy in advice
    assert went_well == steps


async def test_a_certificate_that_is_not_accepted_is_named(tmp_path: Path) -> None:
    tls, believing = certificate(tmp_path)
    async with running(lambda _: None, tls) as url:
        assert "certificate is not accepted: self-signed" in (await found(url))[1]
        assert "certificate is not accepted: Hostname mismatch" in (await found(url, tls=believing))[1]


async def test_a_clock_that_is_wrong_is_named() -> None:
    async with running(lambda _: None) as url:
        assert "seconds ahead of that of this machine" in (await found(url, now=lambda: 0.0))[1]
        assert "seconds behind that of this machine" in (await found(url, now=lambda: 4e9))[1]


@pytest.mark.parametrize(
    ("url", "problem", "remedy"),
    [
        ("memory.example/mcp", "is no web address", "https://your-host/mcp"),
        ("http://memory.example/mcp", "begins with http", "https"),
        ("https://memory.example", "the host, not of the memory", "https://memory.example/mcp"),
        ("https://memory.example:8443/mcp", "port is 8443", "443"),
    ],
)
async def test_an_address_that_no_connector_can_use_is_named(url: str, problem: str, remedy: str) -> None:
    _, text = await found(url)
    said, advice = text.split("\n")
    assert problem in said
    assert remedy in advice


@pytest.mark.parametrize(
    ("addresses", "problem"),
    [
        (["2606:4700::1"], "has no IPv4 address"),
        (["10.1.2.3"], "leads to 10.1.2.3, which is an address inside"),
        (["100.64.0.1"], "leads to 100.64.0.1, which is an address inside"),
        (["93.184.216.34", "192.168.0.1"], "leads to 192.168.0.1, which is an address inside"),
        (["127.0.0.1"], "leads to 127.0.0.1, which is an address inside"),
    ],
)
async def test_a_name_that_claude_cannot_reach_is_named(addresses: list[str], problem: str) -> None:
    async def find(_: str) -> list[str]:
        return addresses

    assert problem in (await found("https://memory.example/mcp", find=find))[1]


async def test_a_name_without_an_address_is_named() -> None:
    async def find(_: str) -> list[str]:
        raise OSError("unknown")

    assert "memory.example has no address" in (await found("https://memory.example/mcp", find=find))[1]


async def test_a_server_that_is_not_there_is_named() -> None:
    assert "Nothing answers" in (await found(f"http://127.0.0.1:{free_port()}/mcp"))[1]


async def test_the_command_prints_what_it_finds(capsys: pytest.CaptureFixture[str]) -> None:
    async with running(_answers(PRM, saying({}, 404))) as url:
        assert await asyncio.to_thread(main, ["doctor", url]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[:6].strip() for line in lines] == ["ok", "ok", "ok", "WRONG", ""]
    async with running(lambda _: None) as url:
        assert await asyncio.to_thread(main, ["doctor", url]) == 0
    assert "Give it this address, letter for letter" in capsys.readouterr().out
