"""GET and DELETE /memory/by-tag: pages of what carries a tag, and its removal."""

import pytest

from tests.memory_api.api import Api, Query, assert_refused


async def fill(api: Api) -> list[str]:
    """Five memories tagged fruit, the most important first, and two others."""
    ids = [await api.store(f"fruit {n}", tags=["Fruit", f"n{n}"], importance=1 - n / 10) for n in range(5)]
    await api.store("part", tags=["fruit:apple"])
    await api.store("none")
    return ids


async def test_pages_hold_what_carries_the_tag_exactly_in_any_case(api: Api) -> None:
    ids = await fill(api)
    first = (await api.get("/memory/by-tag", {"tags": "FRUIT", "limit": "3"})).body
    assert {name: first[name] for name in first if name != "memories"} == {
        "status": "success",
        "tags": ["FRUIT"],
        "count": 3,
        "limit": 3,
        "offset": 0,
        "has_more": True,
    }
    second = (await api.get("/memory/by-tag", {"tags": "fruit", "limit": "3", "offset": "3"})).body
    assert [item["id"] for item in first["memories"] + second["memories"]] == ids
    assert not second["has_more"]
    assert first["memories"][0] == {**await api.memory(ids[0]), "last_accessed": first["memories"][0]["last_accessed"]}


@pytest.mark.parametrize("query", [[("tags", "n1"), ("tags", "n3")], {"tags": "n1, n3"}])
async def test_several_tags_mean_any_of_them_repeated_or_with_commas(api: Api, query: Query) -> None:
    ids = await fill(api)
    found = (await api.get("/memory/by-tag", query)).body
    assert [item["id"] for item in found["memories"]] == [ids[1], ids[3]]


@pytest.mark.parametrize(
    ("limit", "offset", "used"), [("0", "-5", (1, 0)), ("9999", "0", (200, 0)), ("1", "9" * 30, (1, 2**53))]
)
async def test_numbers_out_of_range_are_clamped(api: Api, limit: str, offset: str, used: tuple[int, int]) -> None:
    await fill(api)
    found = await api.get("/memory/by-tag", {"tags": "fruit", "limit": limit, "offset": offset})
    assert (found.status, found.body["limit"], found.body["offset"]) == (200, *used)


async def test_deleting_by_tag_says_how_many_went(api: Api) -> None:
    await fill(api)
    answer = await api.send("DELETE", "/memory/by-tag", query=[("tags", "fruit"), ("tags", "nothing")])
    assert (answer.status, answer.body) == (
        200,
        {"status": "success", "tags": ["fruit", "nothing"], "deleted_count": 5},
    )
    assert await api.count() == 2
    again = await api.send("DELETE", "/memory/by-tag", query={"tags": "fruit"})
    assert (again.status, again.body["deleted_count"]) == (200, 0)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("query", [{}, {"tags": ""}, {"tags": " , ,"}, {"tag": "fruit"}])
async def test_without_a_tag_nothing_is_listed_and_nothing_deleted(api: Api, method: str, query: Query) -> None:
    await fill(api)
    assert_refused(await api.send(method, "/memory/by-tag", query=query), 400, "'tags' query parameter is required")
    assert await api.count() == 7


async def test_a_tag_with_a_comma_is_reached_by_repeating_and_never_takes_others_with_it(api: Api) -> None:
    meant = await api.store("one person", tags="Smith, John")
    other = await api.store("another person", tags=["John"])
    answer = await api.send("DELETE", "/memory/by-tag", query=[("tags", "Smith, John"), ("tags", "none")])
    assert answer.body["deleted_count"] == 1
    assert (await api.get(f"/memory/{meant}")).status == 404
    assert (await api.get(f"/memory/{other}")).status == 200
