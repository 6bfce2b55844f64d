"""`make openapi`: Schemathesis against a running memory_api, by the document that it serves itself.

It fails on any 5xx, on a status, a body or a header that the document does not describe, on a refusal of what the
document allows and on the acceptance of what it does not.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.services import end_on_sigterm, memory_api, scratch_folder

HERE = Path(__file__).parent
PROGRAM = HERE / ".venv" / "bin" / "st"
KEY, ADMIN = "a-key-for-schemathesis", "an-admin-token-for-schemathesis"
SETTINGS = {
    "EMBEDDING_PROVIDER": "hashing",
    "AUTOMEM_API_TOKEN": KEY,
    "ADMIN_API_TOKEN": ADMIN,
    "LOG_LEVEL": "warning",
}


def main() -> int:
    """Schemathesis' own exit status: 0 where all held."""
    parser = argparse.ArgumentParser(prog="python -m tests.openapi", description=__doc__)
    parser.add_argument("--examples", type=int, default=300, help="cases per endpoint, beside those of its borders")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20.0, help="when it is given up")
    options = parser.parse_args()
    end_on_sigterm()
    with scratch_folder() as folder, memory_api(folder, SETTINGS) as service:
        command = [str(PROGRAM), "--config-file", str(HERE / "schemathesis.toml"), "run", f"{service.url}/openapi.json"]
        command += ["-H", f"Authorization: Bearer {KEY}", "-H", f"X-Admin-Token: {ADMIN}"]
        # One worker: Python 3.11 cannot build syntax trees in two threads, which Hypothesis does.
        command += ["-n", str(options.examples), "--seed", str(options.seed), "--continue-on-failure", "--workers", "1"]
        status = subprocess.run(command, cwd=folder, check=False, timeout=options.minutes * 60).returncode
        for complaint, count in service.complaints().items():
            print(f"logged {count} times: {complaint}")
    return status


if __name__ == "__main__":
    sys.exit(main())
