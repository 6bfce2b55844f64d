"""Conversations, every answer of which keeps Amazon's rules."""

import asyncio
import time
from typing import Any

import pytest
from aiohttp import web

from bridge.alexa.english import ENGLISH
from tests.bridge.alexa import rules
from tests.bridge.alexa.amazon import ACCOUNT, ADA, Said, amazon, pair, recall, remember
from tests.bridge.alexa.conftest import Listening
from tests.bridge.stand_in import MemoryService

TEXTS = ENGLISH.texts
LAUNCHED = {"launched": True}
NOTE = "the spare key is under the blue pot"


def found(content: str, *, tags: tuple[str, ...] = (f"user:{ACCOUNT}",), **more: Any) -> dict[str, Any]:
    memory = {"content": content, "tags": ["alexa", *tags], "timestamp": "2026-03-11T09:00:00+00:00"}
    return {"id": "4be4d4a6-9b05-4d1f-a668-647e017c653f", "score": 0.8, "memory": memory, **more}


def answers(memory_service: MemoryService, *results: dict[str, Any]) -> None:
    memory_service.answers("POST /memory", {"memory_id": "4be4d4a6-9b05-4d1f-a668-647e017c653f"}, 201)
    memory_service.answers("GET /recall", {"results": list(results)})


def ends(answer: dict[str, Any]) -> bool:
    return bool(answer["response"]["shouldEndSession"])


def said(answer: dict[str, Any]) -> str:
    return str(answer["response"]["outputSpeech"]["text"])


async def test_launch_remember_recall_stop(listening: Listening, memory_service: MemoryService) -> None:
    answers(memory_service, found(NOTE))
    async with listening() as echo:
        launch = await echo.hears(Said("LaunchRequest"))
        assert said(launch) == TEXTS.welcome
        attributes = launch["sessionAttributes"]
        saved = await echo.hears(remember(NOTE, attributes=attributes))
        assert (said(saved), ends(saved)) == ("Okay, I'll remember that. Anything else?", False)
        heard = await echo.hears(recall("the spare key", attributes=saved["sessionAttributes"]))
        assert said(heard) == f"You told me yesterday: {NOTE}. Anything else?"
        stopped = await echo.hears(Said(intent="AMAZON.StopIntent", attributes=heard["sessionAttributes"]))
        assert (said(stopped), ends(stopped)) == ("Goodbye.", True)
        assert (await echo.hears(Said("SessionEndedRequest")))["response"] == {}


async def test_a_session_that_began_with_a_task_ends_with_its_answer(
    listening: Listening, memory_service: MemoryService
) -> None:
    answers(memory_service, found(NOTE))
    async with listening() as echo:
        saved = await echo.hears(remember(NOTE))
        assert (said(saved), ends(saved)) == (TEXTS.saved, True)
        heard = await echo.hears(recall("the spare key"))
        assert (said(heard), ends(heard)) == (f"You told me yesterday: {NOTE}.", True)


async def test_a_note_is_stored_under_its_speaker_and_device(
    listening: Listening, memory_service: MemoryService
) -> None:
    answers(memory_service)
    async with listening() as echo:
        await echo.hears(remember(NOTE))
        await echo.hears(remember(NOTE, person=ADA, request_id="amzn1.echo-api.request.0002"))
    first, second = (asked.body for asked in memory_service.requests("POST /memory"))
    assert first["content"] == NOTE
    assert first["tags"] == ["alexa", f"user:{ACCOUNT}", "device:amzn1.ask.device.KITCHENEXAMPLE"]
    assert second["tags"][1] == f"user:{ADA}"
    assert first["id"] != second["id"]


async def test_a_recall_asks_for_all_of_the_speakers_tag_exactly(
    listening: Listening, memory_service: MemoryService
) -> None:
    answers(memory_service)
    async with listening() as echo:
        await echo.hears(recall("the spare key", person=ADA))
    (asked,) = memory_service.requests("GET /recall")
    query = asked.query
    assert ("query", "the spare key") in query
    assert [value for name, value in query if name == "tags"] == [f"user:{ADA}"]
    assert {("tag_mode", "all"), ("tag_match", "exact")} <= set(query)


