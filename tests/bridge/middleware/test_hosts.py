"""Host and Origin: who may be called what, and whose pages may call."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.middleware.hosts import AllowedHosts


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fine")(scope, receive, send)


GUARD = AllowedHosts(
    fine,
    hosts=["memory.example", "Other.example:8443", "*.wild.example"],
    origins=["https://app.example/"],
    probed_paths=frozenset({"/health"}),
)


def status(guard: AllowedHosts, path: str = "/mcp", **headers: str) -> int:
    return TestClient(guard).get(path, headers=headers).status_code


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8080",
        "127.0.0.1:8080",
        "127.9.9.9",
        "[::1]:8080",
        "memory.example",
        "memory.example:443",
        "other.example:8443",
        "a.wild.example",
        "a.b.wild.example:80",
    ],
)
def test_loopback_and_trusted_names_pass(host: str) -> None:
    assert status(GUARD, host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil-wild.example",
        "wild.example",
        "other.example",
        "memory.example.evil.example",
        "10.0.0.1",
        "127.0.0.1@evil.example",
        "healthcheck.railway.app",
        "[",
        "",
    ],
)
def test_other_names_are_misdirected(host: str) -> None:
    response = TestClient(GUARD).get("/mcp", headers={"host": host})
    assert response.status_code == 421
    assert response.json() == {"error": "Unknown Host; add it to TRUSTED_HOSTS"}


def test_a_platform_may_probe_health_under_its_own_name() -> None:
    assert status(GUARD, "/health", host="healthcheck.railway.app") == 200


def test_two_host_headers_must_both_be_known() -> None:
    response = TestClient(GUARD).get("/mcp", headers=[("host", "localhost"), ("host", "evil.example")])
    assert response.status_code == 421


def test_any_host_passes_where_that_was_asked_for() -> None:
    assert status(AllowedHosts(fine, any_host=True), host="whatever.example") == 200


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:1", "https://app.example", "HTTPS://APP.example"],
)
def test_pages_of_this_machine_and_allowed_ones_may_call(origin: str) -> None:
    assert status(GUARD, host="localhost", origin=origin) == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://app.example", "https://localhost.evil.example", "file://localhost"],
)
def test_other_pages_are_forbidden(origin: str) -> None:
    response = TestClient(GUARD).get("/health", headers={"host": "localhost", "origin": origin})
    assert response.status_code == 403
    assert response.json() == {"error": "Unknown Origin; add it to ALLOWED_ORIGINS"}
