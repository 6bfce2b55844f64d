"""The endpoints: each reads its model, asks the service, writes the answer."""

import time
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import from_json

from memory_api.bodies import Bodies
from memory_api.errors import InvalidRequest, MemoryNotFound
from memory_api.models.queries import ByTagRequest, RecallRequest, RelatedRequest
from memory_api.models.requests import MAX_BATCH, AssociateRequest, Request, StoreRequest, UpdateRequest
from memory_api.models.values import Limits, explain, parse_id
from memory_api.recall.answer import recall_answer
from memory_api.responses import TENANT, answer
from memory_api.service import MemoryService, Stored

M = TypeVar("M", bound=Request)

SERVICE = web.AppKey("service", MemoryService)
LIMITS = web.AppKey("limits", Limits)
BODIES = web.AppKey("bodies", Bodies)
# They change nothing, in spite of their method.
READING_POSTS = frozenset({"/recall"})
# The other paths below /memory have methods of their own, and answer 405 to the rest.
_ONE_MEMORY = "/memory/{memory_id:(?!(?:by-tag|batch)$)[^/]+}"

routes = web.RouteTableDef()


def parse(request: web.Request, model: type[M], body: object, item: str = "") -> M:
    """The validated model. Raises InvalidRequest; for part of a list `item` says which, and opens its message."""
    if not isinstance(body, dict):
        raise InvalidRequest(f"{item} must be an object" if item else "JSON body is required")
    try:
        return model.model_validate(body, context=request.app[LIMITS])
    except ValidationError as error:
        raise InvalidRequest(f"{item}: {explain(error)}" if item else explain(error)) from None


async def json_body(request: web.Request) -> Any:
    """The body as JSON, None where there is none. Raises InvalidRequest for what is not JSON; see also Bodies.read."""
    raw = await request.app[BODIES].read(request)
    try:
        return from_json(raw, allow_inf_nan=False) if raw.strip() else None
    except ValueError as error:
        raise InvalidRequest(f"Body must be valid JSON: {error}") from None


def query_parameters(request: web.Request) -> dict[str, Any]:
    """The query string: a list where a name is repeated, else the text."""
    query = request.query
    return {name: values if len(values := query.getall(name)) > 1 else values[0] for name in query}


def memory_id(request: web.Request) -> str:
    """The id in the path. Raises InvalidRequest."""
    try:
        return parse_id(request.match_info["memory_id"], "memory_id")
    except ValueError as error:
        raise InvalidRequest(str(error)) from None


def tenant(request: web.Request) -> str:
    """Whose memory this request is about; the middleware has seen to it."""
    return request[TENANT]


def elapsed_ms(since: float) -> float:
    """Milliseconds since a perf_counter reading."""
    return round((time.perf_counter() - since) * 1000, 2)


@routes.post("/memory")
async def store(request: web.Request) -> web.Response:
    began = time.perf_counter()
    item = parse(request, StoreRequest, await json_body(request))
    (stored,) = await request.app[SERVICE].store(tenant(request), [item])
    embedding = "stored" if item.embedding is None else "provided"
    return answer(
        {**_stored_answer(stored), "embedding_status": embedding, "query_time_ms": elapsed_ms(began)},
        201 if stored.created else 200,
    )


def _stored_answer(stored: Stored) -> dict[str, Any]:
    memory = stored.memory
    return {
        "status": "success",
        "memory_id": memory.id,
        "stored_at": datetime.now(UTC).isoformat(),
        "timestamp": memory.timestamp,
        "updated_at": memory.updated_at,
        "last_accessed": memory.last_accessed,
        "type": memory.type,
        "confidence": memory.confidence,
        "metadata": memory.metadata,
        "qdrant": "stored",
        "enrichment": "complete",
    }


@routes.post("/memory/batch")
async def store_batch(request: web.Request) -> web.Response:
    began = time.perf_counter()
    items = _batch(await json_body(request), "memories", "memories")
    requests = [parse(request, StoreRequest, item, f"Memory at index {index}") for index, item in enumerate(items)]
    stored = await request.app[SERVICE].store(tenant(request), requests)
    return answer(
        {
            "status": "success",
            "stored": len(stored),
            "memory_ids": [item.memory.id for item in stored],
            "qdrant": f"stored ({len(stored)})",
            "enrichment": "complete",
            "query_time_ms": elapsed_ms(began),
        },
        201,
    )


def _batch(body: object, field: str, noun: str) -> list[object]:
    if not isinstance(body, dict) or field not in body:
        raise InvalidRequest(f"JSON body with '{field}' array required")
    items = body[field]
    if not isinstance(items, list) or not items:
        raise InvalidRequest(f"'{field}' must be a non-empty array")
    if len(items) > MAX_BATCH:
        raise InvalidRequest(f"Batch size limit is {MAX_BATCH} {noun} per request")
    return items


