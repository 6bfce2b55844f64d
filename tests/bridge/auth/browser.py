"""A real browser without a window, told what to do through its driver (W3C WebDriver)."""

import asyncio
import shutil
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.bridge.processes import free_port

DRIVER, BROWSER = shutil.which("chromedriver"), shutil.which("chromium")
IS_THERE = DRIVER is not None and BROWSER is not None
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_PATIENCE = 30.0


@dataclass
class Browser:
    """One window of it."""

    http: aiohttp.ClientSession
    session: str

    async def open(self, url: str) -> None:
        """Goes to this address."""
        await self._tell("POST", "url", {"url": url})

    async def fill(self, selector: str, text: str) -> None:
        """Types into a field."""
        await self._tell("POST", f"element/{await self._find(selector)}/value", {"text": text})

    async def click(self, selector: str) -> None:
        """Clicks, and waits for where that leads."""
        await self._tell("POST", f"element/{await self._find(selector)}/click", {})

    async def shows(self, words: str) -> bool:
        """Whether these words can be read on the page, or on the one that is still coming."""
        for _ in range(200):
            if words in str(await self.run("document.body ? document.body.innerText : ''")):
                return True
            await asyncio.sleep(0.05)
        return False

    async def address(self) -> str:
        """Where it is."""
        address: str = await self._tell("GET", "url")
        return address

    async def enter(self, selector: str) -> None:
        """Looks into a frame from here on."""
        await self._tell("POST", "frame", {"id": {_ELEMENT: await self._find(selector)}})

    async def run(self, script: str) -> Any:
        """What a script of ours finds out."""
        return await self._tell("POST", "execute/sync", {"script": f"return {script}", "args": []})

    async def resize(self, width: int, height: int) -> None:
        """Makes the window as large as a screen."""
        await self._tell(
            "POST", "goog/cdp/execute", {"cmd": "Emulation.setDeviceMetricsOverride", "params": _screen(width, height)}
        )

    async def screenshot(self) -> bytes:
        """What it shows, as PNG."""
        return b64decode(await self._tell("GET", "screenshot"))

    async def _find(self, selector: str) -> str:
        found = await self._tell("POST", "element", {"using": "css selector", "value": selector})
        return str(found[_ELEMENT])

    async def _tell(self, method: str, command: str, content: Any = None) -> Any:
        async with self.http.request(method, f"/session/{self.session}/{command}", json=content) as response:
            answer = (await response.json())["value"]
            assert response.status == 200, answer
            return answer


def _screen(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A fresh browser that runs no scripts of pages."""
    assert DRIVER is not None
    port = free_port()
    driver = await asyncio.create_subprocess_exec(
        DRIVER, f"--port={port}", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    options = {
        "binary": BROWSER,
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"],
        "prefs": {"profile.managed_default_content_settings.javascript": 2},
    }
    wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
    patience = aiohttp.ClientTimeout(total=_PATIENCE)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", timeout=patience) as http:
            await _ready(http)
            async with http.post("/session", json=wanted) as response:
                session = (await response.json())["value"]["sessionId"]
            try:
                yield Browser(http, session)
            finally:
                async with http.delete(f"/session/{session}"):
                    pass
    finally:
        driver.terminate()
        await driver.wait()


async def _ready(http: aiohttp.ClientSession) -> None:
    for _ in range(500):
        try:
            async with http.get("/status"):
                return
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.02)
    raise AssertionError("the driver did not start")
