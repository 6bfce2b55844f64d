"""What is counted, and that no caller can make it much."""

from bridge.metrics import Metrics


def test_calls_are_counted_by_tool_and_outcome_with_their_times() -> None:
    metrics = Metrics()
    metrics.call_ended("recall_memory", "ok", 0.02)
    metrics.call_ended("recall_memory", "ok", 0.2)
    metrics.call_ended("store_memory", "UpstreamTimeout", 15)
    assert metrics.calls() == {"recall_memory": {"ok": 2}, "store_memory": {"UpstreamTimeout": 1}}
    text = metrics.exposition().decode()
    assert 'memory_bridge_tool_call_seconds_bucket{le="0.025",outcome="ok",tool="recall_memory"} 1.0' in text
    assert 'memory_bridge_tool_call_seconds_count{outcome="UpstreamTimeout",tool="store_memory"} 1.0' in text


def test_requests_and_refusals_are_counted_under_names_of_ours() -> None:
    metrics = Metrics()
    metrics.request_ended("POST", "/mcp", 200, 0.1, None)
    for number in range(50):
        metrics.request_ended(f"M{number}", "other", 401, 0.1, "key")
    assert metrics.requests() == {"200": 1, "401": 50}
    assert metrics.refusals() == {"key": 50}
    text = metrics.exposition().decode()
    assert 'memory_bridge_request_seconds_count{method="other",path="other",status="401"} 50.0' in text
    assert 'memory_bridge_refused_total{rule="key"} 50.0' in text
    assert "M49" not in text


def test_gauges_are_read_when_they_are_asked_for() -> None:
    metrics = Metrics()
    sessions: list[str] = []
    metrics.watch("sessions", "Open ones.", lambda: len(sessions))
    sessions.append("one")
    assert "memory_bridge_sessions 1.0" in metrics.exposition().decode()


def test_two_services_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.call_ended("recall_memory", "ok", 0.1)
    assert other.calls() == {}
