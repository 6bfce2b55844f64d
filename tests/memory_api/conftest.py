"""A memory API on a real socket, with a data folder of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from memory_api import settings
from memory_api.app import create_app
from memory_api.data_folder import DataFolder
from memory_api.embedders.hashing import HashingEmbedder
from tests.memory_api.api import Api

pytest.register_assert_rewrite("tests.memory_api.storage")

StartApi = Callable[..., Awaitable[Api]]


@pytest.fixture
async def start_api(tmp_path: Path) -> AsyncIterator[StartApi]:
    """Starts a memory API with the settings given by name; all are stopped in the end."""
    async with AsyncExitStack() as running:

        async def start(data: Path = tmp_path / "data", **environment: str) -> Api:
            folder = DataFolder.claim(data)
            running.callback(folder.release)
            app = create_app(settings.read(environment), folder, HashingEmbedder(), "http://127.0.0.1:8001")
            return Api(await running.enter_async_context(TestClient(TestServer(app))))

        yield start


@pytest.fixture
async def api(start_api: StartApi) -> Api:
    """A memory API without keys: open to the local user."""
    return await start_api()
