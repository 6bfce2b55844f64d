"""A client for a running memory API, and the assertions every refusal must meet."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from aiohttp.test_utils import TestClient
from multidict import CIMultiDictProxy

Query = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, parsed JSON and headers."""

    status: int
    body: Any
    headers: CIMultiDictProxy[str]


class Api:
    """Sends requests with one caller's headers."""

    def __init__(self, client: TestClient[Any, Any], headers: Mapping[str, str] | None = None) -> None:
        self.client = client
        self._headers = dict(headers or {})

    def as_caller(self, headers: Mapping[str, str]) -> "Api":
        """The same service, spoken to by somebody else."""
        return Api(self.client, headers)

    async def send(
        self,
        method: str,
        path: str,
        body: Any = ...,
        *,
        raw: bytes | str | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request. `body` goes as JSON, in which Python writes NaN and Infinity too; `raw` goes as it is."""
        text = raw if body is ... else json.dumps(body)
        data = None if text is None else BytesIO(text.encode() if isinstance(text, str) else text)
        sent = {**self._headers, **(headers or {})}
        async with self.client.request(method, path, data=data, params=query, headers=sent) as response:
            return Answer(response.status, json.loads(await response.read() or b"null"), response.headers)

    async def get(self, path: str, query: Query | None = None) -> Answer:
        return await self.send("GET", path, query=query)

    async def post(self, path: str, body: Any) -> Answer:
        return await self.send("POST", path, body)

    async def patch(self, memory_id: str, body: Any) -> Answer:
        return await self.send("PATCH", f"/memory/{memory_id}", body)

    async def store(self, content: str, **fields: Any) -> str:
        """Stores one memory; its id."""
        answer = await self.post("/memory", {"content": content, **fields})
        assert answer.status == 201, answer.body
        return str(answer.body["memory_id"])

    async def memory(self, memory_id: str) -> dict[str, Any]:
        """The memory as GET shows it."""
        answer = await self.get(f"/memory/{memory_id}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.body["memory"]
        return found

    async def recall(self, query: str = "", **parameters: Any) -> list[str]:
        """The ids that recall returns, best first."""
        answer = await self.post("/recall", {"query": query, **parameters})
        assert answer.status == 200, answer.body
        return [item["id"] for item in answer.body["results"]]

    async def count(self) -> int:
        """How many memories this caller has."""
        answer = await self.get("/health")
        assert answer.status == 200
        return int(answer.body["memory_count"])


def assert_refused(answer: Answer, status: int, *mentioned: str, sent: Any = "") -> None:
    """The answer is the error envelope with this status, and its message names what it is about."""
    assert answer.status == status, (answer.body, str(sent)[:200])
    assert set(answer.body) == {"status", "code", "message"}
    assert (answer.body["status"], answer.body["code"]) == ("error", status)
    for word in mentioned:
        assert word.lower() in answer.body["message"].lower(), (answer.body, str(sent)[:200])
