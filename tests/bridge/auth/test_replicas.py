"""Restarts and replicas: a connection made on one goes on at another, and ends everywhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from bridge.app import create_app
from bridge.auth.redis_store import RedisStore
from bridge.auth.refusals import StateUnavailable
from bridge.auth.sqlite_store import SQLiteStore
from bridge.auth.store import Store
from bridge.errors import StartupError
from bridge.settings import Settings
from tests.bridge.auth.redis_server import redis_server
from tests.bridge.auth.site import Clock, Connector, Site, form_of, site
from tests.bridge.stand_in import ADA, Bridge, Served

SECRET = "a-secret-for-all-replicas-0123456789"
PUBLIC = "https://memory.example"


async def code_from(bridge: Bridge, connector: Connector) -> str:
    """A code from a running bridge, after Ada has filled in its page."""
    async with bridge.http.get(f"/oauth/authorize?{urlencode(connector.request)}") as page:
        fields = {**form_of(await page.text()), "key": ADA, "decision": "allow"}
    async with bridge.http.post("/oauth/authorize", data=fields, allow_redirects=False) as response:
        return dict(parse_qsl(urlsplit(response.headers["Location"]).query))["code"]


async def tokens_from(bridge: Bridge, connector: Connector, **fields: str) -> tuple[int, dict[str, str]]:
    form = {"client_id": connector.client_id, "code_verifier": connector.verifier, **fields}
    async with bridge.http.post("/oauth/token", data=form) as response:
        return response.status, await response.json()


async def is_let_in(bridge: Bridge, access_token: str) -> bool:
    headers = {"Authorization": f"Bearer {access_token}"}
    return await bridge.status("GET", "/nowhere", headers=headers) == 404


async def test_a_connection_survives_a_restart_and_so_does_its_end(public: Served, tmp_path: Path) -> None:
    kept = {"bridge_data_dir": tmp_path, "public_url": PUBLIC}
    connector = Connector(resource=f"{PUBLIC}/mcp")
    async with public(**kept) as first:
        code = await code_from(first, connector)
    async with public(**kept) as second:
        _, tokens = await tokens_from(second, connector, grant_type="authorization_code", code=code)
        assert await is_let_in(second, tokens["access_token"])
    async with public(**kept) as third:
        assert await is_let_in(third, tokens["access_token"])
        status, renewed = await tokens_from(
            third, connector, grant_type="refresh_token", refresh_token=tokens["refresh_token"]
        )
        assert status == 200
        form = {"token": renewed["access_token"], "client_id": connector.client_id}
        assert await third.status("POST", "/oauth/revoke", data=form) == 200
    async with public(**kept) as fourth:
        assert not await is_let_in(fourth, renewed["access_token"])
        status, refusal = await tokens_from(fourth, connector, grant_type="authorization_code", code=code)
        assert (status, refusal["error"]) == (400, "invalid_grant")


async def test_a_client_that_registered_is_known_after_a_restart(public: Served, tmp_path: Path) -> None:
    kept = {"bridge_data_dir": tmp_path, "public_url": PUBLIC}
    uri = "https://app.example/cb"
    async with public(**kept) as first, first.http.post("/oauth/register", json={"redirect_uris": [uri]}) as answer:
        connector = Connector((await answer.json())["client_id"], uri, f"{PUBLIC}/mcp")
    async with public(**kept) as second:
        assert await code_from(second, connector)


async def test_two_bridges_that_share_a_redis_are_one(public: Served, tmp_path: Path) -> None:
    async with redis_server() as url:
        shared = {"public_url": PUBLIC, "state_url": url, "oauth_secret": SECRET}
        connector = Connector(resource=f"{PUBLIC}/mcp")
        async with (
            public(bridge_data_dir=tmp_path / "one", **shared) as one,
            public(bridge_data_dir=tmp_path / "other", **shared) as other,
        ):
            code = await code_from(one, connector)
            tries = [
                tokens_from(bridge, connector, grant_type="authorization_code", code=code) for bridge in (one, other)
            ]
            answers = sorted(await asyncio.gather(*tries), key=lambda answer: answer[0])
            assert [status for status, _ in answers] == [200, 400], "a code works once"

            _, tokens = await tokens_from(
                other, connector, grant_type="authorization_code", code=await code_from(one, connector)
            )
            assert await is_let_in(one, tokens["access_token"])
            refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
            _, renewed = await tokens_from(one, connector, **refresh)
            _, again = await tokens_from(other, connector, **refresh)
            assert again["refresh_token"] == renewed["refresh_token"], "a retry may reach another replica"

            form = {"token": renewed["refresh_token"], "client_id": connector.client_id}
            assert await one.status("POST", "/oauth/revoke", data=form) == 200
            status, _ = await tokens_from(
                other, connector, grant_type="refresh_token", refresh_token=renewed["refresh_token"]
            )
            assert status == 400


@pytest.fixture(params=["sqlite", "redis"])
async def replicas(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Site, Site]]:
    """Two with one record and one clock, each with what it remembers of its own."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        if request.param == "redis":
            url = await stack.enter_async_context(redis_server())
            stores: list[Store] = [RedisStore(url, now=clock) for _ in range(2)]
        else:
            stores = [SQLiteStore(tmp_path / "oauth.sqlite3", now=clock) for _ in range(2)]
        one, other = [await stack.enter_async_context(site(store=store, clock=clock)) for store in stores]
        yield one, other


