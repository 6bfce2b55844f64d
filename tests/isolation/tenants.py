"""Three tenants who have the same kinds of things, and a fourth who does not exist."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tests.memory_api.api import Api

TENANTS = ("alice", "bob", "carol")
NOBODY = "nobody"
"""Has no memory: what is called by this name exists nowhere."""
EACH = 200
EXTRA = {"alice": 0, "bob": 1, "carol": 2}
PEOPLE = {"alice": "Ada Lovelace", "bob": "Grace Hopper", "carol": "Marie Curie", NOBODY: "Emmy Noether"}
KEYS = ",".join(f"{tenant}:key-of-{tenant}" for tenant in TENANTS)
OPERATOR = "the-operators-token"

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def id_of(tenant: str, number: int) -> str:
    return str(UUID(int=((*TENANTS, NOBODY).index(tenant) + 1) * 1_000_000 + number))


def note(tenant: str, number: int) -> dict[str, Any]:
    """A memory that differs between tenants in everything by which it could be found, but for one shared word."""
    return {
        "id": id_of(tenant, number),
        "content": f"{PEOPLE[tenant]} keeps heron number {number} in {tenant}land",
        "tags": [f"of:{tenant}", f"session:{number // 20}", "shared"],
        "metadata": {"owner": tenant},
        "importance": number / (2 * EACH),
        "timestamp": f"2026-01-{1 + number % 28:02}T12:00:00Z",
    }


def entity(tenant: str) -> str:
    """The tag of the person whom all memories of a tenant name."""
    return f"entity:people:{PEOPLE[tenant].lower().replace(' ', '-')}"


def total(tenant: str) -> int:
    return EACH + EXTRA[tenant]


def own(tenant: str) -> set[str]:
    return {id_of(tenant, number) for number in range(total(tenant))}


def others(tenant: str) -> list[str]:
    return [other for other in TENANTS if other != tenant]


async def fill(caller: Api, tenant: str) -> None:
    """Stores what the tenant has, each memory related to the next."""
    notes = [note(tenant, number) for number in range(total(tenant))]
    assert (await caller.post("/memory/batch", {"memories": notes})).status == 201
    pairs = [
        {"memory1_id": id_of(tenant, number), "memory2_id": id_of(tenant, number + 1)} for number in range(EACH - 1)
    ]
    assert (await caller.post("/associate", {"associations": pairs})).status == 201


async def snapshot(caller: Api) -> list[dict[str, Any]]:
    """Everything that a tenant has, but for the times of access."""
    found: list[dict[str, Any]] = []
    while True:
        query = [("tags", "shared"), ("limit", "200"), ("offset", str(len(found)))]
        body = (await caller.get("/memory/by-tag", query)).body
        found += [{**memory, "last_accessed": ""} for memory in body["memories"]]
        if not body["has_more"]:
            return found


def texts(body: Any) -> Iterable[str]:
    """Every text of an answer."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield name
            yield from texts(value)
    elif isinstance(body, list):
        for value in body:
            yield from texts(value)
    elif isinstance(body, str):
        yield body


def assert_no_word_of_others(tenant: str, said: str) -> None:
    """Nothing that only the memories of others hold."""
    for other in others(tenant):
        assert f"{other}land" not in said
        assert PEOPLE[other] not in said


def assert_only_of(tenant: str, body: Any) -> None:
    """Neither an id nor a word of another tenant is anywhere in the answer."""
    said = "\n".join(texts(body))
    assert_no_word_of_others(tenant, said)
    assert set(ID.findall(said)) <= own(tenant)
