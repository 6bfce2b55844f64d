"""What the answer of a recall tells beside its results: echoes and diagnostics, and what a store adds by itself."""

import random
from typing import Any

import pytest

from tests.memory_api.api import Api, assert_refused
from tests.memory_api.builders import id_of

EARLIER = "2020-01-01"


async def body(api: Api, **asked: Any) -> dict[str, Any]:
    answer = await api.post("/recall", asked)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


async def test_words_looked_up_are_told_for_one_question_and_the_questions_for_several(api: Api) -> None:
    one = await body(api, query="Where is the Heron of Ada?")
    assert (one["keywords"], "queries" in one) == (["heron", "ada"], False)
    two = await body(api, query="heron", queries=["mud"])
    assert (two["queries"], "keywords" in two) == (["heron", "mud"], False)
    asked = "What does Ada say about bananas and ponds?"
    apart = await body(api, query=asked, auto_decompose=True)
    assert apart["queries"] == [asked, "Ada bananas", "Ada ponds", "Ada"]
    none = await body(api, queries=["*"])
    assert {"keywords", "queries"}.isdisjoint(none)


async def test_a_time_in_words_is_told_as_instants_and_a_bound_replaces_its_side(api: Api) -> None:
    window = {"start": "2023-05-01T00:00:00+00:00", "end": "2023-05-31T23:59:59.999999+00:00"}
    assert (await body(api, time_query="in May 2023"))["time_window"] == window
    assert (await body(api, time="May 2023"))["time_window"] == window
    narrowed = await body(api, time_query="May 2023", start="2023-05-10")
    assert narrowed["time_window"] == {**window, "start": "2023-05-10T00:00:00+00:00"}
    assert (await body(api, time_query="since May 2023"))["time_window"]["end"] is None
    assert "time_window" not in await body(api, query="in May 2023")


@pytest.mark.parametrize("words", ["soonish", "the day of the heron", "31/31/2024", "?"])
async def test_words_of_time_that_nobody_can_read_are_refused_with_examples(api: Api, words: str) -> None:
    assert_refused(await api.post("/recall", {"query": "x", "time_query": words}), 400, "time_query", "last 7 days")
    assert_refused(await api.get("/recall", {"time": words}), 400, "time_query", "last 7 days")


async def test_filters_are_told_where_they_were_given(api: Api) -> None:
    plain = await body(api, query="x")
    absent = "tags tag_scope exclude_tags time_window score_filter expansion entity_expansion recency_bias"
    assert set(f"{absent} scope_fallback context_priority".split()).isdisjoint(plain)
    given = await body(api, query="x", tags=["a", "b"], exclude_tags="c", tag_mode="all", tag_match="exact")
    assert (given["tags"], given["exclude_tags"], given["tag_scope"]) == (["a", "b"], ["c"], {"filtered": True})
    assert (given["tag_mode"], given["tag_match"]) == ("all", "exact")


async def test_what_is_outdated_is_counted_and_named_where_asked(api: Api) -> None:
    old = await api.store("the heron nests here")
    new = await api.store("the heron nests there", supersedes={"id": old, "relation": "EVOLVED_INTO"})
    gone = await api.store("the heron nests nowhere", t_invalid=EARLIER)
    told = await body(api, query="heron")
    assert (told["state_mode"], told["state_filter"]) == (
        "current",
        {"current_only": True, "suppressed_count": 2, "replacement_count": 1},
    )
    named = (await body(api, query="heron", state_debug=True))["state_filter"]
    assert sorted(named["suppressed"], key=lambda item: str(item["reason"])) == [
        {"id": gone, "reason": "expired"},
        {"id": old, "reason": "superseded", "replacement_id": new, "relation_type": "EVOLVED_INTO"},
    ]
    assert named["replacements"] == [{"id": new, "replaces_id": old, "relation_type": "EVOLVED_INTO"}]
    history = await body(api, query="heron", state_mode="history")
    assert (history["state_mode"], "state_filter" in history, history["count"]) == ("history", False, 3)


