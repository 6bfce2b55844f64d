"""Signing in from end to end, without a network: what a client gets, and what it may do with it."""

from urllib.parse import urlsplit

import pytest

from bridge.auth.gate import CallerKey
from tests.bridge.auth.site import KEYS, RESOURCE, URL, Clock, Connector, answer_of, form_of, site
from tests.bridge.stand_in import ADA, BOB

MINUTE, HOUR, DAY = 60, 3_600, 86_400


async def test_a_connection_acts_with_the_key_of_whoever_allowed_it() -> None:
    async with site() as here:
        for name, key in (("ada", ADA), ("bob", BOB)):
            tokens = await Connector().connect(here, key)
            scopes = ["memory.read", "memory.write"]
            assert await here.who(tokens["access_token"]) == (200, {"name": name, "key": key, "scopes": scopes})


async def test_the_answer_holds_what_a_client_needs_and_is_kept_by_nobody() -> None:
    async with site() as here:
        response = await Connector().redeem(here, await Connector().code(here))
        assert response.headers["cache-control"] == "no-store"
        body = response.json()
        assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 3_600, "memory.read memory.write")
        assert body["access_token"].startswith("mba_")
        assert body["refresh_token"].startswith("mbr_")


async def test_a_person_may_allow_reading_only() -> None:
    async with site() as here:
        tokens = await Connector().connect(here, access="read")
        assert tokens["scope"] == "memory.read"
        _, known = await here.who(tokens["access_token"])
        assert known["scopes"] == ["memory.read"]


async def test_a_key_that_only_reads_gives_a_connection_that_only_reads() -> None:
    async with site() as here:
        tokens = await Connector().connect(here, "the-key-of-reader", access="write")
        assert tokens["scope"] == "memory.read"


async def test_a_client_that_asks_to_read_is_offered_no_more() -> None:
    async with site() as here:
        connector = Connector(more={"scope": "memory.read"})
        page = await here.page(connector.request)
        assert form_of(page.text)["access"] == "read"
        assert (await connector.connect(here, access="write"))["scope"] == "memory.read"


@pytest.mark.parametrize("scope", ["", "offline_access", "openid memory.read memory.write offline_access"])
async def test_scopes_of_others_are_passed_over(scope: str) -> None:
    async with site() as here:
        tokens = await Connector(more={"scope": scope}).connect(here)
        assert tokens["scope"] == "memory.read memory.write"


async def test_a_refresh_gives_a_new_pair_and_the_old_access_token_lasts_to_its_end() -> None:
    async with site() as here:
        first = await Connector().connect(here)
        here.clock.passes(55 * MINUTE)
        second = (await Connector().refresh(here, first["refresh_token"])).json()
        assert second["refresh_token"] != first["refresh_token"]
        assert (await here.who(first["access_token"]))[0] == 200
        assert (await here.who(second["access_token"]))[0] == 200
        here.clock.passes(6 * MINUTE)
        assert (await here.who(first["access_token"]))[0] == 401


async def test_a_connection_that_is_used_lasts_for_ever_and_one_that_is_not_thirty_days() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        for _ in range(4):
            here.clock.passes(29 * DAY)
            tokens = (await Connector().refresh(here, tokens["refresh_token"])).json()
        here.clock.passes(31 * DAY)
        response = await Connector().refresh(here, tokens["refresh_token"])
        assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


