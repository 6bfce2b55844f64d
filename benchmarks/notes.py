"""Stores isolated notes as people keep them, asks for each in other words and scores what comes back.

Method: the notes of notes.json, made up for this, go into a fresh memory_api in batches, those that were corrected with
their t_invalid and their relation to the note that took their place. Among them are notes that look alike: the same
person with another topic, the same topic with another person, the same wording with another value. Every question is
asked once, one after the other, of all notes with nothing but the query and the limit. R@k is the share of the notes
that answer a question among the first k results, MRR the mean of 1 / place of the first one, both averaged over
questions. After a correction only the current note counts. Questions in another language than their note are shown
by themselves: they measure the embedder, and the one that is built in knows English.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.ablation import Asked, ablate
from benchmarks.figures import p50_p95, print_table
from benchmarks.locomo_scores import Score, WordRanking, averages, score, score_columns
from benchmarks.memories import ThroughApi, open_api, store_all, timed_recall
from benchmarks.notes_data import CROSS_LANGUAGE, KINDS, Notes, Question, load
from benchmarks.services import end_on_sigterm

_DEPTHS = (1, 5, 10)
_LIMIT = 10
_MISSED_DEPTH = 5
_SHOWN_CHARS = 100


@dataclass(frozen=True, slots=True)
class Answers:
    """A ranked list of ids for each question, and how long each took."""

    rankings: list[list[str]]
    seconds: list[float]


async def ask_everything(notes: Notes) -> Answers:
    """Stores all notes and relations first, then asks all questions."""
    async with open_api() as memory:
        await _fill(notes, memory)
        timed = [await timed_recall(memory, question.text, _LIMIT) for question in notes.questions]
    return Answers([ranked for ranked, _ in timed], [taken for _, taken in timed])


def ask_words(notes: Notes) -> list[list[str]]:
    """A ranked list of ids for each question by BM25 alone."""
    rank = WordRanking(notes.memories)
    return [rank(question.text, _LIMIT) for question in notes.questions]


def scores_of(questions: Sequence[Question], rankings: Sequence[Sequence[str]]) -> list[Score]:
    """The score of each question's list."""
    return [score(ids, question.gold, _DEPTHS) for ids, question in zip(rankings, questions, strict=True)]


def print_scores(notes: Notes, answers: Answers) -> None:
    """One row a kind: what the memory found, and beside it what BM25 alone finds."""
    found = scores_of(notes.questions, answers.rankings)
    words = scores_of(notes.questions, ask_words(notes))
    columns = score_columns(_DEPTHS)
    print_table(
        f"Notes through memory_api: {len(notes.memories)} notes, {len(notes.questions)} questions",
        [
            f"R@k: share of the notes that answer among the first k of {_LIMIT} results; mean over questions",
            "BM25: SQLite FTS5 alone, Porter stemmer, stop words out, the same notes",
        ],
        ["kind", "questions", *columns, *(f"BM25 {column}" for column in columns)],
        [
            [kind, str(len(places)), *(figure for scores in (found, words) for figure in _averages_at(scores, places))]
            for kind, places in _groups(notes.questions)
        ],
    )
    middle, slow = p50_p95(answers.seconds)
    print(f"  recall, as the client sees it, one at a time: p50 {middle} ms, p95 {slow} ms")


def _averages_at(scores: Sequence[Score], places: Sequence[int]) -> list[str]:
    return averages([scores[place] for place in places])


def _groups(questions: Sequence[Question]) -> Iterator[tuple[str, list[int]]]:
    """Row labels with the places of the questions they are about."""
    yield "all but cross", [place for place, question in enumerate(questions) if question.kind != CROSS_LANGUAGE]
    for kind in (*KINDS, CROSS_LANGUAGE):
        yield kind, [place for place, question in enumerate(questions) if question.kind == kind]


def print_misses(notes: Notes, answers: Answers) -> None:
    """The questions of which not all notes came among the first five, those notes with their places, and what came."""
    shown = {memory["id"]: memory["content"][:_SHOWN_CHARS] for memory in notes.memories}
    for question, ranked in zip(notes.questions, answers.rankings, strict=True):
        first = ranked[:_MISSED_DEPTH]
        missed = [wanted for wanted in question.gold if wanted not in first]
        if missed:
            print(f"\n  [{question.kind}] {question.text}")
            for wanted in missed:
                print(f"    {_place(wanted, ranked):>2} wanted {notes.keys[wanted]}: {shown[wanted]}")
            for place, found in enumerate(first, 1):
                print(f"    {place:>2} {notes.keys[found]}: {shown[found]}")


def _place(wanted: str, ranked: Sequence[str]) -> str:
    return str(ranked.index(wanted) + 1) if wanted in ranked else "-"


async def _ablate(notes: Notes) -> None:
    questions = [Asked(question.text, question.gold) for question in notes.questions if question.kind != CROSS_LANGUAGE]
    await ablate("Notes, all but cross-language", partial(_fill, notes), questions, _LIMIT, _DEPTHS)


async def _fill(notes: Notes, memory: ThroughApi) -> None:
    await store_all(memory, notes.memories)
    for relation in notes.relations:
        await memory.associate(relation)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.notes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--misses", action="store_true", help="also list what is not found among the first five")
    parser.add_argument("--ablate", action="store_true", help="switch on one signal of the ranking after the other")
    arguments = parser.parse_args(argv)
    end_on_sigterm()
    notes = load()
    if arguments.ablate:
        asyncio.run(_ablate(notes))
        return 0
    answers = asyncio.run(ask_everything(notes))
    print_scores(notes, answers)
    if arguments.misses:
        print_misses(notes, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