async def test_expansion_is_told_with_its_limits(api: Api) -> None:
    ids = [await api.store(text) for text in ("heron with Alice Johnson", "mud", "Alice Johnson sings")]
    await api.post("/associate", {"memory1_id": ids[0], "memory2_id": ids[1], "type": "LEADS_TO", "strength": 0.8})
    told = await body(api, query="heron", limit=1, expand=True, entity_expansion=True)
    assert told["expansion"] == {
        "enabled": True,
        "seed_count": 1,
        "expanded_count": 1,
        "relation_limit": 5,
        "expansion_limit": 25,
        "respect_tags": False,
    }
    assert told["entity_expansion"] == {"enabled": True, "expanded_count": 1, "entities_found": ["Alice Johnson"]}
    seed, related, named = told["results"]
    assert [item["id"] for item in told["results"]] == ids
    assert (
        related["relations"]
        == related["related_to"]
        == [{"type": "LEADS_TO", "strength": 0.8, "from": ids[0], "seed_rank": 1, "seed_score": seed["score"]}]
    )
    assert (related["match_type"], related["relation_score"]) == ("relation", related["match_score"])
    assert (named["match_type"], named["expanded_from_entity"]) == ("entity_expansion", "Alice Johnson")


async def test_what_scores_cut_off_is_counted(api: Api) -> None:
    await api.store("heron")
    await api.store("the heron among much else that is said and done")
    told = await body(api, query="heron", min_score=0.6)
    assert told["count"] == 1
    assert told["score_filter"] == {"min_score": 0.6, "adaptive_floor": None, "filtered_count": 1}


async def test_options_that_were_in_force_are_told(api: Api) -> None:
    await api.store("heron", tags=["python"])
    told = await body(api, query="latest heron", recency_bias="auto", tags=["python"], scope_fallback=True)
    assert (told["recency_bias"], told["scope_fallback"]) == ("on", True)
    assert "recency_bias" not in await body(api, query="heron", recency_bias="auto")
    told = await body(api, query="heron", active_path="src/app.py", context="birds")
    assert told["context_priority"]["language"] == "python"
    assert set(told["context_priority"]) == {"language", "context", "priority_tags", "priority_types", "injected"}


async def test_pages_tell_where_they_are_and_whether_more_follows(api: Api) -> None:
    for number in range(5):
        await api.store(f"heron {number}")
    for query in ("heron", ""):
        pages = [await body(api, query=query, limit=2, offset=at, adaptive_floor=False) for at in (0, 2, 4, 6)]
        assert [page["offset"] for page in pages] == [0, 2, 4, 6]
        assert [page["has_more"] for page in pages] == [True, True, False, False]
        found = [item["id"] for page in pages for item in page["results"]]
        assert len(set(found)) == len(found) == 5


async def test_the_same_question_has_the_same_answer_and_reading_changes_nothing(api: Api) -> None:
    chance = random.Random(1)
    for number in range(40):
        words = " ".join(chance.choices("heron mud pond sky reed".split(), k=4))
        await api.store(f"{words} {number}", timestamp=f"2026-01-{1 + number % 28:02}", tags=[f"session:{number % 5}"])
    asked: list[dict[str, Any]] = [
        {"query": "heron pond"},
        {"queries": ["heron", "mud sky"], "recency_bias": "on"},
        {"query": "reed", "sort": "updated_desc"},
        {},
        {"query": "heron", "expand_relations": True, "expand_entities": True},
    ]

    async def answers() -> list[list[tuple[str, str]]]:
        return [
            [(item["id"], f"{item['score']:.9f}") for item in (await body(api, limit=20, **one))["results"]]
            for one in asked
        ]

    first = await answers()
    for item in (await body(api, query="sky", limit=5))["results"]:
        await api.memory(item["id"])
    assert await answers() == first


