"""Goes on from what was found: along relations, and to memories that name the same entities."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from memory_api.models.memory import RELATION_TYPES, Memory, entity_path
from memory_api.recall.duplicates import fingerprint, merged
from memory_api.recall.hits import Hit, best_first
from memory_api.recall.scoring import score
from memory_api.recall.search import Search
from memory_api.recall.state import Outdated, current
from memory_api.storage.base import Link

_ENTITIES = 5
_PER_ENTITY = 5
# Each further step says less about what was asked.
_FADING = 0.5


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an expansion stands: the seed it came from, counted from 1, and how far what it says has faded."""

    rank: int
    hit: Hit
    seed_score: float
    fading: float


@dataclass(slots=True)
class Expansion:
    """What expansion added: the hits, how many came by relations and how many by entities, and the entities."""

    hits: list[Hit] = field(default_factory=list)
    by_relation: int = 0
    by_entity: int = 0
    entities: list[str] = field(default_factory=list)


async def expand(seeds: Sequence[Hit], search: Search, outdated: Outdated) -> Expansion:
    """What the request wants added to the results, none of it among them already."""
    expansion = Expansion()
    if not search.request.expand_respect_tags:
        search = search.within(replace(search.scope, tags=()))
    if seeds and search.request.expand_relations:
        related = await _standing(await _along_relations(seeds, search), seeds, search, outdated)
        expansion.hits, expansion.by_relation = related, len(related)
    if seeds and search.request.expand_entities:
        known = [*seeds, *expansion.hits]
        naming, expansion.entities = await _over_entities(seeds, [hit.id for hit in known], search)
        naming = await _standing(naming, known, search, outdated)
        expansion.hits, expansion.by_entity = [*expansion.hits, *naming], len(naming)
    return expansion


async def _standing(hits: list[Hit], known: Sequence[Hit], search: Search, outdated: Outdated) -> list[Hit]:
    """What holds now and is important enough, without what is known already; every text once."""
    if search.request.only_current:
        hits = await current(hits, search, outdated)
    seen = {hit.id for hit in known}
    said = {fingerprint(hit.memory.content) for hit in known}
    new, _ = merged([[hit for hit in hits if hit.id not in seen]])
    least = search.request.expand_min_importance
    return [hit for hit in new if hit.memory.importance >= least and fingerprint(hit.memory.content) not in said]


async def _along_relations(seeds: Sequence[Hit], search: Search) -> list[Hit]:
    """Memories up to `expand_depth` relations away from the seeds, at most `expansion_limit`, best first.

    The component `relation` is the strength times the seed's score, halved with each further step.
    """
    request = search.request
    seen = {hit.id for hit in seeds}
    frontier = {hit.id: _Place(rank, hit, hit.score, 1.0) for rank, hit in enumerate(seeds, 1)}
    reached: dict[str, Hit] = {}
    for _ in range(request.expand_depth):
        if not frontier or len(reached) >= request.expansion_limit:
            break
        links = await search.storage.links(list(frontier), RELATION_TYPES, request.relation_limit)
        links = [link for link in links if link.other not in seen and link.strength >= request.expand_min_strength]
        memories = await _admitted({link.other for link in links}, search)
        step = _one_step([link for link in links if link.other in memories], memories, frontier, search)
        reached |= {memory_id: place.hit for memory_id, place in step.items()}
        seen |= step.keys()
        frontier = step
    return best_first(reached.values())[: request.expansion_limit]


def _one_step(
    links: Sequence[Link], memories: Mapping[str, Memory], frontier: Mapping[str, "_Place"], search: Search
) -> dict[str, "_Place"]:
    """What the links reach, each memory by its best way."""
    step: dict[str, _Place] = {}
    for link in links:
        origin = frontier[link.asked]
        hit = _related(memories[link.other], link, origin, search)
        if link.other not in step or hit.score > step[link.other].hit.score:
            step[link.other] = _Place(origin.rank, hit, origin.seed_score, origin.fading * _FADING)
    return step


async def _admitted(ids: Collection[str], search: Search) -> Mapping[str, Memory]:
    """The memories among the ids that the filters and the least importance admit."""
    if not ids:
        return {}
    inside = await search.storage.inside(list(ids), search.scope)
    memories = await search.storage.fetch(list(inside))
    least = search.request.expand_min_importance
    return {memory_id: memory for memory_id, memory in memories.items() if memory.importance >= least}


def _related(memory: Memory, link: Link, origin: _Place, search: Search) -> Hit:
    value = link.strength * origin.seed_score * origin.fading
    components = {
        "vector": 0.0,
        "keyword": 0.0,
        "relation": value,
        "importance": memory.importance,
        "confidence": memory.confidence,
    }
    way = {
        "type": link.type,
        "strength": link.strength,
        "from": link.asked,
        "seed_rank": origin.rank,
        "seed_score": origin.seed_score,
    }
    total = score(components, search.weights)
    return Hit(memory, total, "relation", value, components, (way,), {"relation_score": value})


async def _over_entities(seeds: Sequence[Hit], known: Iterable[str], search: Search) -> tuple[list[Hit], list[str]]:
    """Memories that name an entity of the seeds, up to five for each of the first five, and those entities."""
    paths = _entities_of(seeds)[:_ENTITIES]
    seen = {*known, *(hit.id for hit in seeds)}
    found: list[Hit] = []
    for path, name in paths:
        naming = replace(search.scope, tags=(path,), tag_mode="any", tag_match="exact")
        for memory in await search.storage.browse(naming, "score", _PER_ENTITY):
            if memory.id not in seen:
                seen.add(memory.id)
                found.append(_naming(memory, name, seeds[0].score, search))
    if search.request.expand_respect_tags and found:
        inside = await search.storage.inside([hit.id for hit in found], search.scope)
        found = [hit for hit in found if hit.id in inside]
    return found, [name for _, name in paths]


def _entities_of(seeds: Sequence[Hit]) -> list[tuple[str, str]]:
    named = [
        (entity_path(kind, name), name)
        for hit in seeds
        for kind, names in hit.memory.entities.items()
        for name in names
    ]
    return list(dict(named).items())


def _naming(memory: Memory, name: str, seed_score: float, search: Search) -> Hit:
    value = 0.5 * seed_score
    components = {"vector": 0.0, "keyword": 0.0, "relation": value}
    total = score(components, search.weights)
    return Hit(memory, total, "entity_expansion", value, components, (), {"expanded_from_entity": name})
