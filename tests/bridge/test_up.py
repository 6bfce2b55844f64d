"""`memory-bridge up`: both services start together, stop together, and leave nothing behind."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bridge.sockets import listen
from tests.bridge.processes import free_port, running, with_memory_api


@pytest.fixture
def ports() -> dict[str, str]:
    """Settings that give both services free ports."""
    return {"BRIDGE_PORT": str(free_port()), "MEMORY_API_PORT": str(free_port())}


def welcome(process: "subprocess.Popen[str]") -> str:
    """What it prints until it is ready."""
    assert process.stdout is not None
    return "".join(_until_ready(iter(process.stdout)))


def _until_ready(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if line.startswith("Ctrl-C"):
            return


def child_of(process: "subprocess.Popen[str]") -> psutil.Process:
    (child,) = psutil.Process(process.pid).children()
    return child


def ended(process: psutil.Process) -> bool:
    for _ in range(250):
        # Whoever adopts it may leave it a zombie.
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_how_to_connect_and_stops_at_a_signal(tmp_path: Path, ports: dict[str, str], number: int) -> None:
    with running("up", folder=with_memory_api(tmp_path), MEMORY_API_DATA_DIR="/data/here", **ports) as process:
        text = welcome(process)
        url = f"http://127.0.0.1:{ports['BRIDGE_PORT']}/mcp"
        assert f"claude mcp add --transport http memory {url}\n" in text
        clients = next(line.partition("{")[2] for line in text.splitlines() if "mcpServers" in line)
        assert json.loads("{" + clients)["mcpServers"]["memory"]["url"] == url
        assert "/data/here" in text
        with urllib.request.urlopen(url.replace("/mcp", "/ready"), timeout=5) as answer:
            assert answer.status == 200
        child = child_of(process)
        process.send_signal(number)
        assert process.wait(10) == 0
        assert not child.is_running()
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_a_token_is_named_in_what_it_prints_but_not_shown(tmp_path: Path, ports: dict[str, str]) -> None:
    with running("up", folder=with_memory_api(tmp_path), AUTOMEM_API_TOKEN="p4ss", **ports) as process:
        text = welcome(process)
    assert '--header "Authorization: Bearer $AUTOMEM_API_TOKEN"' in text
    assert "p4ss" not in text


def test_callers_keys_are_made_known_to_the_memory_service(tmp_path: Path, ports: dict[str, str]) -> None:
    with running("up", folder=with_memory_api(tmp_path), MCP_API_KEYS="ada:a1,bob:b1", **ports) as process:
        welcome(process)
        health = f"http://127.0.0.1:{ports['MEMORY_API_PORT']}/health"
        with urllib.request.urlopen(health, timeout=5) as answer:
            assert json.load(answer)["keys"] == "ada:a1,bob:b1"


def test_the_keys_of_the_memory_service_let_callers_in_where_the_bridge_has_none(
    tmp_path: Path, ports: dict[str, str]
) -> None:
    with running("up", folder=with_memory_api(tmp_path), MEMORY_API_KEYS="ada:a1", **ports) as process:
        assert "Authorization" in welcome(process)
        url = f"http://127.0.0.1:{ports['BRIDGE_PORT']}/mcp"
        answers = {}
        for key in ("a1", "wrong"):
            request = urllib.request.Request(url, b"{}", {"X-API-Key": key, "Content-Type": "application/json"})
            with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request, timeout=5):
                pass
            answers[key] = caught.value.code
            caught.value.close()
        assert answers["wrong"] == 401
        assert answers["a1"] in (400, 406)


def test_the_child_ends_although_the_parent_was_killed(tmp_path: Path, ports: dict[str, str]) -> None:
    with running("up", folder=with_memory_api(tmp_path), **ports) as process:
        welcome(process)
        child = child_of(process)
        process.kill()
        process.wait(10)
        assert ended(child)


def test_the_death_of_the_memory_service_ends_it_with_one_line(tmp_path: Path, ports: dict[str, str]) -> None:
    with running("up", folder=with_memory_api(tmp_path), LOG_LEVEL="error", **ports) as process:
        welcome(process)
        os.kill(child_of(process).pid, signal.SIGKILL)
        assert process.wait(10) == 1
        assert process.stderr is not None
        assert process.stderr.read() == "memory-bridge: the memory service ended by itself with status -9\n"


def test_what_keeps_the_memory_service_from_starting_reaches_the_user(tmp_path: Path, ports: dict[str, str]) -> None:
    with running("up", folder=with_memory_api(tmp_path), REFUSE="1", LOG_LEVEL="error", **ports) as process:
        assert process.wait(20) == 1
        assert process.stderr is not None
        assert process.stderr.read().splitlines() == [
            "memory_api: the data folder belongs to another process",
            "memory-bridge: the memory service ended by itself with status 1",
        ]


@pytest.mark.parametrize("name", ["BRIDGE_PORT", "MEMORY_API_PORT"])
def test_a_taken_port_is_one_line_that_names_the_setting(tmp_path: Path, ports: dict[str, str], name: str) -> None:
    with listen("127.0.0.1", 0, name) as taken:
        ports[name] = str(taken.getsockname()[1])
        with running("up", folder=with_memory_api(tmp_path), **ports) as process:
            assert process.wait(10) == 1
            assert process.stderr is not None
            assert process.stderr.read() == (
                f"memory-bridge: port {ports[name]} is taken by another program; set {name} to a free port\n"
            )
