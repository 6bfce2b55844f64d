"""What the caller works on lifts the memories that fit it."""

from typing import Any

import pytest

from memory_api.recall.profile import Profile, profile_of
from tests.memory_api.builders import memory

STYLE_TAGS = {"coding-style", "style", "style-guide", "preferences", "preference:coding"}


def profile(query: str = "", **given: Any) -> Profile | None:
    fields: dict[str, Any] = {
        "context": None,
        "language": None,
        "active_path": None,
        "context_tags": (),
        "context_types": (),
        "priority_ids": (),
    }
    return profile_of(query, **{**fields, **given})


def known(query: str = "", **given: Any) -> Profile:
    found = profile(query, **given)
    assert found is not None
    return found


def test_without_context_language_and_style_there_is_no_profile() -> None:
    assert profile() is None
    assert profile("What did Caroline paint?", context=" ", language="", active_path="README") is None


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ({"language": "TS", "context": "python", "active_path": "a.go", "query": "java"}, "typescript"),
        ({"context": "python", "active_path": "a.go", "query": "java"}, "python"),
        ({"active_path": "C:\\src\\Main.CXX", "query": "java"}, "cpp"),
        ({"active_path": "/src/app.test.tsx"}, "typescript"),
        ({"active_path": "lib.rs"}, "rust"),
        ({"query": "errors in java streams"}, "java"),
        ({"language": "Kotlin"}, "kotlin"),
        ({"context": "go"}, "go"),
        ({"context": "go", "active_path": "a.py"}, "go"),
    ],
)
def test_the_language_is_the_one_given_then_that_of_the_context_the_path_and_the_query(
    given: dict[str, str], language: str
) -> None:
    assert known(**given).language == language


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("python", "python"),
        ("Python's lists", "python"),
        ("templates in C++?", "cpp"),
        ("LINQ in C#", "csharp"),
        ("golang channels", "go"),
        ("errors in Go", "go"),
        ("review my go code", "go"),
        ("using Swift actors", "swift"),
        ("which rust crates do we use", "rust"),
        ("javascript and java", "javascript"),
    ],
)
def test_a_query_names_a_language_beyond_doubt(query: str, language: str) -> None:
    assert known(query).language == language


@pytest.mark.parametrize(
    "query",
    [
        "where did we go",
        "Go home",
        "a swift response",
        "Taylor Swift tickets",
        "rust on the car",
        "google",
        "javanese cooking",
        "pythons",
        "main.py",
        "Node.js",
    ],
)
def test_a_word_that_may_mean_something_else_names_none(query: str) -> None:
    assert profile(query) is None


def test_a_language_brings_its_tags_the_style_tags_and_the_types_of_style() -> None:
    found = known(language="py", context="backend")
    assert set(found.tags) == {"python", "python-style", "python:style"} | STYLE_TAGS
    assert list(found.tags) == sorted(found.tags)
    assert found.types == ("Style", "Preference")
    assert found.keywords == ("python",)


@pytest.mark.parametrize(
    "given", [{"query": "our PEP8 rules"}, {"context": "formatting"}, {"query": "lint guidelines"}]
)
def test_words_of_style_bring_the_style_tags_without_a_language(given: dict[str, str]) -> None:
    found = known(**given)
    assert found.language is None
    assert set(found.tags) == STYLE_TAGS


def test_a_context_of_neither_is_a_tag_itself_beside_those_given() -> None:
    found = known(context="Deploys", context_tags=("Team/Ops", " "), context_types=("decision", "Insight", "decision"))
    assert found.tags == ("deploys", "team/ops")
    assert found.types == ("Decision", "Insight")
    assert found.context == "Deploys"


def test_named_memories_alone_make_a_profile() -> None:
    assert known(priority_ids=("one",)).tags == ()


def test_a_memory_gains_for_a_tag_the_type_a_keyword_and_being_named() -> None:
    found = known(language="python", priority_ids=(memory(1).id,))
    assert found.bonus(memory(2, "A note", type="Context")) == 0
    assert found.bonus(memory(2, type="Context", tags=("python",))) == 0.45
    assert found.bonus(memory(2, type="Style")) == 0.25
    assert found.bonus(memory(2, "Typed Python, please", type="Context")) == pytest.approx(0.2)
    assert found.bonus(memory(2, type="Context", metadata={"repo": [{"lang": "Python"}]})) == pytest.approx(0.2)
    assert found.bonus(memory(1, type="Context")) == pytest.approx(0.9)
    assert found.bonus(memory(1, "python", type="Style", tags=("python", "style"))) == pytest.approx(1.8)


@pytest.mark.parametrize("context", [{"language": "python"}, {"context": "python"}, {"active_path": "a.py"}])
def test_what_the_caller_works_on_counts_in_full_and_what_the_question_mentions_two_fifths(
    context: dict[str, str],
) -> None:
    fitting = memory(1, "Typed Python, please", type="Style", tags=("python",))
    assert known("python or java?", **context).bonus(fitting) == pytest.approx(0.9)
    assert known("python or java?").bonus(fitting) == pytest.approx(0.36)
    assert known("python or java?", active_path="README").bonus(fitting) == pytest.approx(0.36)


@pytest.mark.parametrize(
    ("wanted", "carried", "fits"),
    [
        ("go", "Go", True),
        ("go", "lang:go", True),
        ("go", "go/channels", True),
        ("team/ops", "team:ops:oncall", True),
        ("team:ops", "org/team/ops", True),
        ("go", "google", False),
        ("go", "lang:golang", False),
        ("team:ops", "team:opsgenie", False),
        ("team:ops", "team", False),
    ],
)
def test_a_tag_fits_by_whole_segments(wanted: str, carried: str, fits: bool) -> None:
    found = known(context_tags=(wanted,))
    assert found.bonus(memory(1, type="Context", tags=("other", carried))) == (0.45 if fits else 0)


def test_go_in_a_content_is_a_keyword_only_as_the_language() -> None:
    found = known(language="go")
    assert found.bonus(memory(1, "We go to Google", type="Context")) == 0
    assert found.bonus(memory(1, "Written in Go", type="Context")) == pytest.approx(0.2)
    assert found.bonus(memory(1, type="Context", metadata={"language": "go"})) == pytest.approx(0.2)


def test_the_summary_shows_ten_tags_and_whether_memories_were_added() -> None:
    found = known(context_tags=tuple(f"tag-{number:02}" for number in range(12)), context_types=("Decision",))
    assert found.summary(True) == {
        "language": None,
        "context": None,
        "priority_tags": [f"tag-{number:02}" for number in range(10)],
        "priority_types": ["Decision"],
        "injected": True,
    }
    assert known(language="js", context="web").summary(False) | {"priority_tags": []} == {
        "language": "javascript",
        "context": "web",
        "priority_tags": [],
        "priority_types": ["Style", "Preference"],
        "injected": False,
    }
