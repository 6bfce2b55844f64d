"""The whole product as its owner starts it, and every way into it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client

from tests.bridge.processes import free_port

Connect = Callable[..., AbstractAsyncContextManager[Client]]


@dataclass(frozen=True)
class Running:
    """The product, started by `memory-bridge up`."""

    process: subprocess.Popen[str]
    bridge: str
    memory_api: str
    printed: str


@contextmanager
def started(folder: Path, **environment: str) -> Iterator[Running]:
    """The product on free ports, with this data folder and settings by name, until a SIGTERM ends it."""
    bridge, memory_api = free_port(), free_port()
    settings = {
        "BRIDGE_PORT": str(bridge),
        "MEMORY_API_PORT": str(memory_api),
        "MEMORY_API_DATA_DIR": str(folder),
        "LOG_LEVEL": "warning",
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "up"],
        env={"PATH": os.environ["PATH"], **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    printed = ""
    while "Ctrl-C" not in printed:
        line = process.stdout.readline()
        assert line, f"the product did not start: {printed}"
        printed += line
    yield Running(process, f"http://127.0.0.1:{bridge}", f"http://127.0.0.1:{memory_api}", printed)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()


def ways_in(product: Running) -> dict[str, Connect]:
    """Every transport, in every mode of the SDK's client that it serves."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "bridge"], env={"AUTOMEM_API_URL": product.memory_api, "LOG_LEVEL": "error"}
    )
    return {
        "http": lambda: Client(f"{product.bridge}/mcp"),
        "http, handshake era": lambda: Client(f"{product.bridge}/mcp", mode="legacy"),
        "sse": lambda: Client(sse_client(f"{product.bridge}/mcp/sse"), mode="legacy"),
        "stdio": lambda: Client(stdio_client(command)),
        "stdio, handshake era": lambda: Client(stdio_client(command), mode="legacy"),
    }
