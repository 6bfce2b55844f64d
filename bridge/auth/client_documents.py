"""Client ID metadata documents: a client names the address of a document about itself, and that is its id.

The address comes from whoever asks, so fetching it is guarded: https, public addresses only, no redirects, little time,
little space, few at once.
"""

import asyncio
import json
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver

from bridge.auth.clients import Client, plain
from bridge.auth.public_addresses import PublicResolver
from bridge.auth.redirects import is_sound
from bridge.auth.refusals import Refusal

MAX_BYTES = 64 * 1024
SECONDS = 5.0
MAX_REDIRECT_URIS = 20

_MAX_ID_CHARS = 512
_REMEMBERED = 256
_FRESH_SECONDS = 3_600.0
_FAILED_SECONDS = 60.0
_AT_ONCE = 4


class Unreachable(Exception):
    """The document could not be fetched; the text says why, in words for the person who is connecting."""


class Fetch(Protocol):
    """Gets a document."""

    async def __call__(self, url: str) -> bytes:
        """Raises Unreachable."""
        ...


class DocumentFetch:
    """Fetches from the public internet. `tls` and `resolver` are for tests, whose servers nobody vouches for."""

    def __init__(
        self, *, resolver: AbstractResolver | None = None, tls: ssl.SSLContext | None = None, seconds: float = SECONDS
    ) -> None:
        self._resolver = resolver or PublicResolver()
        self._tls: ssl.SSLContext | bool = tls or True
        self._seconds = seconds

    async def __call__(self, url: str) -> bytes:
        """Raises Unreachable where the answer is not a small document that came directly and in time."""
        connector = aiohttp.TCPConnector(resolver=self._resolver, ssl=self._tls, force_close=True)
        try:
            async with (
                asyncio.timeout(self._seconds),
                # No cookies are kept, no proxy is asked, and nothing is unpacked: 64 KB are 64 KB.
                aiohttp.ClientSession(
                    connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False
                ) as http,
                http.get(
                    url,
                    allow_redirects=False,
                    headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                ) as response,
            ):
                return await _read(response)
        except TimeoutError:
            raise Unreachable(f"it did not arrive within {self._seconds:g} seconds") from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise Unreachable("its server could not be reached over https on the public internet") from None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    if response.status != 200:
        raise Unreachable(f"its server answered {response.status}, and only 200 will do")
    body = bytearray()
    async for chunk in response.content.iter_chunked(8_192):
        body += chunk
        if len(body) > MAX_BYTES:
            raise Unreachable(f"it is larger than {MAX_BYTES // 1024} KB")
    return bytes(body)


@dataclass(frozen=True, slots=True)
class _Known:
    client: Client | None
    problem: str
    until: float


class ClientDocuments:
    """The clients that documents describe. Remembers the latest 256 for an hour, failures for a minute."""

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._fetching = 0

    async def client(self, client_id: str) -> Client:
        """The client of this document. Raises Refusal `invalid_client`."""
        _check_address(client_id)
        known = self._known.get(client_id)
        if known is None or known.until <= self._clock():
            known = await self._ask(client_id)
        if known.client is None:
            raise Refusal("invalid_client", f"The document at this client_id cannot be used: {known.problem}", 401)
        return known.client

    async def _ask(self, client_id: str) -> _Known:
        if self._fetching >= _AT_ONCE:
            raise Refusal("temporarily_unavailable", "Too many client documents are being fetched", 503)
        self._fetching += 1
        try:
            client = described(client_id, await self._fetch(client_id))
            known = _Known(client, "", self._clock() + _FRESH_SECONDS)
        except Unreachable as error:
            known = _Known(None, str(error), self._clock() + _FAILED_SECONDS)
        finally:
            self._fetching -= 1
        self._known[client_id] = known
        self._known.move_to_end(client_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known


def described(client_id: str, document: bytes) -> Client:
    """The client of a document that came from the address `client_id`. Raises Unreachable where it is no such one."""
    try:
        content: Any = json.loads(document)
    except (ValueError, RecursionError):
        raise Unreachable("it is not JSON") from None
    if not isinstance(content, dict) or content.get("client_id") != client_id:
        raise Unreachable("its client_id is not the address that it lies at")
    uris = content.get("redirect_uris")
    if not isinstance(uris, list) or not 0 < len(uris) <= MAX_REDIRECT_URIS:
        raise Unreachable(f"it needs 1 to {MAX_REDIRECT_URIS} redirect_uris")
    if not all(isinstance(uri, str) and is_sound(uri) for uri in uris):
        raise Unreachable("one of its redirect_uris is not https, loopback or the scheme of an app")
    host = str(urlsplit(client_id).hostname)
    name = content.get("client_name")
    return Client(client_id, plain(name) if isinstance(name, str) and plain(name) else host, tuple(uris), host)


def _check_address(client_id: str) -> None:
    """RFC draft-ietf-oauth-client-id-metadata-document §2, and no addresses in place of names."""
    try:
        parts = urlsplit(client_id)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    segments = parts.path.split("/")
    sound = (
        parts.scheme == "https"
        and len(client_id) <= _MAX_ID_CHARS
        and is_sound(client_id)
        and parts.path not in ("", "/")
        and not {".", ".."} & set(segments)
        and _is_name(parts.hostname or "")
    )
    if not sound:
        raise Refusal("invalid_client", "A client_id must be an https address with a path, under a host name", 401)


def _is_name(host: str) -> bool:
    # aiohttp asks no resolver about an address, so none may come so far.
    try:
        ip_address(host)
    except ValueError:
        return "." in host
    return False
