"""What the token endpoint must not take: codes and tokens that are stolen, forged, used up or somebody else's."""

import pytest

from tests.bridge.auth.site import URL, Clock, Connector, answer_of, refused, register, site

MINUTE, HOUR = 60, 3_600
CURSOR = "https://cursor.com/oauth/mcp-client.json"


@pytest.mark.parametrize("verifier", ["", "x" * 43, "x" * 42, "x" * 129, "é" * 43])
async def test_a_code_is_worth_nothing_without_its_verifier(verifier: str) -> None:
    async with site() as here:
        code = await Connector().code(here)
        response = await Connector().redeem(here, code, code_verifier=verifier)
        refused(response, "invalid_grant" if verifier else "invalid_request")
        assert (await Connector().redeem(here, code)).status_code == 200, "and nobody else can use it up"


async def test_a_code_works_once_and_using_it_twice_ends_what_came_of_it() -> None:
    async with site() as here:
        code = await Connector().code(here)
        tokens = (await Connector().redeem(here, code)).json()
        assert (await here.who(tokens["access_token"]))[0] == 200
        refused(await Connector().redeem(here, code), "invalid_grant")
        assert (await here.who(tokens["access_token"]))[0] == 401
        refused(await Connector().refresh(here, tokens["refresh_token"]), "invalid_grant")


async def test_a_code_lasts_five_minutes() -> None:
    async with site() as here:
        code = await Connector().code(here)
        here.clock.passes(5 * MINUTE)
        refused(await Connector().redeem(here, code), "invalid_grant")


async def test_a_code_of_another_client_is_worth_nothing() -> None:
    async with site() as here:
        code = await Connector().code(here)
        refused(await Connector().redeem(here, code, client_id=CURSOR), "invalid_grant")
        other = await register(here)
        refused(await Connector().redeem(here, code, client_id=other.client_id), "invalid_grant")
        refused(await Connector().redeem(here, code, client_id="never-registered"), "invalid_client", 401)


async def test_a_code_goes_only_where_it_was_sent() -> None:
    async with site() as here:
        code = await Connector().code(here)
        elsewhere = "https://claude.com/api/mcp/auth_callback"
        refused(await Connector().redeem(here, code, redirect_uri=elsewhere), "invalid_grant")


@pytest.mark.parametrize("kind", ["code", "access_token", "refresh_token"])
async def test_what_is_forged_cut_short_or_of_another_kind_is_worth_nothing(kind: str) -> None:
    async with site() as here, site(secrets=[b"the secret of somebody else, 32 bytes+"]) as elsewhere:
        code = await Connector().code(here)
        tokens = {"code": code, **(await Connector().redeem(here, code)).json()}
        foreign_code = await Connector().code(elsewhere)
        foreign = {"code": foreign_code, **(await Connector().redeem(elsewhere, foreign_code)).json()}
        real = tokens[kind]
        changed = real[:-8] + ("A" if real[-8] != "A" else "B") + real[-7:]
        others = [tokens[other] for other in ("code", "access_token", "refresh_token") if other != kind]
        renamed = [real[:4] + other[4:] for other in others]
        for text in ["", "x", real[:-1], real[:60], changed, foreign[kind], *others, *renamed, real[:4], real * 20]:
            if kind == "access_token":
                assert (await here.who(text or "-"))[0] == 401
            elif kind == "refresh_token":
                refused(await Connector().refresh(here, text or "-"), "invalid_grant")
            else:
                refused(await Connector().redeem(here, text or "-"), "invalid_grant")


@pytest.mark.parametrize(
    "resource", ["https://other.example/mcp", f"{URL}", f"{URL}/", f"{URL}/mcp/more", f"{URL}.evil.example/mcp", "x"]
)
async def test_the_audience_is_this_resource_and_no_other(resource: str) -> None:
    async with site() as here:
        assert answer_of(await here.page(Connector(resource=resource).request))["error"] == "invalid_target"
        code = await Connector().code(here)
        refused(await Connector().redeem(here, code, resource=resource), "invalid_target")
        tokens = (await Connector().redeem(here, code)).json()
        refused(await Connector().refresh(here, tokens["refresh_token"], resource=resource), "invalid_target")


