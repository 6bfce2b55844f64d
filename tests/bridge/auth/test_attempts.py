"""Guessing keys is slowed down, for one machine and for all together."""

from bridge.auth.attempts import WRONG_KEYS
from tests.bridge.auth.site import Connector, site
from tests.bridge.stand_in import ADA


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
