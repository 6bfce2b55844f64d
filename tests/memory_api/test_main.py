"""The process as its operator sees it: it starts, says in one line why it cannot, and ends without losing anything."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from tests.memory_api.process import PATIENCE, ask, run, started

SECRET = "s3cret-key"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def spoil(path: Path) -> None:
    path.write_bytes(b"only text, though it is long enough to be a database" * 50)


async def assert_refuses_to_start(data: Path, *mentioned: str, **environment: str) -> None:
    status, log = await run(data, **environment)
    lines = [line for line in log.splitlines() if not line.startswith("{")]
    assert (status, len(lines)) == (1, 1), log
    assert lines[0].startswith("memory_api: ")
    assert "Traceback" not in log
    assert SECRET not in log
    for part in mentioned:
        assert part in lines[0]


async def refuses_connections(url: str) -> None:
    """Returns once nobody listens there any more."""
    parts = urlsplit(url)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            except OSError:
                return
            writer.close()


async def test_it_says_where_it_is_and_leaves_nothing_behind(data: Path) -> None:
    async with started(data) as process, ClientSession() as session:
        url = await process.ready()
        word = json.loads((data / "memory_api.json").read_text())
        assert (word["url"], word["pid"]) == (url, process.pid)
        assert (await ask(session, "GET", url + "/health"))[0] == 200
        process.send(signal.SIGTERM)
        assert await process.end() == 0
    assert not (data / "memory_api.json").exists()
    assert set(os.listdir(data)) <= {"default.db", "lock"}


async def test_nothing_it_does_is_worth_a_warning(data: Path) -> None:
    async with started(data, "-W", "error", "-m", "memory_api") as process, ClientSession() as session:
        url = await process.ready()
        status, body = await ask(session, "POST", url + "/memory", {"content": "x"})
        assert status == 201, process.log
        assert (await ask(session, "GET", url + "/recall?query=x"))[0] == 200
        assert (await ask(session, "GET", f"{url}/memory/{body['memory_id']}"))[0] == 200
        process.send(signal.SIGTERM)
        assert await process.end() == 0
    assert "Warning" not in process.log


async def status_of(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(PATIENCE):
        return int((await reader.readline()).split()[1])


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_a_store_in_progress_is_finished_before_the_end(data: Path, stop: signal.Signals) -> None:
    async with started(data) as process, ClientSession() as session:
        url = await process.ready()
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        with closing(sqlite3.connect(data / "default.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writer.write(
                b'POST /memory HTTP/1.1\r\nHost: localhost\r\nContent-Length: 25\r\n\r\n{"content": "last words"}'
            )
            await writer.drain()
            # Answered only once the loop has read what arrived before.
            assert (await ask(session, "GET", url + "/health"))[0] == 200
            process.send(stop)
            await refuses_connections(url)
            other.execute("ROLLBACK")
        assert await status_of(reader) == 201
        assert await process.end() == 0
        writer.close()
        await writer.wait_closed()
    with closing(sqlite3.connect(data / "default.db")) as file:
        assert file.execute("SELECT content FROM memory").fetchall() == [("last words",)]


async def test_a_taken_port_is_one_line(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        await assert_refuses_to_start(data, port, "in use", "PORT", PORT=port)


async def test_a_bad_setting_is_one_line_naming_it_and_never_a_key(data: Path) -> None:
    await assert_refuses_to_start(data, "AUTOMEM_API_TOKEN", AUTOMEM_API_TOKEN=f"{SECRET} with a space")


async def test_without_a_key_it_does_not_listen_beyond_this_machine(data: Path) -> None:
    await assert_refuses_to_start(data, "HOST", "AUTOMEM_API_TOKEN", HOST="0.0.0.0")


@pytest.mark.parametrize("host", ["x" * 300, "1.2.3.4"])
async def test_an_address_that_is_not_here_is_one_line(data: Path, host: str) -> None:
    await assert_refuses_to_start(data, "HOST", HOST=host, AUTOMEM_API_TOKEN=SECRET)


async def test_a_file_in_place_of_the_data_folder_is_one_line(data: Path) -> None:
    spoil(data)
    await assert_refuses_to_start(data, "cannot be written", "MEMORY_API_DATA_DIR")


async def test_a_second_process_on_the_same_folder_is_one_line(data: Path) -> None:
    async with started(data) as first:
        url = await first.ready()
        await assert_refuses_to_start(data, "in use", url, str(first.pid))


async def test_a_database_that_cannot_be_used_is_one_line(data: Path) -> None:
    os.mkdir(data)
    spoil(data / "default.db")
    await assert_refuses_to_start(data, "default.db")
    status, log = await run(data, "-m", "memory_api", "reembed")
    assert (status, "Traceback" in log) == (1, False), log


async def test_vectors_of_another_model_are_one_line_and_reembedding_moves_them(data: Path) -> None:
    async with started(data) as process, ClientSession() as session:
        url = await process.ready()
        _, body = await ask(session, "POST", url + "/memory", {"content": "a heron in the reeds"})
        process.send(signal.SIGTERM)
        assert await process.end() == 0
    with closing(sqlite3.connect(data / "default.db")) as file, file:
        file.execute("UPDATE meta SET value = 'former-model-1' WHERE key = 'model'")
        file.execute("UPDATE vector SET f16 = zeroblob(length(f16))")
    await assert_refuses_to_start(data, "former-model-1", "reembed")
    status, log = await run(data, "-m", "memory_api", "reembed")
    assert status == 0, log
    async with started(data) as process, ClientSession() as session:
        url = await process.ready()
        _, found = await ask(session, "GET", url + "/recall?query=herons+reed")
    assert found["results"][0]["id"] == body["memory_id"]
    assert found["results"][0]["score_components"]["vector"] > 0.3


async def test_it_ends_when_its_parent_closes_its_input(data: Path) -> None:
    async with started(data, MEMORY_API_EXIT_ON_EOF="1") as process, ClientSession() as session:
        url = await process.ready()
        assert (await ask(session, "POST", url + "/memory", {"content": "x"}))[0] == 201
        process.close_input()
        assert await process.end() == 0, process.log
    assert "Traceback" not in process.log


async def test_an_input_without_anything_to_read_is_an_end_like_any_other(data: Path) -> None:
    async with started(data, stdin=subprocess.DEVNULL, MEMORY_API_EXIT_ON_EOF="1") as process:
        assert await process.end(patience=5) == 0, process.log
    assert "Traceback" not in process.log


@pytest.mark.parametrize("level", ["info", "debug"])
async def test_its_log_is_json_and_holds_neither_content_nor_keys(data: Path, level: str) -> None:
    words = "velvet-walrus"
    async with started(data, AUTOMEM_API_TOKEN=SECRET, LOG_LEVEL=level) as process, ClientSession() as session:
        url = await process.ready()
        headers = {"Authorization": f"Bearer {SECRET}"}
        for body in ({"content": words}, {"content": words, "importance": words}, [words]):
            async with session.post(url + "/memory", json=body, headers=headers) as response:
                assert response.status < 600
        for query in (f"?query={words}&api_key={SECRET}", f"?query={words}&api_key=wrong-{SECRET}"):
            async with session.get(url + "/recall" + query) as response:
                assert response.status in (200, 401)
        await send_raw(url, f"GET / HTTP/1.1\r\nAuthorization Bearer {SECRET}\r\n\r\n")
        await send_raw(url, f"GET /?api_key={SECRET} {words} HTTP/1.1\r\n\r\n")
        process.send(signal.SIGTERM)
        assert await process.end() == 0
    assert all(json.loads(line) for line in process.lines)
    assert sum('"event": "request"' in line for line in process.lines) >= 5
    assert words not in process.log
    assert SECRET not in process.log


async def send_raw(url: str, text: str) -> None:
    """Something that is hardly HTTP; whatever the answer is, it is read."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(text.encode())
    async with asyncio.timeout(PATIENCE):
        await reader.readline()
    writer.close()
    await writer.wait_closed()
