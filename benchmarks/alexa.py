"""Measures what Alexa's turns cost, and prints what is spoken to real questions.

Verification: the processor time of checking the signature of one request, with the chain in the cache, and of reading
its body. Signed by a made-up authority with keys of the size that Amazon uses (RSA, 2048 bits).

Turns: memory_api as it ships with the notes of benchmarks/alexa_notes.py, the endpoint on uvicorn, and one client in
the same process. The same recall is asked of memory_api directly and of the endpoint, in turns, each over a connection
that is kept. The time is what the client waits, and "added" the difference of the medians: server, verification,
pairing, speech. The processor time is that of the process of endpoint and client, memory_api left out. The layers that
the bridge has before every endpoint are not among them.

With --spoken: the questions and what Alexa answers, as the table of docs/alexa.md.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import respx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from benchmarks.alexa_notes import NOTES, NOW, QUESTIONS
from benchmarks.figures import percentile, print_table
from benchmarks.services import end_on_sigterm, memory_api, scratch_folder
from bridge.alexa.chains import SigningKeys
from bridge.alexa.endpoint import AlexaEndpoint
from bridge.alexa.owners import Owners
from bridge.alexa.pairing import Pairings
from bridge.alexa.signature import Signatures
from bridge.alexa.skill import Skill
from bridge.alexa.turn import Speaker, read
from bridge.client import MemoryClient
from bridge.sockets import listen
from bridge.upstream import Upstream
from tests.bridge.alexa.amazon import ACCOUNT, CHAIN_URL, SKILL_ID, Said, amazon, recall, remember
from tests.bridge.alexa.amazon import NOW as SIGNED_AT

Times = tuple[float, float]
_TAGS = ["alexa", f"user:{ACCOUNT}"]


@dataclass(frozen=True, slots=True)
class Skilled:
    """An endpoint before a memory service that holds the notes, and the keys that it trusts."""

    endpoint: AlexaEndpoint
    keys: SigningKeys
    memory: str


@asynccontextmanager
async def skilled(memory: str, folder: Path) -> AsyncIterator[Skilled]:
    """The skill as the bridge makes it, paired with one account, with the made-up authority and its time."""
    pairings = Pairings(folder)
    pairings.redeem(pairings.issue("default"), Speaker(ACCOUNT))
    async with Upstream(memory) as upstream:
        client = MemoryClient(upstream, None)
        for note in NOTES:
            tags = _TAGS if note.spoken else ["assistant"]
            await client.store({"content": note.content, "timestamp": note.timestamp, "tags": tags})
        owners = Owners({"default": None}, pairings, lone=None)
        heard_at = datetime.fromisoformat(NOW)
        skill = Skill(client, owners, unscoped_recall=True, now=lambda: heard_at, zone=UTC)
        keys = SigningKeys(roots=[amazon().root.certificate], now=lambda: SIGNED_AT)
        endpoint = AlexaEndpoint(skill, keys, skill_id=SKILL_ID, now=lambda: SIGNED_AT)
        async with endpoint:
            with respx.mock(assert_all_called=False) as outside:
                outside.get(CHAIN_URL).respond(content=amazon().chain)
                await keys.at(CHAIN_URL)
            yield Skilled(endpoint, keys, memory)


@asynccontextmanager
async def served(endpoint: AlexaEndpoint) -> AsyncIterator[str]:
    """The endpoint on a free port of this machine."""
    app = Starlette(routes=[Route("/alexa", endpoint, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    with listen("127.0.0.1", 0, "PORT") as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/alexa"
        finally:
            server.should_exit = True
            await serving


async def _asked(http: aiohttp.ClientSession, url: str, said: Said) -> dict[str, Any]:
    body = said.encoded()
    async with http.post(url, data=body, headers=amazon().headers(body)) as response:
        answer: dict[str, Any] = await response.json()
        assert response.status == 200, answer
        return answer


async def spoken(memory: str, folder: Path) -> list[tuple[str, str]]:
    """Each question, and what is said to it."""
    answers: list[tuple[str, str]] = []
    async with (
        skilled(memory, folder) as skill,
        served(skill.endpoint) as url,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
    ):
        for question in QUESTIONS:
            answer = await _asked(http, url, recall(question.query))
            answers.append((question.query, answer["response"]["outputSpeech"]["text"]))
    return answers


async def _cpu_of_verification(keys: SigningKeys, calls: int) -> tuple[float, float]:
    """Seconds of processor time a request, for the signature and for the body."""
    body = remember("the spare key is under the blue pot").encoded()
    headers = [(name.lower().encode(), value.encode()) for name, value in amazon().headers(body).items()]
    signatures = Signatures(keys)
    began = time.process_time()
    for _ in range(calls):
        await signatures.check(headers, body)
    checked = time.process_time()
    for _ in range(calls):
        read(body, skill_id=SKILL_ID, now=SIGNED_AT)
    return (checked - began) / calls, (time.process_time() - checked) / calls


async def _timed(ask: Callable[[], Awaitable[object]]) -> Times:
    """Seconds waited, and seconds of processor time."""
    began, began_cpu = time.perf_counter(), time.process_time()
    await ask()
    return time.perf_counter() - began, time.process_time() - began_cpu


async def _turns(skill: Skilled, calls: int) -> tuple[list[Times], list[Times]]:
    """The times of every recall asked of memory_api directly, and of every one asked of the endpoint."""
    direct: list[Times] = []
    turns: list[Times] = []
    parameters = {"query": "the spare key", "limit": "5", "tags": _TAGS[1], "tag_mode": "all", "tag_match": "exact"}
    body = recall("the spare key").encoded()
    headers = amazon().headers(body)
    async with (
        served(skill.endpoint) as url,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
    ):

        async def ask_memory() -> None:
            async with http.get(f"{skill.memory}/recall", params=parameters) as response:
                assert response.status == 200
                await response.read()

        async def ask_alexa() -> None:
            async with http.post(url, data=body, headers=headers) as response:
                assert response.status == 200
                await response.read()

        for _ in range(calls):
            direct.append(await _timed(ask_memory))
            turns.append(await _timed(ask_alexa))
    return direct, turns


def _figures(times: Sequence[Times]) -> list[float]:
    waited, used = zip(*times, strict=True)
    return [percentile(waited, 0.5), percentile(waited, 0.95), median(used)]


async def _measure(memory: str, folder: Path, calls: int) -> None:
    async with skilled(memory, folder) as skill:
        await _turns(skill, calls // 10)
        checks = [await _cpu_of_verification(skill.keys, calls) for _ in range(5)]
        direct, turns = await _turns(skill, calls)
    signature, body = (median(values) * 1_000 for values in zip(*checks, strict=True))
    figures = [_figures(direct), _figures(turns)]
    figures.append([after - before for before, after in zip(*figures, strict=True)])
    names = ("memory_api directly", "through Alexa's endpoint", "added")
    rows = [[name, *(f"{value * 1_000:.2f}" for value in values)] for name, values in zip(names, figures, strict=True)]
    print_table(
        "Verification of a request, its chain in the cache",
        [f"processor time, median of {len(checks)} rounds of {calls}"],
        ["", "ms CPU"],
        [["signature", f"{signature:.3f}"], ["body", f"{body:.3f}"]],
    )
    print_table("One recall", [f"{calls} of each, in turns"], ["", "p50 ms", "p95 ms", "CPU ms"], rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, or prints what is spoken."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.alexa", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=500, help="turns that are measured (default: %(default)s)")
    parser.add_argument("--spoken", action="store_true", help="print what is spoken instead")
    options = parser.parse_args(argv)
    end_on_sigterm()
    with scratch_folder() as folder, memory_api(folder / "memories") as service:
        if options.spoken:
            print("| asked about | spoken |\n|---|---|")
            for query, text in asyncio.run(spoken(service.url, folder)):
                print(f"| {query} | {text} |")
        else:
            with asyncio.Runner(loop_factory=uvicorn.Config("").get_loop_factory()) as runner:
                runner.run(_measure(service.url, folder, options.calls))
    return 0


if __name__ == "__main__":
    sys.exit(main())
