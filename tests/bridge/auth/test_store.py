"""What both stores promise, and what each of them does in its own way."""

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bridge.auth.redis_store import RedisStore
from bridge.auth.refusals import StateUnavailable
from bridge.auth.sqlite_store import SQLiteStore
from bridge.auth.store import Connection, Registration, Store
from tests.bridge.auth.redis_server import redis_server
from tests.bridge.auth.site import Clock

DAY = 86_400


@pytest.fixture(params=["sqlite", "redis"])
async def stores(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[list[Store]]:
    """Two replicas with one record between them."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        if request.param == "sqlite":
            pair: list[Store] = [SQLiteStore(tmp_path / "oauth.sqlite3", now=clock) for _ in range(2)]
        else:
            url = await stack.enter_async_context(redis_server())
            pair = [RedisStore(url, now=clock) for _ in range(2)]
        for store in pair:
            await stack.enter_async_context(store.run())
        yield pair


def connection(name: str = "ada", number: int = 1, used_at: float = 1.0) -> Connection:
    return Connection(
        id=f"c{number}",
        name=name,
        client_name="An app",
        client_id="x",
        scopes=("memory.read",),
        connected_at=1.0,
        used_at=used_at,
    )


def registration(number: int) -> Registration:
    return Registration(client_id=f"r{number}", client_name="An app", redirect_uris=("https://app.example/cb",))


async def test_a_ticket_is_spent_once_however_many_try_at_the_same_moment(stores: list[Store]) -> None:
    tries = [store.spend("ticket", DAY) for store in stores * 20]
    assert sum(await asyncio.gather(*tries)) == 1
    assert await stores[0].spend("another", DAY)


async def test_a_refresh_token_is_used_up_at_one_moment_by_however_many(stores: list[Store]) -> None:
    await stores[0].connect(connection(), DAY)
    times = await asyncio.gather(*(store.rotate("c1", 0, 100.125 + n, DAY) for n, store in enumerate(stores * 10)))
    assert len(set(times)) == 1, "all get the pair of whoever was first"


async def test_a_retry_counts_for_a_minute_and_what_comes_later_does_not(stores: list[Store]) -> None:
    one, other = stores
    await one.connect(connection(), DAY)
    moment = 1_800_000_000.123456789
    assert await one.rotate("c1", 0, moment, DAY) == moment
    assert await other.rotate("c1", 0, moment + 60, DAY) == moment
    assert await other.rotate("c1", 0, moment + 61, DAY) is None
    assert await other.rotate("c1", 1, moment + 61, DAY) == moment + 61
    assert await one.rotate("c1", 0, moment + 62, DAY) is None
    assert await one.rotate("c1", 7, moment + 62, DAY) is None


async def test_a_connection_that_is_not_known_is_taken_at_its_word(stores: list[Store]) -> None:
    one, other = stores
    assert not await one.is_ended("c1")
    assert await one.rotate("c1", 5, 100.0, DAY) == 100.0
    assert await other.rotate("c1", 4, 200.0, DAY) is None
    await other.connect(connection(), DAY)
    assert await other.rotate("c1", 6, 200.0, DAY) == 200.0


async def test_what_was_ended_stays_ended_everywhere(stores: list[Store]) -> None:
    one, other = stores
    await one.connect(connection(), DAY)
    await one.end("c1", DAY)
    await one.end("never-known", DAY)
    await other.connect(connection(used_at=2.0), DAY)
    assert await other.is_ended("c1")
    assert await other.is_ended("never-known")
    assert await other.rotate("c1", 0, 100.0, DAY) is None
    assert await other.connections("ada") == []


async def test_connections_are_listed_by_name_the_latest_first(stores: list[Store]) -> None:
    one, other = stores
    for number, name in enumerate(["ada", "bob", "ada", "ada"]):
        await one.connect(connection(name, number, used_at=float(number)), DAY)
    await one.connect(connection("ada", 0, used_at=9.0), DAY)
    await one.rotate("c0", 0, 10.0, DAY)
    assert [each.id for each in await other.connections("ada")] == ["c0", "c3", "c2"]
    assert await other.connections("bob") == [connection("bob", 1, used_at=1.0)]
    assert await other.connections("nobody") == []


async def test_the_registration_that_ends_soonest_gives_way(stores: list[Store]) -> None:
    one, other = stores
    for number in range(3):
        await one.register(registration(number), DAY, most=3)
    await other.keep_registration("r0", 30 * DAY)
    await other.keep_registration("never-known", 30 * DAY)
    await other.register(registration(3), DAY, most=3)
    found = [await one.registration(f"r{number}") for number in range(4)]
    assert found == [registration(0), None, registration(2), registration(3)]
    assert await one.registration("never-known") is None


async def test_events_are_counted_for_all_together(stores: list[Store]) -> None:
    one, other = stores
    assert [await store.count("wrong-key", 600) for store in (one, other, one)] == [1, 2, 3]
    assert await other.count("another", 600) == 1


async def test_everything_ends_in_its_time(tmp_path: Path) -> None:
    clock = Clock()
    store = SQLiteStore(tmp_path / "oauth.sqlite3", now=clock)
    async with store.run():
        await store.spend("ticket", DAY)
        await store.connect(connection(), DAY)
        await store.end("c2", DAY)
        await store.register(registration(1), DAY, most=3)
        await store.count("event", DAY)
        clock.passes(DAY)
        assert await store.connections("ada") == []
        assert await store.registration("r1") is None
        assert await store.spend("ticket", DAY)
        assert await store.count("event", DAY) == 1
        assert not await store.is_ended("c2")
    rows = sqlite3.connect(tmp_path / "oauth.sqlite3")
    left = rows.execute("SELECT (SELECT count(*) FROM connections) + (SELECT count(*) FROM registrations)").fetchone()
    rows.close()
    assert left == (0,)


async def test_in_redis_everything_has_its_time() -> None:
    async with redis_server() as url:
        store = RedisStore(url)
        async with store.run():
            await store.spend("ticket", DAY)
            await store.connect(connection(used_at=1e9), DAY)
            await store.rotate("c5", 1, 1.0, DAY)
            await store.end("c2", DAY)
            await store.register(registration(1), DAY, most=3)
            await store.keep_registration("r1", 30 * DAY)
            await store.count("event", DAY)
            keys = await store._open.keys("*")
            lasting = [key for key in keys if await store._open.ttl(key) < 0]
    assert [str(key).rpartition(":")[2] for key in lasting] == ["clients"]


async def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "oauth.sqlite3"
    async with SQLiteStore(path).run():
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(path.parent).st_mode) == 0o700


async def test_what_is_written_down_survives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "oauth.sqlite3"
    async with SQLiteStore(path).run() as _:
        pass
    first = SQLiteStore(path)
    async with first.run():
        await first.spend("ticket", DAY)
        await first.end("c1", DAY)
    second = SQLiteStore(path)
    async with second.run():
        assert not await second.spend("ticket", DAY)
        assert await second.is_ended("c1")


async def test_a_store_that_cannot_be_asked_says_so(tmp_path: Path) -> None:
    closed = SQLiteStore(tmp_path / "oauth.sqlite3")
    with pytest.raises(StateUnavailable):
        await closed.is_ended("c1")
    gone = RedisStore("redis://:a-password@127.0.0.1:1/0")
    assert "a-password" not in repr(gone)
    async with gone.run():
        with pytest.raises(StateUnavailable) as caught:
            await gone.is_ended("c1")
    assert "a-password" not in str(caught.value)


async def test_more_than_a_few_hundred_do_not_wait_for_the_file(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "oauth.sqlite3")
    async with store.run():
        answers = await asyncio.gather(*(store.is_ended("c1") for _ in range(1_000)), return_exceptions=True)
        assert {type(answer) for answer in answers} == {bool, StateUnavailable}
        assert not await store.is_ended("c1")
