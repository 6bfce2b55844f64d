"""GET /openapi.json: the OpenAPI 3.1 document, made of the models that validate and of the table of operations."""

import asyncio
from functools import lru_cache
from typing import Any

from aiohttp import web
from pydantic import AliasChoices, BaseModel
from pydantic.json_schema import models_json_schema
from pydantic_core import to_json

from memory_api.models import schemas
from memory_api.models.answers import Error
from memory_api.models.requests import Request
from memory_api.models.values import Limits
from memory_api.operations import OPERATIONS, Operation

LIMITS = web.AppKey("document_limits", Limits)
VERSION = web.AppKey("document_version", str)

_REFUSALS = {
    400: "A field is missing, malformed or out of range",
    401: "No key, or one that is not known",
    403: "This key may only read, or this page may not ask",
    404: "No memory has this id",
    405: "The path has other methods; Allow names them",
    408: "The body did not arrive in time",
    409: "The id belongs to a memory with other content",
    413: "The body is larger than 8 MiB",
    421: "Without keys: a Host that is not of this machine",
    429: "Too many requests; Retry-After says when",
    503: "Not now; where a queue is full, Retry-After says when",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}}
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "admin": {"type": "apiKey", "in": "header", "name": "X-Admin-Token"},
}
_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "key": [{"bearer": []}, {"header": []}, {"query": []}],
    "admin": [{"admin": []}],
    "": [],
}

routes = web.RouteTableDef()


@routes.get("/openapi.json")
async def openapi(request: web.Request) -> web.Response:
    # Made when it is first asked for: it takes longer than all the rest of a start.
    body = await asyncio.to_thread(document, request.app[LIMITS], request.app[VERSION])
    return web.Response(body=body, content_type="application/json")


@lru_cache(maxsize=1)
def document(limits: Limits, version: str) -> bytes:
    """The document of a service with these limits, as JSON."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, limits)
    return to_json(
        {
            "openapi": "3.1.0",
            "info": {"title": "memory_api", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
            "paths": paths,
            "components": {"schemas": _components(limits), "securitySchemes": _SCHEMES},
        }
    )


def _operation(operation: Operation, limits: Limits) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "operationId": f"{operation.method}{operation.path.title()}".translate(str.maketrans("", "", "/{}-_.")),
        "summary": operation.summary,
        "security": _SECURITY[operation.security],
        "responses": {str(status): _answer(answer) for status, answer in operation.answers.items()}
        | {str(status): _refusal(status) for status in sorted({*operation.refusals, 405})},
    }
    if parameters := _parameters(operation, limits):
        shown["parameters"] = parameters
    if operation.body is not None:
        content = {"application/json": {"schema": _referring(operation.body)}}
        shown["requestBody"] = {"required": operation.body_required, "content": content}
    return shown


def _answer(answer: Any) -> dict[str, Any]:
    content = (
        {"text/plain": {"schema": {"type": "string"}}}
        if answer is None
        else {"application/json": {"schema": _referring(answer)}}
    )
    return {"description": "Done", "content": content}


def _refusal(status: int) -> dict[str, Any]:
    shown = {"description": _REFUSALS[status], "content": {"application/json": {"schema": _referring(Error)}}}
    return {**shown, "headers": _RETRY_AFTER} if status in (429, 503) else shown


def _referring(schema: Any) -> Any:
    """The schema with references in place of models."""
    if isinstance(schema, type):
        return {"$ref": f"#/components/schemas/{schema.__name__}"}
    if isinstance(schema, list):
        return [_referring(part) for part in schema]
    if isinstance(schema, dict):
        return _referring(schema["model"]) if "model" in schema else {k: _referring(v) for k, v in schema.items()}
    return schema


def _models(schema: Any) -> set[type[BaseModel]]:
    """Every model that a schema refers to."""
    if isinstance(schema, type):
        return {schema}
    parts = schema if isinstance(schema, list) else schema.values() if isinstance(schema, dict) else ()
    return {model for part in parts for model in _models(part)}


def _components(limits: Limits) -> dict[str, Any]:
    models: set[type[BaseModel]] = {Error}
    for operation in OPERATIONS:
        models |= _models([operation.body, *operation.answers.values()])
    ordered = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    components: dict[str, Any] = definitions["$defs"]
    for model in ordered:
        if issubclass(model, Request):
            components[model.__name__]["properties"] = _fields(model, limits)
    return components


def _fields(model: type[Request], limits: Limits) -> dict[str, Any]:
    """The fields of a model, with what depends on the installation, and their other names."""
    fields: dict[str, Any] = dict(model.model_json_schema()["properties"])
    if "content" in fields:
        fields["content"] = schemas.content(limits.content_chars)
    if "embedding" in fields:
        fields["embedding"] = schemas.vector(limits.dimension)
    for name, field in model.model_fields.items():
        if isinstance(field.validation_alias, AliasChoices):
            others = ", ".join(str(choice) for choice in field.validation_alias.choices if choice != name)
            text = fields[name].get("description", "")
            fields[name] = {**fields[name], "description": f"{text} Also understood as {others}.".strip()}
    return fields


def _parameters(operation: Operation, limits: Limits) -> list[dict[str, Any]]:
    parameters = []
    if "{memory_id}" in operation.path:
        parameters.append({"name": "memory_id", "in": "path", "required": True, "schema": schemas.UUID})
    if operation.query is not None:
        required = operation.query.model_json_schema().get("required", ())
        for name, field in _fields(operation.query, limits).items():
            schema = schemas.in_query(field)
            if name == "embedding":
                schema = schemas.vector_text(limits.dimension)
            parameters.append({"name": name, "in": "query", "required": name in required, "schema": schema})
    return parameters
