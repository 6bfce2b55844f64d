"""GET /health, which says that the bridge lives, and GET /ready, which says whether the memory behind it works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse

from bridge.client import MemoryClient
from bridge.errors import UpstreamError

_SOON_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Report:
    """What the last probe found. `status` is starting, healthy or degraded."""

    status: str = "starting"
    upstream: str = "unknown"
    upstream_error: str | None = None
    checked_at: str | None = None


class Health:
    """Asks the memory service how it is, every `interval` seconds while it watches, and tells callers.

    Callers learn no more than whether it works: its counts are nobody's business who has not shown a key.
    """

    def __init__(self, client: MemoryClient, *, interval: float, version: str) -> None:
        self._client = client
        self._interval = interval
        self._version = version
        self._report = Report()
        self._probe: asyncio.Task[Report] | None = None

    @property
    def report(self) -> Report:
        """What the last probe found."""
        return self._report

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[None]:
        """Probes in the background; no probe outlives it."""
        task = asyncio.create_task(self._keep_probing())
        try:
            yield
        finally:
            for running in filter(None, (task, self._probe)):
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

    async def health(self, request: Request) -> JSONResponse:
        """Always 200, and never waits for the memory service."""
        body = {
            "status": self._report.status,
            "version": self._version,
            "transports": ["streamable-http", "sse"],
            "endpoints": {"streamableHttp": "/mcp", "sse": "/mcp/sse"},
        }
        return JSONResponse({**body, **_findings(self._report, request)})

    async def ready(self, request: Request) -> JSONResponse:
        """200 when the memory service is healthy now, else 503."""
        report = await self._checked()
        status = 200 if report.status == "healthy" else 503
        return JSONResponse({"status": report.status, **_findings(report, request)}, status)

    async def _keep_probing(self) -> None:
        while True:
            report = await self._checked()
            # A service that is starting, or coming back, is noticed at once rather than at the next round.
            await asyncio.sleep(self._interval if report.status == "healthy" else min(self._interval, _SOON_SECONDS))

    async def _checked(self) -> Report:
        # One probe at a time: whoever comes while it runs waits for the same answer.
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._ask())
        return await asyncio.shield(self._probe)

    async def _ask(self) -> Report:
        try:
            answer = await self._client.health()
        except UpstreamError as error:
            self._report = Report("degraded", "unreachable", str(error), _now())
        else:
            said = answer.get("status")
            doubt = None if said == "healthy" else f"The memory service says that it is {str(said)[:100]}."
            self._report = Report("degraded" if doubt else "healthy", "reachable", doubt, _now())
        return self._report


def _findings(report: Report, request: Request) -> dict[str, str | None]:
    return {
        "upstream": report.upstream,
        "upstream_error": report.upstream_error,
        "checked_at": report.checked_at,
        "timestamp": _now(),
        "request_id": getattr(request.state, "request_id", None),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
