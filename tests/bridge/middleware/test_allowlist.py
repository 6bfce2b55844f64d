"""Only callers from certain addresses get in."""

from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.middleware.allowlist import AllowedAddresses
from bridge.networks import Networks


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fine")(scope, receive, send)


def status(address: str, path: str = "/mcp", **state: Any) -> int:
    guard = AllowedAddresses(
        fine, addresses=Networks(["anthropic"]), refusal="Not from there", open_paths=frozenset({"/health"})
    )

    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {**state}
        await guard(scope, receive, send)

    return TestClient(with_state, client=(address, 1)).get(path).status_code


@pytest.mark.parametrize("address", ["160.79.104.1", "2607:6bc0::1"])
def test_a_listed_address_passes(address: str) -> None:
    assert status(address) == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "203.0.113.7", ""])
def test_any_other_is_refused(address: str) -> None:
    assert status(address) == 403


def test_one_whose_origin_is_hidden_is_refused_whoever_hands_it_on() -> None:
    assert status("160.79.104.1", hidden=True) == 403


def test_open_paths_are_open_to_all() -> None:
    assert status("203.0.113.7", "/health", hidden=True) == 200
