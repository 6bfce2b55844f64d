"""A file of version 1 opens with its memories and with all that later versions derive from them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from memory_api.models.memory import PRECEDED_BY, SIMILAR_TO, Memory, entity_path, tag_name, tag_path
from memory_api.storage.base import Scope
from memory_api.storage.sqlite.codes import encode
from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.schema import FIRST_VERSION, SCHEMA_VERSION
from memory_api.storage.sqlite.storage import open_storage
from tests.memory_api.builders import DIMENSION, NOON, id_of, memory, vector_of
from tests.memory_api.storage.contract import found_by, nearest_to
from tests.memory_api.storage.contract_derived import carried, pair
from tests.memory_api.storage.contract_search import day, numbers
from tests.memory_api.storage.keys import streams_by_id

MODEL = "random-1"
TEXTS = (
    "We met Barbara Jensen in the harbour of Stockholm",
    "And had coffee",
    "We met Barbara Jensen in the harbour of Stockholm!",
)


def old(number: int) -> Memory:
    """Three turns of one session, out of order, and again with other numbers: enough for several batches."""
    content = TEXTS[number] if number < 3 else f"Plain note {'x' * (number % 40)} number {number}"
    tags = ("Session:one",) if number < 3 else ("T",)
    return memory(number, content, tags=tags, timestamp=day(5 - number) if number < 3 else NOON)


def insert(file: sqlite3.Connection, item: Memory) -> None:
    rid = file.execute(
        "INSERT INTO memory (id, content, type, confidence, importance, tags, metadata, timestamp, t_valid, "
        "updated_at, last_accessed) VALUES (?, ?, ?, ?, ?, ?, '{}', ?, ?, ?, ?)",
        (item.id, item.content, item.type, 0.5, 0.5, json.dumps(item.tags), item.timestamp, NOON, NOON, NOON),
    ).lastrowid
    vector = vector_of(item.content)
    bits = encode(vector[np.newaxis], np.zeros(DIMENSION, np.float32))[0]
    file.execute("INSERT INTO vector VALUES (?, ?)", (rid, vector.astype("<f2").tobytes()))
    file.execute("INSERT INTO code VALUES (?, ?)", (rid, bits.tobytes()))
    file.executemany("INSERT INTO tag VALUES (?, ?, ?)", [(tag_path(tag), tag_name(tag), rid) for tag in item.tags])
    file.execute("INSERT INTO words (rowid, content, tags) VALUES (?, ?, ?)", (rid, item.content, " ".join(item.tags)))


@pytest.fixture
def first(path: Path) -> Path:
    """A file as version 1 left it, with 1,200 memories and one relation."""
    with closing(sqlite3.connect(path)) as file, file:
        file.executescript(FIRST_VERSION)
        file.executemany("INSERT INTO meta VALUES (?, ?)", [("model", MODEL), ("dimension", str(DIMENSION))])
        for number in range(1_200):
            insert(file, old(number))
        file.execute("INSERT INTO edge VALUES (1, 'RELATES_TO', 2, 0.5, '{}', ?)", (NOON,))
        file.execute("PRAGMA user_version = 1")
    return path


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        return int(file.execute("PRAGMA user_version").fetchone()[0])


async def test_memories_of_version_1_are_all_there_and_have_what_later_ones_have(
    first: Path, threads: ReaderThreads
) -> None:
    storage = open_storage(first, MODEL, DIMENSION, threads)
    assert version(first) == SCHEMA_VERSION
    assert storage.count() == 1_200
    kept = await storage.get(id_of(0))
    assert kept is not None
    assert kept.content == TEXTS[0]
    assert any("Barbara Jensen" in names for names in kept.entities.values())
    paths = [entity_path(kind, name) for kind, names in kept.entities.items() for name in names]
    assert await carried(storage, paths) == set(paths)
    assert {0, 2} == set(numbers([one.id for one in await storage.browse(Scope(tags=(paths[0],)), "score", 9)]))
    assert await found_by(storage, "coffee") == [id_of(1)]
    assert await nearest_to(storage, "And had coffee") == id_of(1)
    turns = await storage.links([id_of(n) for n in range(3)], [PRECEDED_BY], 9)
    assert {pair(link.asked, link.other) for link in turns if link.outgoing} == {(0, 1), (1, 2)}
    assert (await streams_by_id(storage)).keys() == {id_of(n) for n in range(3)}
    assert numbers([link.other for link in await storage.links([id_of(0)], [SIMILAR_TO], 9)]) == [2, 2]
    assert numbers([one.id for one in await storage.related(id_of(0), ["RELATES_TO"], 1, 9)]) == [1]
    await storage.close()


async def test_a_move_forward_that_breaks_off_leaves_the_file_as_it_was(first: Path, threads: ReaderThreads) -> None:
    with closing(sqlite3.connect(first)) as file, file:
        file.execute("UPDATE memory SET metadata = 'broken' WHERE rid = 1100")
    with pytest.raises(ValueError, match="Expecting value"):
        open_storage(first, MODEL, DIMENSION, threads)
    assert version(first) == 1
    with closing(sqlite3.connect(first)) as file, file:
        assert file.execute("SELECT count(*) FROM sqlite_master WHERE name = 'shingle'").fetchone() == (0,)
        file.execute("UPDATE memory SET metadata = '{}' WHERE rid = 1100")
    storage = open_storage(first, MODEL, DIMENSION, threads)
    assert version(first) == SCHEMA_VERSION
    assert id_of(0) in await streams_by_id(storage)
    await storage.close()
