"""Three tenants of one bridge before one memory_api, each calling every tool with what belongs to the others."""

import asyncio
import json
import re
import sys
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, TextContent

from memory_api.embedders.hashing import HashingEmbedder
from tests.isolation.attempts import Attempt, readings, searches, wide_recalls, writings
from tests.isolation.conftest import Pair
from tests.isolation.tenants import (
    EACH,
    ID,
    NOBODY,
    PEOPLE,
    TENANTS,
    assert_no_word_of_others,
    assert_only_of,
    entity,
    id_of,
    note,
    others,
    own,
    snapshot,
    total,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What all ways share each tries with each. On the other ways in it is one with one, and every third recall.
WAYS = [
    *(("http", tenant, others(tenant), 1) for tenant in TENANTS),
    ("http, handshake era", "bob", ["alice"], 3),
    ("sse", "carol", ["bob"], 3),
    ("stdio", "alice", ["carol"], 3),
]


def connected(pair: Pair, way: str, tenant: str) -> AbstractAsyncContextManager[Client]:
    """A tenant's client; the key stands in the URL, in a header, or in the environment."""
    url, key = pair.bridge.url, f"key-of-{tenant}"
    if way == "sse":
        return Client(sse_client(f"{url}/mcp/sse", headers={"Authorization": f"Bearer {key}"}), mode="legacy")
    if way == "stdio":
        environment = {"AUTOMEM_API_URL": pair.memory_api, "AUTOMEM_API_KEY": key, "LOG_LEVEL": "error"}
        command = StdioServerParameters(command=sys.executable, args=["-m", "bridge"], env=environment)
        return Client(stdio_client(command))
    return Client(f"{url}/mcp?api_key={key}", mode="legacy" if "handshake" in way else "auto")


@cache
def _numbers(of: str) -> dict[str, str]:
    return {id_of(of, number): f"<id {number}>" for number in range(EACH)}


def said(result: CallToolResult, of: str = NOBODY) -> str:
    """A whole answer, but for what differs each time, and with what it names of `of` made anonymous."""
    parts = [part.text for part in result.content if isinstance(part, TextContent)]
    whole = json.dumps([result.is_error, parts, result.structured_content], ensure_ascii=False)
    whole = re.sub(r" \(request_id: [0-9a-f]{32}\)", "", whole)
    whole = re.sub(r'(\\?"(?:last_accessed|query_time_ms)\\?": )(\\?"[^"]*"|[0-9.]+)', r"\1-", whole)
    numbers = _numbers(of)
    whole = ID.sub(lambda found: numbers.get(found[0], found[0]), whole)
    return whole.replace(f"of:{of}", "<tag>").replace(entity(of), "<entity>")


def attempts(mine: str, of: str, step: int) -> list[Attempt]:
    """Everything that may be tried, or every so many of the recalls."""
    return [*readings(mine, of)[::step], *writings(mine, of)]


async def answers(client: Client, tried: Iterable[Attempt], of: str) -> list[str]:
    """What is said to each, with the attempt before it."""
    found = []
    for tool, arguments in tried:
        result = await client.call_tool(tool, arguments)
        found.append(f"{tool} {', '.join(arguments)}: {said(result, of)}")
    return found


async def recalled(client: Client, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.call_tool("recall_memory", arguments)
    assert not result.is_error, said(result)
    assert isinstance(result.structured_content, dict)
    return result.structured_content


@pytest.mark.parametrize(("way", "tenant", "named", "step"), WAYS)
async def test_what_another_has_is_to_every_tool_what_nobody_has(
    pair: Pair, way: str, tenant: str, named: list[str], step: int
) -> None:
    before = {name: await snapshot(pair.callers[name]) for name in (tenant, *named)}
    async with connected(pair, way, tenant) as client:
        expected = await answers(client, attempts(tenant, NOBODY, step), NOBODY)
        for other in named:
            told = await answers(client, attempts(tenant, other, step), other)
            assert told == expected
            assert_no_word_of_others(tenant, "".join(told))
    assert {name: await snapshot(pair.callers[name]) for name in (tenant, *named)} == before


@pytest.mark.parametrize("tenant", TENANTS)
async def test_no_question_finds_what_another_has(pair: Pair, tenant: str) -> None:
    async with connected(pair, "http", tenant) as client:
        for other in others(tenant):
            vector = (await HashingEmbedder().embed(str(note(other, 5)["content"]))).tolist()
            for arguments in searches(other, vector):
                assert_only_of(tenant, (await recalled(client, arguments))["results"])
        for arguments in wide_recalls():
            assert_only_of(tenant, await recalled(client, arguments))
        everything: set[str] = set()
        for offset in range(0, total(tenant), 50):
            page = {"tags": ["shared"], "exhaustive": True, "limit": 50, "offset": offset}
            everything |= {each["memory_id"] for each in (await recalled(client, page))["results"]}
        assert everything == own(tenant)


@pytest.mark.parametrize(("way", "tenant"), [case[:2] for case in WAYS if case[0] != "stdio"])
async def test_the_health_counts_what_is_ones_own(pair: Pair, way: str, tenant: str) -> None:
    async with connected(pair, way, tenant) as client:
        result = await client.call_tool("check_database_health", {})
    health = result.structured_content
    assert isinstance(health, dict)
    counts = (health["memory_count"], health["vector_count"], health["enrichment"]["processed"])
    assert counts == (total(tenant),) * 3
    assert not [name for name in (*TENANTS, *PEOPLE.values()) if name in said(result)]


async def test_a_tag_that_all_have_deletes_what_is_ones_own(pair: Pair) -> None:
    for tenant, caller in pair.callers.items():
        await caller.store(f"{tenant} has a thing to throw away", tags=["doomed"])
    for place, tenant in enumerate(TENANTS):
        async with connected(pair, "http", tenant) as client:
            result = await client.call_tool("delete_memory", {"tags": ["doomed"]})
            assert result.structured_content is not None
            assert result.structured_content["deleted_count"] == 1
        counts = [await caller.count() for caller in pair.callers.values()]
        assert counts == [total(name) + (later > place) for later, name in enumerate(TENANTS)]


async def test_an_id_that_another_uses_is_free_and_stands_for_ones_own_memory(pair: Pair) -> None:
    before = await snapshot(pair.callers["bob"])
    told = []
    async with connected(pair, "http", "alice") as client:
        for owner in ("bob", NOBODY):
            taken = id_of(owner, 7)
            for tool, arguments in (
                ("store_memory", {"id": taken, "content": "A heron of alice's own", "timestamp": "2026-03-01"}),
                ("store_memory", {"memories": [{"id": taken, "content": "A heron of alice's own"}]}),
                ("associate_memories", {"memory1_id": taken, "memory2_id": id_of("alice", 1), "type": "PART_OF"}),
                ("update_memory", {"memory_id": taken, "content": "A crane"}),
                ("recall_memory", {"memory_id": taken}),
                ("delete_memory", {"memory_id": taken}),
                ("delete_memory", {"memory_id": taken}),
            ):
                told.append(said(await client.call_tool(tool, arguments), owner))
    half = len(told) // 2
    told = [re.sub(r"[0-9-]{10}T[0-9:.]+\+00:00", "<time>", each) for each in told]
    assert told[:half] == told[half:]
    assert "A crane" in told[4]
    assert await snapshot(pair.callers["bob"]) == before


async def test_answers_to_the_same_request_id_at_the_same_moment_reach_whoever_asked(pair: Pair) -> None:
    async def ask(tenant: str, way: str) -> None:
        async with connected(pair, way, tenant) as client:
            # A client counts its requests from the beginning, so all three use the same ids.
            for number in range(4):
                page = {"tags": ["shared"], "exhaustive": True, "limit": 20, "offset": number}
                found = await recalled(client, page)
                assert len(found["results"]) == 20
                assert_only_of(tenant, found)

    ways = ("http", "http, handshake era", "sse")
    await asyncio.gather(*(ask(tenant, way) for tenant in TENANTS for way in ways))
