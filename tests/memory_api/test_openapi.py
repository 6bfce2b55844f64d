"""The OpenAPI document names every endpoint, every status, and what the models really accept."""

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from memory_api import admin, enrichment, health, openapi, routes
from memory_api.models import answers
from memory_api.models.values import Limits
from memory_api.openapi import document
from tests.memory_api.api import Api
from tests.memory_api.builders import id_of
from tests.memory_api.conftest import StartApi

DOCUMENT = json.loads(document(Limits(2_000, 384), "1"))


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {(method, path): shown for path, methods in DOCUMENT["paths"].items() for method, shown in methods.items()}


def references(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*map(references, schema.values()))
    return set().union(*map(references, schema)) if isinstance(schema, list) else set()


def test_it_has_every_endpoint_and_no_other() -> None:
    tables = (routes, health, enrichment, admin, openapi)
    served = {
        (route.method.lower(), re.sub(r"{(\w+):[^/]*/?[^/]*}", r"{\1}", route.path))
        for table in tables
        for route in table.routes
    }
    assert set(operations()) == served


def test_every_refusal_is_the_envelope_and_every_reference_leads_somewhere() -> None:
    for shown in operations().values():
        for status, answer in shown["responses"].items():
            if int(status) >= 400:
                assert references(answer) == {"#/components/schemas/Error"}
    names = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert references(DOCUMENT) <= names


def test_no_operation_shares_its_name_with_another() -> None:
    names = [shown["operationId"] for shown in operations().values()]
    assert len(set(names)) == len(names)


def test_limits_are_those_of_the_installation() -> None:
    shown = json.loads(document(Limits(77, 5), "1"))["components"]["schemas"]["StoreRequest"]["properties"]
    assert shown["content"]["maxLength"] == 77
    assert shown["embedding"]["anyOf"][0]["minItems"] == 5


async def test_it_needs_no_key(start_api: StartApi) -> None:
    api = await start_api(automem_api_token="key")
    answer = await api.get("/openapi.json")
    assert (answer.status, answer.body["openapi"]) == (200, "3.1.0")


ASKED: list[tuple[str, str, Any, int, type[BaseModel]]] = [
    ("POST", "/memory", {"content": "x", "id": id_of(1), "tags": "t"}, 201, answers.StoreAnswer),
    ("POST", "/memory", {"content": "x", "id": id_of(1)}, 200, answers.StoreAnswer),
    ("POST", "/memory", {"content": "y", "id": id_of(1)}, 409, answers.Error),
    ("POST", "/memory/batch", {"memories": [{"content": "x", "id": id_of(2)}]}, 201, answers.StoreBatchAnswer),
    ("POST", "/associate", {"memory1_id": id_of(1), "memory2_id": id_of(2)}, 201, answers.AssociateAnswer),
    (
        "POST",
        "/associate",
        {"associations": [{"memory1_id": id_of(1), "memory2_id": id_of(2)}, 1]},
        207,
        answers.AssociateBatchAnswer,
    ),
    ("GET", f"/memory/{id_of(1)}", ..., 200, answers.MemoryAnswer),
    ("PATCH", f"/memory/{id_of(1)}", {"importance": 1}, 200, answers.UpdateAnswer),
    ("GET", "/memory/by-tag?tags=t", ..., 200, answers.ByTagAnswer),
    ("GET", f"/memories/{id_of(1)}/related", ..., 200, answers.RelatedAnswer),
    ("GET", "/recall?query=x", ..., 200, answers.RecallAnswer),
    ("POST", "/recall", {"tags": ["t"], "expand": True}, 200, answers.RecallAnswer),
    ("GET", "/enrichment/status", ..., 200, answers.EnrichmentAnswer),
    ("GET", "/health", ..., 200, answers.HealthAnswer),
    ("DELETE", "/memory/by-tag?tags=t", ..., 200, answers.DeleteByTagAnswer),
    ("DELETE", f"/memory/{id_of(2)}", ..., 200, answers.DeleteAnswer),
    ("PUT", "/memory", ..., 405, answers.Error),
    ("PATCH", "/memory/by-tag", {}, 405, answers.Error),
    ("GET", "/nope", ..., 404, answers.Error),
]


async def test_answers_are_as_described(api: Api) -> None:
    for method, path, body, status, model in ASKED:
        answer = await api.send(method, path, body)
        assert answer.status == status, (method, path, answer.body)
        model.model_validate(answer.body, strict=True)


@pytest.mark.parametrize("name", ["StoreRequest", "UpdateRequest", "AssociateRequest", "RecallRequest"])
def test_every_field_says_more_than_that_it_exists(name: str) -> None:
    for field, schema in DOCUMENT["components"]["schemas"][name]["properties"].items():
        assert set(schema) & {"anyOf", "type", "enum", "pattern", "const", "$ref"}, field
