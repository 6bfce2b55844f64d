"""The store in Redis, for several replicas of the bridge. Needs the package redis; only STATE_URL brings it in."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bridge.auth.refusals import StateUnavailable
from bridge.auth.store import RETRY_SECONDS, Connection, Registration

_PATIENCE = 3.0
_MAX_LISTED = 200
_MAX_CONNECTIONS = 64

# Each is one step that no other replica can come between.
_ROTATE = f"""
local current, rotated, ended = unpack(redis.call('HMGET', KEYS[1], 'generation', 'rotated_at', 'ended'))
local presented, now = tonumber(ARGV[1]), tonumber(ARGV[2])
if ended then return nil end
current = tonumber(current or presented)
if current == presented + 1 and rotated and now - tonumber(rotated) <= {RETRY_SECONDS} then return rotated end
if current ~= presented then return nil end
redis.call('HSET', KEYS[1], 'generation', presented + 1, 'rotated_at', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return ARGV[2]
"""
_CONNECT = """
redis.call('HSET', KEYS[1], 'content', ARGV[1])
if redis.call('HEXISTS', KEYS[1], 'generation') == 0 then redis.call('HSET', KEYS[1], 'generation', 0) end
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3] - ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
"""
_REGISTER = """
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[3] + ARGV[2], KEYS[1])
local gone = redis.call('ZRANGE', KEYS[2], 0, -1 - ARGV[4])
for _, key in ipairs(gone) do redis.call('DEL', key) redis.call('ZREM', KEYS[2], key) end
"""
_KEEP = """
if redis.call('TTL', KEYS[1]) >= 0 and redis.call('TTL', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('EXPIRE', KEYS[1], ARGV[1])
    redis.call('ZADD', KEYS[2], ARGV[2] + ARGV[1], KEYS[1])
end
"""
_COUNT = """
local number = redis.call('INCR', KEYS[1])
if number == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return number
"""


class RedisStore:
    """Keeps everything at `url`, in keys that begin with `prefix`. Sends nothing that would open a memory."""

    def __init__(self, url: str, *, now: Callable[[], float] = time.time, prefix: str = "memory-bridge:oauth:") -> None:
        self._url = url
        self._now = now
        self._prefix = prefix
        self._redis: Redis | None = None

    def __repr__(self) -> str:
        return "RedisStore()"

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Connects when first asked for something, so that a Redis that starts later is no reason not to."""
        self._redis = Redis.from_url(
            self._url,
            decode_responses=True,
            socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE,
            max_connections=_MAX_CONNECTIONS,
        )
        try:
            yield
        finally:
            await self._redis.aclose()

    async def spend(self, ticket: str, seconds: int) -> bool:
        """See Store."""
        return bool(await self._ask(self._open.set(self._key("spent", ticket), "1", nx=True, ex=seconds)))

    async def connect(self, connection: Connection, seconds: int) -> None:
        """See Store."""
        keys = [self._key("connection", connection.id), self._key("connections", connection.name)]
        await self._run(_CONNECT, keys, connection.model_dump_json(), seconds, connection.used_at, connection.id)

    async def rotate(self, connection_id: str, generation: int, now: float, seconds: int) -> float | None:
        """See Store."""
        # Every digit: the pair that a retry gets is made from this number.
        answer = await self._run(_ROTATE, [self._key("connection", connection_id)], generation, repr(now), seconds)
        return None if answer is None else float(answer)

    async def end(self, connection_id: str, seconds: int) -> None:
        """See Store."""
        key = self._key("connection", connection_id)
        async with self._open.pipeline(transaction=True) as pipeline:
            pipeline.hset(key, "ended", "1")
            pipeline.expire(key, seconds)
            await self._ask(pipeline.execute())

    async def is_ended(self, connection_id: str) -> bool:
        """See Store."""
        return bool(await self._ask(self._open.hexists(self._key("connection", connection_id), "ended")))

    async def connections(self, name: str) -> list[Connection]:
        """See Store."""
        ids = await self._ask(self._open.zrange(self._key("connections", name), 0, _MAX_LISTED - 1, desc=True))
        async with self._open.pipeline(transaction=False) as pipeline:
            for each in ids:
                pipeline.hmget(self._key("connection", each), ["content", "ended"])
            rows = await self._ask(pipeline.execute())
        return [Connection.model_validate_json(content) for content, ended in rows if content and not ended]

    async def register(self, registration: Registration, seconds: int, *, most: int) -> None:
        """See Store."""
        keys = [self._key("client", registration.client_id), self._key("clients")]
        await self._run(_REGISTER, keys, registration.model_dump_json(), seconds, self._now(), most)

    async def registration(self, client_id: str) -> Registration | None:
        """See Store."""
        content = await self._ask(self._open.get(self._key("client", client_id)))
        return None if content is None else Registration.model_validate_json(content)

    async def keep_registration(self, client_id: str, seconds: int) -> None:
        """See Store."""
        await self._run(_KEEP, [self._key("client", client_id), self._key("clients")], seconds, self._now())

    async def count(self, event: str, seconds: int) -> int:
        """See Store."""
        return int(await self._run(_COUNT, [self._key("count", event)], seconds))

    @property
    def _open(self) -> Redis:
        if self._redis is None:
            raise StateUnavailable
        return self._redis

    def _key(self, *parts: str) -> str:
        return self._prefix + ":".join(parts)

    async def _run(self, script: str, keys: list[str], *values: str | float) -> Any:
        return await self._ask(self._open.eval(script, len(keys), *keys, *map(str, values)))

    async def _ask(self, asked: Any) -> Any:
        try:
            return await asked
        except (RedisError, OSError, TimeoutError) as error:
            raise StateUnavailable from error
