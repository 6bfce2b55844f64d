"""The stdio process: it ends with its client, whatever way that goes, and leaves its output to the protocol."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
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
            await say(process, INITIALIZE, INITIALIZED)
            assert "serverInfo" in (await heard(process))["result"]
            yield process
        finally:
            process.kill()


async def say(process: "subprocess.Popen[bytes]", *messages: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
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


async def test_what_is_no_message_does_not_end_it_and_nothing_but_messages_comes_out() -> None:
    async with serving(LOG_LEVEL="debug") as process:
        assert process.stdin is not None
        process.stdin.write(b"nonsense\n\xff\xfe\n[]\n{}\n")
        await say(process, {**LIST, "id": 99})
        while (message := await heard(process)).get("id") != 99:
            assert message["jsonrpc"] == "2.0"
        assert len(message["result"]["tools"]) == 6