@pytest.mark.parametrize("empty", [None, "", "   ", "\u0007"])
@pytest.mark.parametrize("attributes", [{}, LAUNCHED])
async def test_an_empty_slot_is_asked_for(
    listening: Listening, memory_service: MemoryService, empty: str | None, attributes: dict[str, Any]
) -> None:
    async with listening() as echo:
        for request, slot, question in (
            (remember(empty, attributes=attributes), "note", TEXTS.what_to_remember),
            (recall(empty, attributes=attributes), "query", TEXTS.what_to_recall),
            (pair(empty, attributes=attributes), "code", TEXTS.which_code),
            (Said(intent="RememberIntent", attributes=attributes), "note", TEXTS.what_to_remember),
        ):
            answer = await echo.hears(request)
            assert (said(answer), ends(answer)) == (question, False)
            assert answer["response"]["directives"][0]["slotToElicit"] == slot
            assert answer["sessionAttributes"] == attributes
    assert memory_service.asked == []


async def test_what_was_asked_for_and_then_said_ends_a_session_that_was_not_launched(
    listening: Listening, memory_service: MemoryService
) -> None:
    answers(memory_service)
    async with listening() as echo:
        asked = await echo.hears(remember(None))
        saved = await echo.hears(remember(NOTE, attributes=asked["sessionAttributes"]))
    assert (said(saved), ends(saved)) == (TEXTS.saved, True)


@pytest.mark.parametrize("attributes", [{}, LAUNCHED])
@pytest.mark.parametrize(
    ("intent", "text", "ending"),
    [
        ("AMAZON.HelpIntent", TEXTS.help, False),
        ("AMAZON.FallbackIntent", TEXTS.fallback, False),
        ("AMAZON.YesIntent", TEXTS.help, False),
        ("AMAZON.StopIntent", TEXTS.goodbye, True),
        ("AMAZON.CancelIntent", TEXTS.goodbye, True),
        ("AMAZON.NoIntent", TEXTS.goodbye, True),
        ("AMAZON.SomethingNewIntent", TEXTS.fallback, False),
        ("SomebodysIntent", TEXTS.fallback, False),
        ("", TEXTS.fallback, False),
    ],
)
async def test_every_other_intent_has_its_answer(
    listening: Listening,
    memory_service: MemoryService,
    intent: str,
    text: str,
    ending: bool,
    attributes: dict[str, Any],
) -> None:
    async with listening() as echo:
        answer = await echo.hears(Said(intent=intent, attributes=attributes))
    assert (said(answer), ends(answer)) == (text, ending)
    assert memory_service.asked == []


async def test_home_ends_the_session_without_a_word(listening: Listening) -> None:
    async with listening() as echo:
        answer = await echo.hears(Said(intent="AMAZON.NavigateHomeIntent", attributes=LAUNCHED))
    assert answer["response"] == {"shouldEndSession": True}


@pytest.mark.parametrize(
    "kind",
    [
        "SessionEndedRequest",
        "System.ExceptionEncountered",
        "AudioPlayer.PlaybackStarted",
        "Connections.Response",
        "AlexaSkillEvent.SkillEnabled",
        "Something.New",
    ],
)
async def test_requests_that_may_not_be_answered_with_speech_are_not(
    listening: Listening, memory_service: MemoryService, kind: str
) -> None:
    async with listening() as echo:
        await echo.hears(Said(kind, attributes=LAUNCHED))
    assert memory_service.asked == []


