"""Memories, records and vectors for tests, each with only what the test is about."""

import zlib
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from memory_api.models.memory import Memory, Record, Relation

DIMENSION = 64
NOON = "2026-01-31T12:00:00+00:00"
Vector = NDArray[np.float32]


def id_of(number: int) -> str:
    """A UUID that sorts as its number does."""
    return str(UUID(int=number))


def memory(number: int, content: str = "A note", **values: Any) -> Memory:
    """A memory with plain values wherever none are given."""
    given: dict[str, Any] = {
        "type": "Context",
        "confidence": 0.5,
        "importance": 0.5,
        "tags": (),
        "metadata": {},
        "timestamp": NOON,
        "t_valid": NOON,
        "t_invalid": None,
        "updated_at": NOON,
        "last_accessed": NOON,
    }
    return Memory(id=id_of(number), content=content, **{**given, **values})


def record(number: int, content: str = "A note", vector: Vector | None = None, **values: Any) -> Record:
    """A memory with its vector; without one given, a random one that depends on the content alone."""
    return Record(memory(number, content, **values), vector_of(content) if vector is None else vector)


def relation(source: int, target: int, kind: str = "RELATES_TO", strength: float = 0.5, **properties: Any) -> Relation:
    """An edge between two numbered memories."""
    return Relation(id_of(source), id_of(target), kind, strength, properties)


def unit(vectors: NDArray[Any]) -> Vector:
    """Every row, or the one vector, scaled to length 1."""
    scaled: Vector = (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
    return scaled


def axis(place: int, dimension: int = DIMENSION) -> Vector:
    """The vector along one axis."""
    vector: Vector = np.eye(dimension, dtype=np.float32)[place]
    return vector


def vector_of(text: str, dimension: int = DIMENSION) -> Vector:
    """A random vector of length 1, the same for the same text."""
    return unit(np.random.default_rng(zlib.crc32(text.encode())).standard_normal(dimension))


def clustered(count: int, dimension: int, seed: int, centres: int = 40) -> Vector:
    """Vectors in clusters around a common offset, as embeddings of real text lie."""
    random = np.random.default_rng(seed)
    offset = random.standard_normal(dimension)
    middles = random.standard_normal((centres, dimension))
    spread = random.standard_normal((count, dimension)) * 0.7
    return unit(offset + middles[random.integers(centres, size=count)] + spread)


def brute_force(vectors: Vector, query: Vector, limit: int) -> list[int]:
    """The rows nearest to the query, best first, by comparing all of them."""
    return [int(row) for row in np.argsort(-(vectors @ query), kind="stable")[:limit]]


def recall(found: list[list[int]], expected: list[list[int]]) -> float:
    """The share of what was expected that was found, over all queries."""
    hits = sum(len(set(one) & set(other)) for one, other in zip(found, expected, strict=True))
    return hits / sum(len(one) for one in expected)
