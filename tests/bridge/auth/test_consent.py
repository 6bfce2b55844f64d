"""The consent page: only its own form counts, once and for a while, and nobody writes into it."""

import json
import re
from urllib.parse import urlsplit

from tests.bridge.auth.site import Connector, answer_of, form_of, register, site
from tests.bridge.stand_in import ADA

MINUTE = 60


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


async def test_a_form_that_claims_more_than_was_asked_for_gets_what_was_asked_for() -> None:
    async with site() as here:
        tokens = await Connector(more={"scope": "memory.read"}).connect(
            here, access="write", scope="memory.write", scopes="memory.write", client_id="other"
        )
        assert tokens["scope"] == "memory.read"


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
