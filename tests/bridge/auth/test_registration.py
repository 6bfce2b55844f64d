"""Clients that register themselves: what they may wish for, what becomes of it, and how long it is kept."""

import base64

import pytest

from bridge.auth.attempts import REGISTRATIONS
from tests.bridge.auth.site import Connector, refused, register, site

DAY = 86_400


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://app.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/cb", "https://u@a.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/cb#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"https://a.example/{number}" for number in range(21)]}, "invalid_redirect_uri"),
        ({"redirect_uris": "https://a.example/cb"}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example/cb"], "grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"redirect_uris": ["https://a.example/cb"], "response_types": ["token"]}, "invalid_client_metadata"),
        ([], "invalid_client_metadata"),
    ],
)
async def test_a_registration_that_makes_no_sense_is_refused(body: object, error: str) -> None:
    async with site() as here:
        refused(await here.http.post("/oauth/register", json=body), error)


async def test_whatever_a_client_wishes_to_be_it_becomes_a_public_one() -> None:
    wishes = {
        "token_endpoint_auth_method": "client_secret_basic",
        "client_id": "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "client_secret": "mine",
        "scope": "memory.read",
    }
    async with site() as here:
        body = {"redirect_uris": ["https://app.example/cb"], **wishes}
        record = (await here.http.post("/oauth/register", json=body)).json()
        assert record["token_endpoint_auth_method"] == "none"
        assert record["client_id"] != wishes["client_id"]
        assert "client_secret" not in record


async def test_a_client_that_authenticates_though_it_need_not_is_told_by_its_id() -> None:
    async with site() as here:
        connector = await register(here)
        for header in (f"{connector.client_id}:", f"{connector.client_id}:whatever"):
            basic = {"Authorization": "Basic " + base64.b64encode(header.encode()).decode()}
            fields = {
                "grant_type": "authorization_code",
                "code": await connector.code(here),
                "code_verifier": connector.verifier,
            }
            assert (await here.http.post("/oauth/token", data=fields, headers=basic)).status_code == 200
        for header in ("!", base64.b64encode(b"\xff:x").decode(), base64.b64encode(b"other:x").decode()):
            fields = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": connector.client_id}
            answer = await here.http.post("/oauth/token", data=fields, headers={"Authorization": f"Basic {header}"})
            refused(answer, "invalid_client", 401)


async def test_a_flood_of_registrations_is_stopped_and_forgotten() -> None:
    async with site() as here:
        body = {"redirect_uris": ["https://app.example/cb"]}
        answers = [(await here.http.post("/oauth/register", json=body)) for _ in range(REGISTRATIONS.each + 1)]
        assert [answer.status_code for answer in answers] == [201] * REGISTRATIONS.each + [429]
        connector = Connector(answers[0].json()["client_id"], "https://app.example/cb")
        used = Connector(answers[1].json()["client_id"], "https://app.example/cb")
        await used.connect(here)
        here.clock.passes(DAY)
        assert (await here.page(connector.request)).status_code == 400
        assert (await here.page(used.request)).status_code == 200


async def test_a_client_that_was_forgotten_is_told_to_register_again() -> None:
    async with site() as here:
        refused(await Connector("gone").redeem(here, "mbc_x"), "invalid_client", 401)
        refused(await Connector("gone").refresh(here, "mbr_x"), "invalid_client", 401)
        connector = await register(here)
        refused(await connector.refresh(here, "mbr_x"), "invalid_grant")
