"""Answers of the recall endpoint as clients of the contract read them."""

from typing import Any

from memory_api.models.memory import Memory
from memory_api.models.queries import RecallRequest

# Accepted for the sake of existing clients, without effect so far; an answer says so rather than pretend.
_WITHOUT_EFFECT = frozenset(
    """
    time_query time state_mode current_only state_debug expand_relations expand_associations expand expand_entities
    entity_expansion expand_respect_tags relation_limit expansion_limit relation_expansion_limit expand_min_importance
    expand_min_strength min_score adaptive_floor recency_bias scope_fallback auto_decompose context language lang
    active_path file_path focus_path context_tags context_types priority_ids
    """.split()
)


def ignored_parameters(sent: dict[str, Any]) -> list[str]:
    """Those of the parameters sent that recall knows by name but does not honour."""
    return sorted(_WITHOUT_EFFECT & sent.keys())


def recall_answer(request: RecallRequest, results: list[dict[str, Any]], repeated: int) -> dict[str, Any]:
    """The envelope around the results; echoes are there where the caller sent the parameter."""
    answer: dict[str, Any] = {
        "status": "success",
        "query": request.query,
        "results": results,
        "count": len(results),
        "dedup_removed": repeated,
        "sort": request.order,
        "state_mode": "history",
        "tag_mode": request.tag_mode,
        "tag_match": request.tag_match,
        "vector_search": {"enabled": True, "matched": any(item["match_type"] == "vector" for item in results)},
    }
    if request.queries:
        answer["queries"] = list(request.asks)
    if request.start or request.end:
        answer["time_window"] = {"start": request.start, "end": request.end}
    if request.tags:
        answer["tags"] = request.tags
        answer["tag_scope"] = {"filtered": True}
    if request.exclude_tags:
        answer["exclude_tags"] = request.exclude_tags
    return answer


def recall_result(
    memory: Memory, score: float, match_type: str, components: dict[str, float], relations: list[dict[str, Any]]
) -> dict[str, Any]:
    """One result. `source` keeps the contract's two words for the channels: qdrant for vectors, graph for the rest."""
    return {
        "id": memory.id,
        "match_type": match_type,
        "source": "qdrant" if match_type == "vector" else "graph",
        "score": score,
        "final_score": score,
        "original_score": score,
        "match_score": components.get(match_type, score),
        "score_components": components,
        "memory": memory.to_wire(),
        "relations": relations,
    }
