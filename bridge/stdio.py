"""Serves one MCP client at stdin and stdout, over the memory service that is configured or that of this machine."""

import asyncio
import os
import select
import signal
import time
from threading import Thread

from bridge.app import VERSION, open_upstream
from bridge.client import MemoryClient
from bridge.local_memory import LocalMemory
from bridge.mcp.server import build_server
from bridge.mcp.transports import serve_stdio
from bridge.settings import Settings, environment_with

_LOOK_EVERY_SECONDS = 0.5
_LAST_WORDS_SECONDS = 1.0
_HALF_CLOSED: int = getattr(select, "POLLRDHUP", 0)


def serve(settings: Settings) -> None:
    """Serves until the client closes stdin or stdout or is gone, or until a signal. Does not return."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            # A blocked read of stdin cannot be interrupted, and there is nothing to save.
            signal.signal(getattr(signal, name), lambda *_: os._exit(0))
    if hasattr(select, "poll"):
        # The SDK moves the wire to descriptors of its own while it serves, so these are taken before.
        Thread(target=_end_with_the_client, args=(os.dup(0), os.dup(1), os.getppid()), daemon=True).start()
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    locator = None
    if settings.automem_api_url is None and settings.automem_endpoint is None:
        locator = LocalMemory(settings.memory_folder, environment_with({}))
    async with open_upstream(settings, locator) as upstream:
        client = MemoryClient(upstream, settings.upstream_key)
        await serve_stdio(build_server(client, own_key=settings.upstream_key, version=VERSION))
        # What still runs, such as the start of a memory service, is nobody's any more.
        os._exit(0)


def _end_with_the_client(stdin: int, stdout: int, parent: int) -> None:
    """Ends the process when nobody is left to serve. A thread, because a blocked write would hold up the event loop."""
    ends = select.poll()
    ends.register(stdout, 0)
    ends.register(stdin, _HALF_CLOSED)
    while os.getppid() == parent:
        closed = {descriptor for descriptor, _ in ends.poll(_LOOK_EVERY_SECONDS * 1_000)}
        if stdout in closed:
            break
        if stdin in closed:
            # What was read is answered, unless the answers are not taken.
            time.sleep(_LAST_WORDS_SECONDS)
            break
    os._exit(0)
