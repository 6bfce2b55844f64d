"""The order of recall: question, candidates, score, state, merge, context, cut, expansion."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from memory_api.embedders.base import Embedder
from memory_api.models.queries import RecallRequest
from memory_api.recall.browsing import browse
from memory_api.recall.cut import Cut, cut
from memory_api.recall.decomposition import sub_queries
from memory_api.recall.duplicates import merged
from memory_api.recall.expansion import Expansion, expand
from memory_api.recall.fallback import outside_tags
from memory_api.recall.hits import Hit
from memory_api.recall.priorities import Context, context_of, with_priorities
from memory_api.recall.ranking import rank
from memory_api.recall.recency import leaning_recent
from memory_api.recall.scoring import Weights, scaled
from memory_api.recall.search import Search, begin
from memory_api.recall.state import Outdated, current
from memory_api.storage.base import Scope, Storage

# A part of a question says less than the whole: its finds must not push out what answers all of it (R@10 on LoCoMo
# stays .80; at .4 it falls to .79 and at .6 to .73).
_PART = 0.1
# Sorted by time, a page should hold the newest of what fits, not the newest of the very best.
_CHOICE = 4


@dataclass(slots=True)
class Recalled:
    """The page asked for, and what the answer tells of how it came about.

    `repeated` counts finds that were another one again; `more` tells whether further results follow the page.
    """

    scope: Scope
    asked: tuple[str, ...]
    hits: list[Hit] = field(default_factory=list)
    repeated: int = 0
    more: bool = False
    outdated: Outdated = field(default_factory=Outdated)
    leant_recent: bool = False
    cut: Cut | None = None
    context: Context | None = None
    expansion: Expansion = field(default_factory=Expansion)


async def recall(
    request: RecallRequest, now: datetime, storage: Storage, embedder: Embedder, weights: Weights
) -> Recalled:
    """The memories that answer the request best, ordered as it says. Raises InvalidRequest for unknown time words."""
    search = begin(request, now, storage, embedder, weights)
    recalled = Recalled(search.scope, _questions(request))
    found = [await _answer(text, search, recalled) for text in recalled.asked]
    hits, repeated = merged(found)
    recalled.repeated += repeated
    hits += await outside_tags(hits, search, recalled.outdated)
    hits, recalled.leant_recent = leaning_recent(hits, request, weights)
    hits = await with_priorities(hits, search, recalled.outdated)
    hits, recalled.cut = cut(hits, request)
    recalled.more = len(hits) > search.page_end
    page = hits[request.offset : search.page_end]
    recalled.context = context_of(page, search)
    recalled.expansion = await expand(page, search, recalled.outdated)
    recalled.hits = [*page, *recalled.expansion.hits]
    return recalled


def _questions(request: RecallRequest) -> tuple[str, ...]:
    if _taken_apart(request):
        return request.query, *sub_queries(request.query)
    return request.asks


def _taken_apart(request: RecallRequest) -> bool:
    return request.auto_decompose and request.asks == (request.query,)


async def _answer(text: str, search: Search, recalled: Recalled) -> list[Hit]:
    request = search.request
    if not request.is_question:
        hits, recalled.repeated = await browse(search, recalled.outdated)
        return hits
    ranked = await rank(text, search)
    hits = ranked.hits
    if request.only_current:
        hits = await current(hits, search, recalled.outdated, ranked.lineage)
    if _taken_apart(request) and text != request.query:
        hits = [replace(hit, score=scaled(hit.score, _PART), extra={**hit.extra, "sub_query": text}) for hit in hits]
    return hits[: _share(search, len(recalled.asked))]


def _share(search: Search, questions: int) -> int:
    """How many finds of one question may come into the answer; the same for each of its pages."""
    request = search.request
    if request.per_query_limit:
        return request.per_query_limit
    if request.order != "score":
        return _CHOICE * request.limit
    return search.pool // 2 + 1 if questions > 1 else search.pool
