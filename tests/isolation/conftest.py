"""The memories of three tenants, stored once; every service begins with a copy of that folder."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from bridge.settings import Settings
from memory_api import settings
from memory_api.app import create_app
from memory_api.data_folder import DataFolder
from memory_api.embedders.hashing import HashingEmbedder
from tests.bridge.conftest import running_bridge
from tests.bridge.stand_in import Bridge
from tests.isolation.tenants import KEYS, OPERATOR, TENANTS, fill
from tests.memory_api.api import Api

Callers = dict[str, Api]
"""memory_api as each tenant sees it."""


@dataclass(frozen=True)
class Pair:
    """A bridge, and the memory_api behind it."""

    bridge: Bridge
    callers: Callers
    memory_api: str
    another_bridge: Callable[[], AbstractAsyncContextManager[Bridge]]
    """A second one before the same memory_api, with the same settings."""


@asynccontextmanager
async def _memory_api(folder: Path) -> AsyncIterator[Api]:
    claimed = DataFolder.claim(folder)
    environment = {"MEMORY_API_KEYS": KEYS, "ADMIN_API_TOKEN": OPERATOR}
    app = create_app(settings.read(environment), claimed, HashingEmbedder(), "http://127.0.0.1:8001")
    try:
        async with TestClient(TestServer(app)) as client:
            yield Api(client)
    finally:
        claimed.release()


def _callers(api: Api) -> Callers:
    return {tenant: api.as_caller({"X-API-Key": f"key-of-{tenant}"}) for tenant in TENANTS}


async def _filled(folder: Path) -> None:
    async with _memory_api(folder) as api:
        for tenant, caller in _callers(api).items():
            await fill(caller, tenant)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every tenant has memories."""
    folder = tmp_path_factory.mktemp("tenants") / "data"
    asyncio.run(_filled(folder))
    return folder


@pytest.fixture
async def callers(filled: Path, tmp_path: Path) -> AsyncIterator[Callers]:
    """A memory_api of the test's own."""
    folder = shutil.copytree(filled, tmp_path / "data")
    async with _memory_api(folder) as api:
        yield _callers(api)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Both services, for all tests of a module: what one of them does it undoes."""
    folder = tmp_path_factory.mktemp("pair")
    with pytest.MonkeyPatch.context() as environment:
        for name in Settings.model_fields:
            environment.delenv(name.upper(), raising=False)
        async with _memory_api(shutil.copytree(filled, folder / "data")) as api:
            url = str(api.client.make_url("")).rstrip("/")
            known = Settings(
                automem_api_url=url,
                mcp_api_keys=KEYS,
                admin_api_token=OPERATOR,
                rate_limit_requests=0,
                trusted_proxies=("loopback",),
                bridge_data_dir=folder / "bridge",
            )

            def bridge() -> AbstractAsyncContextManager[Bridge]:
                return running_bridge(lambda _: known, 1.0)

            async with bridge() as first:
                yield Pair(first, _callers(api), url, bridge)
