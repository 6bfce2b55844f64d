"""GET /health: always 200 while the process lives, with what a client may rely on."""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from aiohttp import web

from memory_api.embedders.base import Embedder
from memory_api.enrichment import enrichment_summary
from memory_api.errors import MemoryApiError
from memory_api.responses import TENANT, answer
from memory_api.routes import SERVICE

EMBEDDER = web.AppKey("embedder", Embedder)
STORAGE_NAME = web.AppKey("storage_name", str)
SOLE_TENANT = web.AppKey("sole_tenant", str)

VERSION = version("memory-bridge")

routes = web.RouteTableDef()


@routes.get("/health")
async def health(request: web.Request) -> web.Response:
    """Counts are shown to callers with a key, and where there is only one memory to count."""
    tenant = request.get(TENANT) or request.app.get(SOLE_TENANT)
    try:
        count = None if tenant is None else await request.app[SERVICE].count(tenant)
    except MemoryApiError:
        return answer({**_about(request.app), "status": "degraded", **_counts(None)})
    return answer({**_about(request.app), **_counts(count)})


def _about(app: web.Application) -> dict[str, Any]:
    embedder = app[EMBEDDER]
    return {
        "status": "healthy",
        "version": VERSION,
        "storage": app[STORAGE_NAME],
        "embedder": {"provider": embedder.provider, "model": embedder.model, "dimension": embedder.dimension},
        "client_ids": True,
        "timestamp": datetime.now(UTC).isoformat(),
        # The contract's names for the parts of a memory service; here one file is both.
        "falkordb": "connected",
        "qdrant": "connected",
        "graph": "memories",
        "sync_status": "synced",
        "vector_dimensions": {
            "configured": embedder.dimension,
            "effective": embedder.dimension,
            "collection": embedder.dimension,
            "mismatch": False,
        },
    }


def _counts(count: int | None) -> dict[str, Any]:
    return {"memory_count": count, "vector_count": count, "enrichment": enrichment_summary(count)}
