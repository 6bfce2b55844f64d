"""Ranks the memories for one question: candidates, the turns around them, every other component, one score."""

from collections.abc import Sequence
from dataclasses import dataclass

from memory_api.models.memory import Memory
from memory_api.recall.candidates import Found, find
from memory_api.recall.evidence import Asked, subject_of
from memory_api.recall.hits import Hit, best_first
from memory_api.recall.query import Question, read
from memory_api.recall.scoring import Components, Weights, base, scale_cosine, scale_words, score
from memory_api.recall.search import Search
from memory_api.recall.streams import neighbour_scores, session_scores
from memory_api.recall.timewords import Window, mentioned
from memory_api.storage.base import Lineage

# Neighbours of further memories change nothing: equal to those of all candidates on LoCoMo.
_SEEDS = 20
_FEW, _READ_LEAST = 20, 30


@dataclass(frozen=True, slots=True)
class Ranked:
    """The memories that answer one question, best first, and what took their place."""

    hits: list[Hit]
    lineage: Lineage


async def rank(text: str, search: Search) -> Ranked:
    """The memories that answer one question; those that nothing speaks for are left out."""
    question = read(text)
    found = await find(question, search.request.embedding, search.pool, search.scope, search.storage, search.embedder)
    turns = _Turns(found, search.weights)
    # A window that was asked for is a filter already.
    window = None if search.scope.start or search.scope.end else mentioned(question.text, search.now)
    size = _read_whole(question, window, search)
    gathered = await search.storage.gather(turns.seeds(), search.scope, lambda beside: turns.promising(beside, size))
    memories = gathered.chosen
    asked = Asked(question, search.now, subject_of(question, memories.values()), window, search.profile)
    hits = (_hit(memory, turns.components[key], asked, search.weights) for key, memory in memories.items())
    return Ranked(best_first(hit for hit in hits if hit.score > 0), gathered.lineage)


class _Turns:
    """The components of every candidate, with what the turns around it say of it."""

    def __init__(self, found: Found, weights: Weights) -> None:
        self.components = found.components
        self._weights = weights
        self._totals = {key: base(components, weights) for key, components in self.components.items()}
        self._in_streams = found.streams
        for key, value in session_scores(self._totals, found.streams).items():
            self.components[key]["session"] = value
            self._totals[key] += weights.session * value

    def seeds(self) -> list[int]:
        """The best candidates that are turns of a stream."""
        return sorted(self._in_streams, key=self._totals.__getitem__, reverse=True)[:_SEEDS]

    def promising(self, beside: Sequence[tuple[int, int]], limit: int) -> list[int]:
        """Takes in the turns beside the seeds and chooses the best of all, `limit` at most."""
        totals = dict(self._totals)
        for key, value in neighbour_scores(self._totals, beside).items():
            self.components.setdefault(key, {})["neighbour"] = value
            totals[key] = totals.get(key, 0.0) + self._weights.neighbour * value
        return sorted(totals, key=totals.__getitem__, reverse=True)[:limit]


def _read_whole(question: Question, window: Window | None, search: Search) -> int:
    """How many memories are read and scored in full.

    Twice as many as are wanted, where nothing of much weight can be learnt by reading them: some are outdated or repeat
    another. On LoCoMo and on notes the answers are the same as with 20 or 50, whether 5, 10 or 20 are wanted.
    """
    telling = question.names or window or search.profile or search.request.order != "score"
    return search.pool if telling or search.page_end > _FEW else max(_READ_LEAST, 2 * search.page_end)


def _hit(memory: Memory, components: Components, asked: Asked, weights: Weights) -> Hit:
    known = {"vector": 0.0, "keyword": 0.0, **components, **asked.components(memory)}
    by_meaning = weights.vector * scale_cosine(known["vector"]) >= weights.keyword * scale_words(known["keyword"])
    channel = "vector" if by_meaning else "keyword"
    return Hit(memory, score(known, weights), channel, known[channel], known)
