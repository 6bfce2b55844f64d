"""The command: what it refuses in one line, and how it serves and stops."""

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from bridge.cli import main
from tests.bridge.processes import free_port, running
from tests.bridge.stand_in import MemoryService, text_of

KEY = "p4ss" * 8
# A process that only starts and ends again, on a machine that has much else to do.
PATIENCE = 30


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"memory-bridge {version('memory-bridge')}\n"


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["sreve"])
    assert caught.value.code == 2
    assert "sreve" in capsys.readouterr().err


def test_a_bad_setting_is_one_line_and_status_2() -> None:
    with running("serve", PORT="http") as process:
        out, err = process.communicate(timeout=PATIENCE)
        assert (out, err) == ("", "memory-bridge: PORT must be a whole number from 1 to 65535\n")
        assert process.returncode == 2


def test_serving_the_network_without_a_key_is_one_line_and_status_1() -> None:
    with running("serve", HOST="0.0.0.0", PORT=str(free_port())) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert out == ""
    assert err.startswith("memory-bridge: HOST=0.0.0.0 is reachable from other machines and no key is configured")
    assert err.count("\n") == 1


def test_a_taken_port_is_one_line_and_status_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running("serve", PORT=str(port), LOG_LEVEL="error") as process:
            _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert err == f"memory-bridge: port {port} is taken by another program; set PORT to a free port\n"


def test_a_new_key_is_printed_with_the_line_of_both_services(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", "ada"]) == 0
    out = capsys.readouterr().out
    key = out.splitlines()[0]
    assert len(key) == 43
    assert f"MCP_API_KEYS=ada:{key}\n" in out
    assert f"MEMORY_API_KEYS=ada:{key}\n" in out


def test_a_new_key_may_be_one_that_only_reads_and_is_never_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", "ada", "--read"]) == 0
    first = capsys.readouterr().out
    assert main(["keys", "new", "ada", "--read"]) == 0
    assert f"MCP_API_KEYS=ada:{first.splitlines()[0]}:read\n" in first
    assert first.splitlines()[0] not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["Ada", "", "../etc", "a" * 64])
def test_a_key_needs_a_name_that_can_be_that_of_a_file(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["keys", "new", name])
    assert caught.value.code == 2
    assert "a name is 1 to 63 of" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_stops_at_a_signal_quietly_with_streams_open(number: int) -> None:
    port = free_port()
    with running(
        "serve", PORT=str(port), LOG_LEVEL="info", LOG_FORMAT="json", HOST="::", AUTOMEM_API_TOKEN=KEY
    ) as process:
        stream = _opened_stream(process, port)
        process.send_signal(number)
        _, err = process.communicate(timeout=10)
        stream.close()
    assert process.returncode == 0
    events = [json.loads(line) for line in err.splitlines()]
    assert [(event["event"], event.get("path")) for event in events] == [("request", "/mcp/sse")]
    assert KEY not in err


def _opened_stream(process: "subprocess.Popen[str]", port: int) -> socket.socket:
    connection = _connected(process, port)
    connection.sendall(f"GET /mcp/sse?api_key={KEY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert connection.recv(64).startswith(b"HTTP/1.1 200")
    return connection


def _connected(process: "subprocess.Popen[str]", port: int) -> socket.socket:
    for _ in range(500):
        assert process.poll() is None, process.communicate()
        with suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        time.sleep(0.02)
    raise AssertionError("it does not listen")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_sdk_client_lists_and_calls_over_stdio_with_the_bridges_own_key(
    memory_service: MemoryService, mode: str
) -> None:
    memory_service.answers("GET /recall", {"results": []})
    environment = {"AUTOMEM_API_URL": memory_service.url, "AUTOMEM_API_KEY": "own", "PYTHONPATH": str(_root())}
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "bridge"], env=environment)
    async with Client(parameters, mode=mode) as client:
        assert len((await client.list_tools()).tools) == 6
        assert text_of(await client.call_tool("recall_memory", {"query": "x"})) == "No memories found."
    assert memory_service.requests("GET /recall")[0].headers["Authorization"] == "Bearer own"


def test_stdio_speaks_nothing_but_the_protocol_and_ends_with_its_input() -> None:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    with running(LOG_LEVEL="debug") as process:
        out, err = process.communicate(json.dumps(request) + "\n", timeout=PATIENCE)
    assert process.returncode == 0
    (line,) = out.splitlines()
    assert json.loads(line)["result"]["serverInfo"]["version"] == version("memory-bridge")
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stdio_ends_at_a_signal_although_its_input_is_open(number: int) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    with running() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(ping) + "\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(number)
        assert process.wait(2) == 0


def _root() -> Path:
    return Path(__file__).parents[2]