async def test_a_request_without_a_session_is_answered(listening: Listening) -> None:
    body = Said("AudioPlayer.PlaybackStarted").body()
    del body["session"]
    encoded = web.json_response(body).body
    assert isinstance(encoded, bytes)
    async with listening() as echo:
        response = await echo.post(encoded, amazon().headers(encoded))
    rules.check("AudioPlayer.PlaybackStarted", response.json())


async def test_fields_that_amazon_adds_do_no_harm(listening: Listening, memory_service: MemoryService) -> None:
    answers(memory_service, found(NOTE))
    extra = {"newField": {"deep": [1, None, {"x": "y"}]}, "endpoint": "http://169.254.169.254/", "slotValue": None}
    async with listening() as echo:
        assert await echo.text(remember(NOTE, extra=extra)) == TEXTS.saved
        assert await echo.text(recall("key", extra=extra, person=ACCOUNT)) == f"You told me yesterday: {NOTE}."
        await echo.hears(Said("LaunchRequest", extra=extra))


@pytest.mark.parametrize("locale", ["en-US", "en-GB", "de-DE", "", "xx"])
async def test_every_locale_is_answered_in_a_language_there_is(listening: Listening, locale: str) -> None:
    async with listening() as echo:
        assert await echo.text(Said("LaunchRequest", locale=locale)) == TEXTS.welcome


async def test_nothing_found_is_said_kindly(listening: Listening, memory_service: MemoryService) -> None:
    answers(memory_service)
    async with listening() as echo:
        assert await echo.text(recall("the blue bicycle")) == (
            "I looked, but I have no memories about the blue bicycle yet."
        )
        long = await echo.text(recall("pneumonia " * 100))
    assert len(long) < 160


async def test_up_to_three_results_are_spoken_without_far_ones_and_twins(
    listening: Listening, memory_service: MemoryService
) -> None:
    answers(
        memory_service,
        found("the first"),
        found("The first"),
        found("the second", score=0.7),
        found("the third", score=0.6),
        found("the fourth", score=0.59),
    )
    async with listening() as echo:
        assert await echo.text(recall("x")) == (
            "I found three notes. Yesterday: the first. Yesterday: the second. Yesterday: the third."
        )
        memory_service.replaces("GET /recall", {"results": [found("near"), found("far", score=0.1)]})
        assert await echo.text(recall("x")) == "You told me yesterday: near."


@pytest.mark.parametrize(
    "result",
    [None, 1, {}, {"memory": None}, found(""), found("\u200d"), {**found("x"), "memory": {"content": 1, "tags": []}}],
)
async def test_results_that_are_none_are_passed_over(
    listening: Listening, memory_service: MemoryService, result: Any
) -> None:
    answers(memory_service, result)
    async with listening() as echo:
        assert "no memories" in await echo.text(recall("x"))


@pytest.mark.parametrize(
    "note",
    [
        "x" * 2_000,
        "ключ под синим горшком " * 80,
        "鍵は青い植木鉢の下にあります。" * 100,
        "👨‍👩‍👧‍👦 family 🎉 " * 100,
        "e\u0301" * 900,
        "مفتاح تحت الوعاء " * 100,
        "<speak><break time='10s'/></speak> & <audio src='x'/>",
        "*bold* _it_ `code` {json} \\u0000 \x00\x07\x1b",
    ],
    ids=["long", "Cyrillic", "Japanese", "emoji", "combining", "Arabic", "SSML", "markup"],
)
async def test_long_and_multi_byte_notes_are_stored_whole_and_spoken_within_the_rules(
    listening: Listening, memory_service: MemoryService, note: str
) -> None:
    answers(memory_service, *[found(note, score=1 - number / 100) for number in range(5)])
    async with listening() as echo:
        assert await echo.text(remember(note)) == TEXTS.saved
        spoken = await echo.text(recall("x"))
    (stored,) = memory_service.requests("POST /memory")
    assert stored.body["content"].split() == note.replace("\x00", " ").replace("\x07", " ").replace("\x1b", " ").split()
    assert len(spoken) < 400


