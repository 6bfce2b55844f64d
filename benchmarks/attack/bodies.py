"""Attacks in what a body holds: encodings, depth, numbers, sizes. They need a key to be read at all."""

import gzip
import json
import zlib

from benchmarks.attack.shots import (
    MEMORY_API,
    Aim,
    Header,
    Kind,
    Shot,
    asking,
    calling,
    posting_mcp,
    rest,
    simple,
    work,
)

_BOMB = gzip.compress(b" " * (64 << 20), 6)
_DOUBLE_BOMB = gzip.compress(_BOMB)
_DEEP_BOMB = zlib.compress(b"[" * (32 << 20))
_DEEP = 100_000
_ODD_TEXTS = (
    "\x00",
    "\ufeff",
    "\u202e" * 200,
    "a\u0300" * 900,
    "\U0010ffff" * 400,
    "' OR 1=1 --",
    '" NEAR/9 *',
    "AND OR NOT (",
    "%s%n{0}",
    "${jndi:ldap://127.0.0.1/x}",
    "../../etc/passwd",
    "\n\r\t",
    "a " * 1_000,
    "x" * 1_999,
    "((((" * 400,
    "-" * 1_900,
    "1" * 1_900,
    "next " * 390,
    "last week and the day before " * 60,
    "A. B. " * 300,
    "\u0645" * 1_900,
    "\u6f22" * 1_900,
    "a-" * 900,
    "\\" * 1_900,
)
_NUMBERS = (
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "-Infinity",
    "9" * 4_400,
    "1" + "0" * 25,
    "1e-400",
    "-0",
    "0.1" * 3,
    "0x10",
    "1e5",
)


