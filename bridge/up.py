"""Runs both services on this machine: memory_api as a child process, the bridge in this one."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

import uvicorn

from bridge.errors import StartupError
from bridge.local_memory import answers, make_room
from bridge.serve import http_server
from bridge.settings import NamedKey, Settings, environment_with
from bridge.sockets import listen

_LOOPBACK = "127.0.0.1"
_READY_WITHIN_SECONDS = 120.0
_STOP_WITHIN_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.05


def up(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM and leaves no process. Raises StartupError when either service cannot run."""
    listen(_LOOPBACK, settings.memory_api_port, "MEMORY_API_PORT").close()
    make_room(settings.memory_folder)
    with listen(_LOOPBACK, settings.bridge_port, "BRIDGE_PORT") as listener, _memory_api(settings) as child:
        settings = _settings_of_bridge(settings)
        server = http_server(settings)
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(_run(server, listener, child, settings))


@contextmanager
def _memory_api(settings: Settings) -> Iterator["subprocess.Popen[bytes]"]:
    # The pipe at its stdin closes when this process dies, however it dies; that tells the child to end.
    # A session of its own keeps Ctrl-C from it: it is stopped after the bridge, not beside it.
    child = subprocess.Popen(
        [sys.executable, "-m", "memory_api"],
        stdin=subprocess.PIPE,
        env=environment_with(_settings_of_memory_api(settings)),
        start_new_session=True,
    )
    try:
        yield child
    finally:
        _stop(child)


def _settings_of_memory_api(settings: Settings) -> dict[str, str]:
    changes = {"HOST": _LOOPBACK, "PORT": str(settings.memory_api_port), "MEMORY_API_EXIT_ON_EOF": "1"}
    # Callers' keys go through to the memory service, which has to know them too.
    if settings.mcp_api_keys and not settings.memory_api_keys:
        changes["MEMORY_API_KEYS"] = ",".join(map(_written, settings.mcp_api_keys))
    return changes


def _written(named: NamedKey) -> str:
    return f"{named.name}:{named.key.get_secret_value()}{'' if named.may_write else ':read'}"


def _settings_of_bridge(settings: Settings) -> Settings:
    url = f"http://{_LOOPBACK}:{settings.memory_api_port}"
    # One list of keys is enough on one machine, whichever of the two it is.
    keys = settings.mcp_api_keys or settings.memory_service_keys
    changes = {"host": _LOOPBACK, "port": settings.bridge_port, "automem_api_url": url, "mcp_api_keys": keys}
    return settings.model_copy(update=changes)


def _stop(child: "subprocess.Popen[bytes]") -> None:
    if child.stdin:
        child.stdin.close()
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(_STOP_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


async def _run(server: uvicorn.Server, listener: socket, child: "subprocess.Popen[bytes]", settings: Settings) -> None:
    watching = asyncio.create_task(_watch(server, child, settings))
    try:
        await server.serve(sockets=[listener])
    finally:
        watching.cancel()
    if watching.done():
        raise StartupError(watching.result())


async def _watch(server: uvicorn.Server, child: "subprocess.Popen[bytes]", settings: Settings) -> str:
    """Says when both are ready; when one cannot go on, stops the server and returns why."""
    clock = asyncio.get_running_loop().time
    deadline, announced = clock() + _READY_WITHIN_SECONDS, False
    memory_api = f"http://{_LOOPBACK}:{settings.memory_api_port}"
    while child.poll() is None and (announced or clock() < deadline):
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        if not announced and server.started and await asyncio.to_thread(answers, memory_api):
            announced = True
            sys.stdout.write(_welcome(settings))
            sys.stdout.flush()
    server.should_exit = True
    if child.returncode is None:
        return f"the memory service was not ready within {_READY_WITHIN_SECONDS:g} seconds"
    return f"the memory service ended by itself with status {child.returncode}"


def _welcome(settings: Settings) -> str:
    url = f"http://{_LOOPBACK}:{settings.bridge_port}/mcp"
    entry: dict[str, object] = {"type": "http", "url": url}
    header = ""
    if settings.caller_keys:
        named = settings.automem_api_token is not None
        entry["headers"] = {"Authorization": f"Bearer {'${AUTOMEM_API_TOKEN}' if named else '<your key>'}"}
        header = f' --header "Authorization: Bearer {"$AUTOMEM_API_TOKEN" if named else "<your key>"}"'
    return (
        f"\nMemory Bridge is ready.\n\n"
        f"  MCP endpoint    {url}\n"
        f"  Claude Code     claude mcp add --transport http memory {url}{header}\n"
        f"  Other clients   {json.dumps({'mcpServers': {'memory': entry}})}\n"
        f"  Memories        {settings.memory_folder}\n\n"
        f"Ctrl-C stops it.\n"
    )
