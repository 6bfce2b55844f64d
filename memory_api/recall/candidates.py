"""Finds the memories worth scoring: the nearest in meaning and the best by words, each with its raw score."""

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memory_api.embedders.base import Embedder
from memory_api.recall.query import Question, without
from memory_api.storage.base import Candidate, Scope, Storage

# A name in this share of the memories that may be returned does not tell them apart, and draws the vector to every
# memory that merely says it (R@10 on LoCoMo .48 with such names, .59 without).
_COMMON_NAME_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """What each channel returned, best first: cosines, and BM25 scores."""

    nearest: list[Candidate]
    matching: list[Candidate]


async def find(
    question: Question,
    vector: NDArray[np.float32] | None,
    limit: int,
    scope: Scope,
    storage: Storage,
    embedder: Embedder,
) -> Found:
    """Up to `limit` memories from each channel. A given vector stands in for the question's own."""
    # Both are waited for even where one fails: no read may outlive the request that began it.
    nearest, matching = await asyncio.gather(
        _nearest(question, vector, limit, scope, storage, embedder),
        storage.matching(question.words, limit, scope),
        return_exceptions=True,
    )
    if isinstance(nearest, BaseException):
        raise nearest
    if isinstance(matching, BaseException):
        raise matching
    return Found(nearest, matching)


async def _nearest(
    question: Question,
    vector: NDArray[np.float32] | None,
    limit: int,
    scope: Scope,
    storage: Storage,
    embedder: Embedder,
) -> list[Candidate]:
    if vector is None and question.text:
        vector = await _embed(question, scope, storage, embedder)
    return [] if vector is None else await storage.nearest(vector, limit, scope)


async def _embed(question: Question, scope: Scope, storage: Storage, embedder: Embedder) -> NDArray[np.float32]:
    common = await storage.common(question.names, scope, _COMMON_NAME_SHARE) if question.names else set()
    return await embedder.embed(without(question.text, common))
