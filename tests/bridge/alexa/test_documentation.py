"""The page about Alexa shows what really is said: every question of the household, answered by the real memory."""

import re
from pathlib import Path

import pytest

from benchmarks.alexa import spoken
from benchmarks.alexa_notes import QUESTIONS
from tests.bridge.alexa.test_speech import MARKUP
from tests.memory_api.process import started

DOCUMENT = (Path(__file__).parents[3] / "docs" / "alexa.md").read_text(encoding="utf-8")
TABLE = dict(re.findall(r"^\| ([^|\n]+) \| ([^|\n]+) \|$", DOCUMENT[DOCUMENT.index("| asked about |") :], re.MULTILINE))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.query)
def test_the_page_shows_an_answer_to_every_question(question: object) -> None:
    assert len(QUESTIONS) == 20
    assert isinstance(question, type(QUESTIONS[0]))
    text = TABLE[question.query]
    assert question.expected in text
    assert not MARKUP.search(text)


async def test_the_real_memory_answers_every_question_so_that_it_reads_well(tmp_path: Path) -> None:
    async with started(tmp_path / "memories", EMBEDDING_PROVIDER="local") as process:
        answers = dict(await spoken(await process.ready(), tmp_path))
    for question in QUESTIONS:
        text = answers[question.query]
        assert question.expected in text
        assert not MARKUP.search(text)
        assert text.endswith(".")
