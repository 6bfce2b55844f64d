"""The door of the running bridge: who gets in under which settings, in which order it asks, and what it says."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bridge.app import create_app
from bridge.errors import StartupError
from bridge.settings import Settings
from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, INITIALIZED, LIST, calling, events_of, next_event, opened
from tests.bridge.stand_in import MEMORY_ID, OTHER_ID, Bridge, MemoryService, Served

ADA = {"X-API-Key": "k1"}
CLAUDE = {"X-Forwarded-For": "160.79.104.9"}
STRANGER = {"X-Forwarded-For": "203.0.113.9"}
HTTPS = {"X-Forwarded-Proto": "https"}
PAGE = {"Origin": "https://app.example"}
PREFLIGHT = {**PAGE, "Access-Control-Request-Method": "POST"}
OPEN: dict[str, Any] = {"mcp_api_keys": "ada:k1,bob:k2,eve:k3:read"}
STRICT: dict[str, Any] = {
    **OPEN,
    "trusted_proxies": "loopback",
    "require_https": True,
    "ip_whitelist_enabled": True,
    "allowed_ips": "anthropic",
    "allowed_origins": "https://app.example",
    "enable_cors": True,
    "rate_limit_requests": 2,
    "rate_limit_window": 3_600,
}
WRITES = [
    calling("store_memory", content="x"),
    calling("associate_memories", memory1_id=MEMORY_ID, memory2_id=OTHER_ID, type="RELATES_TO", strength=0.5),
    calling("update_memory", memory_id=MEMORY_ID, importance=0.5),
    calling("delete_memory", memory_id=MEMORY_ID),
]


async def answered(bridge: Bridge, call: dict[str, Any], headers: dict[str, str]) -> Any:
    async with bridge.http.post("/mcp", json=call, headers=headers) as response:
        assert response.status == 200
        return (await events_of(response))[-1].message["result"]


async def test_it_asks_for_the_cheap_things_first(served: Served) -> None:
    async with served(**STRICT) as bridge:
        headers = {"Content-Length": str(1 << 40), "Host": "evil.example", "Origin": "https://evil.example", **STRANGER}
        steps: list[tuple[int, dict[str, str]]] = [
            (413, {"Content-Length": "0"}),
            (421, {"Host": "localhost"}),
            (403, {"Origin": "https://app.example"}),
            (403, HTTPS),
            (403, CLAUDE),
            (401, {"X-API-Key": "k1"}),
        ]
        said = []
        # The bridge would wait a while for the body that the first one promises, before it hears the next one out.
        alone = {"Connection": "close"}
        for status, mended in steps:
            async with bridge.http.request("DELETE", "/mcp", headers={**headers, **alone}) as response:
                assert response.status == status
                said.append((await response.json())["error"].split(";")[0])
            headers |= mended
        assert said == [
            "The request body is larger than 8388608 bytes",
            "Unknown Host",
            "Unknown Origin",
            "Only https is served here",
            "This address is not in ALLOWED_IPS",
            "Missing or unknown API key (use Authorization: Bearer, X-API-Key, or ?api_key=)",
        ]
        statuses = [await bridge.status("DELETE", "/mcp", headers=headers) for _ in range(3)]
        assert statuses[0] < 429
        assert statuses[2] == 429


async def test_a_hosted_client_with_a_key_gets_in_through_every_rule(served: Served) -> None:
    async with served(**{**STRICT, "rate_limit_requests": 100}) as bridge:
        headers = await opened(bridge, **ADA, **CLAUDE, **HTTPS)
        assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 200


async def test_health_needs_neither_key_nor_address_nor_https_and_has_no_limit(served: Served) -> None:
    async with served(**STRICT) as bridge:
        for _ in range(5):
            assert await bridge.status("GET", "/health", headers=STRANGER) == 200
            assert await bridge.status("GET", "/ready", headers=STRANGER) == 200


async def test_a_hosting_platform_may_ask_for_health_alone_under_its_own_name(served: Served) -> None:
    probe = {"Host": "healthcheck.railway.app"}
    async with served(**OPEN, trusted_hosts="memory.example") as bridge:
        assert await bridge.status("GET", "/health", headers=probe) == 200
        for path in ("/ready", "/mcp", "/metrics"):
            assert await bridge.status("GET", path, headers=probe) == 421


async def test_without_a_key_only_this_machine_may_call_whatever_tunnel_is_there(served: Served) -> None:
    async with served() as bridge:
        assert await bridge.status("POST", "/mcp", json=INITIALIZE, headers=ACCEPT) == 200
        for name in ("X-Forwarded-For", "CF-Connecting-IP", "X-Real-IP", "Forwarded"):
            headers = {**ACCEPT, name: "127.0.0.1"}
            async with bridge.http.post("/mcp", json=INITIALIZE, headers=headers) as response:
                assert response.status == 403
                assert "Without a key only this machine may call" in await response.text()


async def test_an_address_list_is_not_fooled_by_a_proxy_that_nobody_named(served: Served) -> None:
    settings = {**OPEN, "ip_whitelist_enabled": True}
    async with served(**settings) as bridge:
        assert await bridge.status("POST", "/mcp", json=INITIALIZE, headers={**ACCEPT, **ADA}) == 200
        for claim in (CLAUDE, {"CF-Connecting-IP": "160.79.104.9"}):
            assert await bridge.status("POST", "/mcp", json=INITIALIZE, headers={**ACCEPT, **ADA, **claim}) == 403


async def test_an_address_list_alone_may_be_the_door_of_a_tunnel(served: Served) -> None:
    settings = {"trusted_proxies": "loopback", "ip_whitelist_enabled": True, "allowed_ips": "anthropic"}
    async with served(**settings) as bridge:
        for claim, status in ((CLAUDE, 200), (STRANGER, 403), ({}, 403)):
            assert await bridge.status("POST", "/mcp", json=INITIALIZE, headers={**ACCEPT, **claim}) == status


def test_https_is_not_required_where_nobody_could_tell_it() -> None:
    with pytest.raises(StartupError, match="REQUIRE_HTTPS needs TRUSTED_PROXIES"):
        create_app(Settings(automem_api_token="token", require_https=True))


def test_keys_that_could_be_guessed_are_named_before_the_network_is_let_in() -> None:
    with capture_logs() as lines:
        create_app(Settings(host="::", mcp_api_keys=f"ada:short,bob:{'l' * 43}"))
    (line,) = lines
    assert line["keys"] == ["ada"]
    assert "short" not in str({**line, "event": ""})


async def test_pages_are_served_only_where_that_was_asked_for(served: Served) -> None:
    async with served(**OPEN, allowed_origins="https://app.example") as bridge:
        assert await bridge.status("OPTIONS", "/mcp", headers=PREFLIGHT) == 401
    async with served(**OPEN, allowed_origins="https://app.example", enable_cors=True) as bridge:
        async with bridge.http.options("/mcp", headers=PREFLIGHT) as response:
            assert response.status == 204
            assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
        async with bridge.http.post("/mcp", json=INITIALIZE, headers={**ACCEPT, **ADA, **PAGE}) as response:
            assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
            assert "Mcp-Session-Id" in response.headers["Access-Control-Expose-Headers"]
        assert await bridge.status("OPTIONS", "/mcp", headers={**PREFLIGHT, "Origin": "https://evil.example"}) == 403


@pytest.mark.parametrize("path", ["/mcp", "/nowhere", "/health", "/mcp/sse", "/metrics"])
async def test_every_answer_tells_browsers_that_it_is_data(served: Served, path: str) -> None:
    async with served(**OPEN) as bridge, bridge.http.get(path) as response:
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_one_persons_wrong_key_slows_nobody_else_behind_the_same_proxy(served: Served) -> None:
    async with served(**OPEN, trusted_proxies="loopback") as bridge:
        wrong = [await bridge.status("POST", "/mcp", headers={"X-API-Key": "old", **CLAUDE}) for _ in range(12)]
        assert wrong == [401] * 10 + [429] * 2
        keyless = [await bridge.status("POST", "/mcp", headers=CLAUDE) for _ in range(62)]
        assert keyless == [401] * 60 + [429] * 2
        await opened(bridge, **ADA, **CLAUDE)


async def test_guesses_at_the_operators_token_are_few(served: Served) -> None:
    async with served(**OPEN, admin_api_token="t0ken") as bridge:
        guesses = [await bridge.status("GET", "/admin/stats", headers={"X-Admin-Token": str(n)}) for n in range(12)]
    assert guesses == [401] * 10 + [429] * 2


async def test_a_quota_is_each_keys_own(served: Served) -> None:
    async with served(**OPEN, rate_limit_requests=3) as bridge:
        ada = [await bridge.status("DELETE", "/mcp", headers=ADA) for _ in range(4)]
        assert (ada[3], 429 in ada[:3]) == (429, False)
        async with bridge.http.delete("/mcp", headers=ADA) as response:
            assert 1 <= int(response.headers["Retry-After"]) <= 120
        assert await bridge.status("DELETE", "/mcp", headers={"X-API-Key": "k2"}) != 429


async def test_a_quota_may_be_switched_off(served: Served) -> None:
    async with served(**OPEN, rate_limit_requests=0) as bridge:
        assert 429 not in [await bridge.status("DELETE", "/mcp", headers=ADA) for _ in range(50)]


@pytest.mark.parametrize("call", WRITES, ids=lambda call: str(call["params"]["name"]))
async def test_a_key_that_only_reads_writes_nothing(
    served: Served, memory_service: MemoryService, call: dict[str, Any]
) -> None:
    async with served(**OPEN) as bridge:
        headers = await opened(bridge, **{"X-API-Key": "k3"})
        result = await answered(bridge, call, headers)
    assert result["isError"]
    assert result["content"][0]["text"].startswith("This key may only read.")
    assert [asked for asked in memory_service.asked if asked.path != "/health"] == []


async def test_a_key_that_only_reads_sees_all_tools_and_recalls(served: Served, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with served(**OPEN) as bridge:
        headers = await opened(bridge, **{"X-API-Key": "k3"})
        assert len((await answered(bridge, LIST, headers))["tools"]) == 6
        assert not (await answered(bridge, calling("recall_memory", query="x"), headers))["isError"]
    (asked,) = memory_service.requests("GET /recall")
    assert asked.headers["Authorization"] == "Bearer k3"


async def test_over_the_older_transport_too_it_writes_nothing(served: Served, memory_service: MemoryService) -> None:
    async with served(**OPEN) as bridge, bridge.http.get("/mcp/sse?api_key=k3") as stream:
        await stream.content.readline()
        endpoint = (await stream.content.readline()).decode().removeprefix("data: ").strip()
        await stream.content.readline()
        for message in (INITIALIZE, INITIALIZED, WRITES[0]):
            assert await bridge.status("POST", endpoint, json=message) == 202
        assert await next_event(stream)
        answer = await next_event(stream)
    assert answer is not None
    assert answer.message["result"]["isError"]
    assert memory_service.requests("POST /memory") == []


async def test_two_keys_of_one_name_open_it_while_one_replaces_the_other(served: Served) -> None:
    async with served(mcp_api_keys="ada:old,ada:new") as bridge:
        for key in ("old", "new"):
            await opened(bridge, **{"X-API-Key": key})


async def test_a_slow_tenant_is_shed_and_does_not_slow_the_others(
    served: Served, memory_service: MemoryService
) -> None:
    may_end = asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        await may_end.wait()
        return web.json_response({"results": []})

    memory_service.handles("GET /recall", slow)
    memory_service.answers("PATCH /memory/" + MEMORY_ID, {"memory_id": MEMORY_ID})
    async with served(**OPEN, max_running_requests=4) as bridge:
        ada, bob = await opened(bridge, **ADA), await opened(bridge, **{"X-API-Key": "k2"})
        recalls = [{**calling("recall_memory", query="x"), "id": number} for number in range(100, 167)]
        running = [asyncio.create_task(bridge.status("POST", "/mcp", json=recall, headers=ada)) for recall in recalls]
        shed, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        assert [task.result() for task in shed] == [503]
        update = calling("update_memory", memory_id=MEMORY_ID, importance=0.5)
        async with asyncio.timeout(5):
            assert not (await answered(bridge, update, bob))["isError"]
        may_end.set()
        statuses = await asyncio.gather(*running)
    assert sorted(statuses) == [200] * 66 + [503]


async def test_a_refusal_is_one_line_with_its_rule_and_address(served: Served) -> None:
    with capture_logs() as lines:
        async with served(**STRICT) as bridge:
            await bridge.status("POST", "/mcp", headers={**STRANGER, **HTTPS, **ADA})
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["refused"], line["address"], line["status"]) == ("address", "203.0.113.9", 403)
    assert {"request_id", "method", "path", "ms", "bytes"} <= line.keys() | {"request_id"}
