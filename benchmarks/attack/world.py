"""The services under attack, the honest people who use them, and a port that nothing may be made to call."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.attack.asked import SKILL
from benchmarks.attack.attacker import Plan
from benchmarks.attack.honest import Client, at_the_bridge, at_the_memory
from benchmarks.attack.shots import BRIDGE, MEMORY_API
from benchmarks.services import Service, bridge, free_port, memory_api, scratch_folder

HONEST = ("ada", "bob")
HOSTILE = "eve"
_HOSTILE_KEYS = 8
_HONEST_TEXT = "noted honestly"
# Nothing but what a run is told by its seed: the same keys every time.
_KEYS = {name: f"{name}-0123456789-abcdefghijklmnopqrstuvwx-key" for name in HONEST}
_EVES = [f"{HOSTILE}-{number}-0123456789-abcdefghijklmnopqrst-key" for number in range(_HOSTILE_KEYS)]
_TOKEN = "operator-0123456789-abcdefghijklmnopqrst-token"
_SECRET = "sealing-0123456789-abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class World:
    """What runs, and who calls."""

    bridge: Service
    memory: Service
    http: aiohttp.ClientSession
    clients: list[Client]
    pace: float
    canary: "Canary"
    folder: Path
    only: str = ""

    def services(self) -> dict[str, Service]:
        """By name."""
        return {BRIDGE: self.bridge, MEMORY_API: self.memory}

    def plan(self, group: str, shots: int, rate: float, seed: int, *, slow: bool = True) -> Plan:
        """So many shots of a group of kinds."""
        ports = {name: int(service.url.rpartition(":")[2]) for name, service in self.services().items()}
        keys = _EVES if group == "tenant" else []
        return Plan(
            group, shots, rate, seed, ports, keys, _KEYS["ada"], self.canary.port, self.secrets(), slow, self.only
        )

    def secrets(self) -> list[str]:
        """What no answer and no log may hold."""
        root = str(Path(__file__).resolve().parents[2])
        return [*_KEYS.values(), *_EVES, _TOKEN, _SECRET, root, sys.prefix, str(self.folder), _HONEST_TEXT]

    async def stats(self, service: str) -> dict[str, Any]:
        """What the operator is shown by /admin/stats."""
        url = f"{self.services()[service].url}/admin/stats"
        async with self.http.get(url, headers={"X-Admin-Token": _TOKEN}, raise_for_status=True) as response:
            found: dict[str, Any] = await response.json()
            return found


@dataclass(slots=True)
class Canary:
    """A port of this machine that nothing may be made to call."""

    port: int
    calls: int = 0

    @classmethod
    @asynccontextmanager
    async def listening(cls) -> AsyncIterator["Canary"]:
        """Counts connections meanwhile."""
        canary = cls(0)

        async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            canary.calls += 1
            writer.close()

        server = await asyncio.start_server(count, "127.0.0.1", 0, family=socket.AF_INET)
        async with server:
            canary.port = server.sockets[0].getsockname()[1]
            yield canary


@contextmanager
def services() -> Iterator[tuple[Service, Service, Path]]:
    """The bridge before its memory service, for three names with keys, with sign-in, Alexa and the operator's pages."""
    named = [f"{name}:{key}" for name, key in _KEYS.items()] + [f"{HOSTILE}:{key}" for key in _EVES]
    keys = ",".join(named)
    port = free_port()
    with scratch_folder() as folder:
        of_memory = {"MEMORY_API_KEYS": keys, "ADMIN_API_TOKEN": _TOKEN, "LOG_FORMAT": "json"}
        of_bridge = {
            "MCP_API_KEYS": keys,
            "ADMIN_API_TOKEN": _TOKEN,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "OAUTH_SECRET": _SECRET,
            "BRIDGE_DATA_DIR": str(folder / "bridge"),
            "ALEXA_SKILL_ID": SKILL,
            "ALEXA_TENANT": HONEST[0],
            "LOG_FORMAT": "json",
        }
        with memory_api(folder / "memories", of_memory) as memory, bridge(memory.url, of_bridge, port=port) as front:
            yield front, memory, folder


@asynccontextmanager
async def world(front: Service, memory: Service, folder: Path, pace: float, only: str) -> AsyncIterator[World]:
    """Two honest people, each at the bridge and at the memory service."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as plain, Canary.listening() as canary:
        clients = []
        async with AsyncExitStack() as stack:
            for name in HONEST:
                headers = {"Authorization": f"Bearer {_KEYS[name]}"}
                http = await stack.enter_async_context(aiohttp.ClientSession(headers=headers, timeout=timeout))
                clients += [await at_the_bridge(http, front.url, name), at_the_memory(http, memory.url, name)]
            yield World(front, memory, plain, clients, pace, canary, folder, only)
