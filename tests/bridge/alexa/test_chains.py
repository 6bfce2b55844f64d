"""The chain of certificates: from Amazon's address alone, in little time and space, and kept while it is good."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import respx

from bridge.alexa.chains import chain_address
from bridge.errors import NotFromAlexa
from tests.bridge.alexa.amazon import SIGNER, amazon, issue, remember
from tests.bridge.alexa.conftest import Clock, Listening
from tests.bridge.alexa.refusal import BODY, GOOD, refusal, stores
from tests.bridge.stand_in import MemoryService


async def test_what_amazon_signed_is_answered_and_its_chain_fetched_once(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    stores(memory_service)
    async with listening() as echo:
        assert await echo.text(GOOD) == "Okay, I'll remember that."
        assert await echo.text(GOOD) == "Okay, I'll remember that."
    assert chain_host["chain"].call_count == 1
    assert [asked.headers["Authorization"] for asked in memory_service.requests("POST /memory")] == (
        ["Bearer owner-key"] * 2
    )


async def test_all_at_once_fetch_the_chain_only_a_few_times(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    stores(memory_service)
    async with listening() as echo:
        await asyncio.gather(*(echo.text(GOOD) for _ in range(20)))
    assert 1 <= chain_host["chain"].call_count <= 4


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.amazonaws.com/echo.api/echo-api-cert.pem",
        "https://s3.amazonaws.com:443/echo.api/echo-api-cert.pem",
        "https://s3.amazonaws.com/echo.api/../echo.api/echo-api-cert.pem",
        "https://s3.amazonaws.com/./echo.api/echo-api-cert.pem",
        "https://s3.amazonaws.com/../../echo.api/echo-api-cert.pem",
        "HTTPS://S3.AmazonAWS.com/echo.api/echo-api-cert.pem",
    ],
)
def test_every_spelling_of_amazons_address_is_fetched_from_one_place(url: str) -> None:
    assert chain_address(url) == "https://s3.amazonaws.com/echo.api/echo-api-cert.pem"


BAD_URLS = [
    "http://s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "ftp://s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "//s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "/echo.api/echo-api-cert.pem",
    "https:/s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "https:s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "https://notamazon.com/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com.evil.example/echo.api/echo-api-cert.pem",
    "https://evil.s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com./echo.api/echo-api-cert.pem",
    "https://s3.us-east-1.amazonaws.com/echo.api/echo-api-cert.pem",
    "https://s3\u00b7amazonaws.com/echo.api/echo-api-cert.pem",
    "https://127.0.0.1/echo.api/echo-api-cert.pem",
    "https://[::1]/echo.api/echo-api-cert.pem",
    "https:///echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com:563/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com:80/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com:0443/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com:/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com:443:443/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com:443@evil.example/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com@evil.example/echo.api/echo-api-cert.pem",
    "https://user@s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "https://user:password@s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "https://evil.example#@s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "https://evil.example\\@s3.amazonaws.com/echo.api/echo-api-cert.pem",
    "https://s3.amazonaws.com\\echo.api\\echo-api-cert.pem",
    "https://s3.amazonaws.com/EcHo.aPi/echo-api-cert.pem",
    "https://s3.amazonaws.com/ECHO.API/echo-api-cert.pem",
    "https://s3.amazonaws.com/invalid.path/echo-api-cert.pem",
    "https://s3.amazonaws.com/echo.api",
    "https://s3.amazonaws.com/echo.api/",
    "https://s3.amazonaws.com/echo.apix/echo-api-cert.pem",
    "https://s3.amazonaws.com/echo.api.evil/echo-api-cert.pem",
    "https://s3.amazonaws.com/echo.api/../evil/echo-api-cert.pem",
    "https://s3.amazonaws.com/echo.api/../../evil/echo-api-cert.pem",
    "https://s3.amazonaws.com/echo.api/..",
    "https://s3.amazonaws.com/echo.api/./../evil/cert.pem",
    "https://s3.amazonaws.com/echo.api/%2e%2e/evil/cert.pem",
    "https://s3.amazonaws.com/echo.api/%2E%2E%2Fevil/cert.pem",
    "https://s3.amazonaws.com/echo.api%2fcert.pem",
    "https://s3.amazonaws.com/echo%2Eapi/cert.pem",
    "https://s3.amazonaws.com//echo.api/cert.pem",
    "https://s3.amazonaws.com/echo.api//cert.pem",
    "https://s3.amazonaws.com/evil//../echo.api/cert.pem",
    "https://s3.amazonaws.com/evil/..;/echo.api/cert.pem",
    "https://s3.amazonaws.com/echo.api/cert.pem?versionId=1",
    "https://s3.amazonaws.com/evil?/echo.api/cert.pem",
    "https://s3.amazonaws.com/evil#/echo.api/cert.pem",
    "https://s3.amazonaws.com/echo.api/cert.pem#",
    "https://s3.amazonaws.com/echo.api/cert .pem",
    "https://s3.amazonaws.com/echo.api/cert.pem\x7f",
    "https://s3.amazonaws.com/echo.api/" + "a" * 500,
    "x",
]


@pytest.mark.parametrize("url", BAD_URLS)
async def test_a_chain_at_any_other_address_is_not_fetched(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter, url: str
) -> None:
    anything = chain_host.route(name="anything").respond(content=amazon().chain)
    headers = amazon().headers(BODY)
    raw = {**headers, "SignatureCertChainUrl": url.encode("latin-1").decode("latin-1")}
    stores(memory_service)
    async with listening() as echo:
        response = await echo.http.post(
            "/alexa", content=BODY, headers=[(name.encode(), value.encode("latin-1")) for name, value in raw.items()]
        )
    assert response.status_code == 400
    assert echo.facts["refused"] == "SignatureCertChainUrl is not an address that Amazon signs from"
    assert not anything.called
    assert memory_service.asked == []


@pytest.mark.parametrize(
    "url", ["https://s3.amazonaws.com/echo.api/\tcert.pem", "\nhttps://s3.amazonaws.com/echo.api/c"]
)
def test_blanks_that_other_parsers_drop_are_refused(url: str) -> None:
    with pytest.raises(NotFromAlexa):
        chain_address(url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter, status: int
) -> None:
    elsewhere = chain_host.get("https://evil.example/chain.pem").respond(content=amazon().chain)
    chain_host["chain"].respond(status, headers={"Location": "https://evil.example/chain.pem"})
    assert f"status {status}" in await refusal(listening, memory_service)
    assert not elsewhere.called


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_chain_that_is_not_there_is_refused(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter, status: int
) -> None:
    chain_host["chain"].respond(status, content=amazon().chain)
    assert f"status {status}" in await refusal(listening, memory_service)


async def test_a_chain_host_that_cannot_be_reached_is_refused(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    chain_host["chain"].mock(side_effect=httpx.ConnectError)
    assert "cannot be fetched" in await refusal(listening, memory_service)


async def test_a_chain_host_that_does_not_answer_is_given_up(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    chain_host["chain"].mock(side_effect=never)
    assert "in time" in await refusal(listening, memory_service, chain_seconds=0.05)


async def test_a_chain_that_trickles_is_given_up_and_one_without_end_is_cut(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    async def trickling() -> AsyncIterator[bytes]:
        yield amazon().leaf.pem
        await asyncio.Event().wait()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"\n" * 1_000

    chain_host["chain"].mock(return_value=httpx.Response(200, content=trickling()))
    assert "in time" in await refusal(listening, memory_service, chain_seconds=0.05)
    chain_host["chain"].mock(return_value=httpx.Response(200, content=endless()))
    assert "too large" in await refusal(listening, memory_service)


async def test_a_failed_fetch_is_not_remembered(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    stores(memory_service)
    chain_host["chain"].mock(side_effect=[httpx.ConnectError, httpx.Response(200, content=amazon().chain)])
    async with listening() as echo:
        assert (await echo.post(BODY, amazon().headers(BODY))).status_code == 400
        assert await echo.text(GOOD) == "Okay, I'll remember that."


async def test_a_kept_chain_is_fetched_anew_once_it_is_out_of_date(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter, clock: Clock
) -> None:
    stores(memory_service)
    async with listening() as echo:
        await echo.text(GOOD)
        clock.now += timedelta(days=31)
        later = remember("x", timestamp=clock.now.isoformat()).encoded()
        assert (await echo.post(later, amazon().headers(later))).status_code == 400
        assert "out of date" in echo.facts["refused"]
        renewed = issue("leaf", amazon().intermediate, names=(SIGNER,), until=timedelta(days=60))
        chain_host["chain"].respond(content=renewed.pem + amazon().intermediate.pem)
        assert (await echo.post(later, amazon().headers(later))).status_code == 200
    assert chain_host["chain"].call_count == 3


async def test_only_so_many_chains_are_kept(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    stores(memory_service)
    every = chain_host.get(url__startswith="https://s3.amazonaws.com/echo.api/").respond(content=amazon().chain)
    async with listening() as echo:
        for number in [*range(9), 0]:
            headers = amazon().headers(BODY, url=f"https://s3.amazonaws.com/echo.api/{number}.pem")
            assert (await echo.post(BODY, headers)).status_code == 200
    assert every.call_count == 10
