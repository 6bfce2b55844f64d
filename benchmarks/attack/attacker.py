"""The attacker, a process of its own: fires a plan of shots at an even pace, and tells what came of it.

Reads the plan as JSON on standard input. Every shot has a connection of its own, from one of 200 addresses of
127.0.0.0/8, so that limits for an address meet some shots and not all. Prints one JSON object when all have ended.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from random import Random

import httptools

from benchmarks.attack import asked, bodies, doors, frames
from benchmarks.attack.shots import SMUGGLED, WRONG, Aim, Kind, Shot

_ADDRESSES = 200
_AT_ONCE = 600
_MAX_KEPT = 1 << 20
_MAX_EXAMPLE = 400
_TRACES = ("Traceback", 'File "', "site-packages", "sqlite3.", "pydantic.dev", "uvicorn", "aiohttp/")
Planned = tuple[Kind, str, Shot, str]
_SLOW = (*frames.SLOW_HEADS, *frames.SLOW_BODIES)
_GROUPS = {
    "strangers": (*doors.STRANGERS, *asked.STRANGERS, *frames.FRAMES, *_SLOW, *bodies.STRANGERS),
    "tenant": (*doors.TENANT, *asked.TENANT, *frames.FRAMES, *frames.SLOW_BODIES, *bodies.TENANT),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to fire: `ports` by service, `group` of kinds, `forbidden` texts that no answer may hold."""

    group: str
    shots: int
    rate: float
    seed: int
    ports: dict[str, int]
    keys: list[str]
    stolen: str
    canary: int
    forbidden: list[str]
    slow: bool = True
    only: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of a plan: statuses by kind and service, what should not have been; monotonic times of the pace."""

    seen: dict[str, Counter[str]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    began: float = 0.0
    paced_until: float = 0.0
    shots: int = 0


class Answers:
    """Reads the answers of one connection; to HEAD they have no body, whatever length they tell."""

    def __init__(self, *, to_head: bool = False) -> None:
        self._to_head = to_head
        self.statuses: list[int] = []
        self.retry_after: list[bool] = []
        self.is_complete = False
        self.raw = bytearray()
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """More of them. Raises httptools.HttpParserError for what is no answer."""
        self.raw += data[: _MAX_KEPT - len(self.raw)]
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.is_complete = False
        self.retry_after.append(False)

    def on_header(self, name: bytes, _: bytes) -> None:
        if name.lower() == b"retry-after":
            self.retry_after[-1] = True

    def on_headers_complete(self) -> None:
        self.statuses.append(self._parser.get_status_code())
        self.is_complete = self._to_head

    def on_message_complete(self) -> None:
        self.is_complete = True


@dataclass(slots=True)
class Attacker:
    """Fires, and keeps the account."""

    plan: Plan
    outcome: Outcome = field(default_factory=Outcome)

    async def fire(self, shots: Iterator[Planned]) -> None:
        """All of them, each at its time, however long those before it take; no more than so many at once."""
        places = asyncio.Semaphore(_AT_ONCE)
        self.outcome.began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number, shot in enumerate(shots):
                await asyncio.sleep(max(0.0, self.outcome.began + number / self.plan.rate - time.monotonic()))
                await places.acquire()
                group.create_task(self._one(places, *shot))
            self.outcome.paced_until = time.monotonic()

    async def _one(self, places: asyncio.Semaphore, kind: Kind, service: str, shot: Shot, address: str) -> None:
        answers, end = Answers(to_head=shot.parts[0].startswith(b"HEAD ")), "closed"
        try:
            end = await _exchange(self.plan.ports[service], shot, address, answers)
        except httptools.HttpParserError:
            end = "no HTTP"
        except OSError:
            end = "no connection"
        finally:
            places.release()
        self._judge(kind, service, shot, answers, end)

    def _judge(self, kind: Kind, service: str, shot: Shot, answers: Answers, end: str) -> None:
        shown = [str(status) for status in dict.fromkeys(answers.statuses)] or [end]
        self.outcome.shots += 1
        self.outcome.seen.setdefault(kind.name, Counter()).update(shown)
        text = answers.raw.decode("latin-1")
        for what, example in (*self._wrong_in(kind, shot, answers, end), *self._leaked(text)):
            key = f"{service}, {kind.name}: {what}"
            self.outcome.faults[key] += 1
            self.outcome.examples.setdefault(key, example)

    def _wrong_in(self, kind: Kind, shot: Shot, answers: Answers, end: str) -> Iterator[tuple[str, str]]:
        """What is wrong with an exchange, and an example of it."""
        sent = repr(shot.parts[0][:_MAX_EXAMPLE])
        if end in ("no HTTP", "no connection"):
            yield end, sent
        if end == "open" and (shot.must_end or not answers.statuses):
            yield f"no end within {shot.patience:.0f} s", sent
        for status, may_retry in zip(answers.statuses, answers.retry_after, strict=False):
            if status >= 500 and not (status == 503 and may_retry):
                yield f"answered {status}", sent
            if 200 <= status < 300 and not (kind.may_succeed or self.plan.keys):
                yield f"answered {status} without a key", sent

    def _leaked(self, text: str) -> Iterator[tuple[str, str]]:
        """What no answer may hold, and where it stands."""
        for word in (*_TRACES, *self.plan.forbidden, SMUGGLED, WRONG):
            if word in text:
                place = text.index(word)
                yield f"an answer holds {word!r}", repr(text[max(0, place - 60) : place + 60])


async def _exchange(port: int, shot: Shot, address: str, answers: Answers) -> str:
    """Sends and reads until there is an end: closed or reset by the service, left by us, or still open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    sending = asyncio.create_task(_send(writer, shot))
    try:
        async with asyncio.timeout(shot.patience):
            if shot.leaves:
                await sending
                return "left"
            return await _read(reader, shot, answers)
    except TimeoutError:
        return "open"
    except ConnectionError:
        return "reset"
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError, ConnectionError):
            await sending
        writer.transport.abort()


