"""What one hostile connection sends, at whom it is aimed, and how a request is written byte for byte."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

BRIDGE, MEMORY_API = "bridge", "memory_api"
BOTH = (BRIDGE, MEMORY_API)

WRONG = "hostile-key-"
"""What every wrong key begins with: none may come out again."""

SMUGGLED = "smuggled-"
"""What the X-Request-Id of every hidden request begins with: none may be answered, or logged."""

REVISION = "2026-07-28"
_ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": REVISION,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "hostile", "version": "0"},
}
Header = tuple[str | bytes, str | bytes]


@dataclass(frozen=True, slots=True)
class Shot:
    """The bytes of one connection: parts with `pause` seconds between them.

    The connection is left once an answer is complete and nothing follows it for `linger` seconds; where it `leaves`, as
    soon as all is sent. It is a fault where nothing comes within `patience` seconds, and, for one that the service
    `must_end`, where it is still open by then.
    """

    parts: tuple[bytes, ...]
    pause: float = 0.0
    linger: float = 0.0
    patience: float = 20.0
    must_end: bool = False
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Aim:
    """One service as the attacker sees it.

    `keys` are its own, none for a stranger; `stolen` is what a hidden request carries; `canary` is a port of this
    machine that nobody has any business with.
    """

    service: str
    port: int
    keys: tuple[str, ...]
    stolen: str
    canary: int
    random: Random

    @property
    def is_bridge(self) -> bool:
        """Whether it is aimed at the bridge."""
        return self.service == BRIDGE

    @property
    def host(self) -> str:
        """As an honest client names it."""
        return f"127.0.0.1:{self.port}"

    def wrong_key(self) -> str:
        """One that nobody has."""
        return f"{WRONG}{self.random.getrandbits(64):016x}"

    def credentials(self) -> list[Header]:
        """The attacker's own key, if it has one."""
        return [("Authorization", f"Bearer {self.random.choice(self.keys)}")] if self.keys else []

    def pick(self, choices: Sequence[str]) -> str:
        """One of them."""
        return self.random.choice(choices)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of attack: `share` of all shots, in parts of the sum of all; whether some of it is let in by right."""

    name: str
    make: Callable[[Aim], Shot]
    share: float
    services: tuple[str, ...] = BOTH
    may_succeed: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A request that would do work if it were let in."""

    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes


def work(aim: Aim) -> Work:
    """Stores a memory: over MCP at the bridge, over REST at the memory service."""
    text = {"content": f"hostile text {aim.random.getrandbits(48):012x}", "tags": ["hostile"]}
    return calling(aim, "store_memory", text) if aim.is_bridge else rest("POST", "/memory", json.dumps(text).encode())


def calling(aim: Aim, tool: str, arguments: object) -> Work:
    """A tool call of the revision that needs no session before."""
    message = {
        "jsonrpc": "2.0",
        "id": aim.random.randrange(1_000_000),
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": _ENVELOPE},
    }
    return posting_mcp(json.dumps(message).encode(), tool)


def posting_mcp(body: bytes, tool: str = "store_memory") -> Work:
    """Whatever it is, as a tool call of the revision that needs no session before."""
    headers = (
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
        ("MCP-Protocol-Version", REVISION),
        ("Mcp-Method", "tools/call"),
        ("Mcp-Name", tool),
    )
    return Work("POST", "/mcp", headers, body)


def rest(method: str, target: str, body: bytes = b"") -> Work:
    """A request to the memory service."""
    return Work(method, target, (("Content-Type", "application/json"),) if body else (), body)


def asking(aim: Aim, body: bytes, paths: Sequence[str] = ("/memory", "/recall", "/memory/batch", "/associate")) -> Work:
    """This body where bodies are read: POST /mcp, or one of `paths` of the memory service."""
    return posting_mcp(body) if aim.is_bridge else rest("POST", aim.pick(paths), body)


def written(
    aim: Aim,
    asked: Work,
    headers: Sequence[Header] = (),
    *,
    host: str | None = None,
    closes: bool = True,
    length: bool = True,
) -> bytes:
    """The request in bytes: Host, what it needs, the attacker's key, `headers`, Content-Length, the body."""
    lines: list[Header] = [("Host", aim.host if host is None else host), *asked.headers, *aim.credentials(), *headers]
    if length and (asked.body or asked.method not in ("GET", "HEAD", "OPTIONS")):
        lines.append(("Content-Length", str(len(asked.body))))
    if closes:
        lines.append(("Connection", "close"))
    return head(f"{asked.method} {asked.target} HTTP/1.1", lines) + asked.body


def head(line: str | bytes, headers: Sequence[Header]) -> bytes:
    """A request line and headers, letter for letter."""
    lines = [_bytes(line), *(_bytes(name) + b": " + _bytes(value) for name, value in headers)]
    return b"\r\n".join([*lines, b"", b""])


def simple(aim: Aim, asked: Work, headers: Sequence[Header] = (), *, host: str | None = None) -> Shot:
    """One request, one answer."""
    return Shot((written(aim, asked, headers, host=host),))


def chunked(*pieces: bytes) -> bytes:
    """As a body of Transfer-Encoding: chunked."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
