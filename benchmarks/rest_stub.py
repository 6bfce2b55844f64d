"""A memory service that answers every request at once with the same bytes: the smallest upstream a bridge can have."""

import json
import os
from typing import Any

from aiohttp import web

_ID = "7c9e6679-7425-40de-944b-e07fc1f9000"
_RESULTS = 5
_TIME = "2026-01-02T03:04:05+00:00"


def _memory(number: int) -> dict[str, Any]:
    return {
        "id": f"{_ID}{number}",
        "content": "Chose PostgreSQL over MongoDB for the user service, because orders need transactions.",
        "type": "Decision",
        "confidence": 0.9,
        "importance": 0.8,
        "tags": ["user-service", "database", "architecture"],
        "tag_prefixes": ["architecture", "database", "user-service"],
        "metadata": {"source": "review"},
        "timestamp": _TIME,
        "t_valid": _TIME,
        "updated_at": _TIME,
        "last_accessed": _TIME,
    }


def _result(number: int) -> dict[str, Any]:
    return {
        "id": f"{_ID}{number}",
        "match_type": "vector",
        "source": "qdrant",
        "score": 0.8,
        "final_score": 0.8,
        "original_score": 0.8,
        "match_score": 0.6,
        "score_components": {"vector": 0.6, "keyword": 0.7},
        "memory": _memory(number),
        "relations": [],
    }


STORED = {
    "status": "success",
    "memory_id": f"{_ID}0",
    "stored_at": _TIME,
    "timestamp": _TIME,
    "updated_at": _TIME,
    "last_accessed": _TIME,
    "type": "Decision",
    "confidence": 0.9,
    "metadata": {},
    "embedding_status": "stored",
    "qdrant": "stored",
    "enrichment": "disabled",
    "query_time_ms": 1.0,
}
_RECALLED = {
    "status": "success",
    "query": "which database",
    "results": [_result(number) for number in range(_RESULTS)],
    "count": _RESULTS,
    "dedup_removed": 0,
    "sort": "score",
    "state_mode": "history",
    "tag_mode": "any",
    "tag_match": "prefix",
    "vector_search": {"enabled": True, "matched": True},
    "query_time_ms": 1.0,
}
HEALTH = {"status": "healthy", "version": "0", "client_ids": True, "falkordb": "connected", "qdrant": "connected"}


def stub() -> web.Application:
    """GET /health, POST /memory and GET /recall."""
    app = web.Application()
    for method, path, answer, status in (
        ("GET", "/health", HEALTH, 200),
        ("POST", "/memory", STORED, 201),
        ("GET", "/recall", _RECALLED, 200),
    ):
        app.router.add_route(method, path, constant(json.dumps(answer).encode(), status))
    return app


def constant(body: bytes, status: int) -> Any:
    """A handler that always answers the same."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, status=status, content_type="application/json")

    return answer


if __name__ == "__main__":
    web.run_app(stub(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