async def _send(writer: asyncio.StreamWriter, shot: Shot) -> None:
    for part in shot.parts:
        writer.write(part)
        with suppress(ConnectionError):
            await writer.drain()
        if shot.pause:
            await asyncio.sleep(shot.pause)


async def _read(reader: asyncio.StreamReader, shot: Shot, answers: Answers) -> str:
    while True:
        waits = shot.linger if answers.is_complete else None
        if waits == 0:
            return "left"
        try:
            data = await asyncio.wait_for(reader.read(1 << 16), waits)
        except TimeoutError:
            return "left"
        if not data:
            return "closed"
        answers.feed(data)


def shots_of(plan: Plan) -> Iterator[Planned]:
    """Every kind by its share, at least twice, in an order drawn from the seed: each is made when it is asked for."""
    random = Random(plan.seed)
    kinds = [kind for kind in _GROUPS[plan.group] if plan.only in kind.name and (plan.slow or kind not in _SLOW)]
    whole = sum(kind.share for kind in kinds)
    order = [kind for kind in kinds for _ in range(max(2, round(kind.share / whole * plan.shots)))]
    random.shuffle(order)
    addresses = [f"127.{random.randrange(1, 255)}.{random.randrange(255)}.2" for _ in range(_ADDRESSES)]
    for number, kind in enumerate(order):
        service = kind.services[number % len(kind.services)]
        aim = Aim(service, plan.ports[service], tuple(plan.keys), plan.stolen, plan.canary, random)
        yield kind, service, kind.make(aim), random.choice(addresses)


def main() -> int:
    """Fires the plan that comes on standard input."""
    attacker = Attacker(Plan(**json.load(sys.stdin)))
    asyncio.run(attacker.fire(shots_of(attacker.plan)))
    json.dump({each.name: getattr(attacker.outcome, each.name) for each in fields(Outcome)}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
