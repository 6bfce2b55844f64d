"""The stdio process: it ends with its client, whatever way that goes, and leaves its output to the protocol."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.bridge.mcp.wire import INITIALIZE, INITIALIZED, LIST, calling
from tests.bridge.stand_in import MemoryService

SOON = 2.0
CALL = calling("recall_memory", query="x")


def environment(**settings: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LOG_LEVEL": "warning",
        **settings,
    }


def started(*arguments: str, **settings: str) -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, *arguments], stdin=pipe, stdout=pipe, env=environment(**settings))


@asynccontextmanager
async def serving(**settings: str) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """A stdio process that has answered its first message."""
    with started("-m", "bridge", **settings) as process:
        try:
            await greeted(process)
            yield process
        finally:
            process.kill()


async def greeted(process: "subprocess.Popen[bytes]") -> None:
    await say(process, INITIALIZE, INITIALIZED)
    assert "serverInfo" in (await heard(process))["result"]


@pytest.fixture(scope="module")
def talkative() -> Iterator["subprocess.Popen[bytes]"]:
    """A stdio process with nothing but words to exchange, which logs all it can; it goes on from test to test."""
    with started("-m", "bridge", LOG_LEVEL="debug") as process:
        asyncio.run(greeted(process))
        yield process
        process.kill()


async def say(process: "subprocess.Popen[bytes]", *messages: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
    await asyncio.to_thread(process.stdin.flush)


async def say_raw(process: "subprocess.Popen[bytes]", data: bytes) -> None:
    assert process.stdin is not None
    await asyncio.to_thread(process.stdin.write, data)
    await asyncio.to_thread(process.stdin.flush)


async def heard(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    assert process.stdout is not None
    message: dict[str, Any] = json.loads(await asyncio.to_thread(process.stdout.readline))
    return message


async def end_of(process: "subprocess.Popen[bytes]") -> int:
    return await asyncio.to_thread(process.wait, SOON)


@pytest.fixture
def waiting(memory_service: MemoryService) -> asyncio.Event:
    """A memory service that never answers a recall; set once it was asked."""
    asked = asyncio.Event()

    async def never(request: web.Request) -> web.StreamResponse:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    memory_service.handles("GET /recall", never)
    return asked


async def test_it_ends_with_its_input_although_a_call_is_waiting(
    memory_service: MemoryService, waiting: asyncio.Event
) -> None:
    async with serving(AUTOMEM_API_URL=memory_service.url) as process:
        await say(process, CALL)
        async with asyncio.timeout(5):
            await waiting.wait()
        assert process.stdin is not None
        process.stdin.close()
        assert await end_of(process) == 0


async def test_it_ends_with_its_input_although_its_answers_are_not_read() -> None:
    async with serving(AUTOMEM_API_URL="http://127.0.0.1:9") as process:
        # Many times what a pipe holds, and the reader's own buffer is not emptied either.
        await say(process, *({**LIST, "id": number} for number in range(100)))
        assert process.stdin is not None
        process.stdin.close()
        assert await end_of(process) == 0


async def test_it_ends_when_its_output_is_closed_although_its_input_is_open() -> None:
    async with serving() as process:
        assert process.stdout is not None
        process.stdout.close()
        assert await end_of(process) == 0


STARTER = """
import signal, subprocess, sys
subprocess.Popen([sys.executable, "-m", "bridge"])
signal.pause()
"""


async def test_it_ends_when_the_process_that_started_it_is_gone() -> None:
    with started("-c", STARTER) as starter:
        await say(starter, INITIALIZE)
        await heard(starter)
        starter.kill()
        # Input and output stay open: this process holds the other ends of both. The output ends with its last writer.
        assert starter.stdout is not None
        async with asyncio.timeout(SOON):
            assert await asyncio.to_thread(starter.stdout.read) == b""


DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
PARSE_ERROR, INVALID_REQUEST = -32700, -32600


@pytest.mark.parametrize(
    ("line", "code", "request_id"),
    [
        (b"nonsense", PARSE_ERROR, None),
        (b"\xff\xfe\x00", PARSE_ERROR, None),
        (b"5", INVALID_REQUEST, None),
        (b"[]", INVALID_REQUEST, None),
        (b'[{"jsonrpc":"2.0","id":5,"method":"ping"}]', INVALID_REQUEST, None),
        (b"{}", INVALID_REQUEST, None),
        (b'{"id":5,"method":"ping"}', INVALID_REQUEST, 5),
        (b'{"jsonrpc":"2.0","id":"five","method":5}', INVALID_REQUEST, "five"),
        (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":[]}', INVALID_REQUEST, 5),
        (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":{"_meta":{"x":"\\ud83d"}}}', PARSE_ERROR, 5),
        (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":' + DEEP + b"}", PARSE_ERROR, None),
        (b"[" * 1_000_000, PARSE_ERROR, None),
        (b"x" * 20_000_000, PARSE_ERROR, None),
    ],
    ids=[
        *("nonsense", "no UTF-8", "a number", "a list", "a batch", "an object", "no version", "no method"),
        *("listed params", "half a pair", "deep", "deeper", "20 MB"),
    ],
)
async def test_a_line_that_is_no_message_is_answered_and_the_next_one_too(
    talkative: "subprocess.Popen[bytes]", line: bytes, code: int, request_id: object
) -> None:
    async with asyncio.timeout(20):
        await say_raw(talkative, line + b"\n")
        refusal = await heard(talkative)
        assert (refusal["jsonrpc"], refusal["id"], refusal["error"]["code"]) == ("2.0", request_id, code)
        assert len(refusal["error"]["message"]) < 200
        await say(talkative, {**LIST, "id": 99})
        answer = await heard(talkative)
        assert answer["id"] == 99
        assert len(answer["result"]["tools"]) == 6


async def test_blank_lines_and_ends_of_other_systems_are_passed_over(talkative: "subprocess.Popen[bytes]") -> None:
    async with asyncio.timeout(20):
        await say_raw(talkative, b"\n  \n\r\n" + json.dumps(LIST).encode() + b"\r\n\n")
        assert (await heard(talkative))["id"] == LIST["id"]


async def test_what_is_no_message_may_come_first() -> None:
    with started("-m", "bridge") as process:
        await say_raw(process, b"nonsense\n" * 20)
        await say(process, INITIALIZE)
        assert [(await heard(process))["error"]["code"] for _ in range(20)] == [PARSE_ERROR] * 20
        assert "serverInfo" in (await heard(process))["result"]
        process.kill()


async def test_a_long_call_with_bytes_that_are_no_text_is_carried_out(memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", {"memory_id": "1"}, 201)
    async with serving(AUTOMEM_API_URL=memory_service.url) as process, asyncio.timeout(20):
        call = json.dumps(calling("store_memory", content="x" * 5_000_000 + "?")).encode()
        await say_raw(process, call.replace(b"?", b"\xff") + b"\n")
        assert "error" not in await heard(process)
    assert memory_service.requests("POST /memory")[0].body["content"].endswith("x\ufffd")


async def test_two_calls_with_one_id_are_both_answered(memory_service: MemoryService) -> None:
    memory_service.answers("GET /recall", {"results": []})
    async with serving(AUTOMEM_API_URL=memory_service.url) as process, asyncio.timeout(20):
        await say(process, CALL, CALL, {**LIST, "id": CALL["id"]})
        assert [(await heard(process))["id"] for _ in range(3)] == [CALL["id"]] * 3
