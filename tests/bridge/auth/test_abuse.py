"""What must not work: forged, stolen, replayed, misdirected and excessive requests."""

import base64
import json
import re
from urllib.parse import urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from bridge.auth.attempts import REGISTRATIONS, WRONG_KEYS
from tests.bridge.auth.site import RESOURCE, URL, Clock, Connector, Site, answer_of, form_of, site
from tests.bridge.stand_in import ADA, BOB

MINUTE, HOUR, DAY = 60, 3_600, 86_400
CODE = {"client_id": "https://cursor.com/oauth/mcp-client.json", "redirect_uri": "http://localhost:8787/callback"}


def refused(response: httpx.Response, error: str, status: int = 400) -> None:
    """It is a refusal of the token endpoint, in JSON."""
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


async def register(here: Site, uri: str = "https://app.example/cb", **more: object) -> Connector:
    """A client that registered itself."""
    response = await here.http.post("/oauth/register", json={"redirect_uris": [uri], "client_name": "An app", **more})
    assert response.status_code == 201, response.text
    return Connector(client_id=response.json()["client_id"], redirect_uri=uri)


# PKCE


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


@pytest.mark.parametrize("verifier", ["", "x" * 43, "x" * 42, "x" * 129, "é" * 43])
async def test_a_code_is_worth_nothing_without_its_verifier(verifier: str) -> None:
    async with site() as here:
        code = await Connector().code(here)
        response = await Connector().redeem(here, code, code_verifier=verifier)
        refused(response, "invalid_grant" if verifier else "invalid_request")
        assert (await Connector().redeem(here, code)).status_code == 200, "and nobody else can use it up"


# Codes


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
        refused(await Connector().redeem(here, code, client_id=CODE["client_id"]), "invalid_grant")
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


# Redirects


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


async def test_a_parameter_given_twice_is_refused() -> None:
    async with site() as here:
        query = httpx.QueryParams(Connector().request)
        response = await here.http.get(f"/oauth/authorize?{query}&redirect_uri=https%3A%2F%2Fevil.example")
        assert response.status_code == 400
        code = await Connector().code(here)
        body = f"grant_type=authorization_code&code={code}&code=x&client_id=x"
        form = {"content-type": "application/x-www-form-urlencoded"}
        refused(await here.http.post("/oauth/token", content=body, headers=form), "invalid_request")


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


# Mix-up, audience, scope


async def test_every_answer_names_its_issuer_so_that_servers_cannot_be_mixed_up() -> None:
    async with site() as here:
        issuer = (await here.http.get("/.well-known/oauth-authorization-server")).json()["issuer"]
        page = await here.page(Connector().request)
        allowed = answer_of(await here.decided(page, key=ADA, decision="allow"))
        denied = answer_of(await here.decided(page, decision="deny"))
        wrong = answer_of(await here.page(Connector(more={"code_challenge": ""}).request))
        assert {answer["iss"] for answer in (allowed, denied, wrong)} == {issuer}


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


async def test_a_form_that_claims_more_than_was_asked_for_gets_what_was_asked_for() -> None:
    async with site() as here:
        tokens = await Connector(more={"scope": "memory.read"}).connect(
            here, access="write", scope="memory.write", scopes="memory.write", client_id="other"
        )
        assert tokens["scope"] == "memory.read"


# Refresh tokens


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
        refused(await Connector().refresh(here, tokens["refresh_token"], client_id=CODE["client_id"]), "invalid_grant")
        assert (await Connector().refresh(here, tokens["refresh_token"])).status_code == 200


async def test_a_token_is_revoked_by_its_own_client_alone() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        fields = {"token": tokens["refresh_token"], "client_id": CODE["client_id"]}
        refused(await here.http.post("/oauth/revoke", data=fields), "invalid_client", 401)
        assert (await here.who(tokens["access_token"]))[0] == 200


async def test_an_access_token_does_not_work_in_a_url() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        for name in ("access_token", "api_key", "token"):
            response = await here.http.get("/mcp", params={name: tokens["access_token"]})
            assert response.status_code == 401


# The page


async def test_a_consent_form_works_only_with_the_ticket_of_its_own_page() -> None:
    async with site() as here:
        page = await here.page(Connector().request)
        real = form_of(page.text)["ticket"]
        for ticket in ("", "mbt_", "x", real[:-2], real[:-2] + "AA", (await Connector().code(here))):
            response = await here.decided(page, ticket=ticket, key=ADA, decision="allow")
            assert response.status_code == 400
            assert "location" not in response.headers


async def test_a_consent_form_from_another_site_is_refused() -> None:
    async with site() as here:
        page = await here.page(Connector().request)
        fields = {**form_of(page.text), "key": ADA, "decision": "allow"}
        for path in ("/oauth/authorize", "/oauth/connections"):
            for where in ("cross-site", "same-site"):
                response = await here.http.post(path, data=fields, headers={"Sec-Fetch-Site": where})
                assert response.status_code == 403
                assert "location" not in response.headers


async def test_a_consent_page_expires() -> None:
    async with site() as here:
        page = await here.page(Connector().request)
        here.clock.passes(15 * MINUTE)
        assert (await here.decided(page, key=ADA, decision="allow")).status_code == 400


async def test_a_consent_form_is_a_form() -> None:
    async with site() as here:
        page = await here.page(Connector().request)
        fields = {**form_of(page.text), "key": ADA, "decision": "allow"}
        for content_type in ("text/plain", "application/json", "multipart/form-data; boundary=x"):
            response = await here.http.post(
                "/oauth/authorize", content=json.dumps(fields), headers={"content-type": content_type}
            )
            assert response.status_code == 400


