"""GET /enrichment/status. A memory's type, names and relations are part of the transaction that stores it.

So there is no queue, nothing is pending, and every memory that can be read has been through all of it.
"""

from typing import Any

from aiohttp import web

from memory_api.responses import TENANT, answer
from memory_api.routes import SERVICE

routes = web.RouteTableDef()


def enrichment_summary(memories: int | None) -> dict[str, Any]:
    """The part of /health; None where the caller may not know the count."""
    return {
        "status": "running",
        "queue_depth": 0,
        "pending": 0,
        "inflight": 0,
        "processed": memories,
        "failed": 0,
    }


@routes.get("/enrichment/status")
async def enrichment_status(request: web.Request) -> web.Response:
    service, tenant = request.app[SERVICE], request[TENANT]
    memories = await service.count(tenant)
    last = await service.last_change(tenant)
    return answer(
        {
            "status": "running",
            "queue_size": 0,
            "pending": 0,
            "inflight": 0,
            "max_attempts": 1,
            "stats": {
                "processed_total": memories,
                "successes": memories,
                "failures": 0,
                "last_success_id": last and last.id,
                "last_success_at": last and last.updated_at,
                "last_error": None,
                "last_error_at": None,
            },
            # Types are guessed from the words alone; how often is not counted.
            "classification": {
                "llm_attempts": 0,
                "llm_successes": 0,
                "fallbacks": None,
                "pattern_classifications": None,
                "last_error": None,
                "last_error_at": None,
            },
        }
    )
