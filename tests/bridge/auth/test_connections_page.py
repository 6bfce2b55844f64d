"""The page of connections shows and ends one's own, and does not stay good."""

from tests.bridge.auth.site import Connector, form_of, site
from tests.bridge.stand_in import ADA, BOB

MINUTE = 60


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
