"""What a connection may do: never more than the key that it was allowed with, whoever asks for more and whenever."""

from typing import Any

import pytest

from bridge.auth.gate import CallerKey
from tests.bridge.auth.hosted_client import HostedClient
from tests.bridge.auth.site import KEYS, Clock, Connector, Site, refused, site
from tests.bridge.mcp.wire import INITIALIZE, INITIALIZED, calling, events_of, next_event, opened
from tests.bridge.stand_in import ADA, MEMORY_ID, OTHER_ID, Bridge, MemoryService, Served

READER = "the-key-of-reader"
READS, BOTH = "memory.read", "memory.read memory.write"
CALLS = [
    calling("store_memory", content="Tea is green"),
    calling("associate_memories", memory1_id=MEMORY_ID, memory2_id=OTHER_ID, type="RELATES_TO"),
    calling("update_memory", memory_id=MEMORY_ID, content="Tea is black"),
    calling("delete_memory", memory_id=MEMORY_ID),
    calling("delete_memory", tags=["tea"]),
]
SETTINGS = {"mcp_api_keys": f"ada:{ADA},reader:{READER}:read"}


async def may(here: Site, tokens: dict[str, str]) -> object:
    """What the memory lets this access token do."""
    status, known = await here.who(tokens["access_token"])
    assert status == 200
    return known["scopes"]


@pytest.mark.parametrize("scope", [BOTH, "memory.write", "", "offline_access", "memory.write memory.write admin"])
async def test_a_key_that_reads_gives_a_connection_that_reads_whatever_is_asked_for(scope: str) -> None:
    async with site() as here:
        connector = Connector(more={"scope": scope})
        for answers in ({"access": "write"}, {"access": "write", "scope": BOTH, "scopes": BOTH}, {"access": "admin"}):
            code = await connector.code(here, READER, **answers)
            tokens = (await connector.redeem(here, code, scope=BOTH)).json()
            assert tokens["scope"] == READS
            assert await may(here, tokens) == [READS]


async def test_its_refresh_tokens_widen_nothing() -> None:
    async with site() as here:
        tokens = await Connector().connect(here, READER, access="write")
        for scope in ("memory.write", BOTH, "memory.read admin"):
            refused(await Connector().refresh(here, tokens["refresh_token"], scope=scope), "invalid_scope")
        for changes in ({}, {"scope": ""}, {"scope": "offline_access"}, {"scope": READS}, {"access": "write"}):
            tokens = (await Connector().refresh(here, tokens["refresh_token"], **changes)).json()
            assert tokens["scope"] == READS
            assert await may(here, tokens) == [READS]


async def test_of_two_keys_of_one_name_the_one_that_was_entered_counts() -> None:
    keys = [CallerKey("ada", ADA), CallerKey("ada", READER, may_write=False)]
    async with site(keys=keys) as here:
        assert await may(here, await Connector().connect(here, READER, access="write")) == [READS]
        assert await may(here, await Connector().connect(here, ADA, access="write")) == BOTH.split()


async def test_a_key_that_becomes_one_that_reads_takes_its_connections_with_it() -> None:
    clock = Clock()
    async with site(clock=clock) as before:
        tokens = await Connector().connect(before)
        code = await Connector().code(before, ADA, access="write")
    async with site(clock=clock, keys=[CallerKey("ada", ADA, may_write=False)]) as here:
        assert await may(here, tokens) == [READS]
        refused(await Connector().refresh(here, tokens["refresh_token"], scope=BOTH), "invalid_scope")
        for later in (await Connector().refresh(here, tokens["refresh_token"]), await Connector().redeem(here, code)):
            assert later.json()["scope"] == READS
            assert await may(here, later.json()) == [READS]


async def test_a_key_that_becomes_one_that_writes_leaves_its_connections_as_they_were_allowed() -> None:
    clock = Clock()
    async with site(clock=clock) as before:
        tokens = await Connector().connect(before, READER, access="write")
    async with site(clock=clock, keys=[*KEYS[:2], CallerKey("reader", READER)]) as here:
        renewed = (await Connector().refresh(here, tokens["refresh_token"])).json()
        assert await may(here, tokens) == await may(here, renewed) == [READS]
        refused(await Connector().refresh(here, renewed["refresh_token"], scope=BOTH), "invalid_scope")


