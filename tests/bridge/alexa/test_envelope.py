"""What Amazon signed still has to be a request, and one to this skill; a refusal repeats nothing of it."""

import json
from typing import Any

import pytest

from tests.bridge.alexa.amazon import CHAIN_URL, Said, amazon, remember
from tests.bridge.alexa.conftest import Listening
from tests.bridge.alexa.refusal import BODY, GOOD, refusal
from tests.bridge.stand_in import MemoryService

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
