"""The pages in a real browser that runs no script: phone and desktop, allowed, refused, cancelled, framed."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from aiohttp import web
from mcp.shared.auth import AuthorizationCodeResult

from tests.bridge.auth.browser import Browser, browser
from tests.bridge.auth.site import Connector
from tests.bridge.auth.test_sdk_client import ARGUMENTS, CLAUDE_CODE, Kept, connected, prepared
from tests.bridge.processes import free_port
from tests.bridge.stand_in import ADA, MemoryService, Served

PHONE, DESKTOP = (390, 844), (1280, 800)


@asynccontextmanager
async def client_at(port: int, body: str = "the client has the answer") -> AsyncIterator[list[dict[str, str]]]:
    """A client on this machine that writes down what comes back to it."""
    answers: list[dict[str, str]] = []

    async def callback(request: web.Request) -> web.Response:
        answers.append(dict(request.query))
        return web.Response(text=body, content_type="text/html")

    app = web.Application()
    app.router.add_get("/callback", callback)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield answers
    finally:
        await runner.cleanup()


def request(url: str, port: int) -> tuple[Connector, str]:
    connector = Connector(CLAUDE_CODE, f"http://127.0.0.1:{port}/callback", f"{url}/mcp")
    return connector, f"{url}/oauth/authorize?{urlencode(connector.request)}"


async def is_readable(window: Browser) -> bool:
    """Nothing is wider than the screen, and everything to press is there to be seen and large enough for a thumb."""
    fits = await window.run("document.documentElement.scrollWidth <= window.innerWidth")
    styled = await window.run("getComputedStyle(document.querySelector('main')).borderRadius")
    boxes = await window.run(
        "[...document.querySelectorAll('button, input:not([type=hidden]):not([type=radio]), label.choice')]"
        ".map(each => each.getBoundingClientRect()).map(({left, right, height}) => ({left, right, height}))"
    )
    width = await window.run("window.innerWidth")
    thumbs = await window.run("[...document.querySelectorAll('button')].map(b => b.getBoundingClientRect().height)")
    inside = all(0 <= box["left"] < box["right"] <= width and box["height"] > 0 for box in boxes)
    return bool(fits) and inside and min(thumbs) >= 44 and styled != "0px"


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height, as the header of the picture says."""
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_person_connects_sees_it_listed_and_disconnects(
    public: Served, tmp_path: Path, screen: tuple[int, int]
) -> None:
    port = free_port()
    async with public() as bridge, client_at(port) as answers, browser() as window:
        await window.resize(*screen)
        connector, address = request(bridge.url, port)
        await window.open(address)
        assert await window.shows("Connect Claude Code?")
        assert await is_readable(window)
        assert await window.run("window.innerWidth") == screen[0], "the page takes the width of the screen"
        lowest = "Math.max(...[...document.querySelectorAll('button')].map(b => b.getBoundingClientRect().bottom))"
        assert await window.run(lowest) <= screen[1], "both buttons are seen without scrolling"
        picture = await window.screenshot()
        assert size_of(picture) == screen
        (tmp_path / "consent.png").write_bytes(picture)

        await window.fill("#key", "a wrong key")
        await window.click("button.main")
        assert await window.shows("No memory here has this key.")

        await window.fill("#key", ADA)
        await window.click("button.main")
        assert await window.shows("the client has the answer")
        assert (answers[0]["state"], answers[0]["iss"]) == ("st-1", bridge.url)
        fields = {
            "grant_type": "authorization_code",
            "client_id": connector.client_id,
            "code": answers[0]["code"],
            "code_verifier": connector.verifier,
        }
        async with bridge.http.post("/oauth/token", data=fields) as response:
            headers = {"Authorization": f"Bearer {(await response.json())['access_token']}"}
        assert await bridge.status("GET", "/mcp/nowhere", headers=headers) == 404

        await window.open(f"{bridge.url}/oauth/connections")
        await window.fill("#key", ADA)
        await window.click("button.main")
        assert await window.shows("Claude Code")
        assert await is_readable(window)
        await window.click("li button")
        assert await window.shows("No app is connected to the memory of ada.")
        assert await bridge.status("GET", "/mcp/nowhere", headers=headers) == 401


async def test_a_person_connects_by_keyboard_alone_and_sees_where_the_focus_is(public: Served) -> None:
    port = free_port()
    async with public() as bridge, client_at(port) as answers, browser() as window:
        await window.open(request(bridge.url, port)[1])
        passed = []
        while "key" not in passed:
            await window.press("Tab")
            passed.append(await window.run("document.activeElement.name"))
            style = "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])"
            outline = await window.run(f"{style}(getComputedStyle(document.activeElement))")
            assert outline == ["solid", "3px"], passed
        assert passed == ["access", "key"]
        await window.type(ADA)
        await window.press("Enter")
        assert await window.shows("the client has the answer")
        assert "code" in answers[0], "Enter allows, since that button comes first"


async def test_a_person_cancels(public: Served) -> None:
    port = free_port()
    async with public() as bridge, client_at(port) as answers, browser() as window:
        await window.open(request(bridge.url, port)[1])
        await window.click("button[value=deny]")
        assert await window.shows("the client has the answer")
        assert answers[0]["error"] == "access_denied"


async def test_the_page_shows_in_no_frame(public: Served) -> None:
    port = free_port()
    async with public() as bridge, browser() as window:
        _, address = request(bridge.url, port)
        frame = f"<iframe src='{address.replace('&', '&amp;')}'></iframe>"
        async with client_at(port, frame):
            await window.open(f"http://127.0.0.1:{port}/callback")
            assert await window.frames() == ["chrome-error://chromewebdata/"]


async def test_a_client_that_cannot_be_connected_is_explained(public: Served) -> None:
    async with public() as bridge, browser() as window:
        await window.resize(*PHONE)
        await window.open(f"{bridge.url}/oauth/authorize?client_id=nobody&redirect_uri=https://evil.example/")
        assert await window.shows("This app cannot be connected")
        assert await window.shows("register it again")
        assert (await window.address()).startswith(bridge.url)


class AtABrowser(Kept):
    """A client of the SDK's whose user sits at this window."""

    def __init__(self, window: Browser, answers: list[dict[str, str]]) -> None:
        super().__init__()
        self.window = window
        self.answers = answers

    async def open(self, url: str) -> None:
        await self.window.open(url)
        await self.window.fill("#key", ADA)
        await self.window.click("button.main")
        assert await self.window.shows("the client has the answer")
        self.answer = AuthorizationCodeResult(**self.answers.pop())


@pytest.mark.parametrize("document", [CLAUDE_CODE, None], ids=["client document", "dynamic registration"])
async def test_the_sdks_client_signs_in_through_a_browser_and_calls_six_tools(
    public: Served, memory_service: MemoryService, document: str | None
) -> None:
    prepared(memory_service)
    port = free_port()
    async with public() as bridge, client_at(port) as answers, browser() as window:
        kept = AtABrowser(window, answers)
        callback = f"http://localhost:{port}/callback"
        async with connected(bridge, kept, document, callback=callback) as client:
            for name, arguments in ARGUMENTS.items():
                assert not (await client.call_tool(name, arguments)).is_error
