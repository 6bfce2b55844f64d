"""A memory service that takes a moment and recalls one memory: what it was asked for, and a text of any length.

It answers a store at once. GET /asked tells how often each question came. WAIT_MS says how long a recall takes at most.
"""

import asyncio
import json
import os
from collections import Counter
from random import Random
from typing import Any

from aiohttp import web

from benchmarks.rest_stub import HEALTH, STORED, constant

_MAX_FILLER = 6_000
_TIME = "2026-01-02T03:04:05+00:00"


class Memory:
    """Answers every question with itself."""

    def __init__(self, wait_seconds: float) -> None:
        self._wait = wait_seconds
        self._asked: Counter[str] = Counter()

    async def recall(self, request: web.Request) -> web.Response:
        """One memory that begins with the question; how long it takes and is depends on the question alone."""
        question = request.query.get("query", "")
        self._asked[question] += 1
        random = Random(question)
        await asyncio.sleep(random.uniform(0.1, 1) * self._wait)
        return web.json_response(_recalled(question, "x" * random.randrange(_MAX_FILLER)))

    async def asked(self, _: web.Request) -> web.Response:
        """Questions and how often they came."""
        return web.json_response(self._asked)


def _recalled(question: str, filler: str) -> dict[str, Any]:
    memory = {"id": "7c9e6679-7425-40de-944b-e07fc1f90000", "content": f"{question} {filler}", "timestamp": _TIME}
    result = {"id": memory["id"], "match_type": "vector", "final_score": 0.8, "memory": memory, "relations": []}
    return {"status": "success", "query": question, "results": [result], "count": 1}


def echo(wait_seconds: float) -> web.Application:
    """GET /health, POST /memory, GET /recall and GET /asked."""
    memory = Memory(wait_seconds)
    app = web.Application()
    app.add_routes(
        [
            web.get("/health", constant(json.dumps(HEALTH).encode(), 200)),
            web.post("/memory", constant(json.dumps(STORED).encode(), 201)),
            web.get("/recall", memory.recall),
            web.get("/asked", memory.asked),
        ]
    )
    return app


if __name__ == "__main__":
    wait = float(os.environ.get("WAIT_MS", "100")) / 1000
    web.run_app(echo(wait), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
