"""Starts the services that are measured, each on a free loopback port, waits until they answer and stops them."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from urllib.parse import urlsplit

_ROOT = Path(__file__).resolve().parent.parent
_READY_SECONDS = 60.0
_POLL_SECONDS = 0.005
_STOP_SECONDS = 15.0
# Nothing else of the caller's environment reaches a service: its settings are those of the benchmark alone.
_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")


class ServiceFailed(Exception):
    """A service ended or did not answer; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service, and how long it took from its start to its first answer that says it is ready."""

    url: str
    process: subprocess.Popen[bytes]
    ready_seconds: float
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def complaints(self) -> Counter[str]:
        """How often it has logged each thing as a warning or worse, or not as a line of its log."""
        return Counter(filter(None, map(_complaint, self.log.read_text("utf-8", "replace").splitlines())))

    def kill(self) -> None:
        """Ends the process as a power cut would: SIGKILL, with no time to finish anything."""
        self.process.kill()
        self.process.wait(_STOP_SECONDS)


def end_on_sigterm() -> None:
    """Makes SIGTERM unwind this program, so that it stops the services it has started."""

    def end(_: int, __: FrameType | None) -> None:
        sys.exit(143)

    signal.signal(signal.SIGTERM, end)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with TemporaryDirectory(prefix="memory-bridge-benchmark-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def memory_api(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Service]:
    """The memory service on this data folder, open to the local user, with the settings it ships with."""
    port = str(free_port())
    environment = {"PORT": port, "MEMORY_API_DATA_DIR": str(folder.resolve()), **(settings or {})}
    with service(["-m", "memory_api"], environment, f"http://127.0.0.1:{port}", "/health") as running:
        yield running


@contextmanager
def bridge(
    upstream: str, settings: Mapping[str, str] | None = None, *, port: int | None = None, module: str = "bridge"
) -> Iterator[Service]:
    """The bridge before a memory service, open to the local user, with the settings it ships with."""
    port = port or free_port()
    environment = {
        "PORT": str(port),
        "AUTOMEM_API_URL": upstream,
        "MCP_SESSION_SECRET": "benchmark",
        **(settings or {}),
    }
    with service(["-m", module, "serve"], environment, f"http://127.0.0.1:{port}", "/ready") as running:
        yield running


@contextmanager
def python_service(module: str, settings: Mapping[str, str]) -> Iterator[Service]:
    """A module of this folder that serves on the port in PORT, ready as soon as it says healthy."""
    port = str(free_port())
    environment = {"PORT": port, **settings}
    with service(["-m", module], environment, f"http://127.0.0.1:{port}", "/health") as running:
        yield running


@contextmanager
def service(arguments: Sequence[str], environment: Mapping[str, str], url: str, ready: str) -> Iterator[Service]:
    """A Python process that answers 200 to GET `url + ready` once it is ready. Raises ServiceFailed."""
    with scratch_folder() as folder, (folder / "log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=_ROOT,
            env={**_inherited(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_until_ready(process, url, ready, began + _READY_SECONDS, folder / "log")
            yield Service(url, process, time.perf_counter() - began, folder / "log")
        finally:
            _stop(process)


def free_port() -> int:
    """A port on the loopback interface that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, ready: str, deadline: float, log: Path) -> None:
    while not _answers(url, ready):
        if process.poll() is not None:
            raise ServiceFailed(f"{process.args!r} ended with {process.returncode}:\n{_end_of(log)}")
        if time.perf_counter() > deadline:
            raise ServiceFailed(f"{process.args!r} is not ready after {_READY_SECONDS:.0f} s:\n{_end_of(log)}")
        time.sleep(_POLL_SECONDS)


def _answers(url: str, path: str) -> bool:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _complaint(line: str) -> str:
    try:
        said = json.loads(line)
    except ValueError:
        return line.strip()
    if said["level"] in ("debug", "info"):
        return ""
    return ": ".join([said["level"], said["event"], *said.get("exception", "").splitlines()[-1:]])


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-15:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
        return
    process.kill()
    process.wait()
