"""ChatGPT as its documentation describes it, before a running bridge: a test for each of its rules."""

import json
from typing import Any

import pytest

from bridge.mcp.server import INSTRUCTIONS
from tests.bridge.auth.hosted_client import HostedClient
from tests.bridge.auth.site import RESOURCE, Connector, site
from tests.bridge.stand_in import Bridge, Served

DOCUMENT = "https://chatgpt.com/oauth/client.json"
WITH_ISSUER = "https://chatgpt.com/connector_platform_oauth_redirect"
OF_A_CONNECTOR = "https://chatgpt.com/connector/oauth/kx3-Qp_7"


class ChatGPT(HostedClient):
    """Looks where it may come back to, and asks the document of OpenID Connect first."""

    async def server(self, issuer: str) -> dict[str, Any]:
        metadata = await self.document(f"{issuer}/.well-known/openid-configuration")
        assert metadata == await super().server(issuer)
        if self.redirect_uri == WITH_ISSUER:
            assert metadata["authorization_response_iss_parameter_supported"] is True
        return metadata


def chatgpt(bridge: Bridge, **more: Any) -> ChatGPT:
    return ChatGPT(f"{bridge.url}/mcp", bridge.http, **{"client_id": DOCUMENT, "redirect_uri": WITH_ISSUER, **more})


async def test_it_connects_and_lists_the_tools(public: Served) -> None:
    async with public() as bridge:
        client = chatgpt(bridge)
        await client.connect()
        assert client.registrations == 0, "its document comes first"
        assert len(await client.tools()) == 6


async def test_client_after_its_document_it_may_register(public: Served) -> None:
    async with public() as bridge:
        client = chatgpt(bridge, documents=False, redirect_uri=OF_A_CONNECTOR)
        await client.connect()
        assert client.registrations == 1
        assert (await client.status())[0] == 200


@pytest.mark.parametrize("callback", [WITH_ISSUER, OF_A_CONNECTOR])
async def test_redirect_the_one_with_an_issuer_and_the_one_of_a_connector_are_both_allowed(
    public: Served, callback: str
) -> None:
    async with public() as bridge:
        await chatgpt(bridge, redirect_uri=callback).connect()


async def test_redirect_every_answer_carries_the_issuer(public: Served) -> None:
    async with public() as bridge:
        client = chatgpt(bridge)
        metadata = await client.server(bridge.url)
        await client.introduce(metadata)
        for decision in ("allow", "deny"):
            assert (await client.allowed(metadata, decision=decision))["iss"] == metadata["issuer"]


async def test_resource_what_it_sends_is_the_audience_and_nothing_else_is() -> None:
    async with site() as here:
        connector = Connector(DOCUMENT, WITH_ISSUER)
        tokens = await connector.connect(here)
        access = here.oauth.verifier
        found = await access.verify_token(tokens["access_token"])
        assert found is not None
        assert found.resource == RESOURCE
        other = Connector(DOCUMENT, WITH_ISSUER, "https://other.example/mcp")
        assert (await here.page(other.request)).status_code == 302


async def test_metadata_openid_configuration_says_the_same(public: Served) -> None:
    async with public() as bridge:
        client = chatgpt(bridge)
        await client.server(bridge.url)


async def test_token_a_signed_assertion_does_no_harm_with_or_without_its_id(public: Served) -> None:
    assertion = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
    }
    async with public() as bridge:
        for without in ({}, {"client_id": ""}):
            client = chatgpt(bridge)
            metadata = await client.server(bridge.url)
            await client.introduce(metadata)
            await client.redeem(metadata, (await client.allowed(metadata))["code"], **assertion, **without)
            assert (await client.status())[0] == 200


async def test_token_an_assertion_replaces_no_verifier_and_revives_nothing() -> None:
    async with site() as here:
        connector = Connector(DOCUMENT, WITH_ISSUER)
        code = await connector.code(here)
        more = {"client_id": "", "client_assertion": "x", "code_verifier": "x" * 43}
        assert (await connector.redeem(here, code, **more)).json()["error"] == "invalid_grant"
        tokens = await connector.connect(here)
        await connector.refresh(here, tokens["refresh_token"], client_id="", client_assertion="x")
        here.clock.passes(61)
        again = await connector.refresh(here, tokens["refresh_token"], client_id="", client_assertion="x")
        assert again.json()["error"] == "invalid_grant"


async def test_refresh_invalid_token_asks_for_one_at_once(public: Served) -> None:
    async with public() as bridge:
        status, said = await chatgpt(bridge).status("mba_expired")
        assert status == 401
        assert 'error="invalid_token"' in said


async def test_refresh_a_dead_one_is_invalid_grant_which_shows_the_card_to_reconnect(public: Served) -> None:
    async with public() as bridge:
        client = chatgpt(bridge)
        await client.connect()
        form = {"token": client.tokens["refresh_token"], "client_id": DOCUMENT}
        assert await bridge.status("POST", "/oauth/revoke", data=form) == 200
        status, answer = await client.refresh(await client.server(bridge.url))
        assert (status, answer["error"]) == (400, "invalid_grant")


async def test_tools_all_three_hints_are_explicit_on_each(public: Served) -> None:
    async with public() as bridge:
        client = chatgpt(bridge)
        await client.connect()
        for tool in await client.tools():
            assert {"readOnlyHint", "destructiveHint", "openWorldHint"} <= tool["annotations"].keys()


async def test_tools_their_list_is_small(public: Served) -> None:
    async with public() as bridge:
        client = chatgpt(bridge)
        await client.connect()
        sizes = [len(json.dumps(tool)) for tool in await client.tools()]
        # Four characters are about one token: less than 5,000 each and 16,000 together.
        assert max(sizes) < 4 * 5_000
        assert sum(sizes) < 4 * 16_000


def test_instructions_the_first_512_characters_stand_alone() -> None:
    assert INSTRUCTIONS[:512].rpartition(".")[0].count(". ") >= 2


async def test_key_in_the_url_is_never_needed(public: Served) -> None:
    async with public() as bridge:
        client = chatgpt(bridge)
        await client.connect()
        assert not [url for url, _ in client.seen if "?" in url]
