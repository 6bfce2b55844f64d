"""Finds the memories worth scoring: the nearest in meaning and the best by words, each with its raw score."""

import asyncio

import numpy as np
from numpy.typing import NDArray

from memory_api.embedders.base import Embedder
from memory_api.recall.query import Question, without
from memory_api.storage.base import Scope, Storage

# A name in this share of the memories that may be returned does not tell them apart: it draws the vector to every
# memory that merely says it (R@10 on LoCoMo .48 with such names, .59 without), and the words as well where the scope
# is part of a larger storage, in which the name is rare.
_COMMON_NAME_SHARE = 0.2
_COMMON_NAME_LEAST = 20


async def find(
    question: Question,
    vector: NDArray[np.float32] | None,
    limit: int,
    scope: Scope,
    storage: Storage,
    embedder: Embedder,
) -> dict[int, dict[str, float]]:
    """Up to `limit` memories from each channel by their keys, each with its cosine and its BM25 share.

    A given vector stands in for the question's own.
    """
    common = (
        await storage.common(question.names, scope, _COMMON_NAME_SHARE, _COMMON_NAME_LEAST) if question.names else set()
    )
    words = [word for word in question.words if word not in common] or question.words
    # Both are waited for even where one fails: no read may outlive the request that began it.
    asked, matching = await asyncio.gather(
        _vector(without(question.text, common), vector, embedder),
        storage.matching(words, limit, scope),
        return_exceptions=True,
    )
    if isinstance(asked, BaseException):
        raise asked
    if isinstance(matching, BaseException):
        raise matching
    # What was found by its words is compared as well: without its cosine it would lose to whatever is merely near.
    nearest = (
        [] if asked is None else await storage.nearest(asked, limit, scope, [candidate.key for candidate in matching])
    )
    cosines = {candidate.key: candidate.score for candidate in nearest}
    shares = {candidate.key: min(1.0, candidate.score) for candidate in matching}
    return {key: {"vector": cosines.get(key, 0.0), "keyword": shares.get(key, 0.0)} for key in cosines | shares}


async def _vector(text: str, given: NDArray[np.float32] | None, embedder: Embedder) -> NDArray[np.float32] | None:
    return await embedder.embed(text) if given is None and text else given