async def test_a_note_beyond_the_limit_is_said_so(listening: Listening, memory_service: MemoryService) -> None:
    message = "Content exceeds maximum length of 100 characters (500 provided)."
    memory_service.answers("POST /memory", {"message": message}, 400)
    async with listening() as echo:
        assert await echo.text(remember("x" * 2_001)) == TEXTS.too_long
        assert memory_service.asked == []
        assert await echo.text(remember("x" * 500)) == TEXTS.too_long


@pytest.mark.parametrize(("status", "outcome"), [(400, "UpstreamRejected"), (500, "UpstreamBroken")])
async def test_a_memory_service_that_fails_is_said_so(
    listening: Listening, memory_service: MemoryService, status: int, outcome: str
) -> None:
    for route in ("POST /memory", "GET /recall"):
        memory_service.answers(route, {"message": "stack trace"}, status)
    async with listening() as echo:
        assert await echo.text(remember(NOTE)) == TEXTS.not_saved
        assert echo.facts == {"intent": "RememberIntent", "outcome": outcome}
        assert await echo.text(recall("key")) == TEXTS.not_recalled
        answer = await echo.hears(recall("key", attributes=LAUNCHED))
        assert (said(answer), ends(answer)) == (f"{TEXTS.not_recalled} Anything else?", False)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_memory_service_that_refuses_the_key_is_said_so(
    listening: Listening, memory_service: MemoryService, status: int
) -> None:
    for route in ("POST /memory", "GET /recall"):
        memory_service.answers(route, {}, status)
    async with listening() as echo:
        assert await echo.text(remember(NOTE)) == TEXTS.not_allowed
        assert await echo.text(recall("key")) == TEXTS.not_allowed


async def test_a_memory_that_may_only_be_read_is_read_and_not_added_to(
    listening: Listening, memory_service: MemoryService
) -> None:
    async with listening(readers=frozenset({"default"})) as echo:
        assert await echo.text(remember(NOTE)) == TEXTS.not_allowed
        assert echo.facts == {"intent": "RememberIntent", "outcome": "read only"}
        assert memory_service.asked == []
        assert await echo.text(recall("key")) != TEXTS.not_allowed


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_memory_service_that_is_slow_is_given_up_in_time(
    listening: Listening, memory_service: MemoryService
) -> None:
    for route in ("POST /memory", "GET /recall"):
        memory_service.handles(route, never)
    async with listening(seconds=0.1) as echo:
        assert await echo.text(remember(NOTE)) == TEXTS.not_saved
        assert echo.facts["outcome"] == "TimeoutError"
        assert await echo.text(recall("key")) == TEXTS.not_recalled


async def test_a_memory_service_that_never_answers_is_given_up_before_alexa_gives_up(
    listening: Listening, memory_service: MemoryService
) -> None:
    memory_service.handles("GET /recall", never)
    began = time.monotonic()
    async with listening() as echo:
        assert await echo.text(recall("key")) == TEXTS.not_recalled
    assert 4.5 < time.monotonic() - began < 6


async def test_a_memory_service_that_is_not_there_is_said_so(listening: Listening) -> None:
    async with listening(url="http://127.0.0.1:9") as echo:
        assert await echo.text(remember(NOTE)) == TEXTS.not_saved
        assert await echo.text(recall("key")) == TEXTS.not_recalled


async def test_the_log_tells_the_intent_and_the_outcome_and_nothing_that_was_said(
    listening: Listening, memory_service: MemoryService
) -> None:
    answers(memory_service, found(NOTE))
    async with listening() as echo:
        await echo.hears(remember(NOTE, person=ADA))
        assert echo.facts == {"intent": "RememberIntent", "outcome": "ok"}
        await echo.hears(recall("key"))
        assert echo.facts == {"intent": "RecallIntent", "outcome": "ok"}
        await echo.hears(Said("LaunchRequest"))
        assert echo.facts == {"intent": "LaunchRequest", "outcome": "ok"}
