"""The tools in the order in which clients see them."""

from typing import Any

from bridge.mcp.tools.associate import ASSOCIATE_MEMORIES
from bridge.mcp.tools.delete import DELETE_MEMORY
from bridge.mcp.tools.health import CHECK_DATABASE_HEALTH
from bridge.mcp.tools.recall import RECALL_MEMORY
from bridge.mcp.tools.store import STORE_MEMORY
from bridge.mcp.tools.tool import Tool
from bridge.mcp.tools.update import UPDATE_MEMORY

TOOLS: tuple[Tool[Any], ...] = (
    STORE_MEMORY,
    RECALL_MEMORY,
    ASSOCIATE_MEMORIES,
    UPDATE_MEMORY,
    DELETE_MEMORY,
    CHECK_DATABASE_HEALTH,
)
