"""check_database_health: what the memory service says about itself."""

import json

from bridge.client import MemoryClient
from bridge.errors import UpstreamError
from bridge.mcp.tools.fields import Arguments
from bridge.mcp.tools.tool import Answer, Hints, Tool


class HealthArguments(Arguments):
    """None."""


async def _health(client: MemoryClient, _: HealthArguments) -> Answer:
    try:
        report = await client.health()
    except UpstreamError as error:
        report = {"status": "error", "error": str(error)}
    return Answer([json.dumps(report, ensure_ascii=False, separators=(",", ":"))], report)


CHECK_DATABASE_HEALTH = Tool(
    name="check_database_health",
    title="Check memory health",
    description=(
        "Reports whether the memory works: its state, its embedding model and, where the caller may see them, its "
        "counts.\n\n"
        "Call it when another memory tool failed, or when the user asks; not as a matter of routine. It answers also "
        "when the memory is down: `error` then says what is wrong."
    ),
    arguments=HealthArguments,
    output={
        "status": {"type": "string", "description": "healthy, degraded or error."},
        "error": {"type": "string"},
    },
    hints=Hints(read_only=True, idempotent=True),
    work=_health,
)