async def test_a_refresh_may_ask_for_less_and_the_next_for_all_again() -> None:
    async with site() as here:
        first = await Connector().connect(here)
        less = (await Connector().refresh(here, first["refresh_token"], scope="memory.read")).json()
        assert (await here.who(less["access_token"]))[1]["scopes"] == ["memory.read"]
        more = (await Connector().refresh(here, less["refresh_token"])).json()
        assert more["scope"] == "memory.read memory.write"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_revoking_either_token_ends_the_connection(kind: str) -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        other = await Connector().connect(here)
        assert (await here.who(tokens["access_token"]))[0] == 200
        fields = {"token": tokens[kind], "client_id": Connector().client_id}
        assert (await here.http.post("/oauth/revoke", data=fields)).status_code == 200
        assert (await here.who(tokens["access_token"]))[0] == 401
        assert (await Connector().refresh(here, tokens["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await here.who(other["access_token"]))[0] == 200


async def test_revoking_what_is_no_token_is_no_error() -> None:
    async with site() as here:
        fields = {"token": "whatever", "client_id": Connector().client_id}
        assert (await here.http.post("/oauth/revoke", data=fields)).status_code == 200


async def test_a_person_who_cancels_sends_the_client_away_with_a_no() -> None:
    async with site() as here:
        page = await here.page(Connector().request)
        answer = answer_of(await here.decided(page, decision="deny"))
        assert answer == {"error": "access_denied", "state": "st-1", "iss": URL}


async def test_a_wrong_key_shows_the_page_again_and_a_right_one_goes_on_from_there() -> None:
    async with site() as here:
        page = await here.page(Connector().request)
        again = await here.decided(page, key="wrong", decision="allow")
        assert again.status_code == 403
        assert "No memory here has this key." in again.text
        assert "code" in answer_of(await here.decided(again, key=f" {ADA} ", decision="allow"))


async def test_a_key_that_was_taken_away_ends_what_was_allowed_with_it() -> None:
    clock = Clock()
    async with site(clock=clock) as before:
        tokens = await Connector().connect(before)
    changed = [CallerKey("ada", "another-key-of-ada"), *KEYS[1:]]
    async with site(clock=clock, keys=changed) as after:
        assert (await after.who(tokens["access_token"]))[0] == 401
        assert (await Connector().refresh(after, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_a_name_with_two_keys_keeps_its_connections_while_keys_change() -> None:
    clock = Clock()
    async with site(clock=clock) as before:
        tokens = await Connector().connect(before)
    both = [CallerKey("ada", "another-key-of-ada"), *KEYS]
    async with site(clock=clock, keys=both) as after:
        assert (await after.who(tokens["access_token"]))[1]["key"] == ADA


async def test_secrets_are_changed_by_listing_two() -> None:
    clock, old, new = Clock(), b"the old secret, of more than 32 bytes", b"the new secret, of more than 32 bytes"
    async with site(clock=clock, secrets=[old]) as first:
        tokens = await Connector().connect(first)
    async with site(clock=clock, secrets=[new, old]) as second:
        assert (await second.who(tokens["access_token"]))[0] == 200
        renewed = (await Connector().refresh(second, tokens["refresh_token"])).json()
    async with site(clock=clock, secrets=[new]) as third:
        assert (await third.who(renewed["access_token"]))[0] == 200
        assert (await third.who(tokens["access_token"]))[0] == 401


async def test_without_a_resource_the_connection_is_for_the_one_there_is() -> None:
    async with site() as here:
        connector = Connector(resource="")
        page = await here.page({name: value for name, value in connector.request.items() if value})
        assert RESOURCE in page.text
        code = answer_of(await here.decided(page, key=ADA, decision="allow"))["code"]
        assert (await connector.redeem(here, code)).status_code == 200


async def test_the_answer_goes_to_the_address_with_its_own_parameters_kept() -> None:
    uri = "http://localhost:3000/callback?app=1"
    async with site() as here:
        registered = await here.http.post("/oauth/register", json={"redirect_uris": [uri]})
        connector = Connector(client_id=registered.json()["client_id"], redirect_uri=uri)
        response = await here.decided(await here.page(connector.request), key=ADA, decision="allow")
        assert urlsplit(response.headers["location"]).query.startswith("app=1&code=")


@pytest.mark.parametrize("url", ["https://Memory.Example", "https://memory.example:443", "HTTPS://memory.example"])
async def test_however_the_address_is_spelt_it_is_the_same_everywhere(url: str) -> None:
    async with site(url=url) as here:
        metadata = (await here.http.get("/.well-known/oauth-authorization-server")).json()
        resource = (await here.http.get("/.well-known/oauth-protected-resource")).json()
        answer = answer_of(await here.page(Connector(more={"code_challenge": ""}).request))
        assert {metadata["issuer"], answer["iss"], *resource["authorization_servers"]} == {URL}
        assert resource["resource"] == RESOURCE


@pytest.mark.parametrize("resource", ["https://MEMORY.example/mcp", "https://memory.example:443/mcp"])
async def test_a_client_may_spell_the_resource_in_its_own_way(resource: str) -> None:
    async with site() as here:
        assert (await here.who((await Connector(resource=resource).connect(here))["access_token"]))[0] == 200
