"""Cuts connections at random under 200 calls at once, and looks whether every client gets its answer all the same.

Method: 50 sessions of 2025-11-25, in each four tools/call at once, in several rounds, through a TCP proxy that cuts a
share of all connections (benchmarks/cutting_proxy.py): in the request, before the answer, at any byte of it, or while
the client waits for it; with FIN, with RST, or so that the server does not notice. A client whose stream breaks before
the answer resumes it with GET and Last-Event-ID, through the same proxy, until it has the answer. Every call asks for
a word of its own, and the memory service, a stub that takes up to 100 ms, recalls just that word: so an answer in the
wrong place is seen, and so is a tool that ran twice. Each stream is then read once more without the proxy, from its
first event and from its last, and must be the same; now and then another session asks for it and must be refused. A
call that was cut before the client had an id to resume from is sent again under a new id, and counted apart.
The second part is the same before the bridge with another tool, which tells twelve things before it answers.
"""

import argparse
import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from benchmarks.cutting_proxy import CuttingProxy
from benchmarks.figures import print_table
from benchmarks.handshake_client import BROKEN, Event, Refused, Response, Session, events_of
from benchmarks.services import Service, bridge, end_on_sigterm, python_service
from benchmarks.telling_bridge import EVENTS

_CALLS_AT_ONCE = 4
_PATIENCE_SECONDS = 20.0
_WAIT_MS = 100
_PROBED = 0.2
_WORD = re.compile(r"\bw\d+x\d+x\d+x\d+\b")
_MAX_SHOWN = 20


