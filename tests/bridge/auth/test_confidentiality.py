"""What neither a log line nor a token gives away."""

import base64

from structlog.testing import capture_logs

from tests.bridge.auth.site import RESOURCE, Connector, register, site
from tests.bridge.stand_in import ADA


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


async def test_what_tokens_hold_cannot_be_read() -> None:
    async with site() as here:
        tokens = await Connector().connect(here)
        for token in (tokens["access_token"], tokens["refresh_token"]):
            body = base64.urlsafe_b64decode(token[4:] + "=" * (-len(token[4:]) % 4))
            assert not any(word in body for word in (b"ada", b"claude", b"memory", RESOURCE.encode()))