async def test_both_ways_to_ask_are_answered_the_same(api: Api) -> None:
    ids = [await api.store(f"heron {word}", tags=["birds", word]) for word in ("one", "two", "six")]
    asked = {
        "query": "latest heron",
        "limit": "2",
        "offset": "0",
        "tags": "birds",
        "exclude_tags": "six",
        "time_query": "since 2020",
        "recency_bias": "auto",
        "state_debug": "yes",
        "expand": "1",
        "min_score": "0.01",
        "adaptive_floor": "off",
        "context_tags": "one,two",
        "context_types": "Habit,style",
        "priority_ids": f"{ids[1]},{ids[0]}",
        "file_path": "a.rs",
    }
    lists = ("tags", "exclude_tags", "context_tags", "context_types", "priority_ids")
    as_json: dict[str, Any] = {name: asked[name].split(",") for name in lists}
    as_json |= {
        "limit": 2,
        "offset": 0,
        "state_debug": True,
        "expand": True,
        "min_score": 0.01,
        "adaptive_floor": False,
    }
    by_url = (await api.get("/recall", asked)).body
    by_body = (await api.post("/recall", {**asked, **as_json})).body
    assert [item["id"] for item in by_url["results"]] == [ids[1], ids[0]]

    def timeless(answer: dict[str, Any]) -> dict[str, Any]:
        results = [(item["id"], item["match_type"], item["relations"]) for item in answer["results"]]
        return {**answer, "results": results, "query_time_ms": 0}

    assert timeless(by_url) == timeless(by_body)


async def test_a_store_may_supersede_a_memory_and_says_why_in_the_relation(api: Api) -> None:
    old = await api.store("the heron nests here")
    new = await api.store("the heron nests there", supersedes={"id": old, "reason": "it moved"})
    assert await api.recall("heron nests here") == [new]
    assert "t_invalid" in await api.memory(old)
    history = await body(api, query="heron nests here", state_mode="history")
    edges = {item["id"]: item["relations"] for item in history["results"]}
    assert [(edge["type"], edge["memory"]["id"]) for edge in edges[old]] == [("INVALIDATED_BY", new)]


async def test_a_store_that_supersedes_what_does_not_exist_stores_nothing(api: Api) -> None:
    for supersedes, status, mentioned in (
        ({"id": id_of(9)}, 404, "supersede"),
        ({"id": "x"}, 400, "supersedes.id"),
        ({"id": id_of(9), "relation": "LEADS_TO"}, 400, "supersedes.relation"),
        (id_of(9), 400, "supersedes"),
    ):
        answer = await api.post("/memory", {"content": "x", "supersedes": supersedes})
        assert_refused(answer, status, mentioned, sent=supersedes)
    assert await api.count() == 0


async def test_names_in_a_memory_are_shown_in_its_metadata_and_found_as_tags(api: Api) -> None:
    ada = await api.store("Met Alice Johnson in Berlin", metadata={"mood": "good"})
    await api.store("nobody and nothing")
    shown = (await api.memory(ada))["metadata"]
    assert shown["mood"] == "good"
    assert shown["entities"]["people"] == ["Alice Johnson"]
    for tag in ("entity:people:alice-johnson", "entity:people", "ENTITY/People/Alice-Johnson"):
        assert await api.recall(tags=[tag]) == [ada]
        assert await api.recall("met", tags=[tag]) == [ada]
    assert await api.recall(tags=["entity:people:alice"]) == []
    assert ada not in await api.recall(exclude_tags=["entity:people"])


