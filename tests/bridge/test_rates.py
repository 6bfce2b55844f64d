"""Limits over a sliding window, in bounded memory."""

import pytest

from bridge.rates import RateLimiter
from tests.bridge.clock import Clock


def limiter(clock: Clock, limit: int = 3, max_names: int = 10_000) -> RateLimiter:
    return RateLimiter(limit, 10, max_names=max_names, clock=clock)


def test_what_is_within_the_limit_is_taken_and_what_is_beyond_is_told_how_long_to_wait() -> None:
    clock = Clock()
    rate = limiter(clock)
    assert [rate.take("ada") for _ in range(3)] == [0, 0, 0]
    seconds = rate.take("ada")
    assert seconds > 0
    clock.now += seconds
    assert rate.take("ada") == 0
    assert rate.take("ada") > 0


@pytest.mark.parametrize("offset", [0.0, 8.5, 9.0, 9.9])
def test_no_second_burst_fits_in_where_a_window_ends(offset: float) -> None:
    clock = Clock(1_000 + offset)
    rate = limiter(clock, 100)
    taken = 0
    for _ in range(20):
        taken += sum(not rate.take("ada") for _ in range(10))
        clock.now += 0.1
    assert taken <= 110


def test_waiting_takes_nothing() -> None:
    clock = Clock()
    rate = limiter(clock)
    assert [rate.wait("ada") for _ in range(9)] == [0] * 9
    assert len(rate) == 0
    for _ in range(4):
        rate.count("ada")
    assert rate.wait("ada") > 0
    clock.now += 20
    assert rate.wait("ada") == 0


def test_names_are_counted_apart() -> None:
    rate = limiter(Clock(), 1)
    assert rate.take("ada") == 0
    assert rate.take("bob") == 0
    assert rate.take("ada") > 0


def test_those_not_heard_of_for_the_longest_time_are_forgotten_first() -> None:
    rate = limiter(Clock(), 1, max_names=2)
    for name in ("ada", "bob", "ada", "eve"):
        rate.take(name)
    assert len(rate) == 2
    assert rate.take("ada") > 0
    assert rate.take("bob") == 0
