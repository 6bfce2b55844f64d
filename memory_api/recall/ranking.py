"""Ranks the memories for one question: candidates, the turns around them, every other component, one score."""

from collections.abc import Mapping, Sequence

from memory_api.models.memory import Memory
from memory_api.recall.candidates import Found, find
from memory_api.recall.evidence import Asked, subject_of
from memory_api.recall.hits import Hit, best_first
from memory_api.recall.query import Question, read
from memory_api.recall.scoring import Components, Weights, base, scale_cosine, scale_words, score
from memory_api.recall.search import Search
from memory_api.recall.streams import neighbour_scores, session_scores
from memory_api.recall.timewords import mentioned

# Neighbours of further memories change nothing: equal to those of all candidates on LoCoMo.
_SEEDS = 20


async def rank(text: str, search: Search) -> list[Hit]:
    """The memories that answer one question, best first; those that nothing speaks for are left out."""
    question = read(text)
    found = await find(question, search.request.embedding, search.pool, search.scope, search.storage, search.embedder)
    components = await _with_turns(found, search)
    memories = await search.storage.fetch(_promising(components, search.weights, search.pool))
    asked = _asked(question, list(memories.values()), search)
    hits = (_hit(memory, components[memory.id], asked, search.weights) for memory in memories.values())
    return best_first(hit for hit in hits if hit.score > 0)


async def _with_turns(found: Found, search: Search) -> dict[str, dict[str, float]]:
    """The components of every candidate with what the turns around it say; brings in the turns beside the best."""
    components, weights = found.components, search.weights
    stream_of = await search.storage.streams(list(components))
    if not stream_of:
        return components
    grounds = {memory_id: base(components[memory_id], weights) for memory_id in stream_of}
    for memory_id, value in session_scores(grounds, stream_of).items():
        components[memory_id]["session"] = value
        grounds[memory_id] += weights.session * value
    seeds = sorted(grounds, key=lambda memory_id: grounds[memory_id], reverse=True)[:_SEEDS]
    beside = await search.storage.beside(seeds, search.scope)
    for memory_id, value in neighbour_scores(grounds, beside).items():
        components.setdefault(memory_id, {})["neighbour"] = value
    return components


def _promising(components: Mapping[str, Components], weights: Weights, limit: int) -> list[str]:
    return sorted(components, key=lambda memory_id: score(components[memory_id], weights), reverse=True)[:limit]


def _asked(question: Question, memories: Sequence[Memory], search: Search) -> Asked:
    # A window that was asked for is a filter already.
    window = None if search.scope.start or search.scope.end else mentioned(question.text, search.now)
    return Asked(question, search.now, subject_of(question, memories), window, search.profile)


def _hit(memory: Memory, components: Components, asked: Asked, weights: Weights) -> Hit:
    known = {"vector": 0.0, "keyword": 0.0, **components, **asked.components(memory)}
    by_meaning = weights.vector * scale_cosine(known["vector"]) >= weights.keyword * scale_words(known["keyword"])
    channel = "vector" if by_meaning else "keyword"
    return Hit(memory, score(known, weights), channel, known[channel], known)
