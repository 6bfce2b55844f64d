"""The SDK's own OAuth client against a running bridge: discovery to revocation, and six tools between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)

from tests.bridge.auth.site import form_of
from tests.bridge.stand_in import ADA, MEMORY_ID, OTHER_ID, Bridge, MemoryService, Served, text_of

CALLBACK = "http://localhost:53682/callback"
CLAUDE_CODE = "https://claude.ai/oauth/claude-code-client-metadata"
ARGUMENTS: dict[str, dict[str, Any]] = {
    "store_memory": {"content": "Tea is green"},
    "recall_memory": {"query": "tea"},
    "associate_memories": {"memory1_id": MEMORY_ID, "memory2_id": OTHER_ID, "type": "RELATES_TO", "strength": 0.5},
    "update_memory": {"memory_id": MEMORY_ID, "content": "Tea is black"},
    "delete_memory": {"memory_id": MEMORY_ID},
    "check_database_health": {},
}


@dataclass
class Kept:
    """What the client keeps, and the person at its browser."""

    key: str = ADA
    access: str = "write"
    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None
    answer: AuthorizationCodeResult | None = None
    asked: int = 0

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info

    async def open(self, url: str) -> None:
        """Fills in the page that the client opens in a browser."""
        self.asked += 1
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as browser:
            async with browser.get(url) as page:
                fields = {**form_of(await page.text()), "key": self.key, "access": self.access, "decision": "allow"}
            address = url.partition("?")[0]
            async with browser.post(address, data=fields, allow_redirects=False) as response:
                assert response.status == 302
                query = dict(parse_qsl(urlsplit(response.headers["Location"]).query))
        self.answer = AuthorizationCodeResult(**query)

    async def callback(self) -> AuthorizationCodeResult:
        """What came back to the client."""
        assert self.answer
        return self.answer


@asynccontextmanager
async def connected(
    bridge: Bridge, kept: Kept, document: str | None, mode: str = "auto", callback: str = CALLBACK
) -> AsyncIterator[Client]:
    metadata = OAuthClientMetadata.model_validate({"redirect_uris": [callback], "client_name": "The SDK"})
    auth = OAuthClientProvider(f"{bridge.url}/mcp", metadata, kept, kept.open, kept.callback, document)
    async with (
        httpx2.AsyncClient(auth=auth, timeout=10) as http,
        Client(streamable_http_client(f"{bridge.url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


def prepared(service: MemoryService) -> None:
    service.answers("POST /memory", {"status": "success", "memory_id": MEMORY_ID}, 201)
    service.answers("GET /recall", {"results": []})
    service.answers("POST /associate", {"status": "success", "message": "ok"}, 201)
    service.answers(f"PATCH /memory/{MEMORY_ID}", {"status": "success", "memory_id": MEMORY_ID})
    service.answers(f"DELETE /memory/{MEMORY_ID}", {"status": "success", "memory_id": MEMORY_ID})


@pytest.mark.parametrize("document", [CLAUDE_CODE, None], ids=["client document", "dynamic registration"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_sdks_client_goes_the_whole_way(
    public: Served, memory_service: MemoryService, document: str | None, mode: str
) -> None:
    prepared(memory_service)
    kept = Kept()
    async with public() as bridge:
        async with connected(bridge, kept, document, mode) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == set(ARGUMENTS)
            for name, arguments in ARGUMENTS.items():
                result = await client.call_tool(name, arguments)
                assert not result.is_error, text_of(result)
        first = kept.tokens
        assert first is not None
        assert kept.client is not None
        assert (kept.client.client_id == CLAUDE_CODE) == (document is not None)

        kept.tokens = first.model_copy(update={"access_token": "", "expires_in": -1})
        async with connected(bridge, kept, document, mode) as client:
            assert not (await client.call_tool("recall_memory", {"query": "tea"})).is_error
        assert kept.asked == 1, "a refresh asks nobody"
        assert kept.tokens.refresh_token not in (None, first.refresh_token)

        fields = {"token": kept.tokens.refresh_token, "client_id": kept.client.client_id}
        assert await bridge.status("POST", "/oauth/revoke", data=fields) == 200
        headers = {"Authorization": f"Bearer {kept.tokens.access_token}"}
        assert await bridge.status("GET", "/mcp", headers=headers) == 401
        async with connected(bridge, kept, document, mode) as client:
            assert not (await client.call_tool("recall_memory", {"query": "tea"})).is_error
        assert kept.asked == 2, "what was revoked has to be allowed again"
    asked = [one for one in memory_service.asked if one.path != "/health"]
    assert {one.headers["Authorization"] for one in asked} == {f"Bearer {ADA}"}
    assert kept.tokens is not None
    assert not [one for one in memory_service.asked if kept.tokens.access_token in str(one.headers)]


async def test_a_connection_that_only_reads_may_recall_and_is_told_why_it_may_not_store(
    public: Served, memory_service: MemoryService
) -> None:
    prepared(memory_service)
    async with public() as bridge, connected(bridge, Kept(access="read"), CLAUDE_CODE) as client:
        for name, arguments in ARGUMENTS.items():
            result = await client.call_tool(name, arguments)
            assert result.is_error == (name not in ("recall_memory", "check_database_health"))
            if result.is_error:
                assert "may only read" in text_of(result)
    assert memory_service.requests("POST /memory") == []