async def test_a_ticket_of_somebody_who_may_write_is_of_no_use_to_a_key_that_reads() -> None:
    async with site() as here:
        page = await here.page(Connector().request)
        assert (await here.decided(page, key="wrong", access="write", decision="allow")).status_code == 403
        response = await here.decided(page, key=READER, access="write", decision="allow")
        code = dict(part.split("=") for part in response.headers["location"].partition("?")[2].split("&"))["code"]
        assert (await Connector().redeem(here, code)).json()["scope"] == READS


async def client_of(bridge: Bridge, key: str) -> HostedClient:
    """A client that somebody with this key has connected, and allowed all that it asks for."""
    client = HostedClient(f"{bridge.url}/mcp", bridge.http, "", "http://localhost/callback", documents=False)
    await client.connect(key=key, access="write")
    return client


async def wide_and_narrow(bridge: Bridge) -> tuple[str, str]:
    """Two access tokens of one connection: one that may do all, and one that was refreshed for reading alone."""
    client = await client_of(bridge, ADA)
    form = {"grant_type": "refresh_token", "scope": READS, "client_id": client.connector.client_id}
    form |= {"refresh_token": client.tokens["refresh_token"]}
    wide = client.tokens["access_token"]
    _, narrowed = await client.posted(f"{bridge.url}/oauth/token", form)
    return wide, narrowed["access_token"]


async def outcome(bridge: Bridge, call: dict[str, Any], headers: dict[str, str]) -> str:
    """The text that a call is answered with."""
    async with bridge.http.post("/mcp", json=call, headers=headers) as response:
        assert response.status == 200, await response.text()
        text: str = (await events_of(response))[-1].message["result"]["content"][0]["text"]
        return text


async def test_through_the_whole_bridge_it_writes_nothing(public: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with public(**SETTINGS) as bridge:
        tokens = (await client_of(bridge, READER)).tokens
        assert tokens["scope"] == READS
        headers = await opened(bridge, Authorization=f"Bearer {tokens['access_token']}")
        for call in CALLS:
            assert (await outcome(bridge, call, headers)).startswith("This key may only read.")
        assert await outcome(bridge, calling("recall_memory", query="tea"), headers) == "No memories found."
    assert {f"{asked.method} {asked.path}" for asked in memory_service.asked} == {"GET /health", "GET /recall"}


async def test_in_one_session_each_request_has_the_rights_of_its_own_token(
    public: Served, memory_service: MemoryService
) -> None:
    memory_service.answers("POST /memory", {"memory_id": MEMORY_ID}, 201)
    async with public(**SETTINGS) as bridge:
        wide, narrow = await wide_and_narrow(bridge)
        for first in (wide, narrow):
            session = await opened(bridge, Authorization=f"Bearer {first}")
            for token, begins in ((narrow, "This key may only read."), (wide, "Memory stored")):
                headers = {**session, "Authorization": f"Bearer {token}"}
                assert (await outcome(bridge, CALLS[0], headers)).startswith(begins)


async def test_on_one_stream_each_message_has_the_rights_of_its_own_token(
    public: Served, memory_service: MemoryService
) -> None:
    memory_service.answers("POST /memory", {"memory_id": MEMORY_ID}, 201)
    async with public(**SETTINGS) as bridge:
        wide, narrow = await wide_and_narrow(bridge)
        as_wide, as_narrow = ({"Authorization": f"Bearer {token}"} for token in (wide, narrow))
        async with bridge.http.get("/mcp/sse", headers=as_wide) as stream:
            await stream.content.readline()
            endpoint = (await stream.content.readline()).decode().removeprefix("data: ").strip()
            for message in (INITIALIZE, INITIALIZED):
                assert await bridge.status("POST", endpoint, json=message, headers=as_wide) == 202
            await next_event(stream)
            for headers, begins in ((as_narrow, "This key may only read."), (as_wide, "Memory stored")):
                assert await bridge.status("POST", endpoint, json=CALLS[0], headers=headers) == 202
                event = await next_event(stream)
                assert event is not None
                assert event.message["result"]["content"][0]["text"].startswith(begins)
