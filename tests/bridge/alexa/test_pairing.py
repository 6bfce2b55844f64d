"""A household: a spoken code binds a voice or an account to a memory."""

import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.alexa.english import ENGLISH
from bridge.alexa.pairing import CODE_TRIES, Pairings
from bridge.alexa.turn import Speaker
from tests.bridge.alexa.amazon import ACCOUNT, ADA, BOB, pair, recall, remember
from tests.bridge.alexa.conftest import Clock, Listening
from tests.bridge.stand_in import MemoryService

TEXTS = ENGLISH.texts
KEYS: dict[str, str | None] = {"ada": "ada-key", "bob": "bob-key"}
WRONG = "000000"


def keys_used(memory_service: MemoryService) -> list[str]:
    return [asked.headers["Authorization"].removeprefix("Bearer ") for asked in memory_service.asked]


@pytest.fixture
def stored(memory_service: MemoryService) -> MemoryService:
    memory_service.answers("POST /memory", {"memory_id": "x"}, 201)
    memory_service.answers("GET /recall", {"results": []})
    return memory_service


async def test_who_is_not_paired_is_asked_for_a_code_and_nobody_is_asked_upstream(
    listening: Listening, stored: MemoryService
) -> None:
    async with listening(keys=KEYS, lone=None) as echo:
        for said in (remember("x"), recall("x"), remember("x" * 3_000)):
            answer = await echo.hears(said)
            assert answer["response"]["outputSpeech"]["text"] == TEXTS.unpaired
            assert not answer["response"]["shouldEndSession"]
    assert stored.asked == []


async def test_a_spoken_code_binds_the_person_to_the_memory(listening: Listening, stored: MemoryService) -> None:
    async with listening(keys=KEYS, lone=None) as echo:
        assert await echo.text(pair(echo.pairings.issue("ada"), person=ADA)) == (
            "Done. From now on I use the memory of ada."
        )
        assert await echo.text(pair(echo.pairings.issue("bob"), person=BOB)) == (
            "Done. From now on I use the memory of bob."
        )
        await echo.hears(remember("x", person=ADA))
        await echo.hears(recall("x", person=BOB))
        assert await echo.text(remember("x")) == TEXTS.unpaired
    assert keys_used(stored) == ["ada-key", "bob-key"]


async def test_without_a_known_voice_the_code_binds_the_account(listening: Listening, stored: MemoryService) -> None:
    async with listening(keys=KEYS, lone=None) as echo:
        await echo.hears(pair(echo.pairings.issue("ada")))
        await echo.hears(remember("x"))
        await echo.hears(remember("x", person=BOB))
        assert await echo.text(remember("x", account="amzn1.ask.account.OTHER")) == TEXTS.unpaired
        await echo.hears(pair(echo.pairings.issue("bob"), person=BOB))
        await echo.hears(remember("x", person=BOB))
    assert keys_used(stored) == ["ada-key", "ada-key", "bob-key"]
    assert [asked.body["tags"][1] for asked in stored.asked] == [f"user:{ACCOUNT}", f"user:{BOB}", f"user:{BOB}"]


async def test_the_lone_owners_memory_is_that_of_everybody_who_is_not_paired(
    listening: Listening, stored: MemoryService
) -> None:
    async with listening(keys=KEYS, lone="ada") as echo:
        await echo.hears(pair(echo.pairings.issue("bob"), person=BOB))
        await echo.hears(remember("x", person=ADA))
        await echo.hears(remember("x", person=BOB))
    assert keys_used(stored) == ["ada-key", "bob-key"]


async def test_a_pairing_with_a_name_that_has_no_key_any_more_opens_nothing(
    listening: Listening, stored: MemoryService
) -> None:
    async with listening(keys=KEYS, lone="ada") as echo:
        await echo.hears(pair(echo.pairings.issue("gone"), person=BOB))
        assert await echo.text(remember("x", person=BOB)) == TEXTS.unpaired
    assert stored.asked == []


async def test_a_memory_without_a_key_is_asked_without_one(listening: Listening, stored: MemoryService) -> None:
    async with listening(keys={"default": None}) as echo:
        await echo.hears(remember("x"))
    assert "Authorization" not in stored.asked[0].headers


async def test_a_pairing_outlives_the_process_and_ends_with_unpair(listening: Listening, stored: MemoryService) -> None:
    async with listening(keys=KEYS, lone=None) as echo:
        await echo.hears(pair(echo.pairings.issue("ada"), person=ADA))
    async with listening(keys=KEYS, lone=None) as echo:
        assert await echo.text(remember("x", person=ADA)) == TEXTS.saved
        assert echo.pairings.remove("ada") == 1
        assert await echo.text(remember("x", person=ADA)) == TEXTS.unpaired


async def test_a_wrong_code_is_asked_for_again(listening: Listening) -> None:
    async with listening(keys=KEYS, lone=None) as echo:
        answer = await echo.hears(pair("12"))
        assert answer["response"]["outputSpeech"]["text"] == TEXTS.wrong_code
        assert answer["response"]["directives"][0]["slotToElicit"] == "code"
        assert echo.facts["outcome"] == "wrong code"
        assert (await echo.hears(pair("?")))["response"]["outputSpeech"]["text"] == TEXTS.which_code