async def test_every_page_forbids_frames_scripts_and_foreign_forms() -> None:
    async with site() as here:
        connections = await here.http.get("/oauth/connections")
        problem = await here.page({})
        for page in (await here.page(Connector().request), connections, problem):
            policy = page.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            assert "form-action 'self'" in policy
            assert "script" not in policy
            assert page.headers["x-frame-options"] == "DENY"
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["referrer-policy"] == "same-origin"
            assert not re.search(r"<script|\son\w+=|style=", page.text)


async def test_a_client_cannot_write_into_the_page() -> None:
    name = "<script>alert(1)</script>\"'&\u202egnp.exe\n\x00 ${ticket} $key"
    async with site() as here:
        connector = await register(here, client_name=name)
        page = await here.page(connector.request)
        assert "<script" not in page.text
        assert "\u202e" not in page.text
        assert "&lt;script&gt;" in page.text
        assert "$key" in page.text
        await connector.connect(here)
        listed = await here.http.post("/oauth/connections", data={"key": ADA})
        assert "<script" not in listed.text


async def test_the_state_cannot_write_headers_and_comes_back_as_it_was() -> None:
    state = "a b&code=forged\r\nSet-Cookie: x=y\u00e9#"
    async with site() as here:
        page = await here.page(Connector(more={"state": state}).request)
        response = await here.decided(page, key=ADA, decision="allow")
        assert "set-cookie" not in response.headers
        assert answer_of(response)["state"] == state
        assert urlsplit(response.headers["location"]).fragment == ""


# Floods and guesses


async def test_guessing_keys_is_slowed_down_at_one_address_and_everywhere() -> None:
    async with site() as here:
        page = await here.page(Connector().request)
        for _ in range(WRONG_KEYS.each):
            assert (await here.decided(page, key="guess", decision="allow")).status_code == 403
        late = await here.decided(page, key=ADA, decision="allow")
        assert (late.status_code, late.headers.get("location")) == (429, None)
        assert late.headers["retry-after"] == "60"
        assert (await here.http.post("/oauth/connections", data={"key": ADA})).status_code == 429
        here.clock.passes(WRONG_KEYS.seconds)
        assert (await here.decided(await here.page(Connector().request), key=ADA, decision="allow")).status_code == 302


async def test_other_addresses_may_sign_in_until_all_together_guess_too_much() -> None:
    async with site() as here:
        for number in range(WRONG_KEYS.all // WRONG_KEYS.each):
            async with here.seen_from(f"2001:db8:0:{number:x}::1") as browser:
                assert (await browser.post("/oauth/connections", data={"key": ADA})).status_code == 200
                for _ in range(WRONG_KEYS.each - 1):
                    await browser.post("/oauth/connections", data={"key": "guess"})
        assert (await here.http.post("/oauth/connections", data={"key": ADA})).status_code == 429


async def test_one_machine_with_many_addresses_counts_as_one() -> None:
    async with site() as here:
        for number in range(WRONG_KEYS.each + 1):
            async with here.seen_from(f"2001:db8::{number:x}") as browser:
                last = await browser.post("/oauth/connections", data={"key": "guess"})
        assert last.status_code == 429


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


# Registration


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


# The token endpoint speaks JSON whatever it is sent


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


# Logs and the pages of others


async def test_no_key_code_or_token_is_logged_and_no_name_breaks_a_line() -> None:
    async with site() as here:
        with capture_logs() as lines:
            connector = await register(here, client_name="An app\n2026 [info] forged")
            page = await here.page(connector.request)
            await here.decided(page, key="a-wrong-key", decision="allow")
            code = await connector.code(here)
            tokens = (await connector.redeem(here, code)).json()
            await connector.redeem(here, code)
            await connector.refresh(here, tokens["refresh_token"])
        said = str(lines)
        for secret in ("a-wrong-key", ADA, code, tokens["access_token"], tokens["refresh_token"], connector.verifier):
            assert secret not in said
        assert {line["event"] for line in lines} >= {"connected", "code used twice: connection ended"}
        assert "\\n" not in said


async def test_bob_neither_sees_nor_ends_what_ada_connected() -> None:
    async with site() as here:
        tokens = await Connector().connect(here, ADA)
        adas = await here.http.post("/oauth/connections", data={"key": ADA})
        connection = form_of(adas.text)["connection"]
        bobs = await here.http.post("/oauth/connections", data={"key": BOB})
        assert "No app is connected" in bobs.text
        await Connector().connect(here, BOB)
        bobs = await here.http.post("/oauth/connections", data={"key": BOB})
        stolen = {"ticket": form_of(bobs.text)["ticket"], "connection": connection}
        await here.http.post("/oauth/connections", data=stolen)
        assert (await here.who(tokens["access_token"]))[0] == 200
        own = {"ticket": form_of(adas.text)["ticket"], "connection": connection}
        assert "No app is connected" in (await here.http.post("/oauth/connections", data=own)).text
        assert (await here.who(tokens["access_token"]))[0] == 401


async def test_the_page_of_connections_expires() -> None:
    async with site() as here:
        await Connector().connect(here)
        fields = form_of((await here.http.post("/oauth/connections", data={"key": ADA})).text)
        here.clock.passes(15 * MINUTE)
        assert (await here.http.post("/oauth/connections", data=fields)).status_code == 400


async def test_what_tokens_hold_cannot_be_read() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        for token in (tokens["access_token"], tokens["refresh_token"]):
            body = base64.urlsafe_b64decode(token[4:] + "=" * (-len(token[4:]) % 4))
            assert not any(word in body for word in (b"ada", b"claude", b"memory", RESOURCE.encode()))
