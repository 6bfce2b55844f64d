"""Ranks the memories for one question: candidates, the turns around them, every other component, one score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memory_api.models.memory import Memory
from memory_api.recall.candidates import find
from memory_api.recall.evidence import Asked, subject_of
from memory_api.recall.hits import Hit, best_first
from memory_api.recall.query import Question, read
from memory_api.recall.scoring import Components, Weights, base, scale_cosine, scale_words, score
from memory_api.recall.search import Search
from memory_api.recall.streams import neighbour_scores, session_scores
from memory_api.recall.timewords import Window, mentioned
from memory_api.storage.base import Choice, Lineage

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
    # A window that was asked for is a filter already.
    window = None if search.scope.start or search.scope.end else mentioned(question.text, search.now)
    turns = _Turns(found, search.weights, _read_whole(question, window, search))
    gathered = await search.storage.gather(list(found), search.scope, turns)
    memories = gathered.chosen
    asked = Asked(question, search.now, subject_of(question, memories.values()), window, search.profile)
    hits = (_hit(memory, found[key], asked, search.weights) for key, memory in memories.items())
    return Ranked(best_first(hit for hit in hits if hit.score > 0), gathered.lineage)


class _Turns(Choice):
    """Writes into the components of candidates what the turns around them say, and chooses the best `limit`."""

    def __init__(self, found: dict[int, dict[str, float]], weights: Weights, limit: int) -> None:
        self._found = found
        self._weights = weights
        self._limit = limit
        self._totals = {key: base(components, weights) for key, components in found.items()}

    def seeds(self, streams: Mapping[int, str]) -> list[int]:
        """The best of the candidates that are turns of a stream."""
        for key, value in session_scores(self._totals, streams).items():
            self._found[key]["session"] = value
            self._totals[key] += self._weights.session * value
        return sorted(streams, key=self._totals.__getitem__, reverse=True)[:_SEEDS]

    def chosen(self, beside: Sequence[tuple[int, int]]) -> list[int]:
        """The best of all candidates and of the turns beside the seeds, which are candidates from now on."""
        totals = dict(self._totals)
        for key, value in neighbour_scores(self._totals, beside).items():
            self._found.setdefault(key, {})["neighbour"] = value
            totals[key] = totals.get(key, 0.0) + self._weights.neighbour * value
        return sorted(totals, key=totals.__getitem__, reverse=True)[: self._limit]


def _read_whole(question: Question, window: Window | None, search: Search) -> int:
    """How many memories are read and scored in full.

    Twice as many as are wanted, where reading them tells at most who speaks: some are outdated or repeat another. On
    LoCoMo and on notes the answers are as good as with 50 or the whole pool, whether 5, 10 or 20 are wanted. Where a
    speaker may count, pages after the first read the whole pool: more read on each would change the order between them.
    """
    paged = question.names and search.request.offset
    telling = paged or window or search.profile or search.request.order != "score"
    return search.pool if telling or search.page_end > _FEW else max(_READ_LEAST, 2 * search.page_end)


def _hit(memory: Memory, components: Components, asked: Asked, weights: Weights) -> Hit:
    known = {"vector": 0.0, "keyword": 0.0, **components, **asked.components(memory)}
    by_meaning = weights.vector * scale_cosine(known["vector"]) >= weights.keyword * scale_words(known["keyword"])
    channel = "vector" if by_meaning else "keyword"
    return Hit(memory, score(known, weights), channel, known[channel], known)