def odd_encoding(aim: Aim) -> Shot:
    """Bytes that are no UTF-8, other encodings, marks before the text, surrogates without their half."""
    text = work(aim).body
    pieces = (
        text[:-3] + b"\xff\xfe\x80" + text[-3:],
        text.decode().encode("utf-16"),
        text.decode().encode("utf-32"),
        text.decode().encode("utf-7").replace(b"{", b"+AHs-"),
        b"\xef\xbb\xbf" + text,
        text.replace(b"hostile text", b"\\ud800 hostile \\udfff\\ud800"),
        text.replace(b"hostile text", b"\xed\xa0\x80"),
        text.replace(b"hostile", b"\\u0000"),
        text.replace(b"hostile text", b"\xc0\xaf\xc0\xae"),
        text.replace(b'"content"', b'"\\ud800"'),
        b"\x00" + text,
        text + b"\x00",
        text + text,
        text[: len(text) // 2],
    )
    return simple(aim, asking(aim, aim.random.choice(pieces)))


def duplicate_keys(aim: Aim) -> Shot:
    """The same name twice, and names that are none."""
    text = work(aim).body
    pieces = (
        text.replace(b"{", b'{"content": 1, "id": 2, "method": "x", ', 1),
        text.replace(b"}", b', "content": "b", "content": "c"}', 1),
        text.replace(b"{", b'{"__proto__": {"a": 1}, "constructor": 1, "": 0, ', 1),
        b"{" + b",".join(b'"k%d": %d' % (number, number) for number in range(20_000)) + b"}",
        b"{" + b'"a": 1,' * 20_000 + b'"a": 1}',
    )
    return simple(aim, asking(aim, aim.random.choice(pieces)))


def odd_numbers(aim: Aim) -> Shot:
    """NaN, infinities, whole numbers of thousands of digits, where numbers stand and where none do."""
    number, field = (
        aim.pick(_NUMBERS),
        aim.pick(("importance", "limit", "content", "metadata", "tags", "id", "embedding")),
    )
    value = aim.pick((number, f"[{number}]", f'{{"a": {number}}}', f"[{','.join([number] * 384)}]"))
    if aim.is_bridge:
        body = work(aim).body.replace(b'"tags"', f'"{field}": {value}, "tags"'.encode())
        return simple(aim, posting_mcp(body.replace(b'"id": ', f'"id": {number}'.encode()) if field == "id" else body))
    return simple(aim, asking(aim, f'{{"content": "hostile", "query": "hostile", "{field}": {value}}}'.encode()))


def bomb(aim: Aim) -> Shot:
    """A body of kilobytes that unpacks to 64 MiB, or not at all."""
    encodings: list[tuple[str, bytes]] = [
        ("gzip", _BOMB),
        ("deflate", _DEEP_BOMB),
        ("gzip, gzip", _DOUBLE_BOMB),
        ("gzip", b"\x1f\x8b\x08" + aim.random.randbytes(400)),
        ("gzip", _BOMB[:500]),
        ("br", aim.random.randbytes(2_000)),
        ("zstd", aim.random.randbytes(2_000)),
        ("identity, x", work(aim).body),
        ("x" * 4_000, work(aim).body),
    ]
    encoding, body = aim.random.choice(encodings)
    header: Header = ("Content-Encoding", encoding)
    return simple(aim, asking(aim, body), [header])


def deep(aim: Aim) -> Shot:
    """JSON 100,000 levels deep, or as deep as a stack, closed and not."""
    depth = aim.random.choice([_DEEP, _DEEP, 900, 200])
    opening, closing = aim.random.choice([("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
    nested = opening * depth + "1" + closing * depth * aim.random.choice([1, 1, 0])
    if aim.random.random() < 0.3:
        return simple(aim, asking(aim, nested.encode()))
    field = aim.pick(("metadata", "content", "tags", "x"))
    return simple(aim, asking(aim, work(aim).body.replace(b'"tags"', f'"{field}": {nested}, "tags"'.encode())))


def big_batch(aim: Aim) -> Shot:
    """Lists far beyond what a batch may hold, of nothing and of something."""
    count = aim.random.choice([501, 10_000, 100_000])
    item = aim.pick(("1", "{}", "null", '{"content": ""}', '{"memory1_id": "x"}', '"a"', "[]"))
    items = f"[{','.join([item] * count)}]"
    if aim.is_bridge:
        message = '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
        batch = f"[{','.join([message] * (count // 10))}]"
        return simple(aim, posting_mcp(aim.pick((batch, items)).encode()))
    name = aim.pick(("memories", "associations", "queries", "tags", "context_tags", "priority_ids", "embedding"))
    return simple(aim, asking(aim, f'{{"content": "a", "{name}": {items}}}'.encode()))


def odd_texts(aim: Aim) -> Shot:
    """Texts that mean something to a database, a pattern, a log or a terminal."""
    text = aim.pick(_ODD_TEXTS)
    if aim.is_bridge:
        return simple(aim, calling(aim, *aim.random.choice(_calls(text))))
    return simple(
        aim, asking(aim, json.dumps({"content": text, "query": text, "tags": [text, text], "id": text}).encode())
    )


def odd_query(aim: Aim) -> Shot:
    """The same in a query string, with names that are repeated and values that are none."""
    text = aim.pick(
        ("%00", "%ff%fe", "NaN", "-1", "1e9", "999999999999999999999", "null", "%F0%9F%98%80", "a" * 3_000, "[]", "{}")
    )
    names = ("query", "limit", "tags", "offset", "start", "end", "time_query", "embedding", "sort", "expand_depth", "x")
    query = "&".join(f"{aim.pick(names)}={text}" for _ in range(aim.random.choice([1, 3, 50])))
    return simple(
        aim, rest(aim.pick(("GET", "DELETE")), aim.pick(("/recall", "/memory/by-tag", f"/memory/{text}")) + "?" + query)
    )


def _calls(text: str) -> list[tuple[str, object]]:
    return [
        ("store_memory", {"content": text, "tags": [text], "metadata": {text: text}, "type": text}),
        ("store_memory", {"content": text}),
        ("recall_memory", {"query": text, "tags": [text], "limit": 50}),
        ("recall_memory", {"query": text}),
        ("recall_memory", {"queries": [text] * 30}),
        ("update_memory", {"memory_id": text, "content": text}),
        ("delete_memory", {"memory_id": text}),
        ("associate_memories", {"memory1_id": text, "memory2_id": text, "type": text}),
        (text[:50], {text: text}),
    ]


STRANGERS = (
    Kind("odd encodings, no key", odd_encoding, 3),
    Kind("unpacking bombs, no key", bomb, 1),
    Kind("deep JSON, no key", deep, 1),
    Kind("big batches, no key", big_batch, 0.5),
)
"""Nobody has to read these."""

TENANT = (
    Kind("own key: odd encodings", odd_encoding, 8),
    Kind("own key: duplicate keys", duplicate_keys, 5),
    Kind("own key: odd numbers", odd_numbers, 8),
    Kind("own key: unpacking bombs", bomb, 3),
    Kind("own key: deep JSON", deep, 4),
    Kind("own key: big batches", big_batch, 3),
    Kind("own key: odd texts", odd_texts, 8),
    Kind("own key: odd queries", odd_query, 4, (MEMORY_API,)),
)
"""What an attacker does with a key of its own."""
