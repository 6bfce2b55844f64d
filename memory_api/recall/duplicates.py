"""Every memory once, and every text once: what several questions found, and what was stored twice."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from memory_api.models.queries import Order
from memory_api.recall.hits import Hit, ordered

_COMPARED_CHARS = 320
_WORD = re.compile(r"\w+")


def merged(lists: Iterable[Iterable[Hit]], order: Order = "score") -> tuple[list[Hit], int]:
    """The hits of all lists in an order, and how many repeated another one.

    A memory keeps its best score. Of memories with the same text the first in the order stays, with `deduped_from`:
    the ids of all of them, its own among them, as the contract has it.
    """
    best: dict[str, Hit] = {}
    total = 0
    for hits in lists:
        for hit in hits:
            total += 1
            if hit.id not in best or hit.score > best[hit.id].score:
                best[hit.id] = hit
    # Most texts differ in their first word already, and need not be taken apart.
    openings = {hit.id: _opening(hit) for hit in best.values()}
    counts = Counter(openings.values())
    texts: dict[str, list[Hit]] = {}
    for hit in ordered(best.values(), order):
        text = fingerprint(hit.memory.content) if counts[openings[hit.id]] > 1 else hit.id
        texts.setdefault(text, []).append(hit)
    kept = [_with_sources(same) for same in texts.values()]
    return kept, total - len(kept)


def _opening(hit: Hit) -> str:
    word = _WORD.search(hit.memory.content.casefold())
    return word[0] if word else ""


def _with_sources(same: list[Hit]) -> Hit:
    if len(same) == 1:
        return same[0]
    sources = {source for hit in same for source in (hit.id, *hit.extra.get("deduped_from", ()))}
    return replace(same[0], extra={**same[0].extra, "deduped_from": sorted(sources)})


def fingerprint(content: str) -> str:
    """The words of a text, letter case, punctuation and markup aside; its first 320 characters."""
    return " ".join(_WORD.findall(content.casefold()))[:_COMPARED_CHARS] or content
