"""Who may do what, and how often: keys that only read, failures that are limited, quotas, CORS, headers."""

import asyncio
from typing import Any

import pytest

from memory_api.errors import Overloaded
from memory_api.middleware.failures import Failures
from memory_api.middleware.keys import digest_of
from memory_api.middleware.places import Places
from memory_api.middleware.rate_limit import RateLimit
from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import id_of
from tests.memory_api.conftest import StartApi

READER, WRITER = {"X-API-Key": "key-that-reads"}, {"X-API-Key": "key-that-writes"}
PAGE = "https://viewer.example"
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/memory", {"content": "x"}),
    ("POST", "/memory", "no object"),
    ("POST", "/memory/batch", {"memories": [{"content": "x"}]}),
    ("PATCH", f"/memory/{id_of(1)}", {"importance": 1}),
    ("DELETE", f"/memory/{id_of(1)}", ...),
    ("DELETE", "/memory/by-tag?tags=t", ...),
    ("POST", "/associate", {"memory1_id": id_of(1), "memory2_id": id_of(2)}),
    ("POST", "/nope", {}),
]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def shared(start_api: StartApi) -> tuple[Api, Api]:
    """One memory, for a key that writes and one that reads."""
    api = await start_api(memory_api_keys="alice:key-that-writes,alice:key-that-reads:read")
    writer = api.as_caller(WRITER)
    await writer.store("a heron", id=id_of(1), tags=["t"])
    return writer, api.as_caller(READER)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_key_that_only_reads_changes_nothing(
    shared: tuple[Api, Api], method: str, path: str, body: Any
) -> None:
    writer, reader = shared
    before = await writer.memory(id_of(1))
    assert_refused(await reader.send(method, path, body), 403, "only read")
    after = await writer.memory(id_of(1))
    assert {**after, "last_accessed": ""} == {**before, "last_accessed": ""}
    assert await writer.count() == 1


async def test_a_key_that_only_reads_reads_everything_of_its_name(shared: tuple[Api, Api]) -> None:
    _, reader = shared
    assert (await reader.memory(id_of(1)))["content"] == "a heron"
    assert await reader.recall("heron") == [id_of(1)]
    for path in ("/recall?query=heron", "/memory/by-tag?tags=t", f"/memories/{id_of(1)}/related", "/health"):
        assert (await reader.get(path)).status == 200


async def test_both_keys_of_a_name_work_while_one_takes_the_place_of_the_other(start_api: StartApi) -> None:
    api = await start_api(memory_api_keys="alice:old-key,alice:new-key")
    stored = await api.as_caller({"X-API-Key": "old-key"}).store("kept")
    assert await api.as_caller({"X-API-Key": "new-key"}).recall("kept") == [stored]


async def test_whoever_goes_on_without_a_known_key_is_told_to_wait_and_others_are_not(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="right")
    for headers in ({}, {"X-API-Key": "wrong"}):
        answers = [await api.send("GET", "/recall", headers=headers) for _ in range(31)]
        assert [answer.status for answer in answers] == [401] * 30 + [429]
        assert_refused(answers[-1], 429, "try again")
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert (await api.send("GET", "/recall", headers={"X-API-Key": "other"})).status == 401
    assert (await api.send("GET", "/recall", headers={"X-API-Key": "right"})).status == 200
    assert (await api.get("/health")).status == 200


def test_a_guesser_that_never_repeats_a_key_is_limited_as_well() -> None:
    failures = Failures(clock := Clock())
    waits = [failures.note("10.0.0.1", digest_of(str(number))) for number in range(130)]
    assert sum(wait == 0 for wait in waits) == 120
    assert failures.note("10.0.0.2", digest_of("0")) == 0
    clock.now += 60
    assert failures.note("10.0.0.1", digest_of("0")) == 0


