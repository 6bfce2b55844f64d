"""Killed in the middle of writing, the service keeps every write it has acknowledged, in every index."""

import asyncio
import json
import signal
import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientError, ClientSession

from tests.memory_api.process import ask, started

ROUNDS, WRITES, WRITERS = 2, 250, 8
COUNTS = """SELECT (SELECT count(*) FROM memory), (SELECT count(*) FROM vector), (SELECT count(*) FROM code),
    (SELECT count(*) FROM words_docsize)"""


@dataclass
class Acknowledged:
    """What the service has said is kept: the rare word of each memory, the removed ones, the relations."""

    words: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    joined: set[tuple[str, str]] = field(default_factory=set)
    writes: int = 0


async def write_until_it_dies(url: str, session: ClientSession, kept: Acknowledged) -> None:
    """Stores, joins, changes and deletes, noting each only when it is acknowledged."""
    former = ""
    while True:
        word = f"w{uuid.uuid4().hex}"
        _, body = await ask(
            session, "POST", url + "/memory", {"content": f"{word} noted", "tags": [f"t:{word}", "all"]}
        )
        stored = body["memory_id"]
        kept.words[stored] = word
        kept.writes += 1
        if former:
            await change_former(url, session, kept, former, stored)
        former = "" if former and former not in kept.words else stored


async def change_former(url: str, session: ClientSession, kept: Acknowledged, former: str, stored: str) -> None:
    chance = kept.writes % 4
    if chance == 0:
        status, _ = await ask(session, "POST", url + "/associate", {"memory1_id": former, "memory2_id": stored})
        assert status == 201
        kept.joined.add((former, stored))
    elif chance == 1:
        # In between nobody knows which of the two texts a crash would leave.
        del kept.words[former]
        word = f"w{uuid.uuid4().hex}"
        await ask(session, "PATCH", f"{url}/memory/{former}", {"content": f"{word} changed"})
        kept.words[former] = word
    elif chance == 2:
        del kept.words[former]
        await ask(session, "DELETE", f"{url}/memory/{former}")
        kept.gone.add(former)
    kept.writes += chance < 3


async def crash_once(data: Path, kept: Acknowledged, writes: int, writers: int) -> None:
    """Runs the service until so many more writes are acknowledged, and kills it while others are under way."""
    enough = kept.writes + writes
    async with started(data) as process, ClientSession() as session:
        url = await process.ready()
        writing = [asyncio.create_task(write_until_it_dies(url, session, kept)) for _ in range(writers)]
        while kept.writes < enough and not any(task.done() for task in writing):
            await ask(session, "GET", url + "/recall?query=noted")
        process.send(signal.SIGKILL)
        ends = await asyncio.gather(*writing, return_exceptions=True)
        assert all(isinstance(end, (ClientError, ConnectionError)) for end in ends), ends
        assert await process.end() == -signal.SIGKILL


async def missing(data: Path, kept: Acknowledged) -> list[str]:
    """Every acknowledged write that the service, started again, does not show."""
    lost: list[str] = []
    async with started(data) as process, ClientSession() as session:
        url = await process.ready()
        for stored, word in kept.words.items():
            status, body = await ask(session, "GET", f"{url}/memory/{stored}")
            if status != 200 or word not in body["memory"]["content"]:
                lost.append(f"{stored} is not read")
            _, body = await ask(session, "GET", f"{url}/recall?query={word}&limit=1")
            if [item["id"] for item in body["results"]] != [stored]:
                lost.append(f"{stored} is not recalled")
        for removed in kept.gone:
            if (await ask(session, "GET", f"{url}/memory/{removed}"))[0] != 404:
                lost.append(f"{removed} is back")
        process.send(signal.SIGTERM)
        assert await process.end() == 0
    return lost


def inconsistencies(path: Path) -> list[str]:
    """What in the file does not agree with the rest of it."""
    with closing(sqlite3.connect(path)) as file:
        file.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        counts = file.execute(COUNTS).fetchone()
        found = [] if len(set(counts)) == 1 else [f"rows of memory, vector, code and words: {counts}"]
        found += [str(row) for row in file.execute("PRAGMA quick_check") if row != ("ok",)]
        found += [f"orphan: {row}" for row in file.execute("PRAGMA foreign_key_check")]
        for rid, tags in file.execute("SELECT rid, tags FROM memory"):
            carried = {row[0] for row in file.execute("SELECT tag FROM tag WHERE rid = ?", (rid,))}
            if carried != set(json.loads(tags)):
                found.append(f"tags of {rid} differ")
        return found


def relations(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as file:
        return set(
            file.execute(
                "SELECT s.id, t.id FROM edge JOIN memory s ON s.rid = edge.source JOIN memory t ON t.rid = edge.target"
            )
        )


async def test_after_kill_9_every_acknowledged_write_is_there_and_the_indexes_agree(tmp_path: Path) -> None:
    data, kept = tmp_path / "data", Acknowledged()
    for _ in range(ROUNDS):
        await crash_once(data, kept, WRITES, WRITERS)
        assert inconsistencies(data / "default.db") == []
    assert kept.writes >= ROUNDS * WRITES
    assert await missing(data, kept) == []
    assert inconsistencies(data / "default.db") == []
    alive = {pair for pair in kept.joined if set(pair) <= set(kept.words)}
    assert alive <= relations(data / "default.db")
