"""memory_api as a local client starts it: a token of its own, and an end when nobody needs it."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from aiohttp import ClientSession

from tests.memory_api.process import ask, started

LOCAL = {"MEMORY_API_LOCAL_TOKEN": "true"}


async def test_the_token_in_the_folder_opens_it_and_nothing_else_does(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with started(data, **LOCAL) as process:
        url = await process.ready()
        token = json.loads((data / "memory_api.json").read_text())["token"]
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer wrong"}, 401),
            ({"Authorization": f"Bearer {token}"}, 201),
        ):
            async with (
                ClientSession(headers=headers) as session,
                session.post(url + "/memory", json={"content": "x"}) as response,
            ):
                assert response.status == status
        async with ClientSession() as session:
            assert (await ask(session, "GET", url + "/health"))[0] == 200
        assert token not in process.log


async def test_every_start_has_a_token_of_its_own(tmp_path: Path) -> None:
    tokens = set()
    for _ in range(2):
        async with started(tmp_path / "data") as process:
            await process.ready()
            tokens.add(json.loads((tmp_path / "data" / "memory_api.json").read_text())["token"])
    assert len(tokens) == 2
    assert min(len(token) for token in tokens) >= 32


async def test_with_a_key_there_is_no_token(tmp_path: Path) -> None:
    async with started(tmp_path / "data", AUTOMEM_API_TOKEN="key", **LOCAL) as process:
        url = await process.ready()
        assert "token" not in json.loads((tmp_path / "data" / "memory_api.json").read_text())
        async with ClientSession(headers={"Authorization": "Bearer key"}) as session:
            assert (await ask(session, "GET", url + "/recall?query=x"))[0] == 200


async def test_it_ends_by_itself_when_nobody_asks_for_more_than_its_health(tmp_path: Path) -> None:
    async with started(tmp_path / "data", MEMORY_API_IDLE_SECONDS="0.5") as process:
        url = await process.ready()
        async with ClientSession() as session:
            ending = asyncio.create_task(process.end(patience=10))
            while not ending.done():
                try:
                    assert (await ask(session, "GET", url + "/health"))[0] == 200
                except OSError:
                    break
            assert await ending == 0, process.log
    assert not (tmp_path / "data" / "memory_api.json").exists()
    assert "Traceback" not in process.log


async def test_a_request_that_takes_longer_is_waited_for(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with started(data, MEMORY_API_IDLE_SECONDS="0.2") as process, ClientSession() as session:
        url = await process.ready()
        with closing(sqlite3.connect(data / "default.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            storing = asyncio.create_task(ask(session, "POST", url + "/memory", {"content": "patience"}))
            done, _ = await asyncio.wait({storing}, timeout=1)
            assert not done
            other.execute("ROLLBACK")
        assert (await storing)[0] == 201
        assert await process.end(patience=10) == 0
