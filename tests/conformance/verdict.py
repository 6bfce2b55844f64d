"""Compares what the conformance suite found with the baseline of what cannot apply."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# What the suite calls each of its result folders: server-<scenario>-<time>, or authorization-server-<scenario>-<time>.
_FOLDER = re.compile(r"(?:authorization-)?server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
_ENTRY = re.compile(r"\s*- (?P<entry>[\w$.-]+(?::[\w$.-]+)?)\s*(?:#.*)?")
_FAILED = frozenset({"FAILURE", "WARNING"})


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one scenario. A warning is a failure, as it is to the suite's own baselines."""

    scenario: str
    id: str
    status: str
    message: str

    @property
    def failed(self) -> bool:
        return self.status in _FAILED

    def is_covered_by(self, entry: str) -> bool:
        return entry in (self.scenario, f"{self.scenario}:{self.id}")

    def __str__(self) -> str:
        return f"{self.scenario}:{self.id}: {self.message or self.status}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What passed, what failed without being in the baseline, and what stands in the baseline without failing."""

    scenarios_passed: int
    checks_passed: int
    expected: int
    unexpected: list[Check]
    stale: list[str]

    @property
    def is_good(self) -> bool:
        return self.checks_passed > 0 and not self.unexpected and not self.stale


def judged(checks: Iterable[Check], baseline: Iterable[str]) -> Verdict:
    """Every scenario counts that was run, also those that the suite runs without scoring them."""
    checks, baseline = list(checks), list(baseline)
    failed = [check for check in checks if check.failed]
    passed = [check for check in checks if check.status == "SUCCESS"]
    unexpected = [check for check in failed if not any(check.is_covered_by(entry) for entry in baseline)]
    return Verdict(
        scenarios_passed=len({check.scenario for check in passed} - {check.scenario for check in failed}),
        checks_passed=len(passed),
        expected=len(failed) - len(unexpected),
        unexpected=unexpected,
        stale=[entry for entry in baseline if not any(check.is_covered_by(entry) for check in failed)],
    )


def read_checks(results: Path) -> Iterator[Check]:
    """Everything in the suite's folder of results."""
    for file in sorted(results.glob("*/checks.json")):
        folder = _FOLDER.fullmatch(file.parent.name)
        if folder is None:
            raise ValueError(f"the suite named a folder in a new way: {file.parent.name}")
        found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
        for check in found:
            yield Check(folder["scenario"], check["id"], check["status"], check.get("errorMessage") or "")


def read_baseline(file: Path) -> list[str]:
    """The entries of a file that the suite reads as well: `scenario` or `scenario:check`."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [entry["entry"] for line in lines if (entry := _ENTRY.fullmatch(line))]
