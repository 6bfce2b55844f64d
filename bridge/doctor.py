"""The command `doctor`: goes the way of a connector, and names the first thing on it that is wrong."""

import asyncio
import json
import math
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from mcp.client.auth.utils import build_oauth_authorization_server_metadata_discovery_urls
from mcp_types.version import LATEST_HANDSHAKE_VERSION
from multidict import CIMultiDictProxy

from bridge.auth.public_addresses import Lookup, is_public, lookup
from bridge.networks import is_loopback

# Claude gives discovery, registration and tokens ten seconds each.
_SECONDS = 10.0
_MAX_BYTES = 1 << 20
_MAX_SKEW = 60.0
_CLAUDE = {
    "client_id": "https://claude.ai/oauth/mcp-oauth-client-metadata",
    "redirect_uri": "https://claude.ai/api/mcp/auth_callback",
}
_JSON = "Something in front of it answers in its place, such as an error page of a proxy or a wall against robots: "


class Wrong(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said; `content` is its JSON, or None where it said something else."""

    status: int
    headers: CIMultiDictProxy[str]
    content: Any
    is_html: bool


@dataclass
class Visit:
    """A walk to one server, and what was learnt on the way."""

    url: str
    http: aiohttp.ClientSession
    find: Lookup
    now: Callable[[], float]
    challenge: str = ""
    authorization_server: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    async def ask(self, method: str, url: str, **request: Any) -> Reply:
        """Asks, and follows no redirect. Raises Wrong where nothing answers."""
        try:
            async with self.http.request(method, url, allow_redirects=False, **request) as response:
                body = await response.content.read(_MAX_BYTES)
        except aiohttp.ClientConnectorCertificateError as error:
            raise _bad_certificate(error.certificate_error) from None
        except aiohttp.ClientSSLError:
            raise Wrong(f"{url} does not speak TLS.", "Put something that serves https before it.") from None
        except TimeoutError:
            raise Wrong(
                f"{url} gave no answer within {_SECONDS:g} seconds, which is all that Claude waits.",
                "See whether the service runs, and whether it sleeps when nobody uses it.",
            ) from None
        except aiohttp.ClientError:
            raise Wrong(f"Nothing answers at {url}.", "See whether the service runs, and on which port.") from None
        return Reply(response.status, response.headers, _parsed(body), b"<html" in body[:2_000].lower())


Step = Callable[[Visit], Awaitable[str]]


async def walk(
    url: str,
    *,
    find: Lookup = lookup,
    now: Callable[[], float] = time.time,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[tuple[bool, str]]:
    """A line for each step, with whether it went well; after one that did not there is no further."""
    connector = aiohttp.TCPConnector(ssl=tls or True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=_SECONDS)) as http:
        visit = Visit(url, http, find, now)
        for step in _STEPS:
            try:
                yield True, await step(visit)
            except Wrong as wrong:
                yield False, f"{wrong}\n{wrong.remedy}"
                return
    yield True, "A connector finds everything that it needs here. Give it this address, letter for letter: " + url


def examine(url: str, say: Callable[[str], None]) -> int:
    """Walks to `url`, says what it finds line by line, and returns the exit status: 1 where something is wrong."""
    return asyncio.run(_said(url, say))


async def _said(url: str, say: Callable[[str], None]) -> int:
    went_well = True
    async for went_well, text in walk(url):
        first, *others = text.splitlines()
        say(f"{'ok    ' if went_well else 'WRONG '} {first}")
        for line in others:
            say(f"       {line}")
    return 0 if went_well else 1


async def _address(visit: Visit) -> str:
    parts = urlsplit(visit.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Wrong(f"{visit.url} is no web address.", "Write it as https://your-host/mcp.")
    if parts.path in ("", "/"):
        raise Wrong(
            f"{visit.url} is the address of the host, not of the memory.",
            f"Connect to {visit.url.rstrip('/')}/mcp.",
        )
    if is_loopback(parts.hostname):
        return "The address is one of this machine: clients that run here can connect, Claude.ai and ChatGPT cannot"
    if parts.scheme == "http":
        raise Wrong(
            "The address begins with http. Claude.ai and ChatGPT connect over https only.",
            "Use the https address; if there is none, put a proxy or a platform before the bridge that ends TLS.",
        )
    if parts.port not in (None, 443):
        raise Wrong(f"The port is {parts.port}. Claude.ai connects to 443 only.", "Serve https on port 443.")
    return "The address is https, on the port that connectors use"


async def _name(visit: Visit) -> str:
    host = urlsplit(visit.url).hostname or ""
    try:
        addresses = await visit.find(host)
    except OSError:
        raise Wrong(f"The name {host} has no address.", "Enter it in your DNS, or wait until it is known.") from None
    if all(":" in address for address in addresses) and not is_loopback(host):
        raise Wrong(
            f"{host} has no IPv4 address. Claude.ai cannot reach IPv6 addresses.", "Add an A record to its DNS entry."
        )
    private = [address for address in addresses if not is_public(address) and not ip_address(address).is_loopback]
    if private or (not is_loopback(host) and not all(is_public(address) for address in addresses)):
        raise Wrong(
            f"{host} leads to {(private or addresses)[0]}, which is an address inside a network. Claude.ai and ChatGPT "
            "come from the internet.",
            "Publish the bridge under an address of the internet, with a hosting platform or a tunnel.",
        )
    return f"{host} leads to {addresses[0]}"


async def _refusal(visit: Visit) -> str:
    reply = await visit.ask("POST", visit.url, json=_INITIALIZE, headers=_ACCEPT)
    await _check_clock(visit, reply)
    if 300 <= reply.status < 400:
        raise Wrong(
            f"{visit.url} redirects to {reply.headers.get('Location', 'nowhere')}. Connectors do not follow.",
            "Connect to the address that it redirects to, or let the proxy pass this one on as it is.",
        )
    if reply.status == 200:
        raise Wrong(
            "It lets in whoever asks: nobody has to sign in, and nobody's memory is their own.",
            "Set MCP_API_KEYS or AUTOMEM_API_TOKEN, and remove DISABLE_AUTH.",
        )
    if reply.status != 401:
        raise Wrong(f"{visit.url} answers {_told(reply)} and should answer 401.", _REMEDIES.get(reply.status, _LOOK))
    visit.challenge = reply.headers.get("WWW-Authenticate", "")
    if "resource_metadata=" not in visit.challenge:
        raise Wrong(
            "Its 401 does not say where to sign in: WWW-Authenticate has no resource_metadata.",
            "Set PUBLIC_URL to the https address under which it is reached, and a key; no proxy may drop the header.",
        )
    return "Without a key it answers 401, and says where to sign in"


async def _check_clock(visit: Visit, reply: Reply) -> None:
    try:
        skew = parsedate_to_datetime(reply.headers.get("Date", "")).timestamp() - visit.now()
    except ValueError:
        return
    if abs(skew) > _MAX_SKEW:
        direction = "ahead of" if skew > 0 else "behind"
        raise Wrong(
            f"Its clock is {math.floor(abs(skew))} seconds {direction} that of this machine: tokens would end early, "
            "or late.",
            "Let both machines set their clocks by the network (NTP).",
        )


async def _resource(visit: Visit) -> str:
    address = visit.challenge.partition('resource_metadata="')[2].partition('"')[0]
    content = await _document(visit, address, "the document about the memory")
    if content.get("resource") != visit.url:
        raise Wrong(
            f"It calls itself {content.get('resource')}, and the address given is {visit.url}. Claude compares them "
            "letter for letter.",
            f"Connect to {content.get('resource')}, or set PUBLIC_URL to {visit.url.removesuffix('/mcp')}.",
        )
    servers = content.get("authorization_servers")
    if not isinstance(servers, list) or not servers:
        raise Wrong(f"{address} names no authorization server.", _LOOK)
    visit.authorization_server = str(servers[0])
    return "The document about the memory names this very address"


async def _server(visit: Visit) -> str:
    urls = build_oauth_authorization_server_metadata_discovery_urls(visit.authorization_server, visit.url)
    visit.metadata = metadata = await _document(visit, urls[0], "the document about signing in")
    if metadata.get("issuer") != visit.authorization_server:
        raise Wrong(
            f"The server calls itself {metadata.get('issuer')} in one document and {visit.authorization_server} in "
            "another.",
            "Set PUBLIC_URL to the address under which it is reached.",
        )
    for name, wanted, why in _WANTED:
        if wanted not in (metadata.get(name) or []):
            raise Wrong(f"{urls[0]} does not offer {wanted} in {name}: {why}", _UPDATE)
    if metadata.get("authorization_response_iss_parameter_supported") is not True:
        raise Wrong("It does not name itself in its answers (iss), which ChatGPT wants.", _UPDATE)
    by_document = metadata.get("client_id_metadata_document_supported") is True
    if not by_document and "registration_endpoint" not in metadata:
        raise Wrong("Clients can neither register nor show a document about themselves.", _UPDATE)
    return "Signing in is offered as Claude.ai and ChatGPT want it"


async def _token(visit: Visit) -> str:
    url = str(visit.metadata.get("token_endpoint"))
    form = {"grant_type": "refresh_token", "refresh_token": "none", "client_id": _CLAUDE["client_id"]}
    reply = await visit.ask("POST", url, data=form)
    if not isinstance(reply.content, dict) or "error" not in reply.content:
        raise Wrong(f"{url} answers a wrong token with {_told(reply)} instead of an error in JSON.", _JSON + _LOOK)
    if reply.status not in (400, 401):
        raise Wrong(f"{url} answers a wrong token with {reply.status} instead of 400.", _LOOK)
    return "Tokens are answered in JSON"


async def _page(visit: Visit) -> str:
    request = {
        **_CLAUDE,
        "response_type": "code",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "state": "doctor",
        "resource": visit.url,
    }
    url = str(visit.metadata.get("authorization_endpoint"))
    reply = await visit.ask("GET", f"{url}?{urlencode(request)}")
    if reply.status in (302, 303):
        return "Signing in leads on to another page"
    if reply.status != 200 or not reply.is_html:
        raise Wrong(f"The page to sign in at answers {_told(reply)}.", _REMEDIES.get(reply.status, _LOOK))
    return "The page to sign in at is there for Claude"


async def _document(visit: Visit, url: str, what: str) -> dict[str, Any]:
    reply = await visit.ask("GET", url, headers={"Accept": "application/json"})
    if reply.status != 200:
        raise Wrong(f"{what.capitalize()}, {url}, answers {_told(reply)}.", _REMEDIES.get(reply.status, _LOOK))
    if not isinstance(reply.content, dict):
        raise Wrong(f"{what.capitalize()}, {url}, is {'a web page' if reply.is_html else 'no JSON'}.", _JSON + _LOOK)
    return reply.content


def _bad_certificate(error: Exception) -> Wrong:
    reason = getattr(error, "verify_message", "") or "it cannot be verified"
    return Wrong(
        f"Its certificate is not accepted: {reason}.",
        "Get one that browsers accept for this very name (Let's Encrypt does), with its intermediate certificates.",
    )


def _told(reply: Reply) -> str:
    return f"{reply.status} with a web page" if reply.is_html else str(reply.status)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


_LOOK = "Look at the log of the bridge and of what stands before it for this request."
_UPDATE = "If this is Memory Bridge, update it; otherwise its operator has to add this."
_REMEDIES = {
    403: "A wall or an allow-list refuses it: let Claude (160.79.104.0/21) and ChatGPT pass.",
    404: "Set PUBLIC_URL and a key, which switch signing in on; let the proxy pass /.well-known and /oauth on too.",
    421: "Set PUBLIC_URL to this address, or add its host to TRUSTED_HOSTS.",
    429: "Something limits requests by address: all users of Claude share a few.",
    502: "The proxy does not reach the bridge: see whether it runs, and on which port.",
    503: "The bridge starts, stops or is too busy: try again in a moment.",
}
_WANTED = (
    ("code_challenge_methods_supported", "S256", "without it no client may sign in."),
    ("token_endpoint_auth_methods_supported", "none", "Claude then registers anew at every connection."),
    ("grant_types_supported", "refresh_token", "users would have to connect again every hour or day."),
)
_ACCEPT = {"Accept": "application/json, text/event-stream"}
_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": LATEST_HANDSHAKE_VERSION,
        "capabilities": {},
        "clientInfo": {"name": "memory-bridge-doctor", "version": "1"},
    },
}
_STEPS: tuple[Step, ...] = (_address, _name, _refusal, _resource, _server, _token, _page)
