"""Events of sessions: what is held, for how long, and that no session reaches another's."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from mcp.server.streamable_http import GET_STREAM_KEY, EventMessage
from mcp.types import JSONRPCMessage, JSONRPCNotification, JSONRPCResponse

from bridge.mcp.events import Event, EventBudget, SessionEvents, UnknownEvent


class Clock:
    """Time that passes when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def budget(max_bytes: int = 1 << 20, seconds: float = 60.0, clock: Clock | None = None) -> EventBudget:
    return EventBudget(max_bytes=max_bytes, seconds=seconds, clock=clock or Clock())


def session(shared: EventBudget | None = None, *, per_stream: int = 100, max_bytes: int = 1 << 20) -> SessionEvents:
    return SessionEvents(shared or budget(), per_stream=per_stream, max_streams=4, max_bytes=max_bytes)


def progress(number: int, size: int = 0) -> JSONRPCMessage:
    return JSONRPCNotification(jsonrpc="2.0", method="progress", params={"number": number, "padding": "x" * size})


def answer(request_id: int) -> JSONRPCMessage:
    return JSONRPCResponse(jsonrpc="2.0", id=request_id, result={"of": request_id})


async def rest(events: AsyncIterator[Event]) -> list[str]:
    async with asyncio.timeout(5):
        return [event.id async for event in events]


async def replayed(events: SessionEvents, last: str) -> tuple[list[str | None], str | None]:
    sent: list[str | None] = []

    async def send(event: EventMessage) -> None:
        sent.append(event.event_id)

    return sent, await events.replay_events_after(last, send)


async def test_what_followed_an_event_on_its_stream_comes_in_order_and_nothing_else() -> None:
    events = session()
    first = await events.store_event("1", None)
    other = await events.store_event("2", None)
    second = await events.store_event("1", progress(1))
    await events.store_event("2", answer(2))
    third = await events.store_event("1", answer(1))
    assert await rest(events.follow(first)) == [second, third]
    assert await rest(events.follow(second)) == [third]
    assert await rest(events.follow(third)) == []
    assert await replayed(events, first) == ([second, third], None)
    assert (await replayed(events, other))[1] is None


async def test_a_stream_without_its_answer_is_followed_until_it_comes() -> None:
    events = session()
    first = await events.store_event("1", None)
    assert await replayed(events, first) == ([], "1")
    following = asyncio.create_task(rest(events.follow(first)))
    expected = []
    for message in (progress(1), progress(2), answer(1)):
        await asyncio.sleep(0)
        expected.append(await events.store_event("1", message))
    assert await following == expected


async def test_a_request_id_used_again_after_its_answer_begins_a_new_stream() -> None:
    events = session()
    old = await events.store_event("1", None)
    old_answer = await events.store_event("1", answer(1))
    new = await events.store_event("1", None)
    following = asyncio.create_task(rest(events.follow(new)))
    new_answer = await events.store_event("1", answer(1))
    assert await following == [new_answer]
    assert await rest(events.follow(old)) == [old_answer]


async def test_the_stream_of_a_get_never_counts_as_answered() -> None:
    events = session()
    first = await events.store_event(GET_STREAM_KEY, progress(1))
    await events.store_event(GET_STREAM_KEY, answer(1))
    assert (await replayed(events, first))[1] == GET_STREAM_KEY


async def test_no_session_finds_an_event_of_another_one() -> None:
    shared = budget()
    mine, theirs = session(shared), session(shared)
    await mine.store_event("1", None)
    secret = await theirs.store_event("1", None)
    await theirs.store_event("1", answer(1))
    with pytest.raises(UnknownEvent):
        mine.stream_of(secret)
    with pytest.raises(UnknownEvent):
        await rest(mine.follow(secret))
    assert await replayed(mine, secret) == ([], None)
    assert mine.text_of(secret) is None


async def test_ids_tell_nothing_and_never_repeat() -> None:
    events = session()
    ids = {await events.store_event("7", progress(number)) for number in range(50)}
    assert len(ids) == 50
    assert min(len(one) for one in ids) == 16


async def test_a_stream_holds_its_latest_events() -> None:
    events = session(per_stream=3)
    ids = [await events.store_event("1", progress(number)) for number in range(5)]
    assert events.count == 3
    with pytest.raises(UnknownEvent):
        events.stream_of(ids[1])
    await events.store_event("1", answer(1))
    assert len(await rest(events.follow(ids[3]))) == 2