async def test_disconnecting_takes_effect_here_at_once_and_elsewhere_within_a_minute(
    replicas: tuple[Site, Site],
) -> None:
    one, other = replicas
    tokens = await Connector().connect(one)
    for replica in replicas:
        assert (await replica.who(tokens["access_token"]))[0] == 200
    fields = form_of((await one.http.post("/oauth/connections", data={"key": ADA})).text)
    await one.http.post("/oauth/connections", data=fields)
    assert (await one.who(tokens["access_token"]))[0] == 401
    other.clock.passes(59)
    assert (await other.who(tokens["access_token"]))[0] == 401


async def test_what_is_connected_on_one_is_listed_on_the_other(replicas: tuple[Site, Site]) -> None:
    one, other = replicas
    await Connector().connect(one)
    assert "Claude" in (await other.http.post("/oauth/connections", data={"key": ADA})).text


class Gone(SQLiteStore):
    """A store that has been lost sight of."""

    async def is_ended(self, connection_id: str) -> bool:
        raise StateUnavailable

    async def spend(self, ticket: str, seconds: int) -> bool:
        raise StateUnavailable

    async def count(self, event: str, seconds: int) -> int:
        raise StateUnavailable


async def test_while_the_record_is_out_of_reach_nobody_is_let_in_and_nobody_is_sent_away() -> None:
    clock = Clock()
    async with site(clock=clock) as here:
        tokens = await Connector().connect(here)
        code = await Connector().code(here)
    async with site(clock=clock, store=Gone(None, now=clock)) as here:
        status, refusal = await here.who(tokens["access_token"])
        assert (status, refusal["error"]) == (503, "temporarily_unavailable")
        response = await Connector().redeem(here, code)
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        page = await here.page(Connector().request)
        assert (await here.decided(page, key=ADA, decision="allow")).status_code == 503
        assert (await here.http.get("/mcp", headers={"X-API-Key": ADA})).status_code == 200, "keys need no record"


async def test_a_record_that_was_lost_ends_no_connection() -> None:
    clock = Clock()
    async with site(clock=clock) as before:
        tokens = await Connector().connect(before)
        renewed = (await Connector().refresh(before, tokens["refresh_token"])).json()
    async with site(clock=clock) as after:
        assert (await after.who(renewed["access_token"]))[0] == 200
        assert (await Connector().refresh(after, renewed["refresh_token"])).status_code == 200
        assert "Claude" in (await after.http.post("/oauth/connections", data={"key": ADA})).text


async def test_a_stolen_record_opens_nothing(public: Served, tmp_path: Path) -> None:
    connector = Connector(resource=f"{PUBLIC}/mcp")
    async with public(bridge_data_dir=tmp_path, public_url=PUBLIC) as bridge:
        code = await code_from(bridge, connector)
        _, tokens = await tokens_from(bridge, connector, grant_type="authorization_code", code=code)
        kept = b"".join([(tmp_path / name).read_bytes() for name in ("oauth.sqlite3", "oauth.sqlite3-wal")])
    for secret in (ADA, code, tokens["access_token"], tokens["refresh_token"]):
        assert secret.encode() not in kept
    assert b"Claude" in kept


def test_a_redis_without_a_secret_of_all_replicas_is_refused() -> None:
    with pytest.raises(StartupError, match="OAUTH_SECRET"):
        create_app(Settings(public_url=PUBLIC, automem_api_token="token", state_url="redis://127.0.0.1/0"))