async def test_relations_that_a_store_makes_are_shown_where_asked_for(api: Api) -> None:
    first = await api.store("the heron fishes at dawn", tags=["session:1"], timestamp="2026-01-01")
    second = await api.store("bananas ripen", tags=["session:1"], timestamp="2026-01-02")
    alike = await api.store("the heron fishes at dawn!", timestamp="2026-01-03")
    for kind, found in (("PRECEDED_BY", [second]), ("SIMILAR_TO", [alike]), ("", [])):
        path = f"/memories/{first}/related" + (f"?relationship_types={kind}" if kind else "")
        answer = (await api.get(path)).body
        assert [item["id"] for item in answer["related_memories"]] == found
    assert all(not item["relations"] for item in (await body(api, query="heron"))["results"])


SPELLINGS = [
    ("Das Caf\u00e9 am Fluss", "caf\u00e9"),
    ("Das Caf\u00e9 am Fluss", "cafe"),
    ("na\u00efve r\u00e9sum\u00e9", "resume"),
    ("Stra\u00dfe in K\u00f6ln", "k\u00f6ln"),
    (
        "\u0417\u0430\u043f\u043b\u0430\u0442\u0438\u0442\u044c \u0437\u0430 \u0430\u0440\u0435\u043d\u0434\u0443",
        "\u0430\u0440\u0435\u043d\u0434\u0443",
    ),
    ("\u6211\u4eec\u4f7f\u7528\u6570\u636e\u5e93\u5907\u4efd", "\u6570\u636e\u5e93"),
    ("\u6771\u4eac\u3067\u4f1a\u8b70\u304c\u3042\u308b", "\u4f1a\u8b70"),
    (
        "\u0627\u0644\u0627\u062c\u062a\u0645\u0627\u0639 \u064a\u0648\u0645 \u0627\u0644\u0623\u062d\u062f",
        "\u0627\u0644\u0627\u062c\u062a\u0645\u0627\u0639",
    ),
    (
        "\u0aae\u0ac0\u0a9f\u0abf\u0a82\u0a97 \u0ab8\u0acb\u0aae\u0ab5\u0abe\u0ab0\u0ac7",
        "\u0ab8\u0acb\u0aae\u0ab5\u0abe\u0ab0\u0ac7",
    ),
    ("ship it \U0001f680", "\U0001f680"),
    ("call get_user_name before login", "get_user_name"),
    ("call get_user_name before login", "user name"),
    ("call getUserName before login", "getUserName"),
    ("call getUserName before login", "getusername"),
    ("call getUserName before login", "user name"),
    ("see src/app/main.py for it", "src/app/main.py"),
    ("see src/app/main.py for it", "main.py"),
    ("see C:\\Users\\ada\\notes.txt", "notes.txt"),
    ("pinned to version 2.13.1", "2.13.1"),
    ("pinned to v2.13.1", "v2.13.1"),
    ("it fails with ERR_CONN_4012", "ERR_CONN_4012"),
    ("it fails with 0x80070005", "0x80070005"),
    ("it fails with ORA-00942", "ORA-00942"),
    ("uses C++ and F#", "C++"),
    ("mail ada@example.com about it", "ada@example.com"),
    ("the ticket is ABC-1234", "abc-1234"),
    ("don\u2019t panic", "don't panic"),
]


@pytest.mark.parametrize(("content", "asked"), SPELLINGS)
async def test_whatever_it_is_written_in_a_memory_is_found_by_its_words(api: Api, content: str, asked: str) -> None:
    await api.post("/memory/batch", {"memories": [{"content": f"Note {n} about bananas"} for n in range(20)]})
    stored = await api.store(content)
    assert (await api.recall(asked, limit=1)) == [stored]


@pytest.mark.parametrize(
    "asked",
    [" ".join(f"w{n}" for n in range(1_400)), " ".join(f"Ww{n}" for n in range(1_300)), "a" * 8_000, "\u6570" * 8_000],
)
async def test_the_longest_question_is_answered(api: Api, asked: str) -> None:
    stored = await api.store("about w7 and Ww9")
    answer = await api.post("/recall", {"query": asked, "auto_decompose": True})
    assert answer.status == 200
    if "w7 " in asked.casefold():
        assert [item["id"] for item in answer.body["results"]] == [stored]
