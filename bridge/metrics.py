"""What the operator can count: calls, requests, refusals, and what is open, waiting and behind it."""

from collections.abc import Callable, Mapping
from functools import cache

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""Of what `exposition` gives."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "POST", "DELETE", "OPTIONS", "HEAD"})
_OTHER = "other"


class Metrics:
    """One registry for one service. Labels are names of ours, so that no caller can make them many."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Histogram(
            "memory_bridge_tool_call_seconds",
            "Tool calls, by how they ended: ok, or the name of the error.",
            ("tool", "outcome"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._requests = Histogram(
            "memory_bridge_request_seconds",
            "HTTP requests, to the end of the answer. What a GET of an event stream takes is how long it was open.",
            ("method", "path", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._refused = Counter(
            "memory_bridge_refused", "Requests that were not let in, by the rule.", ("rule",), registry=self._registry
        )
        # Looked up once: every lookup checks the labels anew.
        self._call, self._request = cache(self._calls.labels), cache(self._requests.labels)
        ProcessCollector(registry=self._registry)

    def call_ended(self, tool: str, outcome: str, seconds: float) -> None:
        """A tool was called."""
        self._call(tool, outcome).observe(seconds)

    def request_ended(self, method: str, path: str, status: int, seconds: float, refused: str | None) -> None:
        """A request was answered, or `refused` by a rule; `path` is one that is served, or stands for all others."""
        method = method if method in _METHODS else _OTHER
        self._request(method, path, str(status)).observe(seconds)
        if refused:
            self._refused.labels(refused).inc()

    def watch(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Adds a gauge that is read whenever it is asked for."""
        Gauge(f"memory_bridge_{name}", meaning, registry=self._registry).set_function(value)

    def exposition(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        return generate_latest(self._registry)

    def calls(self) -> dict[str, dict[str, int]]:
        """How many calls each tool had, by outcome."""
        counts: dict[str, dict[str, int]] = {}
        for labels, count in _counts(self._calls):
            counts.setdefault(labels["tool"], {})[labels["outcome"]] = count
        return counts

    def requests(self) -> dict[str, int]:
        """How many requests were answered with each status."""
        totals: dict[str, int] = {}
        for labels, count in _counts(self._requests):
            totals[labels["status"]] = totals.get(labels["status"], 0) + count
        return totals

    def refusals(self) -> dict[str, int]:
        """How many requests each rule has kept out."""
        samples = (sample for metric in self._refused.collect() for sample in metric.samples)
        return {each.labels["rule"]: int(each.value) for each in samples if each.name.endswith("_total")}


def _counts(histogram: Histogram) -> list[tuple[Mapping[str, str], int]]:
    samples = (sample for metric in histogram.collect() for sample in metric.samples)
    return [(each.labels, int(each.value)) for each in samples if each.name.endswith("_count")]
