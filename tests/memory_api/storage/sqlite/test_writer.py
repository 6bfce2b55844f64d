"""The writer undoes what failed, tells every caller, and goes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory_api.errors import StorageUnavailable
from memory_api.storage.sqlite.codes import CodeIndex
from memory_api.storage.sqlite.mutations import Write
from memory_api.storage.sqlite.schema import connect_writer, prepare
from memory_api.storage.sqlite.writer import Operation, Writer
from tests.memory_api.builders import DIMENSION, record


@pytest.fixture
def index() -> CodeIndex:
    return CodeIndex(DIMENSION)


@pytest.fixture
async def writer(path: Path, index: CodeIndex) -> AsyncIterator[Writer]:
    connection = connect_writer(path)
    prepare(connection, path, "random-1", DIMENSION)
    made = Writer(connection, index)
    yield made
    await made.close()


def storing(*numbers: int) -> Operation:
    return lambda write: write.store([record(number, "x" * 2_000) for number in numbers])


def counting(write: Write) -> int:
    return int(write.connection.execute("SELECT count(*) FROM memory").fetchone()[0])


def failing(write: Write) -> Any:
    write.store([record(900), record(901)])
    raise LookupError("this one alone")


def noting(seen: list[int], number: int) -> Operation:
    return lambda _: seen.append(number)


def pages(limit: int) -> Operation:
    """Lets the file grow to so many pages, or to no more than it has for 1."""
    return lambda write: write.connection.execute(f"PRAGMA max_page_count = {limit}").fetchone()


async def test_an_operation_that_raises_is_undone_alone_and_its_caller_hears_why(
    writer: Writer, index: CodeIndex
) -> None:
    results = await asyncio.gather(
        writer.run(storing(1)), writer.run(failing), writer.run(storing(2)), return_exceptions=True
    )
    assert [type(result) for result in results] == [list, LookupError, list]
    assert await writer.run(counting) == len(index) == 2


async def test_a_full_disk_stores_nothing_says_so_and_is_survived(writer: Writer, index: CodeIndex) -> None:
    await writer.run(storing(1))
    await writer.run(pages(1))
    results = await asyncio.gather(
        *(writer.run(storing(*range(begin, begin + 50))) for begin in (100, 200, 300)), return_exceptions=True
    )
    assert all(isinstance(result, StorageUnavailable) for result in results)
    assert await writer.run(counting) == len(index) == 1
    await writer.run(pages(1_000_000))
    assert await writer.run(storing(2)) == [True]
    assert len(index) == 2


async def test_operations_run_in_the_order_they_were_given(writer: Writer) -> None:
    seen: list[int] = []
    await asyncio.gather(*(writer.run(noting(seen, number)) for number in range(200)))
    assert seen == list(range(200))


async def test_closing_waits_for_what_was_given_and_takes_nothing_more(writer: Writer, index: CodeIndex) -> None:
    running = [asyncio.create_task(writer.run(storing(number))) for number in range(50)]
    await asyncio.sleep(0)
    await writer.close()
    assert await asyncio.gather(*running) == [[True]] * 50
    assert len(index) == 50
    with pytest.raises(StorageUnavailable):
        await writer.run(counting)