@dataclass(slots=True)
class Tally:
    """What was seen, and what should not have been."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    words: dict[str, bool] = field(default_factory=dict)
    """Every word that was sent, and whether the client had an id to resume from."""

    def fault(self, kind: str, about: object) -> None:
        """Something is wrong."""
        self.counts[kind] += 1
        self.faults.append(f"{kind}: {about}")


@dataclass(slots=True)
class Stream:
    """What one call has received so far, over all of its connections."""

    word: str
    number: int
    tally: Tally
    events: list[Event] = field(default_factory=list)

    @property
    def is_answered(self) -> bool:
        """Whether there is nothing to wait for."""
        return bool(self.events) and self.events[-1].is_answer

    def add(self, event: Event) -> None:
        """Checks that the event belongs here and now."""
        if event.id in {known.id for known in self.events}:
            self.tally.fault("event twice", (self.word, event.id))
        elif self.is_answered:
            self.tally.fault("event after the answer", (self.word, event))
        if event.message is not None:
            self._check(event.message)
        self.events.append(event)

    def _check(self, message: dict[str, Any]) -> None:
        words = set(_WORD.findall(json.dumps(message)))
        if words != {self.word} or message.get("id", self.number) != self.number:
            self.tally.fault("of another call", (self.word, self.number, message.get("id"), words))
        told = sum(1 for known in self.events if known.message is not None)
        if message.get("params", {}).get("progress", told) != told:
            self.tally.fault("out of order", (self.word, told, message))


class Caller:
    """Makes the calls of one session through the proxy; `direct` is the same session without it."""

    def __init__(self, direct: Session, stranger: Session, proxied_url: str, tally: Tally, random: Random) -> None:
        self._direct = direct
        self._stranger = stranger
        self._session = Session(direct.http, proxied_url, direct.id)
        self._tally = tally
        self._random = random

    async def call(self, word: str) -> None:
        """Sends the call until it is answered."""
        for attempt in range(100):
            stream = await self._attempt(f"{word}x{attempt}")
            if stream.is_answered:
                self._tally.counts["answered"] += 1
                await self._check_again(stream)
                return
        self._tally.fault("never answered", word)

    async def _attempt(self, word: str) -> Stream:
        message = self._session.recall(word)
        stream = Stream(word, self._session.number, self._tally)
        await self._read(stream, self._session.post(message))
        self._tally.words[word] = bool(stream.events)
        if not stream.events:
            self._tally.counts["sent again"] += 1
        elif not stream.is_answered:
            self._tally.counts["resumed"] += 1
        while stream.events and not stream.is_answered:
            if self._random.random() < _PROBED:
                await self._probe(stream)
            self._tally.counts["resumptions"] += 1
            await self._read(stream, self._session.resume(stream.events[-1].id), resumed=True)
        return stream

    async def _read(self, stream: Stream, opening: Response, *, resumed: bool = False) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), opening as response:
                async for event in events_of(response):
                    stream.add(event)
        except TimeoutError:
            self._tally.fault("stream left open" if stream.is_answered else "no answer in time", stream.word)
        except BROKEN:
            self._tally.counts["broken connections"] += 1
        except Refused as refusal:
            self._tally.fault("refused", (stream.word, resumed, str(refusal)))
        else:
            if not stream.is_answered:
                self._tally.fault("ended without the answer", (stream.word, resumed))
            elif resumed:
                self._tally.counts["resumed streams ended by the answer"] += 1

    async def _probe(self, stream: Stream) -> None:
        self._tally.counts["asked for by another session"] += 1
        try:
            async with self._stranger.resume(stream.events[-1].id) as response:
                events = [event async for event in events_of(response)]
            self._tally.fault("given to another session", (stream.word, events))
        except Refused as refusal:
            if refusal.status != 400:
                self._tally.fault("refused in another way", str(refusal))

    async def _check_again(self, stream: Stream) -> None:
        for last, expected in ((stream.events[0], stream.events[1:]), (stream.events[-1], [])):
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS), self._direct.resume(last.id) as response:
                    events = [event async for event in events_of(response)]
            except (*BROKEN, Refused) as error:
                self._tally.fault("cannot be read again", (stream.word, repr(error)))
            else:
                if events != expected:
                    self._tally.fault("not the same when read again", (stream.word, events, expected))


@dataclass(frozen=True, slots=True)
class Part:
    """What came out of one part."""

    name: str
    tally: Tally
    cuts: Counter[str]
    complaints: Counter[str]


async def run_calls(server: Service, arguments: argparse.Namespace) -> tuple[Tally, Counter[str]]:
    """All rounds of one part."""
    tally, random = Tally(), Random(arguments.seed)
    host, port = urlsplit(server.url).netloc.split(":")
    proxy = CuttingProxy((host, int(port)), random, share=arguments.share, wait_seconds=_WAIT_MS / 1000)
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=None)
    async with proxy.run() as url, aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
        sessions = [await Session.open(http, f"{server.url}/mcp") for _ in range(arguments.sessions)]
        callers = [
            Caller(session, stranger, f"{url}/mcp", tally, random)
            for session, stranger in zip(sessions, [*sessions[1:], sessions[0]], strict=True)
        ]
        for turn in range(arguments.rounds):
            async with asyncio.timeout(arguments.seconds):
                await asyncio.gather(
                    *(
                        caller.call(f"w{number}x{turn}x{call}")
                        for number, caller in enumerate(callers)
                        for call in range(_CALLS_AT_ONCE)
                    )
                )
    return tally, Counter({str(place): count for place, count in proxy.cuts.items()})


async def check_against_service(stub: Service, tally: Tally) -> None:
    """Compares what was sent with what the memory service was asked."""
    async with aiohttp.ClientSession() as http, http.get(f"{stub.url}/asked") as response:
        asked: dict[str, int] = await response.json()
    for word, times in asked.items():
        if times > 1:
            tally.fault("tool ran twice", (word, times))
    for word, could_resume in tally.words.items():
        if not could_resume:
            tally.counts["sent again: had reached the tool" if word in asked else "sent again: had not"] += 1
        elif word not in asked:
            tally.fault("answered without its tool", word)


def run_parts(arguments: argparse.Namespace) -> list[Part]:
    """The bridge as it ships, then with the tool of many events."""
    with python_service("benchmarks.echo_stub", {"WAIT_MS": str(_WAIT_MS)}) as stub:
        with bridge(stub.url) as server:
            tally, cuts = asyncio.run(run_calls(server, arguments))
            asyncio.run(check_against_service(stub, tally))
            shipped = Part("as it ships", tally, cuts, server.complaints())
        with bridge(stub.url, module="benchmarks.telling_bridge") as server:
            tally, cuts = asyncio.run(run_calls(server, arguments))
            telling = Part("many events", tally, cuts, server.complaints())
    return [shipped, telling]


def print_parts(parts: Sequence[Part], arguments: argparse.Namespace) -> None:
    """One row a count, one column a part."""
    counted = list(dict.fromkeys(name for part in parts for name in part.tally.counts))
    places = list(dict.fromkeys(name for part in parts for name in part.cuts))
    calls = arguments.sessions * _CALLS_AT_ONCE * arguments.rounds
    rows = [
        ["calls", *(str(calls) for _ in parts)],
        *([name, *(str(part.tally.counts[name]) for part in parts)] for name in sorted(counted)),
        *([f"cut {place}", *(str(part.cuts[place]) for part in parts)] for place in sorted(places)),
        ["warnings in the log", *(str(part.complaints.total()) for part in parts)],
        ["FAULTS", *(str(len(part.tally.faults)) for part in parts)],
    ]
    print_table(
        "Resumption under fire",
        [
            f"{arguments.sessions} sessions, {_CALLS_AT_ONCE} calls at once in each, {arguments.rounds} rounds, one "
            f"connection a request, {arguments.share:.0%} of all cut, seed {arguments.seed}",
            f"many events: {EVENTS} notifications before each answer; resumed: calls that got their answer by "
            "Last-Event-ID; sent again: cut before the client had an id",
            "every stream was read once more from its first and from its last event",
        ],
        ["", *(part.name for part in parts)],
        rows,
    )
    for part in parts:
        for fault in part.tally.faults[:_MAX_SHOWN]:
            print(f"  {part.name}: {fault[:500]}")
        for complaint, times in part.complaints.most_common(_MAX_SHOWN):
            print(f"  {part.name}: logged {times} times: {complaint[:500]}")


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.resumption",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sessions", type=int, default=50, help=f"sessions, each with {_CALLS_AT_ONCE} calls at once")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of calls")
    parser.add_argument("--share", type=float, default=0.6, help="share of the connections that are cut")
    parser.add_argument("--seed", type=int, default=1, help="what the chances are drawn from")
    parser.add_argument("--seconds", type=float, default=120, help="time for a round at most")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs what the command line says; 1 where an answer was lost, came twice or to the wrong place."""
    arguments = arguments_of(argv)
    end_on_sigterm()
    parts = run_parts(arguments)
    print_parts(parts, arguments)
    calls = arguments.sessions * _CALLS_AT_ONCE * arguments.rounds
    failed = any(part.tally.faults or part.tally.counts["answered"] != calls for part in parts)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
