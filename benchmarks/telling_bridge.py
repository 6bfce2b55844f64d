"""The bridge as it ships but for its tools: one that tells how far it is, in many events before its answer."""

import asyncio
import sys
from random import Random
from unittest.mock import patch

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server

from bridge import app, cli

EVENTS = 12
"""Notifications before an answer."""

_MAX_WAIT = 0.02
_TOOL = types.Tool(name="recall_memory", input_schema={"type": "object"})

Context = ServerRequestContext[object]


async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    """One tool that takes anything."""
    return types.ListToolsResult(tools=[_TOOL])


async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
    """Tells the question and a number again and again, then answers with the question."""
    question = str((params.arguments or {})["query"])
    random = Random(question)
    for number in range(EVENTS):
        await asyncio.sleep(random.uniform(0, _MAX_WAIT))
        await context.session.report_progress(number, EVENTS, question)
    return types.CallToolResult(content=[types.TextContent(text=f"{question} {'x' * random.randrange(6_000)}")])


if __name__ == "__main__":
    telling = Server("telling", version="0", on_list_tools=list_tools, on_call_tool=call_tool)
    with patch.object(app, "build_server", return_value=telling):
        sys.exit(cli.main(["serve"]))
