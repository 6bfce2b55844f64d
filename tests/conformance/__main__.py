"""`make conformance`: the official conformance suite against the bridge, and against its transports with test tools.

Fails on whatever fails without standing in a file of baselines/, and on what stands there without failing.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.services import ServiceFailed, bridge, end_on_sigterm, free_port, memory_api, scratch_folder, service
from tests.conformance.authorization import authorization_server, run_authorization
from tests.conformance.verdict import Verdict, judged, read_baseline, read_checks

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules" / ".bin"
# That of the machine where there is none to install.
NODE = str(INSTALLED / "node") if (INSTALLED / "node").exists() else "node"
SUITE = str(INSTALLED / "conformance")
REVISIONS = ("2025-11-25", "2026-07-28")
PATIENCE = 120.0
SETTINGS = {"EMBEDDING_PROVIDER": "hashing", "LOG_LEVEL": "warning"}


def main() -> int:
    """Runs everything, prints a line per run and returns the exit status."""
    end_on_sigterm()
    try:
        with servers() as urls:
            results = [conforms(name, url, revision) for name, url in urls.items() for revision in REVISIONS]
        with authorization_server(SETTINGS) as url:
            results.append(authorizes(url))
    except ServiceFailed as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if all(results) else 1


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The bridge as it ships and the bridge with the test tools, each before an empty memory."""
    with scratch_folder() as folder, memory_api(folder, SETTINGS) as memory, bridge(memory.url, SETTINGS) as product:
        port = str(free_port())
        environment = {"PORT": port, "AUTOMEM_API_URL": memory.url, **SETTINGS}
        with service(["-m", "tests.conformance.fixture"], environment, f"http://127.0.0.1:{port}", "/ready") as fixture:
            yield {"bridge": product.url, "fixture": fixture.url}


def conforms(server: str, url: str, revision: str) -> bool:
    """Runs what one revision requires of one server."""
    began = time.monotonic()
    baseline = HERE / "baselines" / f"{server}-{revision}.yml"
    with scratch_folder() as results:
        status, output = run_suite(
            ["--url", f"{url}/mcp", "--requirements", revision, "--expected-failures", str(baseline)], results
        )
        verdict = judged(read_checks(results), read_baseline(baseline))
    said = f"{server:<7} {revision}", f"{verdict.expected} failures as in {baseline.name}"
    return is_reported(*said, verdict, status, output, time.monotonic() - began)


def authorizes(url: str) -> bool:
    """Runs what is required of an authorization server."""
    began = time.monotonic()
    with scratch_folder() as results:
        status, output = run_authorization([NODE, SUITE], url, results)
        verdict = judged(read_checks(results), [])
    return is_reported("authorization server", "no failures", verdict, status, output, time.monotonic() - began)


def is_reported(name: str, expected: str, verdict: Verdict, status: int, output: str, seconds: float) -> bool:
    """Prints what came of one run, and gives whether it is good."""
    is_good = verdict.is_good and status == 0
    print(
        f"{'ok    ' if is_good else 'FAILED'} {name}  {verdict.checks_passed} checks passed, "
        f"{verdict.scenarios_passed} scenarios in full; {expected} ({seconds:.1f} s)",
        flush=True,
    )
    for check in verdict.unexpected:
        print(f"    unexpected  {check}")
    for entry in verdict.stale:
        print(f"    stale       {entry}: does not fail, remove it from the baseline")
    if not is_good and not verdict.unexpected and not verdict.stale:
        print(f"    the suite ended with {status}:\n{output[-2000:]}")
    return is_good


def run_suite(arguments: Sequence[str], results: Path) -> tuple[int, str]:
    """Exit status and output of the suite. Its own verdict leaves out the scenarios that it does not score."""
    command = [NODE, SUITE, "server", *arguments, "--output-dir", str(results)]
    try:
        suite = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return 1, f"it had not ended after {PATIENCE:.0f} s"
    return suite.returncode, suite.stdout + suite.stderr


if __name__ == "__main__":
    sys.exit(main())
