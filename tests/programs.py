"""Programs of others that tests run: those that `make test` has brought, or else the machine's own."""

import os
import shutil
from pathlib import Path

import pytest


def program(name: str, brought: Path, *own: str) -> Path:
    """Where this program is: `brought`, or the first of its `own` names that is on the PATH.

    Without it the test is skipped, and fails where CI is set: nobody looks for what is missing there.
    """
    if brought.exists():
        return brought
    paths = [found for each in own if (found := shutil.which(each))]
    if paths:
        return Path(paths[0])
    missing = f"needs {name}: run `make test` on Linux x86-64, or have one of {', '.join(own)} on the PATH"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
