"""The memory service of this machine: found where one runs, started where none does, shared by all."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from bridge.client import MemoryClient
from bridge.errors import UpstreamUnavailable
from bridge.local_memory import LocalMemory
from bridge.upstream import Place, Upstream
from tests.bridge.stand_in import MemoryService, text_of, until

ROOT = str(Path(__file__).parents[2])


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A data folder; whatever serves it in the end is ended."""
    folder = tmp_path / "data"
    folder.mkdir()
    yield folder
    # All that stand in the folder: some that were late to a race may have come after the one that served it.
    for process in psutil.process_iter(["cwd"]):
        if process.info["cwd"] == str(folder):
            process.kill()


def environment(**settings: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": ROOT, "EMBEDDING_PROVIDER": "hashing", **settings}


def local(folder: Path, **settings: str) -> LocalMemory:
    return LocalMemory(folder, environment(**settings), patience=30)


def word(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "memory_api.json").read_text())
    return found


async def ended(folder: Path, number: int = signal.SIGTERM) -> None:
    """Ends the service of the folder, if there is one."""
    if not (folder / "memory_api.json").exists():
        return
    place = word(folder)
    try:
        os.kill(int(str(place["pid"])), number)
    except ProcessLookupError:
        return

    async def gone() -> bool:
        async with aiohttp.ClientSession() as session:
            try:
                async with session.get(f"{place['url']}/health"):
                    return False
            except aiohttp.ClientError:
                return True

    await until(gone)


async def store(client: Client, content: str) -> None:
    result = await client.call_tool("store_memory", {"content": content})
    assert not result.is_error, text_of(result)


def command(folder: Path, **settings: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "bridge"],
        env=environment(MEMORY_API_DATA_DIR=str(folder), LOG_LEVEL="error", **settings),
    )


async def test_a_stdio_client_starts_one_that_outlives_it_and_the_next_one_shares_it(folder: Path) -> None:
    async with Client(command(folder)) as client:
        assert len((await client.list_tools()).tools) == 6
        assert os.listdir(folder) == [], "nothing is started before it is needed"
        await store(client, "the heron stands in the reeds")
    first = word(folder)
    async with Client(command(folder)) as client:
        found = text_of(await client.call_tool("recall_memory", {"query": "heron"}))
    assert "the heron stands in the reeds" in found
    assert word(folder) == first
    pid = int(str(first["pid"]))
    assert os.getsid(pid) == pid, "it must not end with the session of the client that started it"
    assert (folder / "memory_api.log").stat().st_mode & 0o777 == 0o600
    async with aiohttp.ClientSession() as session, session.get(f"{first['url']}/recall?query=x") as response:
        assert response.status == 401


async def test_clients_that_start_at_once_share_one(folder: Path) -> None:
    places = await asyncio.gather(*(local(folder).find(None) for _ in range(6)))
    assert len(set(places)) == 1
    assert places[0] == Place(str(word(folder)["url"]), str(word(folder)["token"]))


async def test_a_call_starts_it_again_when_it_has_ended(folder: Path) -> None:
    async with Upstream(local(folder)) as upstream:
        client = MemoryClient(upstream, None)
        stored = await client.store({"content": "still here"})
        for number in (signal.SIGTERM, signal.SIGKILL):
            former = word(folder)
            await ended(folder, number)
            assert (await client.get(stored["memory_id"]))["memory"]["content"] == "still here"
            assert word(folder) != former
        await ended(folder)
        assert (await client.health())["status"] == "healthy"


async def test_one_that_runs_without_asking_for_a_token_is_used_as_it_is(folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "memory_api",
        env=environment(MEMORY_API_DATA_DIR=str(folder), PORT="0", LOG_LEVEL="error"),
    )

    async def runs() -> bool:
        return (folder / "memory_api.json").exists()

    await until(runs)
    async with Upstream(local(folder)) as upstream:
        await MemoryClient(upstream, "some key").store({"content": "x"})
    assert word(folder)["pid"] == process.pid
    process.terminate()
    await process.wait()


async def test_keys_of_the_environment_hold_for_the_one_that_is_started(folder: Path) -> None:
    async with Client(command(folder, AUTOMEM_API_TOKEN="key")) as client:
        await store(client, "x")
    assert "token" not in word(folder)


async def test_with_an_address_none_is_looked_for_or_started(folder: Path, memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    for name in ("AUTOMEM_API_URL", "AUTOMEM_ENDPOINT"):
        async with Client(command(folder, **{name: memory_service.url})) as client:
            await client.call_tool("recall_memory", {"query": "x"})
    assert len(memory_service.requests("GET /recall")) == 2
    assert os.listdir(folder) == []


async def test_word_of_a_dead_one_does_not_mislead(folder: Path, memory_service: MemoryService) -> None:
    # Somebody else answers at its address by now.
    memory_service.replaces("GET /health", ["something else"])
    (folder / "memory_api.json").write_text(json.dumps({"url": memory_service.url, "pid": 1, "token": "old"}))
    place = await local(folder).find(None)
    assert place.url != memory_service.url


@pytest.mark.parametrize(
    "left", ["", "[]", "{}", '{"url": 1}', '{"url": "http://[", "pid": 1}', '{"url": "http://h:x"}']
)
async def test_damaged_word_does_not_mislead(folder: Path, left: str) -> None:
    (folder / "memory_api.json").write_text(left)
    assert (await local(folder).find(None)).url.startswith("http://127.0.0.1:")


async def test_one_that_cannot_start_is_told_without_waiting(folder: Path) -> None:
    async with Upstream(local(folder, EMBEDDING_PROVIDER="nonsense"), max_retries=0) as upstream:
        async with asyncio.timeout(10):
            with pytest.raises(UpstreamUnavailable, match=r"could not be started .* memory_api.log in its data folder"):
                await MemoryClient(upstream, None).recall({"query": "x"})
    assert "EMBEDDING_PROVIDER" in (folder / "memory_api.log").read_text()


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UpstreamUnavailable, match="cannot be started"):
        await local(tmp_path / "file" / "data").find(None)


async def test_its_log_does_not_grow_without_end(folder: Path) -> None:
    (folder / "memory_api.log").write_bytes(b"x" * 1_000_000)
    await local(folder).find(None)
    assert (folder / "memory_api.log").stat().st_size < 10_000


async def test_a_token_that_changed_is_read_again(memory_service: MemoryService, folder: Path) -> None:
    memory_service.answers("GET /recall", {"results": []})
    (folder / "memory_api.json").write_text(json.dumps({"url": memory_service.url, "pid": 1, "token": "old"}))
    async with Upstream(local(folder)) as upstream:
        client = MemoryClient(upstream, None)
        await client.recall({"query": "x"})
        (folder / "memory_api.json").write_text(json.dumps({"url": memory_service.url, "pid": 1, "token": "new"}))
        memory_service.replaces("GET /recall", {"status": "error"}, 401)
        memory_service.answers("GET /recall", {"results": []})
        await client.recall({"query": "x"})
    sent = [asked.headers["Authorization"] for asked in memory_service.requests("GET /recall")]
    assert sent == ["Bearer old", "Bearer old", "Bearer new"]
    (folder / "memory_api.json").unlink()
