"""Bodies that are no JSON, no object, too large, too deep or cut short are refused, and the service goes on."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from yarl import URL

from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import id_of
from tests.memory_api.process import PATIENCE, started

ENDPOINTS = [("POST", "/memory"), ("POST", "/memory/batch"), ("PATCH", f"/memory/{id_of(1)}")]
ENDPOINTS += [("POST", "/associate"), ("POST", "/recall")]
NO_JSON = [
    b"{nope",
    b'{"content": "x"',
    b"{'content': 'x'}",
    b'{"content": "x"} trailing',
    b"\xff\xfe\x00",
    b'{"content": "\xff"}',
    b'{"content": "\\ud800"}',
    b'{"content": "\\udc00\\ud800"}',
    b'{"content": NaN}',
    b'{"content": "x", "metadata": {"n": -Infinity}}',
    b'{"content": "x", "metadata": {"n": ' + b"9" * 5_000 + b"}}",
    b"[" * 100_000,
    b'{"content": "x", "metadata": ' + b'{"a":' * 1_000 + b"1" + b"}" * 1_001,
    b"\x00",
    b"content=x",
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_what_is_no_json_is_refused(api: Api, method: str, path: str) -> None:
    for raw in NO_JSON:
        assert_refused(await api.send(method, path, raw=raw), 400, "JSON", sent=raw)
    assert await api.count() == 0


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_a_body_that_is_no_object_is_refused(api: Api, method: str, path: str) -> None:
    bodies: list[Any] = [[], [1], ["content"], "text", "", 5, 0, 1.5, True, False]
    for body in bodies:
        assert_refused(await api.send(method, path, body), 400, "JSON", sent=body)


@pytest.mark.parametrize(("method", "path"), ENDPOINTS[:-1])
@pytest.mark.parametrize("raw", [None, b"", b"  \n", b"null"])
async def test_a_missing_body_is_refused_where_one_is_needed(
    api: Api, method: str, path: str, raw: bytes | None
) -> None:
    assert_refused(await api.send(method, path, raw=raw), 400, "JSON body")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_a_body_of_20_megabytes_is_too_large(api: Api, method: str, path: str) -> None:
    answer = await api.send(method, path, raw=b'{"content": "' + b"x" * 20_000_000 + b'"}')
    assert_refused(answer, 413, "8 MiB")
    assert await api.count() == 0
    await api.store("the service goes on")


async def test_a_small_body_that_unpacks_to_20_megabytes_is_too_large(api: Api) -> None:
    bomb = gzip.compress(b'{"content": "' + b"x" * 20_000_000 + b'"}')
    answer = await api.send("POST", "/memory", raw=bomb, headers={"Content-Encoding": "gzip"})
    assert_refused(answer, 413, "8 MiB")


async def test_a_packed_body_is_understood(api: Api) -> None:
    packed = gzip.compress(b'{"content": "x"}')
    assert (await api.send("POST", "/memory", raw=packed, headers={"Content-Encoding": "gzip"})).status == 201


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_does_not_unpack_is_refused(api: Api, encoding: str) -> None:
    packed = {"Content-Encoding": encoding, "Connection": "close"}
    answer = await api.send("POST", "/memory", raw=b"not packed", headers=packed)
    assert_refused(answer, 400)
    await api.store("the service goes on")


async def test_a_body_just_within_the_limit_is_read(api: Api) -> None:
    items = [{"content": "x", "metadata": {"a": "x" * 60_000}}] * 130
    assert (await api.post("/memory/batch", {"memories": items})).status == 201


async def test_metadata_as_deep_as_it_is_accepted_comes_back_everywhere(api: Api) -> None:
    for depth in range(180, 205):
        raw = b'{"memories":[{"content":"deep","tags":"t","metadata":{"a":' + b"[" * depth + b"]" * depth + b"}}]}"
        answer = await api.send("POST", "/memory/batch", raw=raw)
        assert answer.status in (201, 400)
        for path in ("/recall?query=deep", "/recall", "/memory/by-tag?tags=t"):
            assert (await api.get(path)).status == 200


async def test_a_huge_whole_number_in_metadata_comes_back_or_is_refused(api: Api) -> None:
    for digits in (20, 400, 4_000, 4_299, 4_300, 4_301):
        raw = b'{"content": "x", "metadata": {"n": ' + b"9" * digits + b"}}"
        answer = await api.send("POST", "/memory", raw=raw)
        assert answer.status in (201, 400)
        if answer.status == 201:
            assert (await api.memory(answer.body["memory_id"]))["metadata"]["n"] == 10**digits - 1


async def test_a_body_that_is_cut_short_stores_nothing_and_harms_nobody(api: Api) -> None:
    url = api.client.make_url("/memory")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(b'POST /memory HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"content": "x"')
    await writer.drain()
    writer.write_eof()
    async with asyncio.timeout(5):
        await reader.read()
    writer.close()
    await writer.wait_closed()
    assert await api.count() == 0


async def test_whoever_goes_in_the_middle_of_a_body_is_no_error_of_the_service(tmp_path: Path) -> None:
    async with started(tmp_path, LOG_FORMAT="json") as process, ClientSession(await process.ready()) as http:
        url = URL(process.url)
        _, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b'POST /memory HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"content": "x"')
        await writer.drain()
        # Answered after it, so the service is reading the body.
        await http.get("/health")
        writer.transport.abort()
        async with asyncio.timeout(PATIENCE):
            while '"route": "/memory"' not in process.log:
                await http.get("/health")
        lines = [json.loads(line) for line in process.lines]
    assert [line["status"] for line in lines if line.get("route") == "/memory"] == [400]
    assert [line["event"] for line in lines if line["level"] == "error"] == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nbad header line\r\n\r\n",
        b"POST /memory HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /memory HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"POST /memory HTTP/1.1\r\nHost: localhost\r\nExpect: nonsense\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=range(8),
)
async def test_what_is_hardly_http_gets_an_answer_that_is_no_500(api: Api, request_bytes: bytes) -> None:
    url = api.client.make_url("/")
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(request_bytes)
    async with asyncio.timeout(5):
        status = int((await reader.readline()).split()[1])
    writer.close()
    await writer.wait_closed()
    assert 400 <= status < 500
    await api.store("the service goes on")
