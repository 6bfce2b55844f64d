"""Stores LoCoMo conversations, asks every question through recall and scores what comes back.

Method: every turn becomes a memory ("[8 May 2023] Caroline: text", with the image's caption; tags for conversation,
session and speaker; its time; type Context), stored in batches through the bridge's store_memory with the MCP SDK's
client over Streamable HTTP. Every question whose evidence can be found is asked once, one after the other, through
recall_memory within its conversation (tags, tag_match exact). R@k is the share of a question's evidence turns among
the first k results, MRR the mean of 1 / place of the first one, both averaged over questions. With --api the same
goes straight to memory_api. The data is not part of this project: snap-research/LoCoMo, data/locomo10.json.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.ablation import Asked, ablate
from benchmarks.figures import p50_p95, print_table
from benchmarks.locomo_data import CATEGORIES, Conversation, Question, load
from benchmarks.locomo_scores import Score, WordRanking, averages, score, score_columns
from benchmarks.memories import BATCH, Memory, Opening, open_api, open_bridge, store_all, timed_recall
from benchmarks.services import end_on_sigterm

DEPTHS = (5, 10, 20)
"""The k of R@k."""
# Questions of the fifth category are about the wrong person on purpose.
_SCORED = set(CATEGORIES) - {5}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a run brought: a ranked list for each question, and how long things took."""

    rankings: list[list[str]]
    seconds: list[float]
    stored_per_second: float


async def ask_everything(opening: Opening, conversations: Sequence[Conversation], limit: int) -> Answers:
    """Stores all conversations first, then asks all questions."""
    rankings, seconds = [], []
    async with opening() as memory:
        began = time.perf_counter()
        for conversation in conversations:
            await store_all(memory, conversation.memories)
        stored = sum(len(conversation.memories) for conversation in conversations)
        rate = stored / (time.perf_counter() - began)
        for conversation in conversations:
            for question in conversation.questions:
                ranked, taken = await timed_recall(memory, question.text, limit, conversation.tag)
                rankings.append(ranked)
                seconds.append(taken)
    return Answers(rankings, seconds, rate)


def print_scores(name: str, conversations: Sequence[Conversation], answers: Answers, limit: int) -> None:
    """One row a category: what the memory found, and beside it what BM25 alone finds."""
    questions = [question for conversation in conversations for question in conversation.questions]
    ranked = [score(ids, question.gold, DEPTHS) for ids, question in zip(answers.rankings, questions, strict=True)]
    words = _scores_of_words(conversations, limit)
    columns = score_columns(DEPTHS)
    print_table(
        f"LoCoMo {name}: {sum(len(item.memories) for item in conversations)} memories, {len(questions)} questions",
        [
            f"R@k: share of the evidence turns among the first k of {limit} results; mean over questions",
            "BM25: SQLite FTS5 alone, Porter stemmer, stop words out, the same conversation",
        ],
        ["category", "questions", *columns, *(f"BM25 {column}" for column in columns)],
        [
            [label, str(len(places)), *averages([ranked[place] for place in places]), *averages(_at(words, places))]
            for label, places in _groups(questions)
        ],
    )
    middle, slow = p50_p95(answers.seconds)
    print(f"  recall, as the client sees it, one at a time: p50 {middle} ms, p95 {slow} ms")
    print(f"  stored {answers.stored_per_second:.0f} memories/s, embedded by the service, batches of {BATCH}")


def _scores_of_words(conversations: Sequence[Conversation], limit: int) -> list[Score]:
    scores = []
    for conversation in conversations:
        rank = WordRanking(conversation.memories)
        scores += [score(rank(question.text, limit), question.gold, DEPTHS) for question in conversation.questions]
    return scores


def _at(scores: Sequence[Score], places: Sequence[int]) -> list[Score]:
    return [scores[place] for place in places]


def _groups(questions: Sequence[Question]) -> list[tuple[str, list[int]]]:
    """Row labels with the places of the questions they are about; empty rows are left out."""
    wanted = [("1-4", _SCORED), *((f"{number} {name}", {number}) for number, name in CATEGORIES.items())]
    groups = [
        (label, [place for place, question in enumerate(questions) if question.category in categories])
        for label, categories in wanted
    ]
    return [group for group in groups if group[1]]


def differing(one: Answers, other: Answers) -> int:
    """How many questions got another list, or the same in another order."""
    return sum(mine != theirs for mine, theirs in zip(one.rankings, other.rankings, strict=True))


def selected(arguments: argparse.Namespace) -> list[Conversation]:
    """The conversations to use, with the questions of the categories asked for."""
    return [
        Conversation(
            conversation.name,
            conversation.tag,
            conversation.memories,
            [question for question in conversation.questions if question.category in arguments.categories],
        )
        for conversation in load(arguments.data)[: arguments.conversations]
    ]


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.locomo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the file of LoCoMo conversations")
    parser.add_argument("--api", action="store_true", help="ask memory_api directly instead of the bridge")
    parser.add_argument("--check-same", action="store_true", help="ask both, and fail where their lists differ")
    parser.add_argument("--ablate", action="store_true", help="ask memory_api with one signal after the other")
    parser.add_argument("--limit", type=int, default=20, help="results asked for; below 20, R@20 means R@limit")
    parser.add_argument("--conversations", type=int, help="use only the first so many")
    parser.add_argument(
        "--categories", type=int, nargs="+", choices=CATEGORIES, default=list(CATEGORIES), help="ask only these"
    )
    return parser.parse_args(argv)


async def _ablate(conversations: Sequence[Conversation], limit: int) -> None:
    async def fill(memory: Memory) -> None:
        for conversation in conversations:
            await store_all(memory, conversation.memories)

    questions = [
        Asked(question.text, question.gold, conversation.tag)
        for conversation in conversations
        for question in conversation.questions
        if question.category in _SCORED
    ]
    await ablate("LoCoMo, categories 1-4", fill, questions, limit, DEPTHS)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says; 1 where two ways to the memory gave different lists."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    conversations = selected(arguments)
    if arguments.ablate:
        asyncio.run(_ablate(conversations, arguments.limit))
        return 0
    ways: dict[str, Opening] = {"through memory_api": open_api, "through the bridge": open_bridge}
    if not arguments.check_same:
        ways.pop("through the bridge" if arguments.api else "through memory_api")
    runs = []
    for name, opening in ways.items():
        runs.append(asyncio.run(ask_everything(opening, conversations, arguments.limit)))
        print_scores(name, conversations, runs[-1], arguments.limit)
    if not arguments.check_same:
        return 0
    different = differing(*runs)
    print(f"\n  {different} of {len(runs[0].rankings)} questions got different top-{arguments.limit} lists")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
