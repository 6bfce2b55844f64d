"""What fails the conformance run, and what its files promise."""

import json
from pathlib import Path

import pytest

from tests.conformance.verdict import Check, judged, read_baseline, read_checks

HERE = Path(__file__).parent
BASELINES = sorted((HERE / "baselines").glob("*.yml"))
PASSED = Check("ping", "ping", "SUCCESS", "")
FAILED = Check("prompts-list", "listed", "FAILURE", "Method not found")
WARNED = Check("prompts-list", "described", "WARNING", "")


def test_a_run_without_failures_is_good() -> None:
    verdict = judged([PASSED, Check("ping", "request", "INFO", "")], [])
    assert verdict.is_good
    assert (verdict.scenarios_passed, verdict.checks_passed) == (1, 1)


def test_a_run_in_which_nothing_passed_is_not() -> None:
    assert not judged([], []).is_good


@pytest.mark.parametrize("check", [FAILED, WARNED], ids=lambda check: check.status)
def test_what_fails_or_warns_without_being_expected_is_unexpected(check: Check) -> None:
    verdict = judged([PASSED, check], [])
    assert verdict.unexpected == [check]
    assert not verdict.is_good


def test_an_entry_covers_a_scenario_or_one_check_of_it() -> None:
    assert judged([PASSED, FAILED, WARNED], ["prompts-list"]).is_good
    assert judged([PASSED, FAILED, WARNED], ["prompts-list:listed"]).unexpected == [WARNED]


@pytest.mark.parametrize("entry", ["ping", "ping:ping", "misspelt"])
def test_an_entry_that_does_not_fail_is_stale(entry: str) -> None:
    verdict = judged([PASSED], [entry])
    assert verdict.stale == [entry]
    assert not verdict.is_good


def test_results_are_read_from_the_folders_that_the_suite_writes(tmp_path: Path) -> None:
    folder = tmp_path / "server-prompts-list-2026-11-20T11-44-06-380Z"
    folder.mkdir()
    check = {"id": "listed", "status": "FAILURE", "errorMessage": "Method not found", "name": "more"}
    (folder / "checks.json").write_text(json.dumps([check]))
    assert list(read_checks(tmp_path)) == [FAILED]
    folder.rename(tmp_path / "otherwise")
    with pytest.raises(ValueError, match="otherwise"):
        list(read_checks(tmp_path))


@pytest.mark.parametrize("file", BASELINES, ids=lambda file: file.stem)
def test_every_entry_of_a_baseline_has_its_reason(file: Path) -> None:
    entries = [line for line in file.read_text().splitlines() if line.strip().startswith("-")]
    assert len(read_baseline(file)) == len(entries) > 0
    assert [line for line in entries if "  # " not in line] == []


@pytest.mark.parametrize("folder", ["conformance", "clients"])
def test_lock_files_hold_hashes_and_no_addresses_of_a_registry(folder: str) -> None:
    packages = json.loads((HERE.parent / folder / "package-lock.json").read_text())["packages"]
    installed = [package for path, package in packages.items() if path]
    assert all("integrity" in package and "resolved" not in package for package in installed)
