"""Claude.ai as its documentation describes it, before a running bridge: a test for each of its rules."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.bridge.auth.hosted_client import HostedClient
from tests.bridge.auth.site import Connector, site
from tests.bridge.stand_in import Bridge, MemoryService, Served

DOCUMENT = "https://claude.ai/oauth/mcp-oauth-client-metadata"
CALLBACK = "https://claude.ai/api/mcp/auth_callback"


def claude(bridge: Bridge, path: str = "/mcp", **more: Any) -> HostedClient:
    return HostedClient(f"{bridge.url}{path}", bridge.http, **{"client_id": DOCUMENT, "redirect_uri": CALLBACK, **more})


async def metadata_of(bridge: Bridge) -> dict[str, Any]:
    return await claude(bridge).server(bridge.url)


async def test_it_connects_and_lists_the_tools(public: Served) -> None:
    async with public() as bridge:
        client = claude(bridge)
        await client.connect()
        assert len(await client.tools()) == 6


async def test_transport_streamable_http_and_sse_both_take_the_token(public: Served) -> None:
    async with public() as bridge:
        client = claude(bridge)
        await client.connect()
        headers = {"Authorization": f"Bearer {client.tokens['access_token']}"}
        async with bridge.http.get("/mcp/sse", headers=headers) as response:
            assert response.status == 200
            assert b"event: endpoint" in await response.content.readline()
        other = claude(bridge, "/mcp/sse")
        assert (await other.challenge())["resource_metadata"].endswith("/oauth-protected-resource/mcp/sse")


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
async def test_trigger_only_a_401_with_resource_metadata(public: Served, method: str) -> None:
    async with public() as bridge:
        for headers in ({}, {"Authorization": "Bearer nothing"}, {"Authorization": "Bearer mba_AAAA"}):
            async with bridge.http.request(method, "/mcp", headers=headers, allow_redirects=False) as response:
                assert response.status == 401
                said = response.headers["WWW-Authenticate"]
        assert f'resource_metadata="{bridge.url}/.well-known/oauth-protected-resource/mcp"' in said


async def test_trigger_its_scope_decides_what_is_asked_for(public: Served) -> None:
    async with public() as bridge:
        assert (await claude(bridge).challenge())["scope"] == "memory.read memory.write"


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
async def test_prm_resource_is_the_address_as_typed_with_the_same_trailing_slash(public: Served, path: str) -> None:
    async with public() as bridge:
        client = claude(bridge, path)
        await client.connect()
        assert (await client.status())[0] == 200
        assert {status for _, status in client.seen} == {401, 200}, "and nothing redirects"


async def test_prm_path_form_and_root_form_are_both_there(public: Served) -> None:
    async with public() as bridge:
        client = claude(bridge)
        for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
            content = await client.document(bridge.url + path)
            assert content["resource"] == f"{bridge.url}/mcp"
            assert content["authorization_servers"] == [bridge.url]


async def test_as_metadata_offers_s256_documents_none_and_registration(public: Served) -> None:
    async with public() as bridge:
        metadata = await metadata_of(bridge)
        assert metadata["issuer"] == bridge.url
        assert metadata["code_challenge_methods_supported"] == ["S256"]
        assert metadata["client_id_metadata_document_supported"] is True
        assert "none" in metadata["token_endpoint_auth_methods_supported"]
        assert metadata["registration_endpoint"] == f"{bridge.url}/oauth/register"


async def test_dcr_without_documents_it_registers_anew_at_each_fresh_connection(public: Served) -> None:
    async with public() as bridge:
        ids = set()
        for _ in range(3):
            client = claude(bridge, documents=False)
            await client.connect()
            assert client.registrations == 1
            assert (await client.status())[0] == 200
            ids.add(client.connector.client_id)
        assert len(ids) == 3


@pytest.mark.parametrize("callback", [CALLBACK, "https://claude.com/api/mcp/auth_callback"])
async def test_redirect_claude_ai_and_claude_com_are_both_allowed(public: Served, callback: str) -> None:
    async with public() as bridge:
        await claude(bridge, redirect_uri=callback).connect()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_client_ids_claude_code_comes_back_to_any_port_of_loopback(public: Served, host: str) -> None:
    document = "https://claude.ai/oauth/claude-code-client-metadata"
    async with public() as bridge:
        for port in (3118, 54321):
            await claude(bridge, client_id=document, redirect_uri=f"http://{host}:{port}/callback").connect()


async def test_token_form_encoded_and_register_json(public: Served) -> None:
    async with public() as bridge:
        metadata = await metadata_of(bridge)
        async with bridge.http.post(metadata["token_endpoint"], json={"grant_type": "refresh_token"}) as response:
            assert (response.status, (await response.json())["error"]) == (400, "invalid_request")
        async with bridge.http.post(metadata["registration_endpoint"], data={"redirect_uris": CALLBACK}) as response:
            assert (response.status, (await response.json())["error"]) == (400, "invalid_client_metadata")


async def test_refresh_rotates_in_the_same_answer_and_the_session_goes_on(public: Served) -> None:
    async with public() as bridge:
        client = claude(bridge)
        await client.connect()
        before = dict(client.tokens)
        status, client.tokens = await client.refresh(await metadata_of(bridge))
        assert status == 200
        assert client.tokens["refresh_token"] != before["refresh_token"]
        assert (await client.status(before["access_token"]))[0] == 200, "up to five minutes early, so both are good"
        assert (await client.status())[0] == 200


async def test_refresh_an_expired_token_is_told_to_be_invalid() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        here.clock.passes(3_600)
        response = await here.http.get("/mcp", headers={"Authorization": f"Bearer {tokens['access_token']}"})
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token", resource_metadata=')
        assert (await Connector().refresh(here, tokens["refresh_token"])).status_code == 200


async def test_errors_invalid_grant_reconnects_and_invalid_client_registers_again(public: Served) -> None:
    async with public() as bridge:
        metadata = await metadata_of(bridge)
        client = claude(bridge, documents=False)
        await client.connect()
        form = {"token": client.tokens["access_token"], "client_id": client.connector.client_id}
        assert await bridge.status("POST", metadata["revocation_endpoint"], data=form) == 200
        status, answer = await client.refresh(metadata)
        assert (status, answer["error"]) == (400, "invalid_grant")
        client.connector.client_id = "a-registration-that-is-gone"
        status, answer = await client.refresh(metadata)
        assert (status, answer["error"]) == (401, "invalid_client")


async def test_http_nothing_on_the_way_redirects(public: Served) -> None:
    async with public() as bridge:
        for path in (
            "/mcp",
            "/mcp/",
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-protected-resource/mcp",
            "/.well-known/oauth-protected-resource/mcp/",
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
        ):
            async with bridge.http.get(path, allow_redirects=False) as response:
                assert response.status in (200, 401), path


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration/mcp",
        "/.well-known/anything",
        "/oauth/anything",
        "/oauth/token",
        "/oauth/register",
        "/nowhere",
    ],
)
async def test_http_errors_are_json_and_never_html(public: Served, path: str) -> None:
    async with public() as bridge:
        for method in ("GET", "PUT"):
            async with bridge.http.request(method, path) as response:
                assert response.status in (401, 404, 405)
                assert "error" in await response.json()


async def test_limits_discovery_registration_and_tokens_are_far_within_ten_seconds(public: Served) -> None:
    async with public() as bridge, asyncio.timeout(10):
        await asyncio.gather(*(claude(bridge, documents=False).connect() for _ in range(3)))


async def test_ops_many_users_at_one_address_are_not_one(public: Served, memory_service: MemoryService) -> None:
    async with public(rate_limit_requests=20) as bridge:
        clients = [claude(bridge) for _ in range(4)]
        for client in clients:
            await client.connect()
        for _ in range(12):
            for client in clients:
                assert (await client.status())[0] == 200


async def test_ops_what_others_at_the_same_address_get_wrong_stops_nobody_who_signs_in(public: Served) -> None:
    async with public() as bridge:
        for _ in range(150):
            assert await bridge.status("POST", "/mcp") == 401
        await claude(bridge).connect()


async def test_auth_kinds_a_key_in_a_header_works_beside_for_clients_that_have_one(public: Served) -> None:
    async with public() as bridge:
        assert (await claude(bridge).status("the-key-of-ada"))[0] == 200


@pytest.mark.parametrize(
    "settings", [{"public_url": None}, {"mcp_api_keys": ()}, {"public_url": "http://memory.example"}]
)
async def test_without_a_public_https_address_or_a_key_none_of_this_exists(
    public: Served, settings: dict[str, Any]
) -> None:
    async with public(**settings) as bridge:
        keyless = "mcp_api_keys" in settings
        for path in (
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-authorization-server",
            "/oauth/authorize",
            "/oauth/connections",
            "/token",
        ):
            assert await bridge.status("GET", path) == (404 if keyless else 401)
        if not keyless:
            async with bridge.http.get("/mcp") as response:
                assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_bridge_below_a_path_is_found_where_the_rules_put_its_documents(public: Served) -> None:
    async with public(public_url="https://host.example/memory") as bridge, aiohttp.ClientSession(bridge.url) as http:
        for path in (
            "/.well-known/oauth-authorization-server/memory",
            "/.well-known/oauth-authorization-server",
        ):
            async with http.get(path) as response:
                assert (await response.json())["issuer"] == "https://host.example/memory"
        async with http.get("/.well-known/oauth-protected-resource/memory/mcp") as response:
            assert (await response.json())["resource"] == "https://host.example/memory/mcp"
        async with http.post("/mcp") as response:
            metadata = 'resource_metadata="https://host.example/.well-known/oauth-protected-resource/memory/mcp"'
            assert metadata in response.headers["WWW-Authenticate"]
