"""The least MCP server that does the bridge's work: the SDK's lowlevel Server, one REST call a tool, nothing else."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import mcp_types as types
import uvicorn
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

_SHUTDOWN_SECONDS = 3
_ANYTHING = {"type": "object"}
_TOOLS = types.ListToolsResult(
    tools=[types.Tool(name=name, input_schema=_ANYTHING) for name in ("store_memory", "recall_memory")]
)

Context = ServerRequestContext[aiohttp.ClientSession]


async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    """Two tools that take anything."""
    return _TOOLS


async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    """Hands the arguments on and the answer back, as text and as data."""
    answer = await _ask(context.lifespan_context, params.name, params.arguments or {})
    text = json.dumps(answer, separators=(",", ":"))
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=answer)


async def _ask(session: aiohttp.ClientSession, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if tool == "store_memory":
        request = session.post("/memory", json=arguments)
    else:
        request = session.get("/recall", params=arguments)
    async with request as response:
        answer: dict[str, Any] = await response.json()
        return answer


@asynccontextmanager
async def upstream(_: Server[aiohttp.ClientSession]) -> AsyncIterator[aiohttp.ClientSession]:
    """One pool of connections for as long as the server runs."""
    connector = aiohttp.TCPConnector(limit=128)
    async with aiohttp.ClientSession(os.environ["UPSTREAM"], connector=connector, raise_for_status=True) as session:
        yield session


async def health(_: Request) -> JSONResponse:
    """200 as soon as the server answers at all."""
    return JSONResponse({"status": "healthy"})


def main() -> None:
    """Serves on the loopback port in PORT with the uvicorn settings of the bridge."""
    server = Server("bare", version="0", lifespan=upstream, on_list_tools=list_tools, on_call_tool=call_tool)
    app = server.streamable_http_app(
        json_response=os.environ.get("JSON") == "true", custom_starlette_routes=[Route("/health", health)]
    )
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        lifespan="on",
    )


if __name__ == "__main__":
    main()
