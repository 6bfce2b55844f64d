"""Replaces every vector of a database, for an embedder other than the one it was filled with."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from memory_api.errors import StartupError
from memory_api.storage.sqlite.codes import encode
from memory_api.storage.sqlite.schema import connect_writer, migrate


class Reembedding:
    """A database whose old vectors are gone inside an open transaction; see `reembedding`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def memories(self) -> Iterator[tuple[int, str, list[str]]]:
        """Row number, content and tags of every memory."""
        for rid, content, tags in self._connection.execute("SELECT rid, content, tags FROM memory ORDER BY rid"):
            yield rid, content, json.loads(tags)

    def keep(self, rid: int, vector: NDArray[np.float32]) -> None:
        """Gives a memory its new vector, of length 1."""
        # Centred on zero: the service that opens the file next learns the mean of the new vectors.
        bits = encode(vector[np.newaxis], np.zeros(len(vector), np.float32))[0]
        self._connection.execute("INSERT INTO vector VALUES (?, ?)", (rid, vector.astype("<f2").tobytes()))
        self._connection.execute("INSERT INTO code VALUES (?, ?)", (rid, bits.tobytes()))


@contextmanager
def reembedding(path: Path, model: str, dimension: int) -> Iterator[Reembedding]:
    """All in one transaction: a run that is interrupted leaves the file as it was.

    Raises StoreMismatch for a file of a newer version, StartupError where it cannot be written.
    """
    try:
        with closing(connect_writer(path)) as connection:
            migrate(connection, path)
            connection.execute("BEGIN IMMEDIATE")
            for table in ("vector", "code", "meta"):
                connection.execute(f"DELETE FROM {table}")
            yield Reembedding(connection)
            connection.executemany("INSERT INTO meta VALUES (?, ?)", [("model", model), ("dimension", str(dimension))])
            connection.execute("COMMIT")
    except (OSError, sqlite3.Error) as error:
        raise StartupError(f"{path} cannot be re-embedded, nothing was changed: {error}") from error
