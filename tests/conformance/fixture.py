"""The bridge with the suite's own test tools instead of its six, so that more scenarios reach its transports.

Everything around the tools is the bridge as it ships: routes, middleware, sessions, streams. Run by `make conformance`.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

from bridge import app, cli
from tests.conformance import asking

Context = ServerRequestContext[object]
Handler = Callable[[Context, dict[str, Any]], Awaitable[types.CallToolResult]]

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="

NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}
FULL_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
SCHEMAS = {
    "json_schema_2020_12_tool": FULL_SCHEMA,
    "test_mirrored_header": {
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
        "required": ["region"],
    },
}
CONTACT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    },
    "required": ["username", "email"],
}
DEFAULTS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    },
}
OPTIONS = ["option1", "option2", "option3"]
TITLED = [{"const": f"value{number}", "title": f"Option {number}"} for number in (1, 2, 3)]
ENUMS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": OPTIONS},
        "titledSingle": {"type": "string", "oneOf": TITLED},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": OPTIONS}},
        "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
    },
}


def text(words: str) -> types.TextContent:
    return types.TextContent(text=words)


def image() -> types.ImageContent:
    return types.ImageContent(data=PNG, mime_type="image/png")


def resource(name: str, mime_type: str, words: str) -> types.EmbeddedResource:
    contents = types.TextResourceContents(uri=f"test://{name}", mime_type=mime_type, text=words)
    return types.EmbeddedResource(resource=contents)


def answering(*content: types.ContentBlock, is_error: bool = False) -> Handler:
    """A tool that always gives the same answer."""

    async def tool(_: Context, __: dict[str, Any]) -> types.CallToolResult:
        return types.CallToolResult(content=list(content), is_error=is_error)

    return tool


def eliciting(schema: dict[str, Any]) -> Handler:
    """A tool that asks the client's user to fill in a form."""

    async def tool(context: Context, arguments: dict[str, Any]) -> types.CallToolResult:
        message = arguments.get("message", "Please fill this in")
        answer = await context.session.elicit_form(message, schema, context.request_id)
        return types.CallToolResult(content=[text(f"action={answer.action}, content={answer.content}")])

    return tool


async def sample(context: Context, arguments: dict[str, Any]) -> types.CallToolResult:
    question = types.SamplingMessage(role="user", content=text(arguments["prompt"]))
    answer = await context.session.create_message([question], max_tokens=100, related_request_id=context.request_id)
    return types.CallToolResult(content=[text(f"LLM response: {answer.content}")])


async def progress(context: Context, _: dict[str, Any]) -> types.CallToolResult:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100)
    return types.CallToolResult(content=[text("done")])


async def log(context: Context, _: dict[str, Any]) -> types.CallToolResult:
    for message in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await context.session.send_log_message("info", message, related_request_id=context.request_id)
    return types.CallToolResult(content=[text("logged")])


async def reconnect(context: Context, _: dict[str, Any]) -> types.CallToolResult:
    """Closes the stream that waits for its answer: the client has to come back for it."""
    if context.close_sse_stream is not None:
        await context.close_sse_stream()
    return types.CallToolResult(content=[text("answered after the stream was closed")])


async def need_sampling(context: Context, _: dict[str, Any]) -> types.CallToolResult:
    if not context.session.check_client_capability(types.ClientCapabilities(sampling=types.SamplingCapability())):
        needed: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(types.MISSING_REQUIRED_CLIENT_CAPABILITY, "The client cannot sample", needed)
    return types.CallToolResult(content=[text("ok")])


TOOLS: dict[str, Handler] = {
    "test_simple_text": answering(text("This is a simple text response for testing.")),
    "test_image_content": answering(image()),
    "test_audio_content": answering(types.AudioContent(data=WAV, mime_type="audio/wav")),
    "test_embedded_resource": answering(resource("embedded-resource", "text/plain", "This is an embedded resource.")),
    "test_multiple_content_types": answering(
        text("Multiple content types test:"), image(), resource("mixed", "application/json", '{"test": "data"}')
    ),
    "test_error_handling": answering(text("This tool intentionally returns an error for testing"), is_error=True),
    "test_tool_with_progress": progress,
    "test_tool_with_logging": log,
    "test_logging_tool": log,
    "test_streaming_elicitation": progress,
    "test_missing_capability": need_sampling,
    "test_reconnection": reconnect,
    "test_sampling": sample,
    "test_elicitation": eliciting(CONTACT),
    "test_elicitation_sep1034_defaults": eliciting(DEFAULTS),
    "test_elicitation_sep1330_enums": eliciting(ENUMS),
    "test_mirrored_header": answering(text("ok")),
    "json_schema_2020_12_tool": answering(text("ok")),
}

NAMES = [*TOOLS, *asking.ROUNDS]


def schema_of(tool: str) -> dict[str, Any]:
    return SCHEMAS.get(tool, NO_ARGUMENTS)


async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
    tools = [types.Tool(name=name, description=f"For {name}.", input_schema=schema_of(name)) for name in NAMES]
    return types.ListToolsResult(tools=tools)


async def call_tool(
    context: Context, params: types.CallToolRequestParams
) -> types.CallToolResult | types.InputRequiredResult:
    if params.name in asking.ROUNDS:
        return await asking.ask(context, params)
    tool = TOOLS.get(params.name)
    if tool is None:
        raise MCPError(types.INVALID_PARAMS, f"Unknown tool: {params.name}")
    return await tool(context, params.arguments or {})


async def set_level(_: Context, __: types.SetLevelRequestParams) -> types.EmptyResult:
    return types.EmptyResult()


def fixture_server() -> Server[object]:
    return Server(
        "conformance-fixture",
        version="1",
        get_tool_input_schema=schema_of,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_set_logging_level=set_level,
    )


if __name__ == "__main__":
    with patch.object(app, "build_server", return_value=fixture_server()):
        sys.exit(cli.main(["serve"]))
