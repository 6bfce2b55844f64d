"""The gate: where a key may stand, who is let in, and what a refusal gives away."""

from collections.abc import Mapping, Sequence

import pytest
from mcp.server.auth.middleware.auth_context import get_access_token
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.auth.gate import CallerKey, Gate

KEYS = [CallerKey("default", "key-1"), CallerKey("ada", "key-2"), CallerKey("ada", "key-3", may_write=False)]


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells who the gate says is asking."""
    token = get_access_token()
    user = scope.get("user")
    body = {"name": user.username if user else None, "key": token.token if token else None}
    await JSONResponse(body)(scope, receive, send)


def asked(
    gate: Gate, path: str = "/mcp", headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str | None]]:
    response = TestClient(gate).get(path, headers=headers)
    return response.status_code, response.json()


def gate(keys: Sequence[CallerKey] = KEYS, owner_key: str | None = None) -> Gate:
    return Gate(who, keys=keys, owner_key=owner_key, open_paths=frozenset({"/health"}))


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/mcp", {"Authorization": "Bearer key-2"}),
        ("/mcp", {"Authorization": "bearer  key-2 "}),
        ("/mcp", {"X-API-Key": "key-2"}),
        ("/mcp", {"X-API-Token": "key-2"}),
        ("/mcp?api_key=key-2", {}),
        ("/mcp?apiKey=key%2D2", {}),
        ("/mcp?api_token=key-2", {}),
        ("/mcp?api_key=&apiKey=key-2", {}),
        ("/mcp", {"Authorization": "Basic eDp5", "X-API-Key": "key-2"}),
        ("/mcp?api_key=key-1", {"X-API-Token": "key-1", "X-API-Key": "key-2"}),
    ],
)
def test_a_key_is_taken_from_the_first_source_that_holds_one(path: str, headers: dict[str, str]) -> None:
    assert asked(gate(), path, headers) == (200, {"name": "ada", "key": "key-2"})


def test_a_wrong_first_source_is_not_mended_by_a_right_second_one() -> None:
    status, _ = asked(gate(), headers={"Authorization": "Bearer wrong", "X-API-Key": "key-1"})
    assert status == 401


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"X-API-Key": "kéy"}])
def test_a_missing_and_a_wrong_key_are_refused_alike(headers: dict[str, str]) -> None:
    response = TestClient(gate()).get(
        "/mcp", headers=[(name.encode(), value.encode()) for name, value in headers.items()]
    )
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json() == {
        "error": "Missing or unknown API key (use Authorization: Bearer, X-API-Key, or ?api_key=)"
    }


def test_health_needs_no_key() -> None:
    assert asked(gate(), "/health") == (200, {"name": None, "key": None})


def test_without_any_key_everybody_is_nobody() -> None:
    assert asked(gate([]), headers={"X-API-Key": "whatever"}) == (200, {"name": None, "key": None})


def test_with_the_gate_switched_off_everybody_is_the_owner() -> None:
    assert asked(gate([], "own-key")) == (200, {"name": "owner", "key": "own-key"})


def test_two_keys_of_one_name_are_two_subjects() -> None:
    async def subject(scope: Scope, receive: Receive, send: Send) -> None:
        user = Request(scope).user
        await JSONResponse({"subject": user.access_token.subject})(scope, receive, send)

    client = TestClient(Gate(subject, keys=KEYS, owner_key=None, open_paths=frozenset()))
    subjects = {client.get("/mcp", headers={"X-API-Key": key}).json()["subject"] for key in ("key-2", "key-3")}
    assert len(subjects) == 2
    assert not any("key" in one for one in subjects)


@pytest.mark.parametrize(("key", "scopes"), [("key-2", ["memory.read", "memory.write"]), ("key-3", ["memory.read"])])
def test_what_a_key_may_do_goes_along_as_scopes(key: str, scopes: list[str]) -> None:
    async def rights(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(Request(scope).user.scopes)(scope, receive, send)

    client = TestClient(Gate(rights, keys=KEYS, owner_key=None, open_paths=frozenset()))
    assert client.get("/mcp", headers={"X-API-Key": key}).json() == scopes


def test_what_has_a_door_of_its_own_is_left_to_it() -> None:
    client = TestClient(Gate(who, keys=KEYS, owner_key=None, open_paths=frozenset(), other_doors=("/admin/",)))
    assert client.get("/admin/stats").status_code == 200
    assert client.get("/admin").status_code == 401


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}])
def test_a_refusal_is_marked_for_those_who_count_them(headers: dict[str, str]) -> None:
    states: list[object] = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        await gate()(scope, receive, send)
        states.append(scope["state"]["refused"])

    TestClient(watched).get("/mcp", headers=headers)
    assert states == ["key"]


def test_keys_do_not_show_in_its_repr() -> None:
    assert "key-" not in repr(gate())