async def test_a_reader_that_fell_behind_is_sent_away_rather_than_given_a_gap() -> None:
    events = session(per_stream=2)
    following = events.follow(await events.store_event("1", None))
    first = await events.store_event("1", progress(1))
    assert (await anext(following)).id == first
    for number in range(2, 6):
        await events.store_event("1", progress(number))
    assert await rest(following) == []


async def test_answered_streams_go_before_those_that_are_waited_for() -> None:
    events = session()
    waited_for = await events.store_event("0", None)
    answered = [await events.store_event(str(number), answer(number)) for number in range(1, 6)]
    assert events.stream_of(waited_for) == "0"
    with pytest.raises(UnknownEvent):
        events.stream_of(answered[0])
    for number in range(10, 15):
        await events.store_event(str(number), None)
    assert events.count == 4


async def test_a_session_is_bounded_in_bytes() -> None:
    events = session(max_bytes=20_000)
    ids = [await events.store_event(str(number), progress(number, size=3_000)) for number in range(20)]
    assert 10_000 < events.bytes <= 20_000
    assert events.stream_of(ids[-1]) == "19"


async def test_an_event_too_large_to_hold_makes_its_stream_unknown_and_no_other() -> None:
    shared = budget()
    events = session(shared, max_bytes=20_000)
    other = await events.store_event("2", None)
    large = await events.store_event("1", None)
    for _ in range(3):
        await events.store_event("1", progress(1, size=30_000))
    with pytest.raises(UnknownEvent):
        events.stream_of(large)
    assert events.stream_of(other) == "2"
    assert events.bytes == shared.bytes < 1_000


async def test_all_sessions_together_are_bounded_and_the_oldest_goes_first() -> None:
    shared = budget(max_bytes=50_000)
    sessions = [session(shared) for _ in range(10)]
    ids = [await events.store_event("1", progress(1, size=9_000)) for events in sessions]
    assert 40_000 < shared.bytes <= 50_000
    assert [events.text_of(one) is not None for events, one in zip(sessions, ids, strict=True)] == [False] * 5 + [
        True
    ] * 5
    assert sum(events.bytes for events in sessions) == shared.bytes


async def test_what_a_session_held_is_given_back_when_it_ends() -> None:
    shared = budget()
    events, other = session(shared), session(shared)
    await other.store_event("1", answer(1))
    alone = shared.bytes
    first = await events.store_event("1", None)
    following = asyncio.create_task(rest(events.follow(first)))
    await asyncio.sleep(0)
    await events.store_event("2", answer(2))
    events.close()
    assert (shared.bytes, shared.count) == (alone, 1)
    assert await following == []
    await events.store_event("3", answer(3))
    assert (shared.bytes, events.count) == (alone, 0)


async def test_events_age() -> None:
    clock = Clock()
    shared = budget(seconds=60, clock=clock)
    events = session(shared)
    old = await events.store_event("1", None)
    clock.now = 59.0
    young = await events.store_event("1", answer(1))
    assert await rest(events.follow(old)) == [young]
    clock.now = 60.0
    with pytest.raises(UnknownEvent):
        events.stream_of(old)
    shared.expire()
    assert events.count == 1
    clock.now = 119.0
    shared.expire()
    assert (events.count, shared.bytes, shared.count) == (0, 0, 0)


async def test_who_follows_a_stream_anew_takes_it_over() -> None:
    events = session()
    first = await events.store_event("1", None)
    broken = asyncio.create_task(rest(events.follow(first)))
    await asyncio.sleep(0)
    new = asyncio.create_task(rest(events.follow(first)))
    assert await broken == []
    await asyncio.sleep(0)
    last = await events.store_event("1", answer(1))
    assert await new == [last]


async def test_ten_thousand_calls_leave_no_more_than_the_bounds_allow() -> None:
    shared = budget()
    events = session(shared)
    for number in range(10_000):
        await events.store_event(str(number), None)
        await events.store_event(str(number), answer(number))
    assert events.count == shared.count == 8
    assert events.bytes == shared.bytes
    assert len(vars(events)["_streams"]) == 4
