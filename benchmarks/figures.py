"""Turns measurements into figures, and figures into readable tables."""

import math
import os
from collections.abc import Iterable, Sequence

import psutil


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def p50_p95(seconds: Sequence[float]) -> list[str]:
    """Median and 95th percentile of times given in seconds, in milliseconds."""
    return [f"{percentile(seconds, share) * 1000:.1f}" for share in (0.5, 0.95)]


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB of 10^6 bytes."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far, in user and system mode, all threads together."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def load_average() -> str:
    """How busy the machine is; figures of a busy machine are worth less."""
    loads = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"load average {loads} on {os.cpu_count()} processors"


def print_table(title: str, methods: Iterable[str], columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The title, a line for each way in which figures were taken, then the rows: names left, figures right."""
    lines = [list(columns), *(list(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    print(f"\n{title}")
    for method in methods:
        print(f"  {method}")
    print(f"  {load_average()}")
    left = [place == 0 or column == "method" for place, column in enumerate(columns)]
    for number, line in enumerate(lines):
        cells = zip(line, widths, left, strict=True)
        padded = (text.ljust(width) if is_left else text.rjust(width) for text, width, is_left in cells)
        print(f"  {'  '.join(padded)}".rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    print(flush=True)
