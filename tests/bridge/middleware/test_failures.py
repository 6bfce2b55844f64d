"""Failing again and again: who is slowed down, and who is not."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.middleware.failures import SlowFailures
from bridge.rates import RateLimiter
from tests.bridge.clock import Clock


async def gate(scope: Scope, receive: Receive, send: Send) -> None:
    """Knows one key."""
    known = key_of(scope) == b"good"
    if not known:
        scope["state"]["refused"] = "key"
    await PlainTextResponse("", 200 if known else 401)(scope, receive, send)


def key_of(scope: Scope) -> bytes:
    key: bytes = dict(scope["headers"]).get(b"x-api-key", b"")
    return key


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> SlowFailures:
    limits = [RateLimiter(limit, 60, clock=clock) for limit in (3, 5)]
    return SlowFailures(gate, identify=key_of, of_keys=limits[0], without_key=limits[1])


def status(door: SlowFailures, key: str = "", address: str = "160.79.104.1") -> int:
    headers = {"X-API-Key": key} if key else {}
    return TestClient(door, client=(address, 1)).get("/mcp", headers=headers).status_code


def test_the_same_wrong_key_is_refused_unheard_after_a_while(door: SlowFailures) -> None:
    assert [status(door, "wrong") for _ in range(5)] == [401, 401, 401, 429, 429]


def test_one_persons_failures_do_not_lock_out_another_at_the_same_address(door: SlowFailures) -> None:
    for _ in range(20):
        status(door, "wrong")
        status(door)
    assert status(door, "good") == 200
    assert status(door, "mistyped") == 401


def test_a_flood_without_a_key_is_slowed_where_it_comes_from(door: SlowFailures) -> None:
    assert [status(door) for _ in range(6)] == [401] * 5 + [429]
    assert status(door, address="203.0.113.7") == 401


def test_success_is_never_counted(door: SlowFailures) -> None:
    assert [status(door, "good") for _ in range(20)] == [200] * 20


def test_after_as_long_as_it_says_the_key_is_heard_again(door: SlowFailures, clock: Clock) -> None:
    for _ in range(3):
        status(door, "wrong")
    response = TestClient(door, client=("160.79.104.1", 1)).get("/mcp", headers={"X-API-Key": "wrong"})
    assert response.json() == {"error": "Too many requests without a known API key; wait and check the key"}
    clock.now += int(response.headers["Retry-After"])
    assert status(door, "wrong") == 401
