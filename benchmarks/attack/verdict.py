"""What a run has shown, as tables and as faults."""

import argparse
from collections import Counter
from dataclasses import dataclass

from benchmarks.attack.processes import MAX_GROWTH, SPARE_BYTES, Holding
from benchmarks.attack.shots import BRIDGE, MEMORY_API, SMUGGLED, WRONG
from benchmarks.attack.stage import Stage
from benchmarks.attack.world import World
from benchmarks.figures import p50_p95, percentile, print_table

_MAX_RATIO = 2.0
_MAX_SHOWN = 60
_MAX_CHARS = 900
_CALLS = tuple(f"{service} {call}" for service in (BRIDGE, MEMORY_API) for call in ("store", "recall"))
# What services say of hostile requests, and of themselves, at a level above info.
_EXPECTED = ("Invalid HTTP request received", "PUBLIC_URL is not https", "wrong key on the page", "warning: failed")


@dataclass(frozen=True, slots=True)
class Run:
    """All stages, and what the processes held before, after and at most."""

    alone: list[Stage]
    stages: list[Stage]
    fast: Stage
    warm: list[Stage]
    before: dict[str, Holding]
    after: dict[str, Holding]
    highest: dict[str, int]
    canary_calls: int

    def all(self) -> list[Stage]:
        """In their order."""
        return [*self.warm, *self.alone, *self.stages, self.fast]

    def quiet(self, call: str) -> list[float]:
        """Seconds of honest calls without an attacker: of the time before or the time after, whichever was better."""
        return min((stage.times(call) for stage in self.alone), key=_p95)

    def drift(self) -> float:
        """How many times as long honest calls took in one quiet time as in the other."""
        figures = [[_p95(stage.times(call)) for stage in self.alone] for call in _CALLS]
        return max(max(both) / min(both) for both in figures)

    def attacked(self, call: str) -> list[float]:
        """Seconds of honest calls while the attacker kept the rate that is judged."""
        return [seconds for stage in self.stages for seconds in stage.times(call)]

    def ratio(self, call: str) -> float:
        """The p95 under attack in parts of the quiet one."""
        return _p95(self.attacked(call)) / _p95(self.quiet(call))


def _p95(seconds: list[float]) -> float:
    return percentile(seconds, 0.95)


def faults(run: Run, there: World) -> list[str]:
    """What the attack has achieved, a line each."""
    found = []
    for stage in run.all():
        if stage.outcome:
            shown = stage.outcome.examples
            found += [f"{stage.name}: {n} times: {what}, as {shown[what]}" for what, n in stage.outcome.faults.items()]
        found += [f"{stage.name}: {n} times: {what}" for what, n in stage.account.failures.items()]
        found += [f"{stage.name}: {line}" for line in stage.undue()]
    found += [
        f"p95 of {call} is {run.ratio(call):.2f} of the quiet one" for call in _CALLS if run.ratio(call) > _MAX_RATIO
    ]
    found += [f"{name}: {line}" for name, now in run.after.items() for line in now.excess(run.before[name])]
    if run.canary_calls:
        found.append(f"{run.canary_calls} connections to a port that only hostile addresses name")
    for name, service in there.services().items():
        if service.process.poll() is not None:
            found.append(f"{name} has ended with {service.process.returncode}")
        found += [f"{name}: {line}" for line in _in_the_log(service.log.read_text("utf-8", "replace"), there.secrets())]
        complaints = service.complaints()
        found += [f"{name} logs {times} times: {what}" for what, times in complaints.items() if not _is_expected(what)]
    return [line[:_MAX_CHARS] for line in found[:_MAX_SHOWN]]


def _in_the_log(text: str, secrets: list[str]) -> list[str]:
    # The paths of this machine are the operator's own.
    words = [*(word for word in secrets if not word.startswith("/")), SMUGGLED, WRONG, "Traceback"]
    return [f"the log holds {word!r}: {_around(text, word)}" for word in words if word in text]


