"""Scores ranked lists against the evidence, and ranks by BM25 alone for comparison."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_STOP_WORDS = frozenset(
    """
    a about after again all also am an and any are as at be because been before being between but by can could did do
    does doing don done each few for from had has have having he her here hers him his how i if in into is it its just
    may me might mine more most must my no nor not now of on only or other our ours over own s same she should so some
    such t than that the their theirs them then there these they this those to too very was we were what when where
    which who whom whose why will with would you your yours
    """.split()
)


@dataclass(frozen=True, slots=True)
class Score:
    """Of one question: the share of its evidence within each depth, and 1 / the place of the first evidence."""

    recall: tuple[float, ...]
    reciprocal_rank: float


def score(ranked: Sequence[str], gold: Sequence[str], depths: Sequence[int]) -> Score:
    """Scores the ids returned for one question."""
    wanted = set(gold)
    shares = tuple(len(wanted.intersection(ranked[:depth])) / len(wanted) for depth in depths)
    first = next((1 / place for place, found in enumerate(ranked, 1) if found in wanted), 0.0)
    return Score(shares, first)


def score_columns(depths: Sequence[int]) -> list[str]:
    """What the figures of `averages` are called."""
    return [*(f"R@{depth}" for depth in depths), "MRR"]


def averages(scores: Sequence[Score]) -> list[str]:
    """R@k for each depth that was scored, and MRR, as a table shows them."""
    recalls = (mean(shares) for shares in zip(*(item.recall for item in scores), strict=True))
    return [f"{value:.3f}" for value in (*recalls, mean(item.reciprocal_rank for item in scores))]


class WordRanking:
    """BM25 over these memories: FTS5 with the Porter stemmer, stop words out, any word may match."""

    def __init__(self, memories: Sequence[dict[str, Any]]) -> None:
        self._ids = [str(memory["id"]) for memory in memories]
        self._connection = sqlite3.connect(":memory:")
        self._connection.execute("CREATE VIRTUAL TABLE memory USING fts5 (content, tokenize = 'porter unicode61')")
        self._connection.executemany(
            "INSERT INTO memory (rowid, content) VALUES (?, ?)",
            [(place, memory["content"]) for place, memory in enumerate(memories)],
        )

    def __call__(self, question: str, limit: int) -> list[str]:
        """Ids, best first."""
        found = self._connection.execute(
            "SELECT rowid FROM memory WHERE memory MATCH ? ORDER BY rank LIMIT ?", (_any_word(question), limit)
        )
        return [self._ids[row[0]] for row in found]


def _any_word(question: str) -> str:
    words = [word.removesuffix("'s") for word in _WORD.findall(question.lower())]
    return " OR ".join(f'"{word}"' for word in [word for word in words if word not in _STOP_WORDS] or words)
