"""The HTTP service as a whole: every route answers in JSON, and no one gets past the gate."""

import pytest
from mcp import Client
from mcp.client.sse import sse_client
from structlog.testing import capture_logs

from bridge.app import create_app
from bridge.errors import StartupError
from bridge.settings import Settings
from tests.bridge.stand_in import MemoryService, Served


async def test_unknown_paths_and_methods_are_answered_in_json(served: Served) -> None:
    async with served() as bridge:
        for method, path, status, error in (
            ("GET", "/", 404, "Not Found"),
            ("POST", "/nowhere", 404, "Not Found"),
            ("POST", "/health", 405, "Method Not Allowed"),
            ("POST", "/mcp/sse", 405, "Method Not Allowed"),
            ("GET", "/mcp/messages", 405, "Method Not Allowed"),
        ):
            async with bridge.http.request(method, path) as response:
                assert (response.status, await response.json()) == (status, {"error": error})
                assert response.headers["X-Request-Id"]


async def test_no_path_but_health_opens_without_a_key(served: Served) -> None:
    async with served(automem_api_token="token") as bridge:
        for path in ("/mcp", "/mcp/sse", "/mcp/messages", "/nowhere"):
            assert await bridge.status("GET", path) == 401
        for path in ("/health", "/ready"):
            assert await bridge.status("GET", path) == 200


async def test_foreign_hosts_and_pages_are_refused_everywhere(served: Served) -> None:
    async with served() as bridge:
        for path in ("/mcp", "/mcp/sse", "/mcp/messages", "/health", "/ready", "/nowhere"):
            assert await bridge.status("GET", path, headers={"Host": "evil.example"}) == 421
            assert await bridge.status("GET", path, headers={"Origin": "https://evil.example"}) == 403


async def test_the_public_address_is_a_trusted_host_and_origin(served: Served) -> None:
    async with served(public_url="https://memory.example", trusted_hosts="intranet") as bridge:
        for host in ("memory.example", "intranet:8080", "localhost"):
            headers = {"Host": host, "Origin": "https://memory.example"}
            async with bridge.http.get("/health", headers=headers) as response:
                assert response.status == 200


async def test_a_wider_service_with_a_key_answers_under_any_name_until_told_its_own(served: Served) -> None:
    foreign, probe = {"Host": "whatever.example"}, {"Host": "healthcheck.railway.app"}
    async with served(host="0.0.0.0", automem_api_token="token") as bridge:
        assert await bridge.status("GET", "/health", headers=foreign) == 200
    async with served(host="0.0.0.0", automem_api_token="token", trusted_hosts="memory.example") as bridge:
        assert await bridge.status("GET", "/health", headers=foreign) == 421
        assert await bridge.status("GET", "/health", headers=probe) == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "memory.example"])
def test_without_a_key_it_does_not_open_to_the_network(host: str) -> None:
    with pytest.raises(StartupError, match="no key is configured: set AUTOMEM_API_TOKEN or MCP_API_KEYS") as caught:
        create_app(Settings(host=host))
    assert "\n" not in str(caught.value)


def test_the_key_for_the_memory_service_does_not_open_the_bridge() -> None:
    with pytest.raises(StartupError):
        create_app(Settings(host="0.0.0.0", automem_api_key="upstream"))


def test_an_open_gate_is_said_loudly() -> None:
    with capture_logs() as lines:
        create_app(Settings(host="0.0.0.0", disable_auth=True))
    (line,) = lines
    assert line["log_level"] == "warning"
    assert "every caller is the owner" in line["event"]


async def test_keys_are_never_logged(served: Served) -> None:
    with capture_logs() as lines:
        async with served(mcp_api_keys="ada:p4ss") as bridge:
            await bridge.status("GET", "/nowhere?api_key=p4ss")
            await bridge.status("GET", "/nowhere?api_key=wr0ng", headers={"X-API-Key": "wr0ng"})
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["status"] for line in requests] == [404, 401]
    assert requests[0]["key"] == "ada"
    assert "p4ss" not in str(lines)
    assert "wr0ng" not in str(lines)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_one_line_a_request_names_the_key_the_tool_and_the_outcome(
    served: Served, memory_service: MemoryService, mode: str
) -> None:
    memory_service.answers("GET /recall", {"message": "secret content"}, 400)
    with capture_logs() as lines:
        async with (
            served(mcp_api_keys="ada:p4ss") as bridge,
            Client(f"{bridge.url}/mcp?api_key=p4ss", mode=mode) as client,
        ):
            await client.call_tool("recall_memory", {"query": "private"})
    (line,) = [line for line in lines if "tool" in line]
    assert {
        "event": "request",
        "key": "ada",
        "tool": "recall_memory",
        "outcome": "UpstreamRejected",
    }.items() <= line.items()
    assert "private" not in str(lines)
    assert "secret content" not in str(lines)


async def test_a_call_over_the_older_transport_is_logged_too(served: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    with capture_logs() as lines:
        async with served() as bridge, Client(sse_client(f"{bridge.url}/mcp/sse")) as client:
            await client.call_tool("recall_memory", {"query": "x"})
    (line,) = [line for line in lines if "tool" in line]
    assert (line["tool"], line["outcome"]) == ("recall_memory", "ok")


async def test_the_callers_request_id_reaches_the_memory_service(served: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served(mcp_json_response=True) as bridge:
        headers = {"Accept": "application/json, text/event-stream", "X-Request-Id": "r-1"}
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
        opening = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
        async with bridge.http.post("/mcp", json=opening, headers=headers) as response:
            headers["Mcp-Session-Id"] = response.headers["Mcp-Session-Id"]
        params = {"name": "recall_memory", "arguments": {"query": "x"}}
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
        assert await bridge.status("POST", "/mcp", json=call, headers=headers) == 200
    assert memory_service.requests("GET /recall")[0].headers["X-Request-Id"] == "r-1"
