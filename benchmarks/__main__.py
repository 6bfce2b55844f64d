"""The quick set: start, recall and stores at 10,000 memories, and the bridge's cost per call, in under five minutes.

Each figure is printed with the way it was taken; every program of this folder tells more with --help. Not part of the
set: benchmarks.crash, benchmarks.resumption, benchmarks.restart and benchmarks.soak, which look for what breaks, the
figures of benchmarks.sessions and benchmarks.alexa, benchmarks.recall_scale, which asks ever larger memories,
benchmarks.notes, which tells how much of what was stored is found, and benchmarks.locomo, which does so with data that
is not part of this project.
"""

import argparse
import sys
from collections.abc import Sequence

from benchmarks import bridge_cpu, recall_latency, startup
from benchmarks.services import end_on_sigterm


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the programs one after the other."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="also recall at 100,000 memories, and longer passes")
    full = parser.parse_args(argv).full
    end_on_sigterm()
    sizes = ["10000", "100000"] if full else ["10000"]
    startup.main(["--rounds", "3"])
    recall_latency.main(["--sizes", *sizes])
    return bridge_cpu.main(["--passes", "5", "--calls", "800"] if full else ["--passes", "3", "--calls", "400"])


if __name__ == "__main__":
    sys.exit(main())
