"""From which address a request comes: whom to believe, and when it stays in doubt."""

import pytest
from starlette.types import Message, Scope

from bridge.middleware.caller import Caller
from bridge.networks import Networks

PROXIES = Networks(["loopback", "10.0.0.0/8", "2001:db8::/32"])


async def seen(peer: str | None, *headers: tuple[str, str]) -> tuple[str, str, bool]:
    """Address, scheme, and whether the origin is hidden."""

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def ignore(*_: object) -> None:
        return None

    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope: Scope = {"type": "http", "scheme": "http", "client": (peer, 1) if peer else None, "headers": raw}
    await Caller(ignore, proxies=PROXIES)(scope, receive, ignore)
    return scope["client"][0], scope["scheme"], scope.get("state", {}).get("hidden", False)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        (None, ""),
        ("testclient", ""),
    ],
)
async def test_without_a_proxy_it_is_who_the_connection_is_with(peer: str | None, address: str) -> None:
    assert await seen(peer) == (address, "http", False)


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.1.1.1,127.0.0.1", "203.0.113.7"),
        ("127.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:5000", "203.0.113.7"),
        ("[2600::1]:5000", "2600::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("10.1.1.1, 10.1.1.2", "127.0.0.1"),
    ],
)
async def test_of_forwarded_for_the_rightmost_that_is_no_proxy_counts(header: str, address: str) -> None:
    assert await seen("127.0.0.1", ("X-Forwarded-For", header)) == (address, "http", False)


async def test_several_headers_are_read_as_one() -> None:
    headers = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "203.0.113.7")]
    assert await seen("127.0.0.1", *headers) == ("203.0.113.7", "http", False)


@pytest.mark.parametrize("name", ["CF-Connecting-IP", "X-Real-IP"])
async def test_headers_of_certain_proxies_are_understood(name: str) -> None:
    assert await seen("::1", (name, "203.0.113.7")) == ("203.0.113.7", "http", False)


async def test_headers_that_agree_are_as_good_as_one() -> None:
    headers = [("X-Forwarded-For", "1.2.3.4, 203.0.113.7"), ("CF-Connecting-IP", "203.0.113.7")]
    assert await seen("127.0.0.1", *headers, ("X-Real-IP", "10.0.0.1")) == ("203.0.113.7", "http", False)


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Forwarded-For", "203.0.113.7"), ("CF-Connecting-IP", "160.79.104.1")],
        [("X-Forwarded-For", "203.0.113.7"), ("X-Real-IP", "160.79.104.1")],
        [("X-Forwarded-For", "160.79.104.1, unknown")],
        [("X-Forwarded-For", "160.79.104.1, ")],
        [("X-Forwarded-For", "x" * 1_000)],
        [("Forwarded", "for=160.79.104.1")],
    ],
)
async def test_what_contradicts_itself_or_makes_no_sense_leaves_the_origin_in_doubt(
    headers: list[tuple[str, str]],
) -> None:
    assert await seen("127.0.0.1", *headers) == ("127.0.0.1", "http", True)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "CF-Connecting-IP", "X-Real-IP", "Forwarded"])
async def test_nobody_else_is_believed_and_a_proxy_that_nobody_named_hides_the_origin(name: str) -> None:
    assert await seen("203.0.113.7", (name, "127.0.0.1")) == ("203.0.113.7", "http", True)


async def test_a_chain_of_many_hops_is_not_followed_to_its_end() -> None:
    hops = ",".join(["203.0.113.7", *["10.0.0.1"] * 10_000])
    address, _, _ = await seen("127.0.0.1", ("X-Forwarded-For", hops))
    assert address == "127.0.0.1"


@pytest.mark.parametrize(
    ("peer", "proto", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("127.0.0.1", "HTTPS", "https"),
        ("127.0.0.1", "https, http", "http"),
        ("127.0.0.1", "http", "http"),
        ("203.0.113.7", "https", "http"),
    ],
)
async def test_the_scheme_is_the_last_word_of_the_proxy_next_to_us(peer: str, proto: str, scheme: str) -> None:
    assert await seen(peer, ("X-Forwarded-Proto", proto)) == (peer, scheme, False)
