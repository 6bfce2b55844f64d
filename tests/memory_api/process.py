"""A real `python -m memory_api` process, its log, and its end."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

PATIENCE = 20.0


class Process:
    """Made by `started`; its standard input stays open until `close_input`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._ready = asyncio.Event()
        self.lines: list[str] = []
        self.url = ""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.lines.append(line.decode())
            if '"event": "ready"' in self.lines[-1]:
                self.url = json.loads(line)["url"]
                self._ready.set()
        self._ready.set()

    async def ready(self) -> str:
        """Where it listens, once it does."""
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()
        assert self.url, self.log
        return self.url

    async def end(self, patience: float = PATIENCE) -> int:
        """The exit status, once it has ended and all its lines are read."""
        async with asyncio.timeout(patience):
            await asyncio.shield(self._reading)
            return await self._process.wait()

    def send(self, signal: int) -> None:
        self._process.send_signal(signal)

    def close_input(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        return "".join(self.lines)

    async def stop(self) -> None:
        """Ends it in any case."""
        if self._process.returncode is None:
            self._process.kill()
        await self.end()
        if self._process.stdin is not None:
            self._process.stdin.close()


@asynccontextmanager
async def started(
    data: Path, *arguments: str, stdin: Any = asyncio.subprocess.PIPE, **environment: str
) -> AsyncIterator[Process]:
    """Starts one on a free port with the hashing embedder; arguments stand for `-m memory_api` where given."""
    settings = {"PORT": "0", "EMBEDDING_PROVIDER": "hashing", "MEMORY_API_DATA_DIR": str(data), **environment}
    process = Process(
        await asyncio.create_subprocess_exec(
            sys.executable,
            *(arguments or ("-m", "memory_api")),
            stdin=stdin,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": str(data.parent), **settings},
        )
    )
    try:
        yield process
    finally:
        await process.stop()


async def run(data: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Exit status and log of a process that ends by itself."""
    async with started(data, *arguments, **environment) as process:
        return await process.end(), process.log


async def ask(session: ClientSession, method: str, url: str, body: Any = None) -> tuple[int, Any]:
    """Status and JSON of one request."""
    async with session.request(method, url, json=body) as response:
        return response.status, await response.json()
