"""Sessions that are not alive in this process: a restart, another replica or a long pause breaks nobody."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.app import create_app
from bridge.settings import Settings
from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, INITIALIZED, LIST, calling, events_of, opened
from tests.bridge.stand_in import MemoryService, Served, until

KEYS = {"mcp_api_keys": "ada:key-1,bob:key-2"}
ADA = {"Authorization": "Bearer key-1"}


@pytest.fixture(params=[False, True], ids=["event stream", "json"])
async def left(request: pytest.FixtureRequest, served: Served) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings, and the headers of ada's session in a process that is gone."""
    settings = {**KEYS, "mcp_json_response": request.param}
    async with served(**settings) as bridge:
        return settings, await opened(bridge, **ADA)


async def test_a_session_of_an_earlier_process_is_answered_with_the_callers_own_key(
    served: Served, memory_service: MemoryService, left: tuple[dict[str, Any], dict[str, str]]
) -> None:
    settings, headers = left
    memory_service.answers("GET /recall", {"results": []})
    async with served(**settings) as bridge:
        assert await bridge.status("POST", "/mcp", json=INITIALIZED, headers=headers) == 202
        for _ in range(2):
            async with bridge.http.post("/mcp", json=calling("recall_memory", query="x"), headers=headers) as response:
                assert response.status == 200
                assert "No memories found." in await response.text()
                assert "Mcp-Session-Id" not in response.headers
    assert memory_service.requests("GET /recall")[1].headers["Authorization"] == "Bearer key-1"


async def test_what_is_of_another_key_or_was_never_issued_does_not_exist(
    served: Served, left: tuple[dict[str, Any], dict[str, str]]
) -> None:
    settings, headers = left
    session = headers["Mcp-Session-Id"]
    async with served(**settings) as bridge:
        for other in (
            {"Authorization": "Bearer key-2"},
            {"Mcp-Session-Id": "0" * 32},
            {"Mcp-Session-Id": session[:-2] + ("AA" if session[-2:] != "AA" else "BB")},
            {"Mcp-Session-Id": ""},
        ):
            for method in ("POST", "GET", "DELETE"):
                status = await bridge.status(method, "/mcp", json=LIST, headers={**headers, **other})
                assert status == 404, (method, other)


async def test_a_session_that_is_gone_has_no_stream(
    served: Served, left: tuple[dict[str, Any], dict[str, str]]
) -> None:
    settings, headers = left
    async with served(**settings) as bridge:
        assert await bridge.status("GET", "/mcp", headers=headers) == 404
        assert await bridge.status("GET", "/mcp", headers={**headers, "Last-Event-ID": "x"}) == 404


async def test_deleting_a_session_that_is_gone_ends_it(
    served: Served, left: tuple[dict[str, Any], dict[str, str]]
) -> None:
    settings, headers = left
    async with served(**settings) as bridge:
        assert await bridge.status("DELETE", "/mcp", headers=headers) == 200
        for method in ("POST", "DELETE"):
            assert await bridge.status(method, "/mcp", json=LIST, headers=headers) == 404


async def test_without_recovery_every_session_that_is_gone_is_not_found(
    served: Served, left: tuple[dict[str, Any], dict[str, str]]
) -> None:
    settings, headers = left
    async with served(**settings, mcp_session_recovery=False) as bridge:
        for method in ("POST", "GET", "DELETE"):
            assert await bridge.status(method, "/mcp", json=LIST, headers=headers) == 404


async def test_beginning_anew_with_an_old_id_opens_a_session(
    served: Served, left: tuple[dict[str, Any], dict[str, str]]
) -> None:
    settings, headers = left
    async with served(**settings) as bridge:
        async with bridge.http.post("/mcp", json=INITIALIZE, headers=headers) as response:
            assert response.status == 200
            fresh = response.headers["Mcp-Session-Id"]
        assert fresh != headers["Mcp-Session-Id"]
        headers = {**headers, "Mcp-Session-Id": fresh}
        assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == 200
        assert await bridge.status("DELETE", "/mcp", headers=headers) == 200


async def test_what_is_no_message_is_refused_as_in_a_session(
    served: Served, left: tuple[dict[str, Any], dict[str, str]]
) -> None:
    settings, headers = left
    async with served(**settings) as bridge:
        for data in (b"{", b"[]", b"initialize", b""):
            status = await bridge.status(
                "POST", "/mcp", data=data, headers={**headers, "Content-Type": "application/json"}
            )
            assert status == 400


async def test_a_client_goes_on_after_its_session_was_idle_for_too_long(served: Served) -> None:
    async with served(mcp_session_ttl_seconds=0.05) as bridge:
        headers = await opened(bridge)

        async def gone() -> bool:
            # Never open for long: asking keeps a session alive.
            await asyncio.sleep(0.1)
            return await bridge.status("GET", "/mcp", headers={**headers, "Accept": "text/plain"}) == 404

        await until(gone)
        async with bridge.http.post("/mcp", json=LIST, headers=headers) as response:
            assert "Mcp-Session-Id" not in response.headers
            (event,) = await events_of(response)
        assert len(event.message["result"]["tools"]) == 6


async def test_a_session_ended_by_its_client_stays_ended(served: Served) -> None:
    async with served() as bridge:
        headers = await opened(bridge)
        assert await bridge.status("DELETE", "/mcp", headers=headers) == 200
        for method in ("POST", "GET", "DELETE"):
            assert await bridge.status(method, "/mcp", json=LIST, headers=headers) == 404


@pytest.mark.parametrize(
    ("settings", "others", "shared"),
    [
        ({"mcp_session_secret": "a"}, {"mcp_session_secret": "a"}, True),
        ({"mcp_session_secret": "a"}, {"mcp_session_secret": "b"}, False),
        ({}, {}, True),
    ],
)
async def test_replicas_with_one_secret_know_each_others_sessions(
    served: Served, settings: dict[str, Any], others: dict[str, Any], shared: bool
) -> None:
    async with served(**settings) as bridge:
        headers = await opened(bridge)
    async with served(**others) as bridge:
        assert await bridge.status("POST", "/mcp", json=LIST, headers=headers) == (200 if shared else 404)


def test_the_secret_is_kept_only_where_nothing_else_gives_one(tmp_path: Path) -> None:
    for number, settings in enumerate(({"mcp_session_secret": "a"}, {"automem_api_token": "key"}, {})):
        folder = tmp_path / str(number)
        create_app(Settings(bridge_data_dir=folder, **settings))  # type: ignore[arg-type]
        assert folder.exists() == (not settings)


def test_a_secret_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as lines:
        create_app(Settings(bridge_data_dir=tmp_path / "file"))
    assert "a restart makes sessions unknown; set MCP_SESSION_SECRET" in lines[-1]["event"]
    assert lines[-1]["log_level"] == "warning"


async def test_an_old_session_does_not_count_against_the_open_ones(served: Served) -> None:
    settings = {"mcp_session_secret": "a", "mcp_max_sessions": 1}
    async with served(**settings) as bridge:
        old = await opened(bridge)
    async with served(**settings) as bridge:
        await opened(bridge)
        assert await bridge.status("POST", "/mcp", json=INITIALIZE, headers=ACCEPT) == 503
        assert await bridge.status("POST", "/mcp", json=LIST, headers=old) == 200
