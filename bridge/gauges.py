"""The present state of the service, as gauges for Prometheus and as one object for people."""

from bridge.health import Health
from bridge.mcp.legacy import LegacySSE
from bridge.mcp.streams import EventStreams
from bridge.mcp.transports import StreamableHTTP
from bridge.metrics import Metrics
from bridge.turns import Turns


class Gauges:
    """Reads what the parts of one service say about themselves."""

    def __init__(
        self, streamable: StreamableHTTP, legacy: LegacySSE, streams: EventStreams, turns: Turns, health: Health
    ) -> None:
        self._streamable = streamable
        self._legacy = legacy
        self._streams = streams
        self._turns = turns
        self._health = health

    def add_to(self, metrics: Metrics) -> None:
        """Has them read at every scrape."""
        metrics.watch("sessions", "Sessions of streamable HTTP.", lambda: self._streamable.session_count)
        metrics.watch("sse_streams", "Open streams of HTTP+SSE.", lambda: self._legacy.stream_count)
        metrics.watch("mcp_requests", "MCP requests under way, open streams among them.", lambda: self._streams.open)
        metrics.watch("held_event_bytes", "What is held for resumption.", lambda: self._streamable.held_bytes)
        metrics.watch("running_requests", "Requests that hold a turn.", lambda: self._turns.running)
        metrics.watch("waiting_requests", "Requests that wait for a turn.", lambda: self._turns.waiting)
        metrics.watch("upstream_up", "1 while the memory service is healthy.", self._upstream_up)

    def state(self) -> dict[str, object]:
        """The same for /admin/stats."""
        report = self._health.report
        return {
            "upstream": {"status": report.status, "error": report.upstream_error, "checked_at": report.checked_at},
            "sessions": {"streamable-http": self._streamable.session_count, "sse": self._legacy.stream_count},
            "mcp_requests": self._streams.open,
            "held_event_bytes": self._streamable.held_bytes,
            "turns": {"running": self._turns.running, "waiting": self._turns.waiting},
        }

    def _upstream_up(self) -> float:
        return float(self._health.report.status == "healthy")
