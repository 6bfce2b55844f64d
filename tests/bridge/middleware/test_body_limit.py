"""Bodies that are too large, come in pieces, or never end."""

import asyncio
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from bridge.middleware.body_limit import BodyLimit


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


SCOPE: Scope = {"type": "http", "method": "POST", "headers": []}


class Half:
    """A request whose body arrives piece by piece."""

    def __init__(self) -> None:
        self._arriving: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []

    async def arrive(self, body: bytes, *, last: bool = False) -> None:
        self._arriving.put_nowait({"type": "http.request", "body": body, "more_body": not last})
        for _ in range(5):
            await asyncio.sleep(0)

    async def receive(self) -> Message:
        return await self._arriving.get()

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def test_a_body_within_the_limit_arrives_whole() -> None:
    assert TestClient(BodyLimit(echo, max_bytes=10)).post("/", content=b"0123456789").text == "0123456789"


def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    response = TestClient(BodyLimit(echo, max_bytes=10)).post("/", content=b"x" * 11)
    assert response.status_code == 413
    assert response.json() == {"error": "The request body is larger than 10 bytes"}


def test_a_body_in_pieces_is_refused_once_it_is_too_large() -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 6, b"y" * 6)

    assert TestClient(BodyLimit(echo, max_bytes=10)).post("/", content=pieces()).status_code == 413
    assert TestClient(BodyLimit(echo, max_bytes=12)).post("/", content=pieces()).text == "xxxxxxyyyyyy"


async def test_a_body_that_never_ends_is_given_up() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nothing comes")

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {"type": "http", "method": "POST", "headers": []}
    await BodyLimit(echo, max_bytes=10, seconds=0.01)(scope, receive, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_all_bodies_that_are_under_way_together_are_bounded() -> None:
    limited = BodyLimit(echo, max_bytes=10, max_total_bytes=25)
    first, *others = [Half() for _ in range(3)]
    ended = [asyncio.create_task(limited(SCOPE, half.receive, half.send)) for half in (first, *others)]
    for half in (first, *others):
        await half.arrive(b"x" * 9)
    await ended[2]
    assert others[1].sent[0]["status"] == 503
    await first.arrive(b"y", last=True)
    await ended[0]
    assert first.sent[1]["body"] == b"x" * 9 + b"y"
    # Its place is free again.
    again = Half()
    await again.arrive(b"z" * 10, last=True)
    await limited(SCOPE, again.receive, again.send)
    assert again.sent[0]["status"] == 200
    await others[0].arrive(b"", last=True)
    await ended[1]


async def test_a_client_that_leaves_in_mid_body_is_nobodys_business() -> None:
    arriving: list[Message] = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(message: Message) -> None:
        raise AssertionError(f"nobody is there to read {message}")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("half a body is no request")

    await BodyLimit(app, max_bytes=10)({"type": "http", "method": "POST", "headers": []}, receive, send)


def test_a_get_is_not_touched() -> None:
    assert TestClient(BodyLimit(echo, max_bytes=0)).get("/").status_code == 200
