"""How long a refusal takes says nothing about how wrong the secret was.

Proved by what is done: every secret is compared in full, and a wrong one is refused in the same steps however wrong it
is. Measured where a comparison that stops early would show: among many keys, and with keys that begin alike for long.
"""

import hmac
import random
import sys
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter_ns
from types import FrameType
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import bridge.auth
from bridge.auth.admin import AdminOnly
from bridge.auth.gate import CallerKey, Gate
from bridge.auth.grants import Grant, Tokens
from bridge.auth.people import People
from tests.bridge.auth.site import RESOURCE, SECRET, Connector, Site, form_of, site
from tests.bridge.stand_in import ADA

SOURCE = str(Path(bridge.auth.__file__).parent)
RIGHT = "the-right-key-0123456789"
KEYS = ["the-first-key-0123456789", "a-key-between-0123456789", RIGHT]
SHOWN = {
    "the first": KEYS[0],
    "the last": RIGHT,
    "almost right": RIGHT[:-1] + "8",
    "right so far": RIGHT[:5] + "x" * (len(RIGHT) - 5),
    "wrong": "x" * len(RIGHT),
    "short": "x",
    "long": "x" * 5_000,
}
MUCH_SLOWER = 1.25
"""On a busy machine the same work differs by 1 to 8 %, seldom by 18; what stops early does by a factor of three."""


async def inside(scope: Scope, receive: Receive, send: Send) -> None:
    """What lies behind a door."""
    await JSONResponse({})(scope, receive, send)


async def show(door: ASGIApp, key: str) -> None:
    """Sends a request with this key, or none."""
    headers = [(b"authorization", b"Bearer " + key.encode())] if key else []
    scope = {"type": "http", "method": "GET", "path": "/mcp", "query_string": b"", "headers": headers}

    async def receive() -> Message:
        raise AssertionError("nobody reads a body here")

    async def send(message: Message) -> None:
        pass

    await door(scope, receive, send)


def gate(keys: Sequence[str]) -> Gate:
    return Gate(inside, keys=_callers(keys), owner_key=None, open_paths=frozenset())


def _callers(keys: Sequence[str]) -> list[CallerKey]:
    return [CallerKey(f"name-{number}", key) for number, key in enumerate(keys)]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The lengths of what the standard library has compared in constant time, which it does only for equal ones."""
    lengths: list[tuple[int, int]] = []
    in_constant_time = hmac.compare_digest

    def noting(one: Any, other: Any) -> bool:
        lengths.append((len(one), len(other)))
        return in_constant_time(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noting)
    return lengths


@pytest.mark.parametrize("key", ["", *SHOWN.values()], ids=["none", *SHOWN])
async def test_the_gate_compares_the_digest_of_every_key_whatever_is_shown(
    compared: list[tuple[int, int]], key: str
) -> None:
    await show(gate(KEYS), key)
    assert compared == [(32, 32)] * len(KEYS)


@pytest.mark.parametrize("key", ["", *SHOWN.values()], ids=["none", *SHOWN])
def test_the_pages_compare_the_digest_of_every_key_whatever_is_shown(compared: list[tuple[int, int]], key: str) -> None:
    People(_callers(KEYS)).with_key(key)
    assert compared == [(64, 64)] * len(KEYS)


@pytest.mark.parametrize("token", ["", *SHOWN.values()], ids=["none", *SHOWN])
async def test_the_operators_door_compares_a_digest_whatever_is_shown(
    compared: list[tuple[int, int]], token: str
) -> None:
    await show(AdminOnly(inside, token=RIGHT), token)
    assert compared == [(32, 32)]


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _begins_alike(challenge: str) -> str:
    """A wrong verifier whose challenge begins as this one does."""
    tries = (f"{number:043}" for number in range(1_000_000))
    return next(verifier for verifier in tries if _challenge(verifier)[:2] == challenge[:2])


def wrong_verifiers() -> list[str]:
    real = Connector().verifier
    return [_begins_alike(Connector().challenge), "x" * len(real), real[:-1] + "x", "x" + real[1:]]


@pytest.mark.parametrize("verifier", wrong_verifiers())
async def test_a_code_verifier_is_compared_in_full(compared: list[tuple[int, int]], verifier: str) -> None:
    async with site() as here:
        code = await Connector().code(here)
        compared.clear()
        assert (await Connector().redeem(here, code, code_verifier=verifier)).status_code == 400
    assert compared == [(43, 43)]


@dataclass
class Steps:
    """How many lines of the sign-in's source were run."""

    count: int = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> "Steps | None":
        self.count += event == "line"
        return self if frame.f_code.co_filename.startswith(SOURCE) else None


@contextmanager
def counted() -> Iterator[Steps]:
    steps, before = Steps(), sys.gettrace()
    sys.settrace(steps)
    try:
        yield steps
    finally:
        sys.settrace(before)


