"""What the process counts about itself, in a registry of its own: requests, embeddings, tenants."""

from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.samples import Sample

from memory_api.tenants import Usage

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SERVER_ERROR = 500


class Metrics:
    """No label holds anything that a caller has written."""

    def __init__(self, version: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "memory_api_requests_total",
            "Requests by method, route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._latency = Histogram(
            "memory_api_request_seconds",
            "Time from the head of a request to its answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._embedding = Histogram(
            "memory_api_embedding_seconds",
            "Time to embed one text, its wait included.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._bytes = self._gauge("memory_api_database_bytes", "Size of a tenant's files.", "tenant")
        self._memories = self._gauge("memory_api_memories", "Memories of a tenant that is open.", "tenant")
        self._waiting = self._gauge("memory_api_queue_depth", "Writes and reads of a tenant that wait.", "tenant")
        self._open = self._gauge("memory_api_open_tenants", "Tenants whose files are open.")
        self._gauge("memory_api_info", "The version.", "version").labels(version).set(1)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one request. `method` and `route` are of closed sets."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(method, route).observe(seconds)

    def embedded(self, seconds: float) -> None:
        """Counts one text that was embedded."""
        self._embedding.observe(seconds)

    def exposition(self, usages: Sequence[Usage]) -> bytes:
        """Everything in Prometheus' text format."""
        for gauge in (self._bytes, self._memories, self._waiting):
            gauge.clear()
        for usage in usages:
            self._bytes.labels(usage.tenant).set(usage.bytes)
            if usage.memories is not None:
                self._memories.labels(usage.tenant).set(usage.memories)
                self._waiting.labels(usage.tenant).set(usage.waiting)
        self._open.set(sum(usage.memories is not None for usage in usages))
        return generate_latest(self._registry)

    def request_statistics(self) -> list[dict[str, Any]]:
        """For each route: its requests, how many of them failed on this side, and how long they took on average."""
        statuses: dict[tuple[str, ...], dict[str, int]] = {}
        for sample in _samples(self._requests, "_total"):
            method, route, status = sample.labels.values()
            statuses.setdefault((method, route), {})[status] = int(sample.value)
        return [
            {
                "method": method,
                "route": route,
                "requests": sum(counts.values()),
                "errors": sum(count for status, count in counts.items() if int(status) >= _SERVER_ERROR),
                "statuses": counts,
                "mean_ms": _mean_ms(self._latency, {"method": method, "route": route}),
            }
            for (method, route), counts in sorted(statuses.items())
        ]

    def embedding_statistics(self) -> dict[str, Any]:
        """How many texts were embedded, and how long one took on average."""
        texts = sum(int(sample.value) for sample in _samples(self._embedding, "_count"))
        return {"texts": texts, "mean_ms": _mean_ms(self._embedding, {})}


def _samples(metric: Counter | Histogram, suffix: str) -> list[Sample]:
    return [sample for family in metric.collect() for sample in family.samples if sample.name.endswith(suffix)]


def _mean_ms(histogram: Histogram, labels: dict[str, str]) -> float | None:
    count, seconds = (
        sum(sample.value for sample in _samples(histogram, suffix) if sample.labels == labels)
        for suffix in ("_count", "_sum")
    )
    return round(seconds / count * 1000, 3) if count else None
