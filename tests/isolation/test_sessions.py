"""Three tenants of one bridge, each trying the session ids, event ids, stream ids and doors of the others."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import aiohttp
import pytest

from bridge.mcp.sessions import SessionIds
from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, INITIALIZED, LIST, calling, events_of, next_event, opened
from tests.bridge.stand_in import Bridge
from tests.isolation.conftest import Pair
from tests.isolation.tenants import OPERATOR, TENANTS, assert_no_word_of_others, others

pytestmark = pytest.mark.asyncio(loop_scope="module")

RECALL = calling("recall_memory", tags=["shared"], exhaustive=True, limit=5)
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
MODERN = {**ACCEPT, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "recall_memory"}
ADMIN = {"X-Admin-Token": OPERATOR}
_ITS_OWN = frozenset({"date", "x-request-id", "content-length"})


def key_of(tenant: str) -> dict[str, str]:
    return {"X-API-Key": f"key-of-{tenant}"}


@dataclass(frozen=True)
class Told:
    """A whole answer, but for what differs each time and for the ids that were asked about."""

    status: int
    headers: tuple[tuple[str, str], ...]
    text: str


async def told(bridge: Bridge, method: str, path: str, secret: str, **request: Any) -> Told:
    """What is answered, with `secret`, which the request names, made anonymous."""
    async with bridge.http.request(method, path, **request) as response:
        text = (await response.text()).replace(secret, "<id>")
        headers = tuple((name.lower(), value.replace(secret, "<id>")) for name, value in response.headers.items())
        return Told(response.status, tuple(each for each in headers if each[0] not in _ITS_OWN), text)


async def recalled(bridge: Bridge, headers: dict[str, str]) -> list[Any]:
    """A recall in a session, event by event."""
    async with bridge.http.post("/mcp", json=RECALL, headers=headers) as response:
        assert response.status == 200
        return await events_of(response)


@asynccontextmanager
async def stream(bridge: Bridge, headers: dict[str, str]) -> AsyncIterator[tuple[aiohttp.ClientResponse, str]]:
    """A stream of the older transport, and the id in the address of its messages."""
    async with bridge.http.get("/mcp/sse", headers=headers) as response:
        await response.content.readline()
        endpoint = (await response.content.readline()).decode().strip()
        yield response, endpoint.partition("session_id=")[2]


@pytest.mark.parametrize("tenant", TENANTS)
async def test_a_session_of_another_looks_like_none(pair: Pair, tenant: str) -> None:
    bridge, unknown = pair.bridge, SessionIds(b"of another deployment").issue("")
    for other in others(tenant):
        theirs = await opened(bridge, **key_of(other))
        for method, body in (("POST", LIST), ("POST", INITIALIZED), ("GET", None), ("DELETE", None), ("POST", RECALL)):
            found = []
            for session_id in (theirs["Mcp-Session-Id"], unknown):
                headers = {**theirs, **key_of(tenant), "Mcp-Session-Id": session_id}
                found.append(await told(bridge, method, "/mcp", session_id, json=body, headers=headers))
            assert found[0] == found[1]
            assert found[0].status == 404
        assert len(await recalled(bridge, theirs)) == 2, "it lives, and is its owner's"


@pytest.mark.parametrize("tenant", TENANTS)
async def test_a_session_of_another_looks_like_none_to_another_process_too(pair: Pair, tenant: str) -> None:
    unknown = SessionIds(b"of another deployment").issue("")
    async with pair.another_bridge() as elsewhere:
        for other in others(tenant):
            theirs = await opened(elsewhere, **key_of(other))
            for method in ("POST", "GET", "DELETE"):
                found = []
                for session_id in (theirs["Mcp-Session-Id"], unknown):
                    headers = {**theirs, **key_of(tenant), "Mcp-Session-Id": session_id}
                    found.append(await told(pair.bridge, method, "/mcp", session_id, json=RECALL, headers=headers))
                assert found[0] == found[1]
                assert found[0].status == 404
            assert await pair.bridge.status("POST", "/mcp", json=LIST, headers=theirs) == 200, "its owner is known"


async def test_whoever_begins_anew_with_the_session_of_another_gets_nothing_of_it(pair: Pair) -> None:
    theirs = await opened(pair.bridge, **key_of("bob"))
    headers = {**ACCEPT, **key_of("alice"), "Mcp-Session-Id": theirs["Mcp-Session-Id"]}
    assert await pair.bridge.status("POST", "/mcp", json=INITIALIZE, headers=headers) == 404


@pytest.mark.parametrize("tenant", TENANTS)
async def test_an_event_of_another_looks_like_none(pair: Pair, tenant: str) -> None:
    bridge = pair.bridge
    mine = await opened(bridge, **key_of(tenant))
    for other in others(tenant):
        theirs = await opened(bridge, **key_of(other))
        begun, answer = await recalled(bridge, theirs)
        assert other in str(answer.message)
        for event_id in (begun.id, answer.id):
            for session in (mine, {**theirs, **key_of(tenant)}):
                found = []
                for named in (event_id, secrets.token_urlsafe(12)):
                    headers = {**session, "Last-Event-ID": named}
                    found.append(await told(bridge, "GET", "/mcp", named, headers=headers))
                assert found[0] == found[1]
                assert found[0].status in (400, 404)
                assert_no_word_of_others(tenant, found[0].text)
        async with bridge.http.get("/mcp", headers={**theirs, "Last-Event-ID": begun.id}) as response:
            assert [event.id for event in await events_of(response)] == [answer.id], "its owner resumes it"


@pytest.mark.parametrize("tenant", TENANTS)
async def test_a_stream_of_another_looks_like_none(pair: Pair, tenant: str) -> None:
    bridge = pair.bridge
    for other in others(tenant):
        async with stream(bridge, key_of(other)) as (events, session_id):
            for name in ("session_id", "sessionId"):
                for message in (INITIALIZE, RECALL):
                    found = []
                    for named in (session_id, secrets.token_hex(16)):
                        path = f"/mcp/messages?{name}={named}"
                        found.append(await told(bridge, "POST", path, named, json=message, headers=key_of(tenant)))
                    assert found[0] == found[1]
                    assert found[0].status == 404
            path = f"/mcp/messages?session_id={session_id}"
            assert await bridge.status("POST", path, json=INITIALIZE, headers=key_of(other)) == 202
            event = await next_event(events)
            assert event is not None
            assert event.message["id"] == INITIALIZE["id"], "what others sent never arrived"


@pytest.mark.parametrize("tenant", TENANTS)
async def test_a_request_without_sessions_is_its_senders_whatever_session_it_names(pair: Pair, tenant: str) -> None:
    newest = {**RECALL, "params": {**RECALL["params"], "_meta": META}}
    for other in others(tenant):
        theirs = await opened(pair.bridge, **key_of(other))
        headers = {**MODERN, **key_of(tenant), "Mcp-Session-Id": theirs["Mcp-Session-Id"]}
        async with pair.bridge.http.post("/mcp", json=newest, headers=headers) as response:
            text = await response.text()
        assert response.status == 200
        assert f"{tenant}land" in text
        assert_no_word_of_others(tenant, text)


@pytest.mark.parametrize("tenant", TENANTS)
async def test_a_tenants_key_opens_no_door_of_the_operator(pair: Pair, tenant: str) -> None:
    bridge = pair.bridge
    theirs = [await opened(bridge, **key_of(other)) for other in others(tenant)]
    async with bridge.http.get("/admin/sessions", headers=ADMIN) as response:
        names = [each["id"] for each in (await response.json())["sessions"] if each["key"] in others(tenant)]
    doors = [("GET", "/metrics"), ("GET", "/admin/stats"), ("GET", "/admin/sessions"), ("DELETE", "/admin/sessions/x")]
    doors += [("DELETE", f"/admin/sessions/{name}") for name in names]
    key = f"key-of-{tenant}"
    shown = ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}, {"X-Admin-Token": key})
    # Each from an address of its own, since one that guesses has to wait.
    for place, ((method, path), headers) in enumerate(product(doors, shown)):
        address = {"X-Forwarded-For": f"2001:db8:{TENANTS.index(tenant)}:{place:x}::1"}
        assert await bridge.status(method, path, headers={**headers, **address}) == 401
    assert len(names) >= 2
    for session in theirs:
        assert len(await recalled(bridge, session)) == 2
