"""A memory to ask, empty at first."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.memory_api.recall.asking import Asking


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Asking]:
    opened = Asking.open(tmp_path)
    yield opened
    await opened.close()
