"""Person B never hears person A's note, whatever its tags are: with the real memory service behind the endpoint."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.bridge.alexa.amazon import ACCOUNT, ADA, BOB, recall, remember
from tests.bridge.alexa.conftest import Listening
from tests.bridge.stand_in import MemoryService
from tests.memory_api.process import started

SECRET = "the surprise party for Bob is on Saturday"
NOTHING = "I looked, but I have no memories about the surprise party yet."
ASKED = "the surprise party"


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[str]:
    async with started(tmp_path / "memories") as process:
        yield await process.ready()


async def keep(memory: str, content: str, *tags: str) -> None:
    body: dict[str, Any] = {"content": content, "tags": list(tags)}
    async with aiohttp.ClientSession() as http, http.post(f"{memory}/memory", json=body) as response:
        assert response.status == 201, await response.text()


async def test_each_hears_their_own_note_and_nobody_elses(listening: Listening, memory: str) -> None:
    async with listening(url=memory, keys={"default": None}) as echo:
        await echo.hears(remember(SECRET, person=ADA, request_id="1"))
        await echo.hears(remember("the surprise party for Ada is on Sunday", person=BOB, request_id="2"))
        await echo.hears(remember("the surprise party is off", request_id="3"))
        for said, own, others in (
            (recall(ASKED, person=ADA), "for Bob", ("for Ada", "off")),
            (recall(ASKED, person=BOB), "for Ada", ("for Bob", "off")),
            (recall(ASKED), "off", ("for Ada", "for Bob")),
        ):
            text = await echo.text(said)
            assert own in text
            assert not any(other in text for other in others)
        assert await echo.text(recall(ASKED, account="amzn1.ask.account.SOMEBODYELSE")) == NOTHING


BOBS = f"user:{BOB}"


FOREIGN_TAGS: list[tuple[str, ...]] = [
    (f"user:{ADA}",),
    ("alexa",),
    ("alexa", f"user:{ADA}", "device:amzn1.ask.device.KITCHENEXAMPLE"),
    (),
    ("user",),
    ("user:",),
    ("user:*",),
    ("user:amzn1.ask.person",),
    (f"{BOBS}X",),
    (f"{BOBS}:more",),
    (f"{BOBS}/more",),
    (BOBS[:-1],),
    (f"x{BOBS}",),
    (BOB,),
    (f"device:{BOB}",),
    (f"user:{ACCOUNT}",),
    (f"user:{ADA},{BOBS}",),
    (f"'{BOBS}' OR 1=1",),
]


async def test_no_tag_and_no_question_lets_a_note_through_to_another(listening: Listening, memory: str) -> None:
    for number, tags in enumerate(FOREIGN_TAGS):
        await keep(memory, f"{SECRET}, {number} weeks from now", *tags)
    async with listening(url=memory, keys={"default": None}) as echo:
        for query in (ASKED, BOB, "user", "alexa", "*", "party OR *"):
            assert "no memories" in await echo.text(recall(query, person=BOB))


async def test_an_account_whose_id_extends_anothers_hears_nothing_of_it(listening: Listening, memory: str) -> None:
    async with listening(url=memory, keys={"default": None}) as echo:
        await echo.hears(remember(SECRET, account=f"{ACCOUNT}A"))
        for other in (ACCOUNT, f"{ACCOUNT}AA", f"{ACCOUNT}A:B", f"{ACCOUNT}A,x", f"x,user:{ACCOUNT}A", "user:*", ","):
            assert "no memories" in await echo.text(recall(ASKED, account=other))
        assert SECRET in await echo.text(recall(ASKED, account=f"{ACCOUNT}A"))


ACCOUNTS = ("a" * 255, "amzn1.ask.account." + "Z" * 237, "with blank", "ä,ö", "a/b:c")


async def test_ids_of_every_shape_find_their_own_notes(listening: Listening, memory: str) -> None:
    async with listening(url=memory, keys={"default": None}) as echo:
        for number, account in enumerate(ACCOUNTS):
            assert "no memories" in await echo.text(recall(ASKED, account=account)), account
            await echo.hears(remember(SECRET, account=account, device="d" * 300, request_id=str(number)))
            assert SECRET in await echo.text(recall(ASKED, account=account)), account
            assert "no memories" in await echo.text(recall(ASKED, account=f"{account}x")), account


async def test_the_unscoped_fallback_reads_all_notes_only_when_switched_on(listening: Listening, memory: str) -> None:
    await keep(memory, SECRET, f"user:{ADA}")
    async with listening(url=memory, keys={"default": None}) as echo:
        assert await echo.text(recall(ASKED, person=BOB)) == NOTHING
    async with listening(url=memory, keys={"default": None}, unscoped_recall=True) as echo:
        assert SECRET in await echo.text(recall(ASKED, person=BOB))
        await echo.hears(remember("the surprise party was a success", person=BOB))
        assert SECRET not in await echo.text(recall(ASKED, person=BOB))


async def test_what_a_careless_memory_service_returns_beyond_the_tag_is_not_spoken(
    listening: Listening, memory_service: MemoryService
) -> None:
    everything = [{"score": 0.9, "memory": {"content": SECRET, "tags": tags}} for tags in ([f"user:{ADA}"], [], None)]
    memory_service.answers("GET /recall", {"results": everything})
    async with listening() as echo:
        assert await echo.text(recall(ASKED, person=BOB)) == NOTHING
