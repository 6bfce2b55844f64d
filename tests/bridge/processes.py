"""Runs the command `memory-bridge` as a process of its own, and stands in for memory_api beside it."""

import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# A memory service that answers nothing but GET /health and ends when its stdin does.
MEMORY_API = """
import os, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if os.environ.get("REFUSE"):
    sys.exit("memory_api: the data folder belongs to another process")

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("{\\"status\\": \\"healthy\\", \\"keys\\": \\"%s\\"}" % os.environ.get("MEMORY_API_KEYS", "")).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Health)
threading.Thread(target=server.serve_forever, daemon=True).start()
assert os.environ["MEMORY_API_EXIT_ON_EOF"] == "1"
sys.stdin.read()
"""


def free_port() -> int:
    """A port that nobody listened on a moment ago, and that no outgoing connection is given before it is used."""
    while True:
        port = random.randint(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def with_memory_api(folder: Path) -> Path:
    """Puts the stand-in where `python -m memory_api` finds it first, when started in this folder."""
    package = folder / "memory_api"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(MEMORY_API)
    return folder


@contextmanager
def running(*arguments: str, folder: Path | None = None, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """The command with these arguments; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "bridge", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)
