"""A real MCP client, the bridge, memory_api and a SQLite file: what one tool does another sees, over every way in."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult, TextContent

from tests.clients.python_sdk import TOOLS
from tests.product import Connect, Running, started, ways_in


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("data")) as running:
        yield running


@pytest_asyncio.fixture(
    params=["http", "http, handshake era", "sse", "stdio", "stdio, handshake era"], scope="module", loop_scope="module"
)
async def client(request: pytest.FixtureRequest, product: Running) -> AsyncIterator[Client]:
    """Connected by each way in, once for all tests."""
    opened: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
    enough = asyncio.Event()

    async def hold() -> None:
        # A connection must be closed by the task that opened it; a fixture's two halves run in two.
        async with ways_in(product)[request.param]() as client:
            opened.set_result(client)
            await enough.wait()

    holding = asyncio.create_task(hold())
    either: set[asyncio.Future[Any]] = {opened, holding}
    await asyncio.wait(either, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    if holding.done():
        holding.result()
    yield opened.result()
    enough.set()
    await holding


# The connection lives on the loop of the module, and so must whoever speaks over it.
by_every_way_in = pytest.mark.asyncio(loop_scope="module")


def text_of(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


async def call(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    return text_of(result)


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error, text_of(result)
    return text_of(result)


async def store(client: Client, content: str, **fields: Any) -> str:
    found = re.fullmatch(
        r"Memory stored: ([0-9a-f-]{36})", await call(client, "store_memory", content=content, **fields)
    )
    assert found
    return found[1]


async def store_superseding(client: Client, old: str, content: str, **fields: Any) -> str:
    told = await call(client, "store_memory", content=content, supersedes_memory_id=old, **fields)
    found = re.fullmatch(rf"Memory stored: ([0-9a-f-]{{36}})\nSuperseded memory ID: {old}", told)
    assert found
    return found[1]


async def data(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert isinstance(result.structured_content, dict), text_of(result)
    return result.structured_content


def ids_in(text: str) -> list[str]:
    return re.findall(r"^ *ID: (\S+)$", text, re.MULTILINE)


@pytest.fixture
def http(product: Running) -> Connect:
    """Connects over HTTP; what carries one of the tags is deleted in the end."""

    @asynccontextmanager
    async def connect(*tags: str) -> AsyncIterator[Client]:
        async with ways_in(product)["http"]() as client:
            yield client
            await call(client, "delete_memory", tags=list(tags))

    return connect


@by_every_way_in
async def test_the_client_sees_six_tools_in_their_order(client: Client) -> None:
    assert [tool.name for tool in (await client.list_tools()).tools] == TOOLS


@by_every_way_in
async def test_what_one_tool_does_another_one_sees(client: Client) -> None:
    tea = await store(client, "Alice drinks green tea in the morning", tags=["person/alice"], importance=0.8)
    car = await store(client, "The car needs a new clutch", tags=["garage"])
    # Found by other words than its own.
    found = await call(client, "recall_memory", query="what beverage does she like after waking up", limit=1)
    assert found.startswith("Found 1 memories:")
    assert f"   ID: {tea}" in found
    # Related both ways.
    await call(client, "associate_memories", memory1_id=tea, memory2_id=car, type="OCCURRED_BEFORE", strength=0.7)
    detailed = await call(client, "recall_memory", query="green tea", limit=1, format="detailed")
    assert "OCCURRED_BEFORE(0.70)" in detailed
    # The new text is found and the old one is not.
    await call(
        client, "update_memory", memory_id=car, content="The bicycle has a flat tyre", metadata={"place": "yard"}
    )
    assert "bicycle" in await call(client, "recall_memory", query="puncture of a bike wheel", limit=1)
    assert "clutch" not in await call(client, "recall_memory", query="clutch", limit=20)
    # Enumerated, then deleted: gone from every view.
    assert tea in await call(client, "recall_memory", tags=["person/alice"], exhaustive=True)
    assert await call(client, "delete_memory", memory_id=tea) == f"Deleted {tea}"
    assert await call(client, "delete_memory", tags=["garage"]) == "Deleted 1 memories tagged garage"
    assert await call(client, "recall_memory", query="green tea") == "No memories found."
    assert await call(client, "recall_memory", memory_id=car) == "No memories found."


@by_every_way_in
async def test_a_batch_is_stored_and_recalled_and_deleted(client: Client) -> None:
    memories = [
        {"content": f"Lesson {number} about sailing in wind force {number}", "tags": ["sail"]} for number in range(12)
    ]
    stored = await call(client, "store_memory", memories=memories)
    assert stored.startswith("Stored 12 memories.")
    assert (await call(client, "recall_memory", tags=["sail"], exhaustive=True, limit=5)).startswith("Found 5 memories")
    assert await call(client, "delete_memory", tags=["sail"]) == "Deleted 12 memories tagged sail"


async def test_time_in_words_bounds_what_is_recalled(http: Connect) -> None:
    async with http("lighthouse") as client:
        old = await store(
            client, "The lighthouse was painted red", tags=["lighthouse"], timestamp="2019-05-04T10:00:00Z"
        )
        new = await store(client, "The lighthouse was painted white", tags=["lighthouse"])
        question = {"query": "colour of the lighthouse", "tags": ["lighthouse"], "adaptive_floor": False}
        assert ids_in(await call(client, "recall_memory", **question, time_query="last 7 days")) == [new]
        assert ids_in(await call(client, "recall_memory", **question, time_query="May 2019")) == [old]
        assert "time_query" in await refused(client, "recall_memory", **question, time_query="once upon a blue moon")


async def test_what_supersedes_comes_instead_and_history_shows_both(http: Connect) -> None:
    async with http("ferry") as client:
        old = await store(client, "The ferry leaves at eight", tags=["ferry"], metadata={"source": "leaflet"})
        new = await store_superseding(client, old, "The ferry leaves at nine", tags=["ferry"])
        question = {"query": "when does the ferry leave", "tags": ["ferry"], "format": "detailed"}
        current = await call(client, "recall_memory", **question)
        assert ids_in(current) == [new]
        history = await call(client, "recall_memory", **question, state_mode="history")
        assert sorted(ids_in(history)) == sorted([old, new])
        assert history.count("Outdated since: ") == 1
        assert "INVALIDATED_BY(0.90)" in history
        assert " [outdated]\n" in await call(client, "recall_memory", memory_id=old)
        debug = await data(client, "recall_memory", **question, state_debug=True)
        assert [gone["id"] for gone in debug["state_filter"]["suppressed"]] == [old]


async def test_a_memory_that_does_not_exist_cannot_be_superseded(http: Connect) -> None:
    async with http("quokka") as client:
        gone = "00000000-0000-0000-0000-000000000000"
        arguments = {"content": "The quokka is asleep", "tags": ["quokka"], "supersedes_memory_id": gone}
        assert "does not exist" in await refused(client, "store_memory", **arguments)
        assert await call(client, "recall_memory", tags=["quokka"]) == "No memories found."


async def test_relations_lead_from_what_was_found_to_what_belongs_to_it(http: Connect) -> None:
    async with http("attic", "storm", "slates") as client:
        leak, roof, tiles = [
            await store(client, content, tags=[tag])
            for content, tag in (
                ("Water drips into the attic", "attic"),
                ("A storm broke the chimney", "storm"),
                ("Slates are sold in Bangor", "slates"),
            )
        ]
        await call(client, "associate_memories", memory1_id=leak, memory2_id=roof, type="DERIVED_FROM", strength=0.9)
        await call(client, "associate_memories", memory1_id=roof, memory2_id=tiles, type="LEADS_TO", strength=0.4)
        question = {"query": "water in the attic", "tags": ["attic"], "format": "detailed"}
        assert ids_in(await call(client, "recall_memory", **question)) == [leak]
        near = await call(client, "recall_memory", **question, expand_relations=True)
        assert ids_in(near) == [leak, roof]
        assert f"Match: relation\nSource: graph\nRelations: DERIVED_FROM(0.90) from {leak}" in near
        far = {**question, "expand_relations": True, "expand_depth": 2}
        assert ids_in(await call(client, "recall_memory", **far)) == [leak, roof, tiles]
        assert ids_in(await call(client, "recall_memory", **far, expand_min_strength=0.5)) == [leak, roof]
        assert ids_in(await call(client, "recall_memory", **far, expansion_limit=1)) == [leak, roof]
        assert ids_in(await call(client, "recall_memory", **far, expand_respect_tags=True)) == [leak]


async def test_memories_named_by_id_come_first(http: Connect) -> None:
    async with http("tailor", "baking") as client:
        named = await store(client, "The tailor takes cash only", tags=["tailor"])
        await store(client, "Bread rises in a warm kitchen", tags=["baking"])
        found = await call(client, "recall_memory", query="bread in the kitchen", tags=["baking"], priority_ids=[named])
        assert ids_in(found)[0] == named
        assert len(ids_in(found)) == 2


async def test_pages_of_a_ranked_recall_follow_one_another(http: Connect) -> None:
    async with http("orchard") as client:
        contents = [f"The orchard has {number} rows of plum trees" for number in range(1, 6)]
        await call(client, "store_memory", memories=[{"content": content, "tags": ["orchard"]} for content in contents])
        question = {"query": "plum trees in the orchard", "tags": ["orchard"], "limit": 2, "adaptive_floor": False}
        pages = [await data(client, "recall_memory", **question, offset=offset) for offset in (0, 2, 4)]
        assert [(page["offset"], page["has_more"], page["count"]) for page in pages] == [
            (0, True, 2),
            (2, True, 2),
            (4, False, 1),
        ]
        seen = [result["content"] for page in pages for result in page["results"]]
        assert sorted(seen) == contents
        assert all(result["timestamp"] for page in pages for result in page["results"])


async def test_too_few_with_the_tags_are_filled_up_from_outside(http: Connect) -> None:
    async with http("otters", "sea") as client:
        inside = await store(client, "Otters sleep holding hands", tags=["otters"])
        outside = await store(client, "Otters float on their backs when they sleep", tags=["sea"])
        question = {"query": "how do otters sleep", "tags": ["otters"], "limit": 2, "adaptive_floor": False}
        assert ids_in(await call(client, "recall_memory", **question)) == [inside]
        wider = await call(client, "recall_memory", **question, scope_fallback=True)
        assert ids_in(wider) == [inside, outside]
        assert wider.count(" [outside tag scope]") == 1


async def test_the_least_score_leaves_out_the_rest(http: Connect) -> None:
    async with http("violin") as client:
        await store(client, "The violin is tuned in fifths", tags=["violin"])
        question = {"query": "how is a violin tuned", "tags": ["violin"]}
        assert len(ids_in(await call(client, "recall_memory", **question))) == 1
        assert await call(client, "recall_memory", **question, min_score=1.0) == "No memories found."


@by_every_way_in
async def test_health_tells_what_the_memory_runs_on(client: Client) -> None:
    health = await client.call_tool("check_database_health", {})
    assert health.structured_content is not None
    assert health.structured_content["status"] == "healthy"
    assert health.structured_content["embedder"]["dimension"] == 384


@by_every_way_in
async def test_wrong_arguments_are_named_and_nothing_is_stored(client: Client) -> None:
    assert "importance" in await refused(client, "store_memory", content="never kept zebra", importance=7)
    assert "2000" in await refused(client, "store_memory", content="zebra " * 400)
    assert "memory_id" in await refused(client, "delete_memory", memory_id="by-tag?tags=sail")
    assert (
        "not found"
        in (await refused(client, "delete_memory", memory_id="00000000-0000-0000-0000-000000000000")).lower()
    )
    assert await call(client, "recall_memory", query="zebra") == "No memories found."


async def test_what_one_client_stores_every_other_client_recalls(product: Running) -> None:
    connects = ways_in(product)
    async with connects["http"]() as first:
        memory_id = await store(first, "The spare key lies under the third flowerpot")
    for name, connect in connects.items():
        async with connect() as other:
            assert memory_id in await call(other, "recall_memory", query="where is the spare key?"), name
    async with connects["sse"]() as last:
        await call(last, "delete_memory", memory_id=memory_id)


def test_starting_prints_the_address_the_claude_code_line_the_json_and_the_folder(product: Running) -> None:
    url = f"{product.bridge}/mcp"
    assert f"claude mcp add --transport http memory {url}" in product.printed
    assert f'{{"mcpServers": {{"memory": {{"type": "http", "url": "{url}"}}}}}}' in product.printed
    assert re.search(r"Memories +/\S+", product.printed)


def test_both_services_answer_health_while_they_live(product: Running) -> None:
    for url in (f"{product.bridge}/health", f"{product.bridge}/ready", f"{product.memory_api}/health"):
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert answer.status == 200


def test_a_second_start_on_the_same_folder_says_who_holds_it(product: Running) -> None:
    folder = re.search(r"Memories +(/\S+)", product.printed)
    assert folder
    second = subprocess.run(
        [sys.executable, "-m", "memory_api"],
        env={
            "PATH": os.environ["PATH"],
            "PORT": "0",
            "MEMORY_API_DATA_DIR": folder[1],
            "EMBEDDING_PROVIDER": "hashing",
        },
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    assert str(Path(folder[1])) in line
    assert product.memory_api in line


async def test_a_memory_that_stdio_started_makes_room_and_its_client_goes_on(tmp_path: Path) -> None:
    alone = StdioServerParameters(
        command=sys.executable,
        args=["-m", "bridge"],
        env={"MEMORY_API_DATA_DIR": str(tmp_path), "EMBEDDING_PROVIDER": "hashing", "LOG_LEVEL": "error"},
    )
    async with Client(stdio_client(alone)) as client:
        memory_id = await store(client, "The boiler is serviced every October")
        with started(tmp_path, EMBEDDING_PROVIDER="hashing") as running:
            async with Client(f"{running.bridge}/mcp") as other:
                assert memory_id in await call(other, "recall_memory", query="boiler service")
            assert memory_id in await call(client, "recall_memory", query="boiler service")
        # The product is gone again: the client has a memory all the same.
        assert memory_id in await call(client, "recall_memory", query="boiler service")
    os.kill(json.loads((tmp_path / "memory_api.json").read_text(encoding="utf-8"))["pid"], signal.SIGTERM)
