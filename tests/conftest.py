"""What every test may use, and how many run at once."""

import os
import re
import tempfile
from pathlib import Path

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are processors: a third of their time tests wait, for disks, processes and clocks."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the test's own, named after it.

    Pytest's own fixture also lists all folders and renews a symlink to the newest: two thousand waits for the disk.
    """
    name = re.sub(r"\W", "_", request.node.name)[:30]
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=tmp_path_factory.getbasetemp()))
