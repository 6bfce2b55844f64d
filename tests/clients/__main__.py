"""`make clients`: real MCP clients against the running product, each listing the six tools and calling all of them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.services import ServiceFailed, bridge, end_on_sigterm, free_port, memory_api, scratch_folder

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
INSTALLED = HERE / "node_modules" / ".bin"
# That of the machine where there is none to install.
NODE = str(INSTALLED / "node") if (INSTALLED / "node").exists() else "node"
MCP_REMOTE = str(INSTALLED / "mcp-remote")
PATIENCE = 120.0
KEY = "a-key-for-the-test-clients"
SETTINGS = {"EMBEDDING_PROVIDER": "hashing", "LOG_LEVEL": "warning"}

# How a client is told about a server, as in the configuration files of real ones.
Server = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One client on one way in. Where `refusal` is set, it must fail and say that."""

    name: str
    program: list[str]
    server: Server
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A running bridge and memory service, and the key that both want, if any."""

    bridge: str
    memory_api: str
    key: str | None = None

    @property
    def http(self) -> Server:
        return {"type": "http", "url": f"{self.bridge}/mcp", **self._headers}

    @property
    def sse(self) -> Server:
        return {"type": "sse", "url": f"{self.bridge}/mcp/sse", **self._headers}

    @property
    def stdio(self) -> Server:
        environment = {"AUTOMEM_API_URL": self.memory_api, "LOG_LEVEL": "error"}
        if self.key:
            environment["AUTOMEM_API_KEY"] = self.key
        return {"type": "stdio", "command": sys.executable, "args": ["-m", "bridge"], "env": environment}

    @property
    def in_memory(self) -> Server:
        return {"type": "memory", "url": self.memory_api}

    def through_mcp_remote(self, *options: str) -> Server:
        """mcp-remote is a proxy: some other client has to speak to it over stdio."""
        url = f"{self.bridge}/mcp/sse" if "sse-only" in options else f"{self.bridge}/mcp"
        header = ["--header", f"Authorization: Bearer {self.key}"] if self.key else []
        return {"type": "stdio", "command": NODE, "args": [MCP_REMOTE, url, *options, *header], "env": {}}

    @property
    def _headers(self) -> dict[str, dict[str, str]]:
        return {"headers": {"Authorization": f"Bearer {self.key}"}} if self.key else {}


def python(mode: str) -> list[str]:
    return [sys.executable, "-m", "tests.clients.python_sdk", mode]


def javascript(program: str, *arguments: str) -> list[str]:
    return [NODE, str(HERE / program), *arguments]


def runs_without_a_key(product: Product) -> Iterator[Run]:
    ways = {"http": product.http, "sse": product.sse, "stdio": product.stdio}
    for mode in ("auto", "legacy", "2026-07-28"):
        for way, server in {**ways, "in memory": product.in_memory}.items():
            yield Run(f"Python SDK, {mode}, {way}", python(mode), server)
    for way, server in ways.items():
        yield Run(f"TypeScript SDK v1, {way}", javascript("typescript_v1.mjs"), server)
        for mode in ("default", "auto"):
            yield Run(f"TypeScript SDK v2, {mode}, {way}", javascript("typescript_v2.mjs", mode), server)
        yield Run(f"Inspector CLI, {way}", javascript("inspector.mjs"), server)
    for options in ([], ["--protocol", "auto"], ["--transport", "sse-only"]):
        name = " ".join(["mcp-remote", *options])
        yield Run(name, javascript("typescript_v1.mjs"), product.through_mcp_remote(*options))


def runs_with_a_key(product: Product) -> Iterator[Run]:
    ways = {"http": product.http, "sse": product.sse, "stdio": product.stdio}
    for way, server in ways.items():
        yield Run(f"Python SDK, {way}, with a key", python("auto"), server)
        yield Run(f"TypeScript SDK v1, {way}, with a key", javascript("typescript_v1.mjs"), server)
        yield Run(f"TypeScript SDK v2, {way}, with a key", javascript("typescript_v2.mjs", "default"), server)
    yield Run("Inspector CLI, http, with a key", javascript("inspector.mjs"), product.http)
    yield Run("mcp-remote, with a key", javascript("typescript_v1.mjs"), product.through_mcp_remote())
    keyless = {**product.http, "headers": {}}
    yield Run(
        "TypeScript SDK v1, http, without its key", javascript("typescript_v1.mjs"), keyless, refusal="unknown API key"
    )


def runs_that_sign_in(product: Product) -> Iterator[Run]:
    server = {"url": f"{product.bridge}/mcp", "key": product.key}
    for way in ("document", "registration"):
        for version in ("v1", "v2"):
            yield Run(f"TypeScript SDK {version}, signing in by {way}", javascript(f"oauth_{version}.mjs", way), server)


@contextmanager
def products() -> Iterator[tuple[Product, Product]]:
    """The product without keys, and another one that wants a key or that its users sign in."""
    with running(None) as open_one, running(KEY) as locked_one:
        yield open_one, locked_one


@contextmanager
def running(key: str | None) -> Iterator[Product]:
    settings, port = dict(SETTINGS), free_port()
    with scratch_folder() as folder, scratch_folder() as own:
        if key:
            settings |= {"MEMORY_API_KEYS": f"clients:{key}", "MCP_API_KEYS": f"clients:{key}", "AUTOMEM_API_KEY": key}
            settings |= {"PUBLIC_URL": f"http://127.0.0.1:{port}", "BRIDGE_DATA_DIR": str(own)}
        with memory_api(folder, settings) as memory, bridge(memory.url, settings, port=port) as served:
            yield Product(served.url, memory.url, key)


def succeeds(run: Run, home: Path) -> bool:
    """Runs one client to its end and prints a line about it."""
    began = time.monotonic()
    status, output = ended(run, home)
    good = status == 0 if run.refusal is None else status != 0 and run.refusal in output
    print(f"{'ok    ' if good else 'FAILED'} {run.name} ({time.monotonic() - began:.1f} s)", flush=True)
    if not good:
        print("    " + "\n    ".join(output.strip().splitlines()[-15:]), flush=True)
    return good


def ended(run: Run, home: Path) -> tuple[int, str]:
    """Exit status and output of one client, or 124 where it had to be ended."""
    process = subprocess.Popen(
        [*run.program, json.dumps(run.server)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return 124, f"had not ended after {PATIENCE:.0f} s"
    finally:
        # With whatever it has started and left.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return process.returncode, output


def main() -> int:
    """Tries every client and returns the exit status: 0 if each did what it should."""
    end_on_sigterm()
    try:
        with products() as (open_one, locked_one), scratch_folder() as home, ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = [*runs_without_a_key(open_one), *runs_with_a_key(locked_one), *runs_that_sign_in(locked_one)]
            results = list(pool.map(lambda run: succeeds(run, home), runs))
    except ServiceFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{sum(results)} of {len(results)} clients did what they should")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
