"""Calls to the memory service: pooled connections, time limits, repetition of what is safe, failures as errors."""

import asyncio
import io
import json
import random
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from types import TracebackType
from typing import Any, Protocol, Self

import aiohttp
from pydantic_core import from_json
from yarl import URL

from bridge.errors import (
    UpstreamBroken,
    UpstreamError,
    UpstreamNotFound,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)

_TRANSIENT = {
    408: "it did not get the request in time",
    429: "it gets too many requests",
    502: "something before it failed",
    503: "it is busy or restarting",
    504: "something before it did not get its answer",
}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 5.0
_CLIENT_IDS_REMEMBERED = 60.0
_MAX_MESSAGE_CHARS = 500
_MAX_CONNECTIONS = 128
_SENT_AT_ONCE = 64 * 1024
_JSON = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))

Answer = dict[str, Any]


class Repeat(Enum):
    """When a call may be sent again although an earlier attempt may have been carried out."""

    ALWAYS = auto()
    """Carrying it out twice has the effect of once."""
    WITH_CLIENT_IDS = auto()
    """Only where the service says in /health that it recognises ids chosen by the client."""


@dataclass(slots=True)
class Call:
    """One request to the memory service, however many attempts it takes."""

    method: str
    path: str
    parameters: Sequence[tuple[str, str]] = ()
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeat: Repeat = Repeat.ALWAYS
    patience: float = 1.0
    """Multiplies the time limit of an attempt, for a call that is much work."""
    attempts: int = 0
    sought: bool = False
    """The service was looked for at another place, which is done once a call."""
    in_doubt: bool = False
    """An attempt ended without an answer, so the call may have been carried out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the memory service is. A `key` is sent in the place of the caller's own."""

    url: str
    key: str | None = field(default=None, repr=False)


class Locator(Protocol):
    """Knows where the memory service is, when that is not fixed."""

    async def find(self, lost: Place | None) -> Place:
        """Where it is now; `lost` is where it was looked for in vain. Raises an UpstreamError where it is nowhere."""


