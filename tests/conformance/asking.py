"""The suite's tools that ask the client for input, round after round, and keep what they know in a sealed state."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError

Requests = dict[str, types.InputRequest]

_SECRET = secrets.token_bytes()


def form(message: str, **properties: str) -> types.ElicitRequest:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in properties.items()},
        "required": list(properties),
    }
    return types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(question: str) -> types.CreateMessageRequest:
    message = types.SamplingMessage(role="user", content=types.TextContent(text=question))
    return types.CreateMessageRequest(params=types.CreateMessageRequestParams(messages=[message], max_tokens=100))


NAME = form("What is your name?", name="string")
CONFIRM = form("Please confirm", ok="boolean")

# Tool -> what it asks for in each of its rounds.
ROUNDS: Mapping[str, list[Requests]] = {
    "test_input_required_result_elicitation": [{"user_name": NAME}],
    "test_input_required_result_sampling": [{"capital_question": sampling("What is the capital of France?")}],
    "test_input_required_result_list_roots": [{"client_roots": types.ListRootsRequest()}],
    "test_input_required_result_request_state": [{"confirm": CONFIRM}],
    "test_input_required_result_tampered_state": [{"confirm": CONFIRM}],
    "test_input_required_result_multiple_inputs": [
        {"user_name": NAME, "greeting": sampling("Generate a greeting"), "client_roots": types.ListRootsRequest()}
    ],
    "test_input_required_result_multi_round": [
        {"step1": form("Step 1: What is your name?", name="string")},
        {"step2": form("Step 2: What is your favorite color?", color="string")},
    ],
    "test_input_required_result_capabilities": [{"user_name": NAME, "greeting": sampling("Generate a greeting")}],
}


async def ask(
    context: ServerRequestContext[object], params: types.CallToolRequestParams
) -> types.CallToolResult | types.InputRequiredResult:
    """Asks for what is missing in this round, or opens the next one; after the last round it answers."""
    rounds = ROUNDS[params.name]
    current = opened(params.request_state) if params.request_state is not None else 0
    if rounds[current].keys() <= (params.input_responses or {}).keys():
        current += 1
    if current == len(rounds):
        return types.CallToolResult(content=[types.TextContent(text=f"state-ok: {params.input_responses}")])
    return types.InputRequiredResult(
        input_requests={key: request for key, request in rounds[current].items() if can_answer(context, request)},
        request_state=sealed(current),
    )


def can_answer(context: ServerRequestContext[object], request: types.InputRequest) -> bool:
    needed = {
        "elicitation/create": types.ClientCapabilities(elicitation=types.ElicitationCapability()),
        "sampling/createMessage": types.ClientCapabilities(sampling=types.SamplingCapability()),
        "roots/list": types.ClientCapabilities(roots=types.RootsCapability()),
    }
    return context.session.check_client_capability(needed[request.method])


def sealed(current: int) -> str:
    return f"{current}.{hmac.digest(_SECRET, bytes([current]), 'sha256').hex()}"


def opened(state: str) -> int:
    current = int(state[0]) if state[:1].isdigit() else 0
    if not hmac.compare_digest(state.encode(), sealed(current).encode()):
        raise MCPError(types.INVALID_PARAMS, "The request state was tampered with")
    return current
