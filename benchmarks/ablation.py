"""Asks the same questions with one signal of the ranking after the other switched on, over the same stored memories.

memory_api is started anew for each step, on the folder that was filled once, with SEARCH_WEIGHT_<NAME> for every
component: the measured defaults for those that are on, 0 for the rest.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks.figures import print_table
from benchmarks.locomo_scores import averages, score, score_columns
from benchmarks.memories import ThroughApi
from benchmarks.services import memory_api, scratch_folder
from memory_api.recall.scoring import COMPONENTS, Weights

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("words alone", ("keyword",)),
    ("meaning alone", ("vector",)),
    ("both", ("keyword", "vector")),
    ("+ session", ("session",)),
    ("+ neighbours", ("neighbour",)),
    ("+ subject", ("subject",)),
    ("+ time", ("time",)),
    ("+ phrase, tags", ("exact", "tag")),
    ("+ importance, confidence", ("importance", "confidence")),
    ("+ context", ("context",)),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the ids that answer it, and the tag it is asked within."""

    text: str
    gold: Sequence[str]
    tag: str | None = None


Fill = Callable[[ThroughApi], Awaitable[None]]


async def ablate(name: str, fill: Fill, questions: Sequence[Asked], limit: int, depths: Sequence[int]) -> None:
    """Prints one row for each step; a step that adds to the one before begins with +."""
    rows = []
    with scratch_folder() as folder:
        async with _reached(folder, {}) as memory:
            await fill(memory)
        on: tuple[str, ...] = ()
        for label, components in STEPS:
            on = (*on, *components) if label.startswith("+") else components
            async with _reached(folder, _settings(on)) as memory:
                ranked = [(await memory.recall(asked.text, limit, asked.tag), asked.gold) for asked in questions]
            rows.append([label, *averages([score(ids, gold, depths) for ids, gold in ranked])])
            print(f"  {label}: {rows[-1][1:]}", flush=True)
    print_table(
        f"{name}, one signal after the other: {len(questions)} questions",
        ["R@k: share of the evidence among the first k; MRR: mean of 1 / place of the first"],
        ["ranking", *score_columns(depths)],
        rows,
    )


def _settings(on: Sequence[str]) -> dict[str, str]:
    defaults = Weights()
    return {f"SEARCH_WEIGHT_{name.upper()}": str(getattr(defaults, name) if name in on else 0.0) for name in COMPONENTS}


@asynccontextmanager
async def _reached(folder: Path, settings: dict[str, str]) -> AsyncIterator[ThroughApi]:
    with memory_api(folder, settings) as api:
        async with aiohttp.ClientSession(api.url, raise_for_status=True) as session:
            yield ThroughApi(session)
