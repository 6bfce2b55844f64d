"""The MCP server without a transport: listing, calling, whose key, and how failures read."""

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from structlog.testing import capture_logs

from bridge.client import MemoryClient
from bridge.mcp.server import INSTRUCTIONS, build_server
from bridge.mcp.tools.recall import RECALL_MEMORY
from bridge.turns import Turns
from bridge.upstream import Upstream
from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MemoryService, text_of


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_every_era_sees_the_same_tools(client: MemoryClient, mode: str) -> None:
    async with Client(build_server(client, own_key=None, version="1.2.3"), mode=mode) as session:
        listed = await session.list_tools()
        assert [tool.name for tool in listed.tools][:2] == ["store_memory", "recall_memory"]
        assert session.server_info is not None
        assert session.server_info.version == "1.2.3"
        assert session.instructions == INSTRUCTIONS
        assert session.server_capabilities.tools is not None
        assert session.server_capabilities.prompts is None


async def test_the_list_may_be_cached(client: MemoryClient) -> None:
    async with Client(build_server(client, own_key=None, version="1")) as session:
        listed = await session.list_tools()
    assert (listed.ttl_ms, listed.cache_scope) == (300_000, "public")


def test_the_instructions_begin_with_what_the_memory_is_and_when_to_call() -> None:
    assert "lasting memory" in INSTRUCTIONS[:512]
    assert "recall_memory" in INSTRUCTIONS[:512]
    assert "store_memory" in INSTRUCTIONS[:512]
    assert len(INSTRUCTIONS.encode()) <= 2_048


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_unknown_tool_is_an_error_of_the_protocol(client: MemoryClient, mode: str) -> None:
    async with Client(build_server(client, own_key=None, version="1"), mode=mode) as session:
        with pytest.raises(MCPError, match="Unknown tool: forget_everything") as caught:
            await session.call_tool("forget_everything")
    assert caught.value.error.code == -32602


async def test_a_caller_without_a_key_uses_the_servers_own(call: Call, memory_service: MemoryService) -> None:
    await call("check_database_health")
    assert memory_service.asked[0].headers["Authorization"] == "Bearer own-key"


async def test_the_request_id_goes_upstream_and_into_a_failure(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"message": "no"}, 400)
    result = await call("recall_memory")
    request_id = memory_service.asked[0].headers["X-Request-Id"]
    assert text_of(result) == f"no (request_id: {request_id})"


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_mistake_of_ours_gives_nothing_away_and_is_logged_once(mode: str) -> None:
    never_entered = MemoryClient(Upstream("http://127.0.0.1:1"), None)
    with capture_logs() as lines:
        async with Client(build_server(never_entered, own_key=None, version="1"), mode=mode) as session:
            result = await session.call_tool("recall_memory", {"query": "private"})
    assert result.is_error
    assert text_of(result).startswith("The bridge failed inside. Ask the operator to look at its log. (request_id: ")
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["tool failed"]
    assert "private" not in str(lines)


async def test_a_call_outside_http_is_logged_without_its_content(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    with capture_logs() as lines:
        await call("recall_memory", query="private")
    (line,) = lines
    assert (line["event"], line["tool"], line["outcome"]) == ("tool call", "recall_memory", "ok")
    assert "private" not in str(line)


def test_a_tool_is_found_without_listing_all_of_them(client: MemoryClient) -> None:
    server = build_server(client, own_key=None, version="1.2.3")
    assert server.get_tool_input_schema is not None
    assert server.get_tool_input_schema("recall_memory") == RECALL_MEMORY.input_schema
    assert server.get_tool_input_schema("unknown") is None


async def test_a_call_that_finds_no_turn_is_told_that_it_was_not_begun(
    client: MemoryClient, memory_service: MemoryService
) -> None:
    turns = Turns(1, max_waiting=0)
    assert await turns.take("somebody")
    async with Client(build_server(client, own_key=None, version="1", turns=turns)) as session:
        result = await session.call_tool("recall_memory", {"query": "x"})
        assert result.is_error
        assert text_of(result).startswith("The bridge is busy and has not begun this call.")
        turns.give_back("somebody")
        memory_service.answers("GET /recall", {"results": []})
        assert not (await session.call_tool("recall_memory", {"query": "x"})).is_error
    assert turns.running == 0


async def test_whoever_counts_hears_of_every_call(client: MemoryClient, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"message": "no"}, 400)
    heard: list[tuple[str, str]] = []
    server = build_server(
        client, own_key=None, version="1", ended=lambda tool, outcome, _: heard.append((tool, outcome))
    )
    async with Client(server) as session:
        await session.call_tool("recall_memory", {"query": "x"})
    assert heard == [("recall_memory", "UpstreamRejected")]
