"""One recall under way: what was asked, where to look, and what every step of the pipeline needs."""

from dataclasses import dataclass, replace
from datetime import datetime

from memory_api.embedders.base import Embedder
from memory_api.models.queries import RecallRequest
from memory_api.recall.profile import Profile, profile_of
from memory_api.recall.scoring import Weights
from memory_api.recall.timewords import read
from memory_api.storage.base import Scope, Storage

_POOL = 100
_POOL_GROWTH = 4


@dataclass(frozen=True, slots=True)
class Search:
    """`now` is aware; `scope` holds the filters of the request, its words of time resolved."""

    request: RecallRequest
    scope: Scope
    profile: Profile | None
    now: datetime
    storage: Storage
    embedder: Embedder
    weights: Weights

    @property
    def page_end(self) -> int:
        """How many results the page and those before it hold."""
        return self.request.offset + self.request.limit

    @property
    def pool(self) -> int:
        """How many candidates each channel is asked for; some fall away, and a time order wants a choice.

        It grows in wide steps: what is among the candidates changes scores, and so would overlap the pages of a query.
        """
        pool = _POOL
        while pool < 2 * self.page_end:
            pool *= _POOL_GROWTH
        return pool

    def within(self, scope: Scope) -> "Search":
        """The same search with other filters."""
        return replace(self, scope=scope)


def begin(request: RecallRequest, now: datetime, storage: Storage, embedder: Embedder, weights: Weights) -> Search:
    """Raises InvalidRequest for words of time that nobody can read."""
    profile = profile_of(
        request.query,
        request.context,
        request.language,
        request.active_path,
        request.context_tags,
        request.context_types,
        request.priority_ids,
    )
    return Search(request, scope_of(request, now), profile, now, storage, embedder, weights)


def scope_of(request: RecallRequest, now: datetime) -> Scope:
    """The filters of a request; a bound given by itself replaces that side of the time words."""
    window = read(request.time_query, now) if request.time_query else None
    start = window.start.isoformat() if window and window.start else None
    end = window.end.isoformat() if window and window.end else None
    return Scope(
        tags=request.tags,
        tag_mode=request.tag_mode,
        tag_match=request.tag_match,
        exclude=request.exclude_tags,
        start=request.start or start,
        end=request.end or end,
    )
