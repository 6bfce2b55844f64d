"""The operator's own door."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from bridge.auth.admin import AdminOnly


async def figures(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("figures")(scope, receive, send)


CLIENT = TestClient(AdminOnly(figures, token="t0ken"))


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer t0ken"}, {"X-Admin-Token": "t0ken"}])
def test_the_token_opens_it(headers: dict[str, str]) -> None:
    assert CLIENT.get("/metrics", headers=headers).text == "figures"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"X-Admin-Token": "wrong"}, {"X-API-Key": "t0ken"}]
)
def test_a_missing_and_a_wrong_token_are_refused_alike(headers: dict[str, str]) -> None:
    response = CLIENT.get("/metrics", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    message = "Missing or wrong admin token (use Authorization: Bearer or X-Admin-Token)"
    assert response.json() == {"error": message}


def test_a_token_in_the_url_is_not_one() -> None:
    assert CLIENT.get("/metrics?api_key=t0ken").status_code == 401


@pytest.mark.parametrize("headers", [{}, {"X-Admin-Token": ""}, {"X-Admin-Token": "None"}])
def test_without_a_configured_token_nobody_gets_in(headers: dict[str, str]) -> None:
    response = TestClient(AdminOnly(figures, token=None)).get("/metrics", headers=headers)
    assert (response.status_code, response.json()) == (403, {"error": "Set ADMIN_API_TOKEN to use this"})


def test_the_token_does_not_show_in_its_repr() -> None:
    assert "t0ken" not in repr(AdminOnly(figures, token="t0ken"))