async def test_a_token_for_another_resource_is_refused_though_the_same_secret_sealed_it() -> None:
    clock = Clock()
    async with site(clock=clock, url="https://other.example") as elsewhere:
        tokens = await Connector(resource="https://other.example/mcp").connect(elsewhere)
    async with site(clock=clock) as here:
        assert (await here.who(tokens["access_token"]))[0] == 401
        refused(await Connector().refresh(here, tokens["refresh_token"]), "invalid_target")


async def test_scopes_can_not_grow() -> None:
    async with site() as here:
        tokens = await Connector().connect(here, access="read")
        for scope in ("memory.write", "memory.read memory.write", "memory.read admin"):
            refused(await Connector().refresh(here, tokens["refresh_token"], scope=scope), "invalid_scope")
        renewed = (await Connector().refresh(here, tokens["refresh_token"])).json()
        assert renewed["scope"] == "memory.read"


async def test_a_lost_answer_is_given_again_for_a_minute() -> None:
    async with site() as here:
        first = await Connector().connect(here)
        here.clock.passes(HOUR)
        second = (await Connector().refresh(here, first["refresh_token"])).json()
        here.clock.passes(59)
        again = (await Connector().refresh(here, first["refresh_token"])).json()
        assert (again["access_token"], again["refresh_token"]) == (second["access_token"], second["refresh_token"])
        assert again["expires_in"] == second["expires_in"] - 59


async def test_after_that_minute_the_whole_family_dies() -> None:
    async with site() as here:
        first = await Connector().connect(here)
        second = (await Connector().refresh(here, first["refresh_token"])).json()
        here.clock.passes(61)
        refused(await Connector().refresh(here, first["refresh_token"]), "invalid_grant")
        refused(await Connector().refresh(here, second["refresh_token"]), "invalid_grant")
        assert (await here.who(second["access_token"]))[0] == 401
        assert (await here.who(first["access_token"]))[0] == 401


async def test_the_grandparent_of_a_token_is_no_retry() -> None:
    async with site() as here:
        first = await Connector().connect(here)
        second = (await Connector().refresh(here, first["refresh_token"])).json()
        third = (await Connector().refresh(here, second["refresh_token"])).json()
        refused(await Connector().refresh(here, first["refresh_token"]), "invalid_grant")
        refused(await Connector().refresh(here, third["refresh_token"]), "invalid_grant")


async def test_a_refresh_token_is_worth_nothing_to_another_client() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        refused(await Connector().refresh(here, tokens["refresh_token"], client_id=CURSOR), "invalid_grant")
        assert (await Connector().refresh(here, tokens["refresh_token"])).status_code == 200


async def test_a_token_is_revoked_by_its_own_client_alone() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        fields = {"token": tokens["refresh_token"], "client_id": CURSOR}
        refused(await here.http.post("/oauth/revoke", data=fields), "invalid_client", 401)
        assert (await here.who(tokens["access_token"]))[0] == 200


async def test_an_access_token_does_not_work_in_a_url() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        for name in ("access_token", "api_key", "token"):
            response = await here.http.get("/mcp", params={name: tokens["access_token"]})
            assert response.status_code == 401


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/token"])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"\xff\xfe%zz&&&=", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"a=1&" * 100, "application/x-www-form-urlencoded"),
        (b"grant_type=password&client_id=x", "application/x-www-form-urlencoded"),
        (b"grant_type=client_credentials&client_id=x", "application/x-www-form-urlencoded"),
    ],
)
async def test_nonsense_is_refused_in_json(path: str, content: bytes, kind: str) -> None:
    async with site() as here:
        response = await here.http.post(path, content=content, headers={"content-type": kind})
        assert response.status_code in (400, 401)
        assert response.json()["error"]
