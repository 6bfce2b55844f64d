"""Addresses: which are of the public internet, and that a name leads nowhere else."""

import asyncio
import socket

import aiohttp
import pytest

from bridge.auth.public_addresses import PublicResolver, is_public


@pytest.mark.parametrize("address", ["93.184.216.34", "160.79.104.10", "2606:4700::6810:1", "2001:4860:4860::8888"])
def test_what_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:a9fe:a9fe",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::5db8:d822",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "localhost",
        "2130706433",
        "0x7f000001",
        "",
    ],
)
def test_what_is_not(address: str) -> None:
    assert not is_public(address)


class Names:
    """A name server that gives another answer each time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0)


@pytest.mark.parametrize(
    "addresses", [[], ["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["93.184.216.34", "::1"], ["::ffff:127.0.0.1"]]
)
async def test_a_name_with_any_address_inside_leads_nowhere(addresses: list[str]) -> None:
    with pytest.raises(OSError, match="public internet"):
        await PublicResolver(Names(addresses)).resolve("client.example", 443)


async def test_a_name_gets_the_addresses_that_were_looked_at() -> None:
    found = await PublicResolver(Names(["93.184.216.34", "2606:4700::1"])).resolve("client.example", 443)
    assert [(each["host"], each["family"]) for each in found] == [
        ("93.184.216.34", socket.AF_INET),
        ("2606:4700::1", socket.AF_INET6),
    ]


async def test_a_name_that_changes_its_mind_is_not_asked_twice() -> None:
    listening = asyncio.Event()

    async def inside(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listening.set()
        writer.close()

    server = await asyncio.start_server(inside, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    vetted: list[str] = []

    def allowed(address: str) -> bool:
        # What is vetted is what is connected to: the second answer must never be heard.
        vetted.append(address)
        return True

    names = Names(["127.0.0.2"], ["127.0.0.1"])
    connector = aiohttp.TCPConnector(resolver=PublicResolver(names, allowed))
    async with server, aiohttp.ClientSession(connector=connector) as http:
        with pytest.raises(aiohttp.ClientError):
            await http.get(f"http://client.example:{port}/")
    assert names.asked == ["client.example"]
    assert vetted == ["127.0.0.2"]
    assert not listening.is_set()
