"""What the operator may see, with ADMIN_API_TOKEN: /metrics and /admin/stats. No memory's content is in either."""

import time
from dataclasses import asdict
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_1_0_0

from memory_api.metrics import Metrics
from memory_api.responses import answer
from memory_api.tenants import Tenants

METRICS = web.AppKey("metrics", Metrics)
TENANTS = web.AppKey("tenants", Tenants)
STARTED = web.AppKey("started", float)

routes = web.RouteTableDef()


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    usages = await request.app[TENANTS].usage()
    body = request.app[METRICS].exposition(usages)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_1_0_0})


@routes.get("/admin/stats")
async def stats(request: web.Request) -> web.Response:
    usages = await request.app[TENANTS].usage()
    counted = request.app[METRICS]
    shown: dict[str, Any] = {
        "status": "success",
        "uptime_seconds": round(time.monotonic() - request.app[STARTED], 1),
        "open_tenants": sum(usage.memories is not None for usage in usages),
        "queue_depth": sum(usage.waiting for usage in usages),
        "database_bytes": sum(usage.bytes for usage in usages),
        "tenants": [asdict(usage) for usage in usages],
        "requests": counted.request_statistics(),
        "embedding": counted.embedding_statistics(),
    }
    return answer(shown)
