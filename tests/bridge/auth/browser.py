"""A real browser without a window, told what to do over the Chrome DevTools Protocol."""

import asyncio
import json
import os
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from tests.programs import program

BROUGHT = Path(__file__).parents[2] / "browser" / "node_modules" / ".chromium"
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-port=0",
)
# Where Chromium writes the port and the path that it listens on, once it does.
_LISTENING = "DevToolsActivePort"
_PATIENCE = 30.0
_KEYS = {"Tab": 9, "Enter": 13}
_MIDDLE = """
(() => {
    const element = document.querySelector(%s);
    if (!element) return null;
    element.scrollIntoView({block: "center", behavior: "instant"});
    const {x, y, width, height} = element.getBoundingClientRect();
    const middle = {x: x + width / 2, y: y + height / 2};
    return element.contains(document.elementFromPoint(middle.x, middle.y)) ? middle : null;
})()
"""


class RefusedByBrowser(Exception):
    """The browser does not do what it was told."""


@dataclass
class Browser:
    """One window of it."""

    socket: aiohttp.ClientWebSocketResponse
    session: str = ""
    told: int = 0

    async def open(self, url: str) -> None:
        """Goes to this address, and waits for the page."""
        await self.tell("Page.navigate", url=url)
        await self._until("document.readyState === 'complete'")

    async def fill(self, selector: str, text: str) -> None:
        """Types into a field."""
        await self.click(selector)
        await self.type(text)

    async def type(self, text: str) -> None:
        """Types where the focus is."""
        await self.tell("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        """Presses a key and lets go."""
        code: dict[str, Any] = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
        text = {"text": "\r"} if key == "Enter" else {}
        await self.tell("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        await self.tell("Input.dispatchKeyEvent", type="keyUp", **code)

    async def click(self, selector: str) -> None:
        """Clicks where a person would: on what can be seen of it and is covered by nothing."""
        place = await self._until(_MIDDLE % json.dumps(selector))
        for event in ("mousePressed", "mouseReleased"):
            await self.tell("Input.dispatchMouseEvent", type=event, button="left", clickCount=1, **place)

    async def shows(self, words: str) -> bool:
        """Whether these words can be read on the page, or on the one that is still coming."""
        try:
            return bool(await self._until(f"document.body.innerText.includes({json.dumps(words)})"))
        except TimeoutError:
            return False

    async def address(self) -> str:
        """Where it is."""
        return str(await self.run("location.href"))

    async def frames(self) -> list[str]:
        """What the frames of the page show, by address; what was refused is a page of the browser's own."""
        tree = (await self.tell("Page.getFrameTree"))["frameTree"]
        return [frame["frame"]["url"] for frame in tree.get("childFrames", [])]

    async def run(self, script: str) -> Any:
        """What a script of ours finds out. Those of pages are not run."""
        answer = await self.tell("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RefusedByBrowser(answer["exceptionDetails"])
        return answer["result"].get("value")

    async def resize(self, width: int, height: int) -> None:
        """Makes the window as large as a screen."""
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self.tell("Emulation.setDeviceMetricsOverride", **screen)

    async def screenshot(self) -> bytes:
        """What it shows, as PNG."""
        return b64decode((await self.tell("Page.captureScreenshot", format="png"))["data"])

    async def tell(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What it answers to one command. Raises RefusedByBrowser."""
        self.told += 1
        message = {"id": self.told, "method": method, "params": parameters}
        await self.socket.send_json(message | ({"sessionId": self.session} if self.session else {}))
        while True:
            answer = await self.socket.receive_json(timeout=_PATIENCE)
            if answer.get("id") == self.told:
                if "error" in answer:
                    raise RefusedByBrowser(method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result

    async def _until(self, script: str) -> Any:
        """The first thing that this finds, while pages come and go. Raises TimeoutError."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    if found := await self.run(script):
                        return found
                except RefusedByBrowser:
                    pass
                await asyncio.sleep(0.02)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A fresh browser that runs no scripts of pages."""
    path = program("a browser (by npm)", BROUGHT / "chromium", "chromium", "chromium-browser", "google-chrome")
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            path,
            *_OPTIONS,
            f"--user-data-dir={profile}",
            env={**os.environ, **_surroundings(Path(profile))},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            address = await _listening(Path(profile))
            async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
                yield await _window(socket)
        finally:
            process.terminate()
            await process.wait()


def _surroundings(profile: Path) -> Mapping[str, str]:
    """The libraries that came with the browser, and its font, so that pages look the same everywhere."""
    home = {"HOME": str(profile)}
    if not BROUGHT.exists():
        return home
    fonts = profile / "fonts.conf"
    fonts.write_text(f"<fontconfig><dir>{BROUGHT}/fonts</dir><cachedir>{profile}/fonts</cachedir></fontconfig>")
    return {**home, "LD_LIBRARY_PATH": str(BROUGHT / "lib"), "FONTCONFIG_FILE": str(fonts)}


async def _listening(profile: Path) -> str:
    async with asyncio.timeout(_PATIENCE):
        while True:
            file = profile / _LISTENING
            port, _, path = (file.read_text() if file.exists() else "").partition("\n")
            if path:
                return f"ws://127.0.0.1:{port}{path}"
            await asyncio.sleep(0.02)


async def _window(socket: aiohttp.ClientWebSocketResponse) -> Browser:
    window = Browser(socket)
    target = await window.tell("Target.createTarget", url="about:blank")
    attached = await window.tell("Target.attachToTarget", targetId=target["targetId"], flatten=True)
    window.session = attached["sessionId"]
    await window.tell("Emulation.setScriptExecutionDisabled", value=True)
    return window