@pytest.mark.parametrize(
    ("one", "other"), [("2001:db8::1", "2001:db8::ffff:2"), ("10.0.0.1", "::ffff:10.0.0.1"), (None, "nonsense")]
)
def test_addresses_of_one_owner_count_together(one: str | None, other: str) -> None:
    failures = Failures(Clock())
    for _ in range(30):
        assert failures.note(one, b"k") == 0
    assert failures.note(other, b"k") > 0
    assert failures.note("2001:db9::1", b"k") == 0


def test_a_limit_allows_so_many_at_once_and_then_one_by_one() -> None:
    limit = RateLimit(3, 60, clock=(clock := Clock()))
    assert [limit.take("a") for _ in range(4)] == pytest.approx([0, 0, 0, 20])
    assert limit.take("b") == 0
    clock.now += 19
    assert limit.take("a") == pytest.approx(1)
    clock.now += 1
    assert limit.take("a") == 0
    assert limit.take("a") == pytest.approx(20)
    clock.now += 3_600
    assert [limit.take("a") for _ in range(4)] == pytest.approx([0, 0, 0, 20])


def test_a_limit_remembers_only_so_many() -> None:
    limit = RateLimit(1, 60, clock=Clock(), remembered=100)
    for name in range(1_000):
        limit.take(name)
    assert len(limit) == 100
    assert limit.take(999) > 0


async def test_a_quota_is_for_each_key_and_leaves_the_health_alone(start_api: StartApi) -> None:
    api = await start_api(memory_api_keys="alice:key-a,bob:key-b", rate_limit_requests="3", rate_limit_window="3600")
    alice, bob = api.as_caller({"X-API-Key": "key-a"}), api.as_caller({"X-API-Key": "key-b"})
    answers = [await alice.get("/recall") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert_refused(answers[-1], 429, "too many requests")
    assert 1_199 <= int(answers[-1].headers["Retry-After"]) <= 1_200
    assert (await bob.get("/recall")).status == 200
    assert (await alice.get("/health")).status == 200


@pytest.mark.parametrize("path", ["/health", "/recall", "/nope"])
async def test_every_answer_is_guarded(api: Api, path: str) -> None:
    headers = (await api.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Server"] == "memory_api"


async def test_pages_are_not_answered_unless_their_origin_is_allowed(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="key")
    preflight = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    assert (await api.send("OPTIONS", "/memory", headers=preflight)).status == 401
    answer = await api.send("GET", "/recall", headers={"Origin": PAGE, "X-API-Key": "key"})
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_pages_of_an_allowed_origin_are_answered_and_still_need_a_key(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="key", enable_cors="true", allowed_origins=PAGE)
    preflight = {"Origin": PAGE, "Access-Control-Request-Method": "PATCH"}
    answer = await api.send("OPTIONS", f"/memory/{id_of(1)}", headers=preflight)
    assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (204, PAGE)
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    for key, status in (("key", 200), ("wrong", 401)):
        answer = await api.send("GET", "/recall", headers={"Origin": PAGE, "X-API-Key": key})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, PAGE)
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Origin" in answer.headers["Vary"]
    other = {"Origin": "https://evil.example", "X-API-Key": "key"}
    assert "Access-Control-Allow-Origin" not in (await api.send("GET", "/recall", headers=other)).headers


async def test_without_keys_only_a_named_origin_may_ask(start_api: StartApi) -> None:
    api = await start_api(enable_cors="true", allowed_origins=PAGE)
    assert (await api.send("GET", "/recall", headers={"Origin": PAGE})).status == 200
    assert (await api.send("GET", "/recall", headers={"Origin": "https://evil.example"})).status == 403


async def test_one_tenant_runs_so_many_queues_so_many_and_hinders_no_other() -> None:
    places = Places(running=2, waiting=1)
    free, began = asyncio.Event(), asyncio.Semaphore(0)

    async def ask(tenant: str) -> None:
        async with places.taken(tenant):
            began.release()
            await free.wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as asking:
        for _ in range(3):
            asking.create_task(ask("alice"))
        for _ in range(2):
            await began.acquire()
        with pytest.raises(Overloaded):
            await ask("alice")
        asking.create_task(ask("bob"))
        await began.acquire()
        assert began.locked()
        free.set()
        await began.acquire()
