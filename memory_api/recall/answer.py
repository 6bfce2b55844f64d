"""The answer of the recall endpoint as clients of the contract read it: results, echoes and diagnostics."""

from collections.abc import Mapping, Sequence
from typing import Any

from memory_api.models.queries import RecallRequest
from memory_api.recall.hits import Hit
from memory_api.recall.pipeline import Recalled
from memory_api.recall.query import read
from memory_api.storage.base import Neighbour

_SHOWN_ENTITIES = 10


def recall_answer(
    request: RecallRequest, recalled: Recalled, relations: Mapping[str, Sequence[Neighbour]]
) -> dict[str, Any]:
    """The whole body but the time it took; echoes are there where the caller sent the parameter or it had an effect."""
    results = [_result(hit, relations.get(hit.id, ())) for hit in recalled.hits]
    return {
        "status": "success",
        "query": request.query,
        "results": results,
        "count": len(results),
        "offset": request.offset,
        "has_more": recalled.more,
        "dedup_removed": recalled.repeated,
        "sort": request.order,
        "state_mode": "current" if request.only_current else "history",
        "tag_mode": request.tag_mode,
        "tag_match": request.tag_match,
        "vector_search": {"enabled": True, "matched": any(hit.match_type == "vector" for hit in recalled.hits)},
        **_asked(request, recalled),
        **_filters(request, recalled),
        **_additions(request, recalled),
    }


def _asked(request: RecallRequest, recalled: Recalled) -> dict[str, Any]:
    if request.is_question and (len(recalled.asked) > 1 or request.queries):
        return {"queries": list(recalled.asked)}
    return {"keywords": list(read(request.query).words)} if request.query else {}


def _filters(request: RecallRequest, recalled: Recalled) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    scope = recalled.scope
    if scope.start or scope.end:
        shown["time_window"] = {"start": scope.start, "end": scope.end}
    if request.tags:
        shown["tags"] = request.tags
        shown["tag_scope"] = {"filtered": True}
    if request.exclude_tags:
        shown["exclude_tags"] = request.exclude_tags
    if request.only_current:
        shown["state_filter"] = _state(request, recalled)
    if recalled.cut and (recalled.cut.removed or request.min_score):
        shown["score_filter"] = {
            "min_score": recalled.cut.min_score,
            "adaptive_floor": recalled.cut.adaptive_floor,
            "filtered_count": recalled.cut.removed,
        }
    return shown


def _state(request: RecallRequest, recalled: Recalled) -> dict[str, Any]:
    outdated = recalled.outdated
    shown: dict[str, Any] = {
        "current_only": True,
        "suppressed_count": len(outdated.suppressed),
        "replacement_count": len(outdated.replacements),
    }
    if request.state_debug:
        shown |= {"suppressed": outdated.suppressed, "replacements": outdated.replacements}
    return shown


def _additions(request: RecallRequest, recalled: Recalled) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    expansion = recalled.expansion
    if request.expand_relations:
        shown["expansion"] = {
            "enabled": True,
            "seed_count": len(recalled.hits) - len(expansion.hits),
            "expanded_count": expansion.by_relation,
            "relation_limit": request.relation_limit,
            "expansion_limit": request.expansion_limit,
            "respect_tags": request.expand_respect_tags,
        }
    if request.expand_entities:
        shown["entity_expansion"] = {
            "enabled": True,
            "expanded_count": expansion.by_entity,
            "entities_found": expansion.entities[:_SHOWN_ENTITIES],
        }
    if recalled.leant_recent:
        shown["recency_bias"] = "on"
    if request.scope_fallback:
        shown["scope_fallback"] = True
    if recalled.context:
        shown["context_priority"] = recalled.context.profile.summary(recalled.context.injected)
    return shown


def _result(hit: Hit, relations: Sequence[Neighbour]) -> dict[str, Any]:
    """One result. `source` keeps the contract's two words for the channels: qdrant for vectors, graph for the rest."""
    shown: dict[str, Any] = {
        "id": hit.id,
        "match_type": hit.match_type,
        "source": "qdrant" if hit.match_type == "vector" else "graph",
        "score": hit.score,
        "final_score": hit.score,
        "original_score": hit.score,
        "match_score": hit.match_score,
        "score_components": hit.components,
        "memory": hit.memory.to_wire(),
        "relations": list(hit.related_to)
        or [{"type": near.type, "strength": near.strength, "memory": near.memory.summary()} for near in relations],
        **hit.extra,
    }
    if hit.match_type == "relation":
        shown["related_to"] = list(hit.related_to)
    return shown
