"""A database file is made, moved forward, or refused with a sentence that says what to do."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from memory_api.errors import StartupError, StoreMismatch
from memory_api.storage.sqlite.reader import ReaderThreads
from memory_api.storage.sqlite.schema import SCHEMA_VERSION
from memory_api.storage.sqlite.storage import SqliteEngine, open_storage
from tests.memory_api.builders import id_of, record

MODEL, DIMENSION = "random-1", 64


async def make(path: Path, threads: ReaderThreads) -> None:
    storage = open_storage(path, MODEL, DIMENSION, threads)
    await storage.store([record(1)])
    await storage.close()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def run(path: Path, sql: str) -> object:
    with closing(sqlite3.connect(path)) as file, file:
        return file.execute(sql).fetchone()


async def test_a_new_file_has_the_current_version_and_names_its_model(path: Path, threads: ReaderThreads) -> None:
    await make(path, threads)
    assert run(path, "PRAGMA user_version") == (SCHEMA_VERSION,)
    assert run(path, "PRAGMA journal_mode") == ("wal",)
    assert run(path, "SELECT value FROM meta WHERE key = 'model'") == (MODEL,)
    assert run(path, "SELECT value FROM meta WHERE key = 'dimension'") == (str(DIMENSION),)


async def test_an_empty_file_is_taken_as_a_new_database(path: Path, threads: ReaderThreads) -> None:
    write(path, b"")
    await make(path, threads)


async def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path, threads: ReaderThreads) -> None:
    await make(path, threads)
    run(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = content_of(path)
    with pytest.raises(StoreMismatch, match=r"newer version.*Upgrade") as refusal:
        open_storage(path, MODEL, DIMENSION, threads)
    assert str(path) in str(refusal.value)
    assert content_of(path) == before


@pytest.mark.parametrize(("model", "dimension"), [("other-2", 64), ("random-1", 128), ("other-2", 128)])
async def test_vectors_of_another_model_are_refused_with_advice(
    path: Path, threads: ReaderThreads, model: str, dimension: int
) -> None:
    await make(path, threads)
    with pytest.raises(StoreMismatch) as refusal:
        open_storage(path, model, dimension, threads)
    for part in (str(path), MODEL, "64", model, str(dimension), "EMBEDDING_PROVIDER", "reembed"):
        assert part in str(refusal.value)
    again = open_storage(path, MODEL, DIMENSION, threads)
    assert await again.get(id_of(1)) is not None
    await again.close()


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be taken for one" * 100, b"short", os.urandom(9_000)]
)
async def test_a_file_that_is_no_database_is_refused_and_left_alone(
    path: Path, threads: ReaderThreads, content: bytes
) -> None:
    write(path, content)
    with pytest.raises(StartupError, match=str(path)):
        open_storage(path, MODEL, DIMENSION, threads)
    assert content_of(path) == content


async def test_a_database_of_another_program_is_refused_and_left_alone(path: Path, threads: ReaderThreads) -> None:
    run(path, "CREATE TABLE bookmarks (url TEXT)")
    before = content_of(path)
    with pytest.raises(StartupError, match=str(path)):
        open_storage(path, MODEL, DIMENSION, threads)
    assert content_of(path) == before


async def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path, threads: ReaderThreads) -> None:
    with pytest.raises(StartupError, match=str(tmp_path)):
        open_storage(tmp_path, MODEL, DIMENSION, threads)


async def test_each_tenant_has_a_file_of_its_own(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path, MODEL, DIMENSION)
    one, other = await engine.open("one"), await engine.open("other")
    await one.store([record(1)])
    assert await other.get(id_of(1)) is None
    assert {name for name in os.listdir(tmp_path) if name.endswith(".db")} == {"one.db", "other.db"}
    await one.close()
    await other.close()
    await engine.close()
