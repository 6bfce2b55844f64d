"""Leans an answer towards the new, where the caller or the words of the question want it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from memory_api.models.queries import RecallRequest
from memory_api.recall.hits import Hit, best_first
from memory_api.recall.scoring import Weights, raised

_NOW_WORDS = re.compile(
    r"\b(latest|most recent|recently|current(ly)?|now|nowadays|today|changed|updated|last time|newest|these days"
    r"|anymore)\b",
    re.IGNORECASE,
)


def leaning_recent(hits: list[Hit], request: RecallRequest, weights: Weights) -> tuple[list[Hit], bool]:
    """The hits with the component `temporal`, from 0 for the oldest to 1 for the newest, and whether it was added."""
    wanted = request.recency_bias == "on" or (
        request.recency_bias == "auto" and any(map(_NOW_WORDS.search, request.asks))
    )
    if not wanted or not request.is_question:
        return hits, False
    return best_first(_with_age(hits, weights)), True


def _with_age(hits: Sequence[Hit], weights: Weights) -> list[Hit]:
    instants = [datetime.fromisoformat(hit.memory.timestamp).timestamp() for hit in hits]
    oldest, span = min(instants, default=0.0), max(instants, default=0.0) - min(instants, default=0.0)
    leant = []
    for hit, instant in zip(hits, instants, strict=True):
        value = (instant - oldest) / span if span else 0.0
        total = raised(hit.score, weights.temporal * value)
        leant.append(replace(hit, score=total, components={**hit.components, "temporal": value}))
    return leant
