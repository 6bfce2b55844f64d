"""A SQLite storage in a real file, and the threads it reads on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.storage import SqliteStorage, open_storage
from tests.memory_api.builders import DIMENSION

MODEL = "random-1"


@pytest.fixture
async def threads() -> AsyncIterator[ReaderThreads]:
    made = ReaderThreads()
    yield made
    await made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tenant.db"


@pytest.fixture
async def storage(path: Path, threads: ReaderThreads) -> AsyncIterator[SqliteStorage]:
    opened = open_storage(path, MODEL, DIMENSION, threads)
    yield opened
    await opened.close()
