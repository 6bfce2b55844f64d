"""Every endpoint as data: what it takes and every status it may answer with. The OpenAPI document is made of these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from memory_api.models import answers, schemas
from memory_api.models.queries import ByTagRequest, RecallRequest, RelatedRequest
from memory_api.models.requests import MAX_BATCH, AssociateRequest, Request, StoreRequest, UpdateRequest

_KEYED = (401, 403, 421, 429, 503)
_WITH_BODY = (400, 408, 413)
_TAGGED = (*_KEYED, 400)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `security` names the schemes that let in; empty is everybody.

    `body` is a model, or a schema in which {"model": ...} stands for one. An answer that is None is plain text.
    """

    method: str
    path: str
    summary: str
    answers: dict[int, type[BaseModel] | Any]
    refusals: Sequence[int] = _KEYED
    body: type[Request] | schemas.Schema | None = None
    body_required: bool = True
    query: type[Request] | None = None
    security: str = "key"


def batch(field: str, items: Any) -> schemas.Schema:
    """An object with a list of up to MAX_BATCH items."""
    array = {"type": "array", "minItems": 1, "maxItems": MAX_BATCH, "items": items}
    return {"type": "object", "required": [field], "properties": {field: array}}


_ASSOCIATE = {
    "anyOf": [
        {"model": AssociateRequest},
        # An item that cannot be read fails alone.
        batch("associations", {"anyOf": [{"model": AssociateRequest}, {}]}),
    ]
}

OPERATIONS = (
    Operation(
        "post",
        "/memory",
        "Store a memory; 200 where its id already holds this content, 409 where it holds other content",
        {201: answers.StoreAnswer, 200: answers.StoreAnswer},
        (*_KEYED, *_WITH_BODY, 404, 409),
        StoreRequest,
    ),
    Operation(
        "post",
        "/memory/batch",
        "Store many, all or none",
        {201: answers.StoreBatchAnswer},
        (*_KEYED, *_WITH_BODY, 404, 409),
        batch("memories", {"model": StoreRequest}),
    ),
    Operation("get", "/memory/{memory_id}", "Read a memory", {200: answers.MemoryAnswer}, (*_KEYED, 400, 404)),
    Operation(
        "patch",
        "/memory/{memory_id}",
        "Change the fields that are sent; metadata is merged, null removes a key",
        {200: answers.UpdateAnswer},
        (*_KEYED, *_WITH_BODY, 404),
        UpdateRequest,
    ),
    Operation(
        "delete",
        "/memory/{memory_id}",
        "Delete a memory with its relations",
        {200: answers.DeleteAnswer},
        (*_KEYED, 400, 404),
    ),
    Operation(
        "get",
        "/memory/by-tag",
        "All memories with any of exactly these tags",
        {200: answers.ByTagAnswer},
        _TAGGED,
        query=ByTagRequest,
    ),
    Operation(
        "delete",
        "/memory/by-tag",
        "Delete all memories with any of exactly these tags",
        {200: answers.DeleteByTagAnswer},
        _TAGGED,
        query=ByTagRequest,
    ),
    Operation(
        "post",
        "/associate",
        "Relate two memories, or up to 500 pairs; 207 where some of a batch failed",
        {201: {"anyOf": [{"model": answers.AssociateAnswer}, {"model": answers.AssociateBatchAnswer}]}}
        | {207: answers.AssociateBatchAnswer},
        (*_KEYED, *_WITH_BODY, 404),
        _ASSOCIATE,
    ),
    Operation(
        "get",
        "/memories/{memory_id}/related",
        "The neighbourhood of a memory",
        {200: answers.RelatedAnswer},
        (*_KEYED, 400, 404),
        query=RelatedRequest,
    ),
    Operation(
        "get",
        "/recall",
        "Find memories by meaning, words, tags and time",
        {200: answers.RecallAnswer},
        (*_KEYED, 400),
        query=RecallRequest,
    ),
    Operation(
        "post",
        "/recall",
        "The same with the parameters as JSON; it changes nothing",
        {200: answers.RecallAnswer},
        (*_KEYED, *_WITH_BODY),
        {"anyOf": [{"model": RecallRequest}, schemas.NULL]},
        body_required=False,
    ),
    Operation("get", "/enrichment/status", "What is still to be worked out: nothing", {200: answers.EnrichmentAnswer}),
    Operation("get", "/health", "200 while the service lives", {200: answers.HealthAnswer}, (403, 421), security=""),
    Operation("get", "/openapi.json", "This document", {200: {"type": "object"}}, (403, 421), security=""),
    Operation("get", "/metrics", "Figures for Prometheus", {200: None}, (401, 403, 421, 429), security="admin"),
    Operation(
        "get", "/admin/stats", "Figures as JSON", {200: answers.StatsAnswer}, (401, 403, 421, 429), security="admin"
    ),
)
