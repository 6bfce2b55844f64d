"""The signature: of these bytes, by the key of the certificate, as SHA-256, in headers that are there once."""

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from tests.bridge.alexa.amazon import amazon, rsa_key, signed
from tests.bridge.alexa.conftest import Listening
from tests.bridge.alexa.refusal import BODY, GOOD, refusal
from tests.bridge.stand_in import MemoryService


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