class _Failure(Exception):
    """An attempt that another one may mend."""

    def __init__(self, reason: str, *, sent: bool, timed_out: bool = False, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.timed_out = timed_out
        self.pause = pause


class Upstream:
    """The memory service at one address, or where a locator finds it. Enter it before the first call; times in seconds.

    `sleep` and `jitter` stand between attempts and are handed in by tests.
    """

    def __init__(
        self,
        where: str | Locator,
        *,
        timeout: float = 15.0,
        probe_timeout: float = 5.0,
        max_retries: int = 2,
        max_answer_bytes: int = 32 * 1024 * 1024,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._locator = None if isinstance(where, str) else where
        self._place = Place(where) if isinstance(where, str) else None
        self._timeout = timeout
        self._probe_timeout = probe_timeout
        self._max_retries = max_retries
        self._max_answer_bytes = max_answer_bytes
        self._sleep = sleep
        self._jitter = jitter
        self._session: aiohttp.ClientSession | None = None
        self._honours_ids = False
        self._honours_ids_until = 0.0

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_MAX_CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def ask(self, call: Call) -> Answer:
        """The JSON object that the service answers. Raises an UpstreamError when there is none to give."""
        while True:
            try:
                return await self._reach(call, self._timeout * call.patience)
            except _Failure as failure:
                too_late = call.attempts > self._max_retries or failure.pause > _LONGEST_PAUSE
                if too_late or not await self._may_repeat(call, failure):
                    raise _final(call, failure) from failure.__cause__
                await self._sleep(self._pause(call.attempts, failure))

    async def probe(self, call: Call) -> Answer:
        """The answer to a single attempt at GET /health; what it says about client ids is remembered for a minute."""
        try:
            answer = await self._reach(call, self._probe_timeout)
        except _Failure as failure:
            raise _final(call, failure) from failure.__cause__
        self._remember(answer)
        return answer

    async def honours_client_ids(self, health: Call) -> bool:
        """Whether the service says in /health that it recognises ids chosen by the client; asked once a minute.

        `health` is the call to ask with, repeated like any other. Raises an UpstreamError when there is no answer.
        """
        if self._knows_no_more():
            self._remember(await self.ask(health))
        return self._honours_ids

    def _remember(self, health: Answer) -> None:
        self._honours_ids = health.get("client_ids") is True
        self._honours_ids_until = asyncio.get_running_loop().time() + _CLIENT_IDS_REMEMBERED

    def _knows_no_more(self) -> bool:
        return asyncio.get_running_loop().time() >= self._honours_ids_until

    async def _may_repeat(self, call: Call, failure: _Failure) -> bool:
        if not failure.sent or call.repeat is Repeat.ALWAYS:
            return True
        if self._knows_no_more():
            try:
                await self.probe(Call("GET", "/health", headers=call.headers))
            except UpstreamError:
                return False
        return self._honours_ids

    def _pause(self, attempts: int, failure: _Failure) -> float:
        # Full jitter: callers that failed together do not come back together.
        pause = self._jitter(0.0, _FIRST_PAUSE * 2 ** (attempts - 1))
        return min(max(pause, failure.pause), _LONGEST_PAUSE)

    async def _reach(self, call: Call, timeout: float) -> Answer:
        """An attempt, and another one where the service turns out to have moved."""
        if self._locator is None:
            return await self._attempt(call, timeout)
        place = self._place = self._place or await self._locator.find(None)
        try:
            return await self._attempt(call, timeout)
        except _Failure as failure:
            if failure.sent or call.sought:
                raise
            call.sought = True
            self._place = await self._locator.find(place)
            if self._place == place:
                raise
            return await self._attempt(call, timeout)

    async def _attempt(self, call: Call, timeout: float) -> Answer:
        place = self._place
        if self._session is None or place is None:
            raise RuntimeError("the upstream is used before it was entered")
        headers = dict(call.headers)
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if place.key is not None:
            headers["Authorization"] = f"Bearer {place.key}"
        call.attempts += 1
        try:
            async with self._session.request(
                call.method,
                URL(place.url + call.path, encoded=True),
                params=call.parameters or None,
                data=None if call.body is None else _encoded(call.body),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=timeout),
                allow_redirects=False,
            ) as response:
                if place.key is not None and response.status == 401:
                    # It was started anew since, with another token.
                    raise _Failure("it does not know the token of this machine", sent=False)
                return _understood(call, response, await self._read(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _Failure("it cannot be reached", sent=False) from error
        except TimeoutError as error:
            call.in_doubt = True
            raise _Failure("it does not answer", sent=True, timed_out=True) from error
        except aiohttp.ClientError as error:
            call.in_doubt = True
            raise _Failure("the connection broke", sent=True) from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        while chunk := await response.content.readany():
            body += chunk
            if len(body) > self._max_answer_bytes:
                response.close()
                raise UpstreamBroken("gave an answer that is too large")
        return bytes(body)


def _encoded(body: Mapping[str, Any]) -> bytes | io.BytesIO:
    data = _JSON.encode(body).encode()
    # aiohttp sends bytes in one go, which holds up the event loop when there are many.
    return data if len(data) <= _SENT_AT_ONCE else io.BytesIO(data)


def _understood(call: Call, response: aiohttp.ClientResponse, body: bytes) -> Answer:
    status = response.status
    answer = _json_object(body)
    if 200 <= status < 300:
        if answer is None:
            raise UpstreamBroken("gave an answer that is not a JSON object")
        return answer
    if status in _TRANSIENT:
        call.in_doubt = call.in_doubt or status in (502, 503, 504)
        raise _Failure(_TRANSIENT[status], sent=True, pause=_retry_after(response))
    if status in (401, 403):
        raise UpstreamUnauthorized(with_key="Authorization" in call.headers)
    if not 400 <= status < 500:
        # What a service says when it fails inside may be a stack trace: it stays in the service's own log.
        raise UpstreamBroken(f"failed with HTTP status {status}")
    message = _message(answer, status, call.headers.get("Authorization", "").removeprefix("Bearer "))
    raise UpstreamNotFound(message) if status == 404 else UpstreamRejected(message)


def _json_object(body: bytes) -> Answer | None:
    try:
        answer = from_json(body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _message(answer: Answer | None, status: int, key: str) -> str:
    """The service's own words on one line, without addresses and without the caller's key."""
    texts = [(answer or {}).get(name) for name in ("message", "detail", "error")]
    text = next((text for text in texts if isinstance(text, str) and text.strip()), f"HTTP status {status}")
    text = _ADDRESS.sub("[address]", text.replace(key, "[key]") if key else text)
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= _MAX_MESSAGE_CHARS else line[: _MAX_MESSAGE_CHARS - 1] + "…"


def _retry_after(response: aiohttp.ClientResponse) -> float:
    seconds = response.headers.get("Retry-After", "").strip()
    return float(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 6 else 0.0


def _final(call: Call, failure: _Failure) -> UpstreamError:
    may_be_done = call.in_doubt and call.method != "GET"
    if failure.timed_out:
        return UpstreamTimeout(call.attempts, may_be_done=may_be_done)
    return UpstreamUnavailable(call.attempts, reason=failure.reason, may_be_done=may_be_done)
