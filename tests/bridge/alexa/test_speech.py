"""Memories read like sentences: no markup, no ids, no address, dates as a person says them."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from benchmarks.alexa_notes import NOTES, NOW
from bridge.alexa.english import ENGLISH
from bridge.alexa.speech import MAX_ITEM_CHARS, recalled, spoken

HEARD_AT = datetime.fromisoformat(NOW)
MARKUP = re.compile(r"[*_`<>{}\[\]|#\\]|https?:|\b[0-9a-f]{8}-[0-9a-f]{4}|\d{4}-\d\d-\d\d")


def result(content: object, timestamp: object = "2026-03-11T09:00:00Z") -> dict[str, Any]:
    return {"memory": {"content": content, "timestamp": timestamp}}


def said(*results: dict[str, Any], zone: timezone | ZoneInfo = UTC, now: datetime = HEARD_AT) -> str:
    return recalled(results, ENGLISH, now, zone, shared=False)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("**Bold** and _slanted_ and `code`", "Bold and slanted and code"),
        ("# Heading\nSome text", "Heading. Some text"),
        ("- milk\n- eggs\n* [x] bread", "milk. eggs. bread"),
        ("Shopping:\n1. milk\n2. eggs", "Shopping: 1. milk. 2. eggs"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("| day | time |\n|---|---|\n| Monday | 9 |", "day, time. Monday, 9"),
        ("see [the guide](https://example.com/a?c=d#e) there", "see the guide there"),
        ("see https://example.com/a/b?c=d, or www.example.org.", "see a link, or a link."),
        ("<b>hot</b> &amp; <i>cold</i>", "hot and amp; cold"),
        ("salt & pepper", "salt and pepper"),
        ("below 5 < 6 and a -> b", "below 5 less than 6 and a to b"),
        ("write to ada@example.org", "write to ada at example.org"),
        ("it has 21 °C", "it has 21 degrees Celsius"),
        ("the max_retries setting", "the max retries setting"),
        ("done (id: 4be4d4a6-9b05-4d1f-a668-647e017c653f).", "done."),
        ("ID 4BE4D4A6-9b05-4d1f-a668-647e017c653f is it", "is it"),
        ("built from 54c751c0aa0b4be4d4a69b054d1f", "built from"),
        ("party 🎉 time ❤️!", "party time!"),
        ("due 2026-04-02", "due April 2nd, 2026"),
        ("on 2026-04-21T09:00:00.123+02:00 sharp", "on April 21st, 2026 at 9 AM sharp"),
        ("on 2026-04-03 00:05", "on April 3rd, 2026 at 12:05 AM"),
        ("on 2026-13-45 or 2026-04-02T25:00", "on 2026-13-45 or April 2nd, 2026"),
        ("  many\t\tblanks \r\n\r\n here ", "many. blanks. here"),
        ("ключ — под ковриком", "ключ — под ковриком"),
        ("鍵は鉢の下。\n窓は閉めた", "鍵は鉢の下。 窓は閉めた"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("\x00\x1b[31mred\u202e", "31mred"),
        ("", ""),
        ("🎉 ***", ""),
    ],
)
def test_what_a_voice_would_stumble_over_is_gone(content: str, text: str) -> None:
    expected = text.replace("many. blanks. here", "many blanks. here")
    assert spoken(content, ENGLISH) == expected


@pytest.mark.parametrize("note", NOTES, ids=lambda note: note.content[:20])
def test_every_note_of_the_household_reads_well(note: Any) -> None:
    text = said(result(note.content, note.timestamp))
    assert text.startswith("You told me ")
    assert text.endswith(".")
    assert not MARKUP.search(text)
    assert len(text) < MAX_ITEM_CHARS + 60


@pytest.mark.parametrize(
    ("ago", "when"),
    [
        (timedelta(seconds=-20), "today"),
        (timedelta(seconds=0), "just now"),
        (timedelta(minutes=1), "just now"),
        (timedelta(minutes=2), "2 minutes ago"),
        (timedelta(minutes=44), "about 40 minutes ago"),
        (timedelta(hours=1), "earlier today"),
        (timedelta(hours=18), "earlier today"),
        (timedelta(hours=19), "yesterday"),
        (timedelta(days=2), "on Tuesday"),
        (timedelta(days=6), "on Friday"),
        (timedelta(days=7), "on March 5th"),
        (timedelta(days=10), "on March 2nd"),
        (timedelta(days=39), "on February 1st"),
        (timedelta(days=100), "on December 2nd, 2025"),
        (timedelta(days=-30), "on April 11th"),
        (timedelta(days=-365), "on March 12th, 2027"),
    ],
)
def test_times_are_said_as_a_person_says_them(ago: timedelta, when: str) -> None:
    assert said(result("x", (HEARD_AT - ago).isoformat())) == f"You told me {when}: x."


def test_days_are_those_of_the_listener() -> None:
    evening = result("x", "2026-03-12T03:00:00Z")
    assert said(evening) == "You told me earlier today: x."
    assert said(evening, zone=ZoneInfo("America/Los_Angeles")) == "You told me yesterday: x."


@pytest.mark.parametrize("timestamp", [None, "", "soon", 5])
def test_a_note_without_a_date_is_from_some_time_ago(timestamp: object) -> None:
    assert said(result("x", timestamp)) == "You told me some time ago: x."


def test_a_time_without_zone_is_utc() -> None:
    assert said(result("x", "2026-03-11T09:00:00")) == "You told me yesterday: x."


def test_a_long_note_is_cut_between_words() -> None:
    words = "alpha beta gamma delta epsilon " * 20
    text = said(result(words)).removeprefix("You told me yesterday: ")
    assert len(text) <= MAX_ITEM_CHARS
    spoken_words = text.removesuffix(", and so on.").split()
    assert words.split()[: len(spoken_words)] == spoken_words
    assert len(spoken_words) > 30


@pytest.mark.parametrize("unit", ["e\u0301\u0323", "नि", "a\u0308\u0323", "鍵"])
def test_a_note_without_blanks_is_cut_between_letters(unit: str) -> None:
    whole = spoken(unit * 400, ENGLISH)
    text = said(result(unit * 400)).removeprefix("You told me yesterday: ").removesuffix(", and so on.")
    assert whole.startswith(text)
    assert 200 < len(text) <= MAX_ITEM_CHARS
    following = whole[len(text)]
    assert following == whole[0]


def test_a_note_that_just_fits_is_whole() -> None:
    exact = ("word " * 60)[: MAX_ITEM_CHARS - 1]
    assert said(result(exact)).endswith(f": {exact}.")


@pytest.mark.parametrize(
    "hostile",
    ["[" * 4_000, "[a](" * 1_000, "\n" * 4_000, "<a" * 2_000, "   ```" * 600, "> " * 2_000, "1a" * 2_000, "_*" * 2_000],
)
def test_no_text_takes_long_to_read(hostile: str) -> None:
    began = time.process_time()
    spoken(hostile, ENGLISH)
    assert time.process_time() - began < 0.1
