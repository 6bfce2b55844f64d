"""A signed request counts for 150 seconds, and says when it was made."""

from datetime import timedelta

import pytest

from tests.bridge.alexa.amazon import amazon, remember
from tests.bridge.alexa.conftest import Clock, Listening
from tests.bridge.alexa.refusal import BODY, GOOD, refusal, stores
from tests.bridge.stand_in import MemoryService


@pytest.mark.parametrize("seconds", [-151, -3_600, 151, 3_600])
async def test_a_request_of_another_time_is_refused(
    listening: Listening, memory_service: MemoryService, clock: Clock, seconds: int
) -> None:
    clock.now -= timedelta(seconds=seconds)
    assert "150 seconds" in await refusal(listening, memory_service)


@pytest.mark.parametrize("seconds", [-150, 0, 150])
async def test_a_request_within_the_tolerance_is_answered(
    listening: Listening, memory_service: MemoryService, clock: Clock, seconds: int
) -> None:
    stores(memory_service)
    clock.now -= timedelta(seconds=seconds)
    async with listening() as echo:
        await echo.text(GOOD)


async def test_a_replay_is_refused_after_the_tolerance_and_stores_nothing_new_within_it(
    listening: Listening, memory_service: MemoryService, clock: Clock
) -> None:
    stores(memory_service)
    headers = amazon().headers(BODY)
    async with listening() as echo:
        assert (await echo.post(BODY, headers)).status_code == 200
        clock.now += timedelta(seconds=100)
        assert (await echo.post(BODY, headers)).status_code == 200
        clock.now += timedelta(seconds=51)
        assert (await echo.post(BODY, headers)).status_code == 400
    first, second = memory_service.requests("POST /memory")
    assert first.body == second.body


@pytest.mark.parametrize("timestamp", ["", "yesterday", "2026-03-12T18:30:00", "2026-13-12T18:30:00Z"])
async def test_a_time_that_says_no_time_is_refused(
    listening: Listening, memory_service: MemoryService, timestamp: str
) -> None:
    await refusal(listening, memory_service, body=remember("x", timestamp=timestamp).encoded())
