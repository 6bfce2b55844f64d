"""The part of the storage contract that no combination of filters breaks: random ones against a plain comparison."""

import random
from dataclasses import dataclass

import numpy as np
import pytest

from memory_api.models.memory import Memory, Record, entity_path
from memory_api.storage.base import Scope, Storage
from tests.memory_api.builders import axis, record
from tests.memory_api.storage.contract_search import day, numbers, numbers_of

COUNT, SCOPES = 300, 400
TAGS = (
    "work",
    "Work:Alpha",
    "work/alpha/x",
    "workshop",
    "home",
    "HOME:kitchen",
    "entity:people:eve",
    "Entity",
    "ÄRGER",
)
NAMES = {"people": ("Ada Lovelace", "Ada", "Eve"), "places": ("Zürich", "St. Ives"), "tools": ("C++",)}
ASKED = (
    *TAGS,
    "WORK",
    "work:alpha",
    "home/kitchen",
    "wor",
    "ärger",
    "entity",
    "entity:people",
    "entity/people/ada",
    "entity:people:ada",
    "entity:people:ada-lovelace",
    "Entity:Places:zürich",
    "entity:places:st-ives",
    "entity:tools:c",
    "entity:tools",
    "nothing",
)


def carried(memory: Memory) -> list[str]:
    """Everything that a tag filter may find the memory by."""
    named = [entity_path(kind, name) for kind, names in memory.entities.items() for name in names]
    return [*memory.tags, *named]


def matches(asked: str, tag: str, prefix: bool) -> bool:
    wanted, held = asked.casefold(), tag.casefold()
    if not prefix:
        return wanted == held
    return (held.replace("/", ":") + ":").startswith(wanted.replace("/", ":") + ":")


def admits(scope: Scope, memory: Memory) -> bool:
    """What a scope promises, told without any index."""
    tags = carried(memory)
    prefix = scope.tag_match == "prefix"
    wanted = [any(matches(asked, tag, prefix) for tag in tags) for asked in scope.tags]
    if wanted and not (any(wanted) if scope.tag_mode == "any" else all(wanted)):
        return False
    if any(matches(asked, tag, prefix=True) for asked in scope.exclude for tag in tags):
        return False
    return (scope.start or "") <= memory.timestamp <= (scope.end or "~")


@dataclass
class Chance:
    """Random memories and scopes, the same in every run."""

    random: random.Random

    def some(self, choices: tuple[str, ...], most: int) -> tuple[str, ...]:
        return tuple(self.random.sample(choices, self.random.randint(0, most)))

    def memory(self, number: int) -> Record:
        entities = {kind: found for kind, names in NAMES.items() if (found := self.some(names, 1))}
        moment = day(self.random.randint(1, 28))
        return record(number, f"shared word{number}", tags=self.some(TAGS, 3), entities=entities, timestamp=moment)

    def scope(self) -> Scope:
        days = sorted(self.random.randint(1, 28) for _ in range(2))
        return Scope(
            tags=self.some(ASKED, 3),
            tag_mode=self.random.choice(("any", "all")),
            tag_match=self.random.choice(("prefix", "exact")),
            exclude=self.some(ASKED, 2),
            start=day(days[0]) if self.random.random() < 0.4 else None,
            end=day(days[1]) if self.random.random() < 0.4 else None,
        )


class FiltersContract:
    """Every read that takes a scope admits the same memories."""

    async def test_every_read_admits_what_comparing_all_memories_admits(self, storage: Storage) -> None:
        chance = Chance(random.Random(7))
        records = [chance.memory(number) for number in range(COUNT)]
        await storage.store(records)
        ids = [one.memory.id for one in records]
        vectors = np.stack([one.vector for one in records])
        sizes = []
        for _ in range(SCOPES):
            scope = chance.scope()
            expected = [number for number, one in enumerate(records) if admits(scope, one.memory)]
            sizes.append(len(expected))
            assert sorted(numbers([one.id for one in await storage.browse(scope, "score", COUNT)])) == expected, scope
            assert sorted(numbers(list(await storage.inside(ids, scope)))) == expected, scope
            matching = await storage.matching(["shared"], COUNT, scope)
            assert sorted(await numbers_of(storage, matching)) == expected, scope
            nearest = await storage.nearest(axis(0), COUNT, scope)
            assert sorted(await numbers_of(storage, nearest)) == expected, scope
            cosines = np.sort(vectors[expected] @ axis(0))[::-1]
            assert [one.score for one in nearest] == pytest.approx(cosines, abs=1e-3), scope
        assert sum(0 < size < COUNT for size in sizes) > SCOPES / 3
