"""What the caller works on comes first, and what the caller names always comes."""

from typing import Any

import pytest

from tests.memory_api.builders import id_of
from tests.memory_api.recall.asking import Asking, ids, number_of

EARLIER = "2026-01-01T00:00:00+00:00"
# More than are compared, so that what fits the context is not found by itself; all of them answer only faintly.
FAINT = [f"a long text with much about many other things and one heron, number {n}" for n in range(101)]


async def test_named_memories_come_first_in_the_order_given(memory: Asking) -> None:
    await memory.notes("heron one", "heron two", "mud", "kilt", "jury")
    assert await memory.numbers(query="heron", priority_ids=ids([3, 1, 4])) == [3, 1, 4, 0]
    assert await memory.numbers(query="heron", priority_ids=ids([4, 3]), sort="time_asc") == [4, 3, 0, 1]
    assert (await memory.numbers(priority_ids=ids([4, 3]), limit=3))[:2] == [4, 3]


@pytest.mark.parametrize(
    "filters",
    [
        {"tags": ["work"]},
        {"exclude_tags": ["secret"]},
        {"start": "2026-01-15"},
        {"time_query": "today"},
        {"min_score": 0.99},
        {"state_mode": "current"},
    ],
)
@pytest.mark.parametrize("question", ["", "heron", "mud"])
async def test_named_memories_come_whatever_the_filters(memory: Asking, filters: dict[str, Any], question: str) -> None:
    await memory.notes("heron one", "heron two", tags=("work",))
    named = await memory.note("old mud", timestamp=EARLIER, t_invalid=EARLIER, tags=("secret",))
    found = await memory.numbers(query=question, priority_ids=ids([named]), **filters)
    assert found[0] == named
    assert found.count(named) == 1


async def test_a_gap_in_the_scores_does_not_cut_named_memories_nor_measure_by_them(memory: Asking) -> None:
    await memory.notes("heron one", "heron two", "heron six", "heron ten")
    named = await memory.note("mud")
    found = await memory.recall(query="heron", priority_ids=ids([named]))
    assert [number_of(hit) for hit in found.hits] == [named, 0, 1, 2, 3]
    assert found.cut
    assert found.cut.removed == 0


async def test_named_memories_that_do_not_exist_are_passed_over(memory: Asking) -> None:
    await memory.notes("heron one", "heron two")
    assert await memory.numbers(query="heron", priority_ids=ids([77, 1])) == [1, 0]


async def test_a_named_memory_says_why_it_came(memory: Asking) -> None:
    await memory.note("heron", tags=("work",))
    await memory.note("mud")
    (named, _) = await memory.hits(query="heron", tags=["work"], priority_ids=ids([1]))
    assert (named.id, named.match_type, named.components["context"]) == (id_of(1), "priority_id", 0.9)


async def test_named_memories_stay_in_front_over_the_pages(memory: Asking) -> None:
    await memory.notes(*(f"heron {'so ' * n}far" for n in range(9)), "mud")
    fields: dict[str, Any] = {"query": "heron", "priority_ids": ids([9, 5]), "adaptive_floor": False}
    whole = await memory.numbers(**fields, limit=20)
    assert whole[:2] == [9, 5]
    assert [n for at in (0, 3, 6, 9) for n in await memory.numbers(**fields, limit=3, offset=at)] == whole


@pytest.mark.parametrize(
    ("context", "values", "bonus"),
    [
        ({"context_tags": ["birds"]}, {"tags": ("birds:water",)}, 0.45),
        ({"context_types": ["Habit"]}, {"type": "Habit"}, 0.25),
        ({"context_tags": ["birds"], "context_types": ["habit"]}, {"type": "Habit", "tags": ("birds",)}, 0.7),
        ({"context": "birds"}, {"tags": ("birds",)}, 0.45),
        ({"language": "rs", "context": "x"}, {"metadata": {"lang": "rs"}}, 0.2),
        ({"active_path": "src/app.py"}, {"tags": ("python",)}, 0.45),
        ({"active_path": "src/app.py"}, {"type": "Style"}, 0.25),
        ({"language": "golang"}, {"tags": ("go",)}, 0.45),
    ],
)
async def test_what_fits_the_context_gains(
    memory: Asking, context: dict[str, Any], values: dict[str, Any], bonus: float
) -> None:
    await memory.note("heron")
    await memory.note("heron too", **values)
    plain = {number_of(hit): hit for hit in await memory.hits(query="heron", context="unlike")}
    fitting = {number_of(hit): hit for hit in await memory.hits(query="heron", **context)}
    assert fitting[1].components["context"] == pytest.approx(bonus)
    assert fitting[1].score > plain[1].score
    assert "context" not in fitting[0].components
    assert fitting[0].score == plain[0].score


async def test_a_language_known_from_the_path_is_told(memory: Asking) -> None:
    await memory.note("heron", tags=("python",))
    context = (await memory.recall(query="heron", active_path="src/app.py")).context
    assert context
    assert (context.profile.language, context.injected) == ("python", False)


async def test_without_any_context_nothing_is_changed_and_nothing_told(memory: Asking) -> None:
    await memory.notes("heron", "heron too", tags=("python",))
    result = await memory.recall(query="heron")
    assert result.context is None
    assert all("context" not in hit.components for hit in result.hits)


async def test_where_nothing_found_fits_the_most_important_that_do_are_added(memory: Asking) -> None:
    await memory.many(FAINT)
    added = [await memory.note(f"mud {place}", tags=("birds",), importance=place / 10) for place in range(5)]
    result = await memory.recall(query="heronish", context_tags=["birds"])
    assert [number_of(hit) for hit in result.hits if hit.match_type == "tag"] == added[:1:-1]
    assert result.context
    assert result.context.injected


async def test_what_was_added_is_told_only_where_it_is_on_the_page(memory: Asking) -> None:
    await memory.many(f"heronish {n}" for n in range(len(FAINT)))
    await memory.note("mud", tags=("birds",))
    result = await memory.recall(query="heronish", context_tags=["birds"])
    assert "tag" not in {hit.match_type for hit in result.hits}
    assert result.context
    assert not result.context.injected


async def test_nothing_is_added_where_something_found_fits(memory: Asking) -> None:
    await memory.many(FAINT)
    await memory.notes("heronish", "mud", tags=("birds",))
    result = await memory.recall(query="heronish", context_tags=["birds"], adaptive_floor=False)
    assert "tag" not in {hit.match_type for hit in result.hits}
    assert result.context
    assert not result.context.injected


async def test_what_is_added_for_the_context_keeps_to_the_filters_and_holds_now(memory: Asking) -> None:
    await memory.many(FAINT, tags=("work",))
    outdated = await memory.note("mud two", tags=("birds", "work"), t_invalid=EARLIER)
    old = await memory.note("mud ten", tags=("birds", "work"), timestamp=EARLIER)
    await memory.note("mud one", tags=("birds", "home"))
    await memory.note("mud six", tags=("birds", "work", "secret"))

    async def added(**fields: Any) -> set[int]:
        asked: dict[str, Any] = {
            "query": "heronish",
            "context_tags": ["birds"],
            "tags": ["work"],
            "exclude_tags": ["secret"],
            **fields,
        }
        return {number_of(hit) for hit in await memory.hits(**asked) if hit.match_type == "tag"}

    assert await added(start="2026-01-15") == set()
    assert await added() == {old}
    assert await added(start="2026-01-15", state_mode="history") == {outdated}
