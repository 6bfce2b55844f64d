"""What an authorization request must not do: leave out PKCE, lead elsewhere, ask for what is not here."""

import httpx
import pytest

from tests.bridge.auth.site import URL, Connector, answer_of, refused, site
from tests.bridge.stand_in import ADA


@pytest.mark.parametrize(
    "without",
    [
        {"code_challenge": ""},
        {"code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"code_challenge": "x" * 44},
        {"code_challenge": "!" * 43},
    ],
)
async def test_nobody_is_asked_without_a_sound_code_challenge(without: dict[str, str]) -> None:
    async with site() as here:
        answer = answer_of(await here.page(Connector(more=without).request))
        assert (answer["error"], answer["state"], answer["iss"]) == ("invalid_request", "st-1", URL)


@pytest.mark.parametrize(
    "uri",
    [
        "https://claude.ai/api/mcp/auth_callback/",
        "https://claude.ai/api/mcp/auth_callback/../../evil",
        "https://claude.ai.evil.example/api/mcp/auth_callback",
        "https://claude.ai@evil.example/api/mcp/auth_callback",
        "https://claude.ai:8443/api/mcp/auth_callback",
        "https://claude.ai/api/mcp/auth_callback#x",
        "https://claude.ai/api/mcp/auth_callback?next=//evil.example",
        "http://claude.ai/api/mcp/auth_callback",
        "http://localhost:1/api/mcp/auth_callback",
        "javascript:alert(1)",
        "//evil.example",
        "https://claude.ai/api/mcp/auth_callback\r\nLocation: https://evil.example",
        "",
    ],
)
async def test_nobody_is_sent_to_an_address_that_the_client_did_not_name(uri: str) -> None:
    async with site() as here:
        for more in ({}, {"response_type": "token"}, {"code_challenge": ""}, {"scope": "admin"}):
            response = await here.page(Connector(redirect_uri=uri, more=more).request)
            assert response.status_code == 400
            assert "location" not in response.headers
            assert "evil.example" not in response.text


@pytest.mark.parametrize("client_id", ["nobody", "", "https://claude.ai/oauth/other", "https://127.0.0.1/client"])
async def test_an_unknown_client_is_told_nothing_by_redirect(client_id: str) -> None:
    async with site() as here:
        response = await here.page(Connector(client_id=client_id).request)
        assert response.status_code == 400
        assert "location" not in response.headers


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
    ],
)
async def test_what_is_wrong_goes_back_with_state_and_issuer(more: dict[str, str], error: str) -> None:
    async with site() as here:
        answer = answer_of(await here.page(Connector(more=more).request))
        assert (answer["error"], answer["state"], answer["iss"]) == (error, "st-1", URL)
        assert "code" not in answer


async def test_a_parameter_given_twice_is_refused() -> None:
    async with site() as here:
        query = httpx.QueryParams(Connector().request)
        response = await here.http.get(f"/oauth/authorize?{query}&redirect_uri=https%3A%2F%2Fevil.example")
        assert response.status_code == 400
        code = await Connector().code(here)
        body = f"grant_type=authorization_code&code={code}&code=x&client_id=x"
        form = {"content-type": "application/x-www-form-urlencoded"}
        refused(await here.http.post("/oauth/token", content=body, headers=form), "invalid_request")


async def test_every_answer_names_its_issuer_so_that_servers_cannot_be_mixed_up() -> None:
    async with site() as here:
        issuer = (await here.http.get("/.well-known/oauth-authorization-server")).json()["issuer"]
        page = await here.page(Connector().request)
        allowed = answer_of(await here.decided(page, key=ADA, decision="allow"))
        denied = answer_of(await here.decided(page, decision="deny"))
        wrong = answer_of(await here.page(Connector(more={"code_challenge": ""}).request))
        assert {answer["iss"] for answer in (allowed, denied, wrong)} == {issuer}