async def test_a_code_is_understood_however_it_is_written(listening: Listening) -> None:
    async with listening(keys=KEYS, lone=None) as echo:
        code = echo.pairings.issue("ada")
        spaced = f"{code[:3]} {code[3:]}."
        assert "ada" in await echo.text(pair(spaced, person=ADA))


async def test_pairings_that_cannot_be_read_are_said_so(
    listening: Listening, stored: MemoryService, tmp_path: Path
) -> None:
    (tmp_path / "bridge").mkdir()
    (tmp_path / "bridge" / "alexa.db").write_bytes(b"not a database" * 100)
    async with listening(keys=KEYS, lone="ada") as echo:
        assert await echo.text(remember("x")) == TEXTS.not_saved
        assert echo.facts["outcome"] == "DatabaseError"
        assert await echo.text(recall("x")) == TEXTS.not_recalled
        assert await echo.text(pair("123456")) == TEXTS.not_paired
    assert stored.asked == []


ADA_SPEAKS, BOB_SPEAKS = Speaker(ACCOUNT, ADA), Speaker(ACCOUNT, BOB)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pairings(tmp_path: Path, clock: Clock) -> Pairings:
    return Pairings(tmp_path / "new folder" / "bridge", now=clock.seconds)


def test_codes_have_six_digits_and_no_leading_zero(pairings: Pairings) -> None:
    codes = {pairings.issue(f"name{number}") for number in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 6 and code.isdecimal() and code[0] != "0" for code in codes)


def test_a_code_that_is_taken_is_drawn_again(tmp_path: Path) -> None:
    drawn: Iterator[int] = iter([111_111, 111_111, 222_222])
    pairings = Pairings(tmp_path, draw=lambda: next(drawn))
    assert (pairings.issue("ada"), pairings.issue("bob")) == ("111111", "222222")


def test_a_code_works_once(pairings: Pairings) -> None:
    code = pairings.issue("ada")
    assert pairings.redeem(code, ADA_SPEAKS) == "ada"
    assert pairings.redeem(code, BOB_SPEAKS) is None


def test_a_code_lives_ten_minutes(pairings: Pairings, clock: Clock) -> None:
    first = pairings.issue("ada")
    clock.now += timedelta(minutes=10)
    assert pairings.redeem(first, ADA_SPEAKS) is None
    second = pairings.issue("ada")
    clock.now += timedelta(minutes=9, seconds=59)
    assert pairings.redeem(second, ADA_SPEAKS) == "ada"


def test_a_newer_code_takes_the_place_of_an_older_one(pairings: Pairings) -> None:
    old, new = pairings.issue("ada"), pairings.issue("ada")
    assert pairings.redeem(old, ADA_SPEAKS) is None
    assert pairings.redeem(new, ADA_SPEAKS) == "ada"


def test_five_wrong_tries_end_every_code_whoever_made_them(pairings: Pairings) -> None:
    ada, bob = pairings.issue("ada"), pairings.issue("bob")
    for number in range(CODE_TRIES - 1):
        assert pairings.redeem(WRONG, Speaker(f"account{number}")) is None
    assert pairings.redeem(ada, ADA_SPEAKS) == "ada"
    assert pairings.redeem(WRONG, ADA_SPEAKS) is None
    assert pairings.redeem(bob, BOB_SPEAKS) is None


def test_pairing_again_takes_the_place_of_the_older_pairing(pairings: Pairings) -> None:
    for name in ("ada", "bob"):
        pairings.redeem(pairings.issue(name), ADA_SPEAKS)
    assert [(each.name, each.kind) for each in pairings.listed()] == [("bob", "person")]


def test_one_pairing_of_a_name_or_all_are_undone_and_its_open_code_too(pairings: Pairings) -> None:
    for speaker in (ADA_SPEAKS, BOB_SPEAKS, Speaker(ACCOUNT)):
        pairings.redeem(pairings.issue("ada"), speaker)
    code = pairings.issue("ada")
    numbers = [each.number for each in pairings.listed()]
    assert pairings.remove("bob", numbers[0]) == 0
    assert pairings.remove("ada", numbers[0]) == 1
    assert pairings.redeem(code, ADA_SPEAKS) is None
    assert pairings.remove("ada") == 2
    assert pairings.listed() == []


def test_without_a_file_nobody_is_paired_and_none_is_made(tmp_path: Path) -> None:
    pairings = Pairings(tmp_path / "nowhere")
    assert pairings.name_of(ADA_SPEAKS) is None
    assert pairings.redeem(WRONG, ADA_SPEAKS) is None
    assert (pairings.listed(), pairings.remove("ada")) == ([], 0)
    assert not (tmp_path / "nowhere").exists()


def test_the_file_is_its_owners_alone_and_holds_no_id_of_alexas(tmp_path: Path, pairings: Pairings) -> None:
    pairings.redeem(pairings.issue("ada"), ADA_SPEAKS)
    file = tmp_path / "new folder" / "bridge" / "alexa.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"amzn1" not in file.read_bytes()


def test_a_file_that_another_process_writes_is_waited_for_and_then_given_up(tmp_path: Path) -> None:
    pairings = Pairings(tmp_path, lock_seconds=0.05)
    code = pairings.issue("ada")
    other = sqlite3.connect(tmp_path / "alexa.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        pairings.redeem(code, ADA_SPEAKS)
    other.close()
    assert pairings.redeem(code, ADA_SPEAKS) == "ada"