def spoilt(secret: str) -> list[str]:
    """Others of the same length and kind: wrong from the beginning, in the middle, near the end, altogether."""
    prefix, body = secret[:4], secret[4:]
    places = (0, 1, len(body) // 2, len(body) - 8)
    changed = [body[:place] + ("A" if body[place] != "A" else "B") + body[place + 1 :] for place in places]
    return [prefix + text for text in (*changed, "A" * len(body), body[::-1])]


Attempt = Callable[[Site, str], Awaitable[object]]


async def _with_code(here: Site, code: str) -> object:
    return await Connector().redeem(here, code)


async def _with_refresh_token(here: Site, token: str) -> object:
    return await Connector().refresh(here, token)


async def _with_access_token(here: Site, token: str) -> object:
    return await here.who(token)


async def _with_ticket(here: Site, ticket: str) -> object:
    form = {"ticket": ticket, "key": ADA, "decision": "allow"}
    return await here.http.post("/oauth/authorize", data=form)


async def _genuine(here: Site) -> dict[str, str]:
    code = await Connector().code(here)
    page = await here.page(Connector().request)
    tokens = await Connector().connect(here)
    return {"code": code, "ticket": form_of(page.text)["ticket"], **tokens}


@pytest.mark.parametrize(
    ("kind", "attempt"),
    [
        ("code", _with_code),
        ("refresh_token", _with_refresh_token),
        ("access_token", _with_access_token),
        ("ticket", _with_ticket),
    ],
)
async def test_what_is_forged_is_refused_in_the_same_steps_however_little_is_wrong(kind: str, attempt: Attempt) -> None:
    taken = []
    async with site() as here:
        texts = spoilt((await _genuine(here))[kind])
        for text in (texts[0], *texts):
            with counted() as steps:
                await attempt(here, text)
            taken.append(steps.count)
    # The first time some things are worked out that are kept from then on.
    assert len(set(taken[1:])) == 1, taken
    assert taken[1] > 10, "nothing was counted"


async def test_a_wrong_verifier_is_refused_in_the_same_steps_however_little_is_wrong() -> None:
    verifiers, taken = wrong_verifiers(), []
    async with site() as here:
        code = await Connector().code(here)
        for verifier in (verifiers[0], *verifiers):
            with counted() as steps:
                await Connector().redeem(here, code, code_verifier=verifier)
            taken.append(steps.count)
    assert len(set(taken[1:])) == 1, taken


async def test_a_client_secret_makes_no_step_more_or_less_for_every_client_is_public() -> None:
    taken = []
    async with site() as here:
        code = await Connector().code(here)
        for secret in ("x", "x", RIGHT, "x" * 500):
            with counted() as steps:
                answer = await Connector().redeem(here, code, code_verifier="x" * 43, client_secret=secret)
            assert answer.json()["error"] == "invalid_grant"
            taken.append(steps.count)
    assert len(set(taken[1:])) == 1, taken


Work = Mapping[str, Callable[[], Awaitable[object]]]


async def take_the_same_time(work: Work, rounds: int) -> bool:
    """Whether the typical times of these lie close together, in one of five measurements.

    What does less is faster in all five, while a burst of other work on the machine passes.
    """
    ratios: list[float] = []
    while len(ratios) < 5 and min(ratios, default=MUCH_SLOWER) >= MUCH_SLOWER:
        ratios.append(await slowest_to_fastest(work, rounds))
    return min(ratios) < MUCH_SLOWER


async def slowest_to_fastest(work: Work, rounds: int) -> float:
    """How the typical times of these relate.

    Each round does all of them in an order of its own, so that what else the machine does falls on all alike, and what
    is typical is the lower quartile: interruptions only ever add.
    """
    taken: dict[str, list[int]] = {name: [] for name in work}
    order, dice = list(work), random.Random(20)
    for _ in range(rounds):
        dice.shuffle(order)
        for name in order:
            begin = perf_counter_ns()
            await work[name]()
            taken[name].append(perf_counter_ns() - begin)
    typical = [sorted(times)[len(times) // 4] for times in taken.values()]
    return max(typical) / min(typical)


async def _on_a_page(people: People, key: str) -> object:
    return people.with_key(key)


def shown_to(door: str, keys: Sequence[str], shown: Mapping[str, str]) -> Work:
    """What showing each of these takes, at the gate or on a page."""
    the_gate, people = gate(keys), People(_callers(keys))
    show_one = partial(show, the_gate) if door == "gate" else partial(_on_a_page, people)
    return {name: partial(show_one, key) for name, key in shown.items()}


@pytest.mark.parametrize("door", ["gate", "page"])
async def test_where_a_key_stands_among_many_takes_no_time(door: str) -> None:
    keys = [f"{number:032}" for number in range(1_000)]
    shown = {"the first": keys[0], "the last": keys[-1], "almost": keys[500][:-1] + "x", "none": "x" * 32}
    assert await take_the_same_time(shown_to(door, keys, shown), rounds=150)


@pytest.mark.parametrize("door", ["gate", "page"])
async def test_how_much_of_a_key_is_right_takes_no_time(door: str) -> None:
    length = 200_000
    keys = ["k" * length + f"{number:03}" for number in range(50)]
    shown = {
        "right but for its end": "k" * length + "xxx",
        "right to the middle": "k" * (length // 2) + "x" * (length // 2 + 3),
        "wrong from the beginning": "x" * (length + 3),
    }
    assert await take_the_same_time(shown_to(door, keys, shown), rounds=60)


async def test_how_much_of_a_token_is_right_takes_no_time() -> None:
    tokens = Tokens([SECRET], lambda: 1_800_000_000.0)
    grant = Grant(
        connection="c",
        name="ada",
        key="0" * 64,
        client_id="https://app.example/" + "x" * 4_000,
        client_name="An app",
        scopes=("memory.read",),
        resource=RESOURCE,
        connected_at=0.0,
    )
    pair = tokens.pair(grant, scopes=("memory.read",), generation=0, issued_at=1_800_000_000.0)
    assert tokens.open_access(pair.access_token)

    async def tried(text: str) -> object:
        return tokens.open_access(text)

    work = {text: partial(tried, text) for text in spoilt(pair.access_token)}
    assert await take_the_same_time(work, rounds=300)