def _around(text: str, word: str) -> str:
    place = text.index(word)
    return text[max(0, place - 200) : place + 200]


def _is_expected(complaint: str) -> bool:
    return any(words in complaint for words in _EXPECTED)


def print_run(run: Run, arguments: argparse.Namespace) -> None:
    """Kinds with the statuses they got, honest calls quiet and under attack, processes before and after."""
    _print_kinds(run)
    rows = []
    for call in _CALLS:
        alone, beside, fast = run.quiet(call), run.attacked(call), run.fast.times(call)
        counts = [str(len(alone)), str(len(beside)), f"{run.ratio(call):.2f}"]
        rows.append([call, *p50_p95(alone), *p50_p95(beside), *counts, *(p50_p95(fast) if fast else ["", ""])])
    achieved = ", ".join(f"{stage.name} {_rate(stage):.0f}/s" for stage in (*run.stages, run.fast))
    print_table(
        "Honest calls",
        [
            f"ms from when a call was due; {arguments.pace:g} calls a second of each of four clients",
            f"hostile connections: {achieved}",
            f"ratio: p95 under attack by p95 quiet, at most {_MAX_RATIO:g}; quiet: the better of before and after",
            f"p95 of the two differ up to {run.drift():.1f} times; share of the processors that other programs took:",
            ", ".join(f"{stage.name} {stage.others:.0%}" for stage in (*run.alone, *run.stages, run.fast))
            + "; where that is much the ratio tells nothing",
        ],
        ["call", "quiet p50", "p95", "attacked p50", "p95", "quiet n", "attacked n", "ratio", "faster p50", "p95"],
        rows,
    )
    print_table(
        "Processes",
        [
            f"before: warmed up, all idle; after: at most {MAX_GROWTH:.0%} and {SPARE_BYTES / 1e6:.0f} MB more",
            "CPU: processor time a hostile connection, at the rate that is judged, beyond that of honest calls",
            f"calls to the port of hostile addresses: {run.canary_calls}",
        ],
        ["service", "RSS MB before", "after", "highest", "files before", "after", "threads before", "after", "CPU ms"],
        [_process(name, run) for name in run.before],
    )


def _print_kinds(run: Run) -> None:
    for stage in (*run.stages, run.fast):
        if stage.outcome is None:
            continue
        seen = stage.outcome.seen
        print_table(
            f"Hostile connections: {stage.name}, {stage.outcome.shots} in all",
            ["closed and reset: by the service without an answer; left: by the attacker; open: when patience ended"],
            ["kind", "connections", "answered"],
            [[kind, str(counts.total()), _answered(counts)] for kind, counts in sorted(seen.items())],
        )


def _answered(counts: Counter[str]) -> str:
    return ", ".join(f"{times} x {what}" for what, times in counts.most_common())


def _rate(stage: Stage) -> float:
    if stage.outcome is None:
        return 0.0
    return stage.outcome.shots / (stage.outcome.paced_until - stage.outcome.began)


def _cost(name: str, run: Run) -> str:
    """Milliseconds of processor time that a hostile connection has cost a service, beyond what honest calls cost."""
    quiet = sum(stage.cpu[name] for stage in run.alone) / sum(stage.seconds for stage in run.alone)
    cost = sum(stage.cpu[name] - quiet * stage.seconds for stage in run.stages)
    half = sum(stage.outcome.shots for stage in run.stages if stage.outcome) / 2
    return f"{cost / half * 1000:.1f}"


def _process(name: str, run: Run) -> list[str]:
    before, after = run.before[name], run.after[name]
    sizes = [f"{size / 1e6:.1f}" for size in (before.rss, after.rss, run.highest.get(name, 0))]
    counts = (before.files, after.files, before.threads, after.threads)
    return [name, *sizes, *map(str, counts), _cost(name, run)]
