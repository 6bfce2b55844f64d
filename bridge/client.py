"""The one way to the memory service: a method per REST endpoint."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

from yarl import URL

from bridge.errors import InvalidArguments, UpstreamBroken, UpstreamNotFound
from bridge.upstream import Answer, Call, Repeat, Upstream

_MAX_QUERY_CHARS = 4_000
_BATCHED_PER_TIME_LIMIT = 100

Fields = Mapping[str, Any]


class MemoryClient:
    """Speaks for one caller. `with_key` gives the view of another on the same connections."""

    def __init__(self, upstream: Upstream, key: str | None, request_id: str | None = None) -> None:
        self._upstream = upstream
        self._key = key
        self._request_id = request_id

    def with_key(self, key: str | None, request_id: str | None = None) -> Self:
        """The same memory service, asked with another key; `request_id` is sent along as X-Request-Id."""
        return type(self)(self._upstream, key, request_id)

    async def store(self, memory: Fields) -> Answer:
        """Stores one memory. Without an `id` it gets one here, so that a repetition cannot store it twice."""
        answer = await self._ask("POST", "/memory", body=_identified(memory), repeat=Repeat.WITH_CLIENT_IDS)
        return _expecting(answer, "memory_id", str)

    async def takes_supersedes(self) -> bool:
        """Whether `store` may carry `supersedes`, so that old and new change in one transaction.

        Services that do not know the field ignore it. Raises an UpstreamError where none can be asked.
        """
        return await self._upstream.honours_client_ids(self._call("GET", "/health"))

    async def store_batch(self, memories: Sequence[Fields]) -> Answer:
        """Stores up to 500 memories, all or none, each with an `id` as in `store`."""
        body = {"memories": [_identified(memory) for memory in memories]}
        # Each may have to be embedded first, which takes some hundredths of a second.
        patience = 1 + len(memories) / _BATCHED_PER_TIME_LIMIT
        answer = await self._ask("POST", "/memory/batch", body=body, repeat=Repeat.WITH_CLIENT_IDS, patience=patience)
        return _expecting(answer, "memory_ids", list)

    async def recall(self, question: Fields) -> Answer:
        """Ranked recall; lists are sent as repeated parameters, and what does not fit a URL as a body."""
        parameters = _parameters(question)
        if "embedding" in question or not _fit_a_url(parameters):
            answer = await self._ask("POST", "/recall", body=question)
        else:
            answer = await self._ask("GET", "/recall", parameters=parameters)
        return _expecting(answer, "results", list)

    async def get(self, memory_id: str) -> Answer:
        """One memory, whatever its state."""
        return _expecting(await self._ask("GET", _memory_path(memory_id)), "memory", dict)

    async def update(self, memory_id: str, changes: Fields) -> Answer:
        """Changes the given fields; the others stay."""
        return _expecting(await self._ask("PATCH", _memory_path(memory_id), body=changes), "memory_id", str)

    async def delete(self, memory_id: str) -> None:
        """Deletes one memory. Not finding it counts as done after an attempt whose outcome is unknown."""
        call = self._call("DELETE", _memory_path(memory_id))
        try:
            _expecting(await self._upstream.ask(call), "memory_id", str)
        except UpstreamNotFound:
            if not call.in_doubt:
                raise

    async def by_tag(self, tags: Sequence[str], *, limit: int, offset: int) -> Answer:
        """One page of the memories that carry any of the tags exactly. Raises InvalidArguments for too many tags."""
        parameters = _parameters({"tags": tags, "limit": limit, "offset": offset})
        if not _fit_a_url(parameters):
            raise InvalidArguments("tags are too long together to list in one call; list them in smaller groups.")
        return _expecting(await self._ask("GET", "/memory/by-tag", parameters=parameters), "memories", list)

    async def delete_by_tag(self, tags: Sequence[str]) -> Answer:
        """Deletes every memory that carries any of the tags exactly, and says how many.

        `uncertain` is added where an attempt that broke off may have deleted some that are not in the count.
        """
        deleted, uncertain = 0, False
        for group in _groups(tags):
            call = self._call("DELETE", "/memory/by-tag", parameters=_parameters({"tags": group}))
            deleted += int(_expecting(await self._upstream.ask(call), "deleted_count", int)["deleted_count"])
            uncertain = uncertain or call.in_doubt
        return {"deleted_count": deleted, **({"uncertain": True} if uncertain else {})}

    async def associate(self, association: Fields) -> Answer:
        """Relates two memories; the same relation again replaces its properties."""
        return _expecting(await self._ask("POST", "/associate", body=association), "message", str)

    async def associate_batch(self, associations: Sequence[Fields]) -> Answer:
        """Relates up to 500 pairs; those that fail are listed in `failed` by index."""
        answer = await self._ask("POST", "/associate", body={"associations": list(associations)})
        return _expecting(answer, "failed", list)

    async def health(self) -> Answer:
        """What the memory service says about itself; asked once, with the shorter time limit of a probe."""
        return await self._upstream.probe(self._call("GET", "/health"))

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Sequence[tuple[str, str]] = (),
        body: Fields | None = None,
        repeat: Repeat = Repeat.ALWAYS,
        patience: float = 1.0,
    ) -> Answer:
        call = self._call(method, path, parameters=parameters, body=body)
        call.repeat, call.patience = repeat, patience
        return await self._upstream.ask(call)

    def _call(
        self,
        method: str,
        path: str,
        *,
        parameters: Sequence[tuple[str, str]] = (),
        body: Fields | None = None,
    ) -> Call:
        headers = {"X-Request-Id": self._request_id} if self._request_id else {}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        return Call(method, path, parameters=parameters, body=body, headers=headers)


def _identified(memory: Fields) -> Fields:
    return memory if "id" in memory else {**memory, "id": str(uuid4())}


def _groups(tags: Sequence[str]) -> Iterator[list[str]]:
    """The tags in groups that each fit a URL."""
    group: list[str] = []
    for tag in tags:
        if group and not _fit_a_url(_parameters({"tags": [*group, tag]})):
            yield group
            group = []
        group.append(tag)
    yield group


def _memory_path(memory_id: str) -> str:
    return f"/memory/{quote(memory_id, safe='')}"


def _fit_a_url(parameters: Sequence[tuple[str, str]]) -> bool:
    # Measured as they will be sent: aiohttp leaves the writing of URLs to yarl.
    return len(URL.build(query=parameters).raw_query_string) <= _MAX_QUERY_CHARS


def _parameters(fields: Fields) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        values = value if isinstance(value, list | tuple) else (value,)
        pairs.extend((name, _parameter(part)) for part in values)
    return pairs


def _parameter(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _expecting(answer: Answer, name: str, kind: type) -> Answer:
    if not isinstance(answer.get(name), kind) or isinstance(answer[name], bool):
        raise UpstreamBroken(f"gave an answer without {name}")
    return answer
