"""Where an answer ends: at the least score asked for, and where the scores fall off."""

from collections.abc import Sequence
from dataclasses import dataclass

from memory_api.models.queries import RecallRequest
from memory_api.recall.hits import Hit

_GAP = 0.25
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Cut:
    """The least score that stayed for each reason, None where that reason cut nothing, and how many results went;
    of what lies behind a gap, those of the page."""

    min_score: float
    adaptive_floor: float | None
    removed: int


def cut(hits: Sequence[Hit], request: RecallRequest) -> tuple[list[Hit], Cut]:
    """What scores at least `min_score`; of the first page by score also only what stands above a clear gap.

    Memories named in `priority_ids`, which come first, always stay.
    """
    asked_for = {*request.priority_ids}
    kept = [hit for hit in hits if hit.score >= request.min_score or hit.id in asked_for]
    removed, floor = len(hits) - len(kept), None
    if request.adaptive_floor and request.is_question and request.order == "score" and not request.offset:
        page = kept[: request.limit]
        scored = [hit for hit in page if hit.id not in asked_for]
        end = _gap([hit.score for hit in scored])
        if end is not None:
            floor = scored[end - 1].score
            removed += len(scored) - end
            kept = page[: len(page) - len(scored) + end]
    return kept, Cut(request.min_score, floor, removed)


def _gap(scores: Sequence[float]) -> int | None:
    """How many results stand above the largest gap, where that exceeds a quarter of the best score.

    As the contract has it: looked for among the first half, three at least, and half of the results must remain.
    """
    if len(scores) <= _FEWEST:
        return None
    places = range(1, min(len(scores), max(_FEWEST, len(scores) // 2) + 1))
    end = max(places, key=lambda place: scores[place - 1] - scores[place])
    wide = scores[end - 1] - scores[end] > _GAP * scores[0]
    return end if wide and 2 * end >= len(scores) else None
