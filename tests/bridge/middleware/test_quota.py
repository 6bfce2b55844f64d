"""How many requests a key may make."""

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.middleware.quota import Quota
from bridge.rates import RateLimiter
from tests.bridge.clock import Clock


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fine")(scope, receive, send)


def client(quota: Quota, subject: str | None) -> TestClient:
    async def with_user(scope: Scope, receive: Receive, send: Send) -> None:
        if subject:
            scope["user"] = AuthenticatedUser(AccessToken(token="t", client_id="ada", scopes=[], subject=subject))
        await quota(scope, receive, send)

    return TestClient(with_user)


def test_beyond_its_allowance_a_key_is_told_how_long_to_wait() -> None:
    clock = Clock()
    quota = Quota(fine, allowance=RateLimiter(2, 60, clock=clock))
    ada = client(quota, "ada's key")
    assert [ada.get("/mcp").status_code for _ in range(3)] == [200, 200, 429]
    response = ada.get("/mcp")
    assert response.json() == {"error": "This key has made too many requests; wait as long as Retry-After says"}
    clock.now += int(response.headers["Retry-After"])
    assert ada.get("/mcp").status_code == 200


def test_each_key_has_its_own_and_nobody_has_none() -> None:
    quota = Quota(fine, allowance=RateLimiter(1, 60, clock=Clock()))
    assert [client(quota, name).get("/mcp").status_code for name in ("a", "b", "a")] == [200, 200, 429]
    assert [client(quota, None).get("/mcp").status_code for _ in range(3)] == [200, 200, 200]
