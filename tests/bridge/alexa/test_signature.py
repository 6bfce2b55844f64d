"""Only what Amazon signed, now, for this skill, gets in; anything else is a 400 that leaves no trace."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from bridge.alexa.chains import chain_address, trusted_roots
from bridge.errors import NotFromAlexa
from tests.bridge.alexa.amazon import CHAIN_URL, SIGNER, Issued, Said, amazon, issue, remember, rsa_key, signed
from tests.bridge.alexa.conftest import Clock, Listening
from tests.bridge.stand_in import MemoryService

GOOD = remember("the spare key is under the blue pot")
BODY = GOOD.encoded()


def stores(memory_service: MemoryService) -> None:
    memory_service.answers("POST /memory", {"memory_id": "x"}, 201)


async def refusal(
    listening: Listening,
    memory_service: MemoryService,
    *,
    body: bytes = BODY,
    headers: dict[str, str] | None = None,
    **options: Any,
) -> str:
    """Why the request was refused, which must be with 400 and before the memory service heard of it."""
    stores(memory_service)
    async with listening(**options) as echo:
        response = await echo.post(body, amazon().headers(body) if headers is None else headers)
        assert response.status_code == 400, response.text
        assert response.json() == {"error": "Not a request of Alexa's to this skill"}
        assert echo.pairings.listed() == []
    assert memory_service.asked == []
    return str(echo.facts["refused"])


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


def other_root() -> Issued:
    return issue("other root", None, is_authority=True)


BAD_CHAINS: dict[str, Callable[[], tuple[bytes, Issued]]] = {}


def chain(name: str) -> Callable[[Callable[[], Issued]], None]:
    """Registers a leaf of which the good intermediate is sent along."""

    def register(leaf: Callable[[], Issued]) -> None:
        def made() -> tuple[bytes, Issued]:
            issued = leaf()
            return issued.pem + amazon().intermediate.pem, issued

        BAD_CHAINS[name] = made

    return register


chain("a leaf of another name")(lambda: amazon().leaf_with(names=("evil.example",)))
chain("a leaf of a name that only begins alike")(lambda: amazon().leaf_with(names=(f"{SIGNER}.evil.example",)))
chain("a leaf for every name below")(lambda: amazon().leaf_with(names=("*.amazon.com",)))
chain("a leaf without alternative names")(lambda: amazon().leaf_with(names=()))
chain("a leaf that has expired")(lambda: amazon().leaf_with(until=timedelta(seconds=-1)))
chain("a leaf that is not valid yet")(lambda: amazon().leaf_with(since=timedelta(seconds=1)))
chain("a leaf with another kind of key")(lambda: amazon().leaf_with(key=ec.generate_private_key(ec.SECP256R1())))
chain("a leaf that signed itself")(lambda: issue("self", None, names=(SIGNER,)))
chain("a leaf of another authority")(lambda: issue("foreign", other_root(), names=(SIGNER,)))
chain("a leaf signed by a leaf")(lambda: issue("grandchild", amazon().leaf, names=(SIGNER,)))
BAD_CHAINS["no intermediate"] = lambda: (amazon().leaf.pem, amazon().leaf)
BAD_CHAINS["the intermediate first"] = lambda: (amazon().intermediate.pem + amazon().leaf.pem, amazon().leaf)
BAD_CHAINS["an empty file"] = lambda: (b"", amazon().leaf)
BAD_CHAINS["no certificates"] = lambda: (b"<Error><Code>AccessDenied</Code></Error>", amazon().leaf)
BAD_CHAINS["a broken certificate"] = lambda: (amazon().chain.replace(b"M", b"N", 1), amazon().leaf)
BAD_CHAINS["too many certificates"] = lambda: (amazon().leaf.pem + amazon().intermediate.pem * 11, amazon().leaf)
BAD_CHAINS["too much"] = lambda: (amazon().chain + b"\n" * 70_000, amazon().leaf)


@pytest.mark.parametrize("name", BAD_CHAINS)
async def test_a_chain_that_deviates_is_refused(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter, name: str
) -> None:
    pem, signer = BAD_CHAINS[name]()
    chain_host["chain"].respond(content=pem)
    why = await refusal(listening, memory_service, headers=amazon().headers(BODY, key=signer.key))
    assert "certificate" in why


async def test_an_intermediate_that_has_expired_is_refused(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    expired = issue("intermediate", amazon().root, is_authority=True, until=timedelta(seconds=-1))
    chain_host["chain"].respond(content=amazon().leaf.pem + expired.pem)
    assert "out of date" in await refusal(listening, memory_service)


async def test_a_root_that_is_sent_along_does_not_become_trusted(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    root = other_root()
    leaf = issue("foreign", root, names=(SIGNER,))
    chain_host["chain"].respond(content=leaf.pem + root.pem)
    headers = amazon().headers(BODY, key=leaf.key)
    assert "trusted root" in await refusal(listening, memory_service, headers=headers)


async def test_amazons_own_roots_are_trusted_and_the_made_up_one_is_not() -> None:
    names = {root.subject.rfc4514_string() for root in trusted_roots()}
    assert {f"CN=Amazon Root CA {number},O=Amazon,C=US" for number in (1, 2, 3, 4)} <= names
    assert amazon().root.certificate not in trusted_roots()


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


@pytest.mark.parametrize("position", [0, 100, len(BODY) // 2, len(BODY) - 1])
async def test_an_altered_byte_is_refused(listening: Listening, memory_service: MemoryService, position: int) -> None:
    altered = BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]
    why = await refusal(listening, memory_service, body=altered, headers=amazon().headers(BODY))
    assert why == "the signature does not belong to the body"


async def test_the_same_json_in_other_bytes_is_refused(listening: Listening, memory_service: MemoryService) -> None:
    spaced = json.dumps(GOOD.body(), indent=1).encode()
    why = await refusal(listening, memory_service, body=spaced, headers=amazon().headers(BODY))
    assert why == "the signature does not belong to the body"


def changed(**headers: str | None) -> dict[str, str]:
    every: dict[str, str | None] = {**amazon().headers(BODY), **headers}
    return {name: value for name, value in every.items() if value is not None}


BAD_HEADERS: dict[str, Callable[[], dict[str, str]]] = {
    "another key": lambda: amazon().headers(BODY, key=rsa_key("somebody")),
    "the intermediate's key": lambda: amazon().headers(BODY, key=amazon().intermediate.key),
    "SHA-1 only": lambda: changed(**{"Signature-256": None}),
    "SHA-1 in the place of SHA-256": lambda: changed(**{"Signature-256": signed(amazon().leaf.key, BODY, SHA1())}),
    "a signature of nothing": lambda: changed(**{"Signature-256": signed(amazon().leaf.key, b"", SHA256())}),
    "no signature": lambda: changed(**{"Signature-256": None, "Signature": None}),
    "an empty signature": lambda: changed(**{"Signature-256": ""}),
    "a signature that is not base64": lambda: changed(**{"Signature-256": "!" * 344}),
    "a short signature": lambda: changed(**{"Signature-256": "AAAA"}),
    "a long signature": lambda: changed(**{"Signature-256": "A" * 2_000}),
    "no chain": lambda: changed(SignatureCertChainUrl=None),
    "an empty chain": lambda: changed(SignatureCertChainUrl=""),
    "nothing at all": dict,
}


@pytest.mark.parametrize("name", BAD_HEADERS)
async def test_headers_that_deviate_are_refused(listening: Listening, memory_service: MemoryService, name: str) -> None:
    await refusal(listening, memory_service, headers=BAD_HEADERS[name]())


@pytest.mark.parametrize("name", ["Signature-256", "SignatureCertChainUrl"])
async def test_a_header_that_is_there_twice_is_refused(
    listening: Listening, memory_service: MemoryService, name: str
) -> None:
    good = amazon().headers(BODY)
    async with listening() as echo:
        response = await echo.http.post("/alexa", content=BODY, headers=[*good.items(), (name, good[name])])
    assert response.status_code == 400
    assert "repeated" in echo.facts["refused"]
    assert memory_service.asked == []


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


OTHER_SKILL = "amzn1.ask.skill.ffffffff-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(
    "said",
    [
        Said("LaunchRequest", skill_id=OTHER_SKILL, session_skill_id=None),
        remember("x", skill_id=OTHER_SKILL, session_skill_id=Said.skill_id),
        remember("x", session_skill_id=OTHER_SKILL),
        remember("x", skill_id=Said.skill_id.upper()),
    ],
    ids=["both", "context", "session", "letter case"],
)
async def test_a_request_to_another_skill_is_refused(
    listening: Listening, memory_service: MemoryService, said: Said
) -> None:
    assert "another skill" in await refusal(listening, memory_service, body=said.encoded())


def without(*path: str) -> bytes:
    body: Any = GOOD.body()
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"not json",
        b"\xff\xfe",
        b"[" * 10_000,
        without("request"),
        without("context"),
        without("context", "System", "application"),
        without("context", "System", "user"),
        without("session", "application"),
        without("request", "timestamp"),
        without("request", "type"),
    ],
)
async def test_a_signed_body_that_is_no_request_is_refused(
    listening: Listening, memory_service: MemoryService, body: bytes
) -> None:
    await refusal(listening, memory_service, body=body)


async def test_a_refusal_says_nothing_of_the_request(listening: Listening, memory_service: MemoryService) -> None:
    for body in (BODY, remember("a secret", skill_id=OTHER_SKILL).encoded()):
        headers = {**amazon().headers(body), "SignatureCertChainUrl": f"{CHAIN_URL}?secret"}
        why = await refusal(listening, memory_service, body=body, headers=headers)
        assert "secret" not in why