@routes.get("/memory/by-tag")
async def by_tag(request: web.Request) -> web.Response:
    asked = parse(request, ByTagRequest, query_parameters(request))
    page = await request.app[SERVICE].tagged(tenant(request), asked)
    return answer(
        {
            "status": "success",
            "tags": asked.tags,
            "count": len(page.memories),
            "limit": asked.limit,
            "offset": asked.offset,
            "has_more": page.has_more,
            "memories": [memory.to_wire() for memory in page.memories],
        }
    )


@routes.delete("/memory/by-tag")
async def delete_by_tag(request: web.Request) -> web.Response:
    asked = parse(request, ByTagRequest, query_parameters(request))
    deleted = await request.app[SERVICE].delete_tagged(tenant(request), asked.tags)
    return answer({"status": "success", "tags": asked.tags, "deleted_count": deleted})


@routes.get(_ONE_MEMORY)
async def get(request: web.Request) -> web.Response:
    memory = await request.app[SERVICE].get(tenant(request), memory_id(request))
    return answer({"status": "success", "memory": memory.to_wire()})


@routes.patch(_ONE_MEMORY)
async def update(request: web.Request) -> web.Response:
    target = memory_id(request)
    change = parse(request, UpdateRequest, await json_body(request))
    memory = await request.app[SERVICE].update(tenant(request), target, change)
    return answer({"status": "success", "memory_id": memory.id, "updated_at": memory.updated_at})


@routes.delete(_ONE_MEMORY)
async def delete(request: web.Request) -> web.Response:
    target = memory_id(request)
    await request.app[SERVICE].delete(tenant(request), target)
    return answer({"status": "success", "memory_id": target})


@routes.post("/associate")
async def associate(request: web.Request) -> web.Response:
    body = await json_body(request)
    if isinstance(body, dict) and "associations" in body:
        return await _associate_batch(request, _batch(body, "associations", "associations"))
    item = parse(request, AssociateRequest, body)
    (stored,) = await request.app[SERVICE].associate(tenant(request), [item])
    if not stored:
        raise MemoryNotFound("One or both memories do not exist")
    return answer(
        {
            "status": "success",
            "message": f"Association created between {item.memory1_id} and {item.memory2_id}",
            "relation_type": item.type,
            "strength": item.strength,
            **{name: value for name, value in item.properties.items() if name != "strength"},
        },
        201,
    )


async def _associate_batch(request: web.Request, items: list[object]) -> web.Response:
    good: dict[int, AssociateRequest] = {}
    failed: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        try:
            good[index] = parse(request, AssociateRequest, item, "Association item")
        except InvalidRequest as error:
            failed.append({"index": index, "reason": str(error)})
    outcome = await request.app[SERVICE].associate(tenant(request), list(good.values())) if good else []
    succeeded = []
    for (index, item), stored in zip(good.items(), outcome, strict=True):
        if stored:
            succeeded.append(_association(index, item))
        else:
            failed.append({"index": index, "reason": "One or both memories do not exist"})
    return answer(_batch_outcome(succeeded, failed), 207 if failed else 201)


def _association(index: int, item: AssociateRequest) -> dict[str, Any]:
    return {
        "index": index,
        "memory1_id": item.memory1_id,
        "memory2_id": item.memory2_id,
        "relation_type": item.type,
        "strength": item.strength,
    }


def _batch_outcome(succeeded: list[dict[str, Any]], failed: list[dict[str, Any]]) -> dict[str, Any]:
    total = len(succeeded) + len(failed)
    return {
        "status": "partial_success" if failed else "success",
        "created_count": len(succeeded),
        "failed_count": len(failed),
        "succeeded": succeeded,
        "failed": sorted(failed, key=lambda item: int(item["index"])),
        "summary": f"{len(succeeded)}/{total} associations created successfully",
    }


@routes.get("/memories/{memory_id:[^/]+}/related")
async def related(request: web.Request) -> web.Response:
    asked = parse(request, RelatedRequest, query_parameters(request))
    target = memory_id(request)
    found = await request.app[SERVICE].related(tenant(request), target, asked)
    return answer(
        {
            "status": "success",
            "memory_id": target,
            "count": len(found),
            "related_memories": [memory.summary() for memory in found],
            "relationship_types": asked.relationship_types,
            "max_depth": asked.max_depth,
            "limit": asked.limit,
        }
    )


@routes.get("/recall")
async def recall_by_query_string(request: web.Request) -> web.Response:
    return await _recall(request, query_parameters(request))


@routes.post("/recall")
async def recall_by_body(request: web.Request) -> web.Response:
    body = await json_body(request)
    return await _recall(request, {} if body is None else body)


async def _recall(request: web.Request, sent: Any) -> web.Response:
    began = time.perf_counter()
    asked = parse(request, RecallRequest, sent)
    page = await request.app[SERVICE].recall(tenant(request), asked)
    body = recall_answer(asked, page.recalled, page.relations)
    return answer({**body, "query_time_ms": elapsed_ms(began)})
