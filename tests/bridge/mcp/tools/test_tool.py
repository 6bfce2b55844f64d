"""What reaches a tool although JSON has no word for it, and how refusals are spelled."""

import time

import pytest

from bridge.client import MemoryClient
from bridge.errors import InvalidArguments
from bridge.mcp.tools.store import STORE_MEMORY
from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MemoryService, text_of

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"content": "x", "importance": NAN}, "importance must be a number from 0 to 1, got NaN."),
        ({"content": "x", "embedding": [1.0, INFINITY]}, "embedding[1] must be a number, got Infinity."),
        ({"content": "x", "metadata": {"a": [-INFINITY]}}, "metadata must not contain NaN or infinite numbers."),
        ({"content": "x", "metadata": {"a": object()}}, "metadata must contain only JSON values."),
        ({"content": b"x"}, 'content must be a non-empty string, got "bytes".'),
        ([], "arguments must be an object, got []."),
    ],
)
async def test_numbers_and_values_outside_json_are_refused(
    client: MemoryClient, memory_service: MemoryService, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await STORE_MEMORY.run(client, arguments)
    assert str(caught.value) == sentence
    assert memory_service.asked == []


@pytest.mark.parametrize("name", ["two\nlines", "\ud800", "x" * 5_000, "\x1b[31m"])
async def test_a_refusal_is_one_printable_line_whatever_the_name(client: MemoryClient, name: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await STORE_MEMORY.run(client, {"content": "x", name: 1})
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 400


async def test_long_values_are_not_repeated(client: MemoryClient) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await STORE_MEMORY.run(client, {"content": "x", "importance": "secret" * 100, "confidence": list(range(100))})
    assert "got a string of 600 characters" in str(caught.value)
    assert "got an array of 100 values" in str(caught.value)


async def test_a_flood_of_unknown_arguments_is_refused_before_each_is_looked_at(call: Call) -> None:
    flood: dict[str, object] = {f"x{number}": 1 for number in range(100_000)}
    began = time.process_time()
    top = await call("recall_memory", **flood)
    inside = await call("store_memory", memories=[{"content": "a", **{f"x{n}": 1 for n in range(1_200)}}] * 400)
    assert "at most 100 arguments may be given, got 100000" in text_of(top)
    assert "at most 100 arguments may be given, got 1201" in text_of(inside)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("tool", "arguments", "route", "given", "lost"),
    [
        ("store_memory", {"content": "x"}, "POST /memory", {"type": 1, "confidence": "high", "timestamp": 0}, 3),
        ("store_memory", {"content": "x"}, "POST /memory", {"confidence": True}, 1),
        ("recall_memory", {"tags": ["x"], "exhaustive": True}, "GET /memory/by-tag", {"has_more": 1}, 1),
        ("check_database_health", {}, "GET /health", {"status": 1, "error": {"code": 5}}, 2),
    ],
)
async def test_what_a_memory_service_gives_in_another_type_than_was_said_is_left_out(
    call: Call,
    memory_service: MemoryService,
    tool: str,
    arguments: dict[str, object],
    route: str,
    given: dict[str, object],
    lost: int,
) -> None:
    memory_service.replaces(route, {"memory_id": "1", "memories": [], "more": 5, **given})
    result = await call(tool, **arguments)
    assert not result.is_error
    assert result.structured_content is not None
    assert len(given.keys() - result.structured_content.keys()) == lost


async def test_what_fits_stays(call: Call, memory_service: MemoryService) -> None:
    given = {"memory_id": "1", "type": "Context", "confidence": 1, "timestamp": "2026-01-31"}
    memory_service.answers("POST /memory", given)
    assert (await call("store_memory", content="x")).structured_content == given
