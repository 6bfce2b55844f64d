"""Certificates: only a leaf of the right name, valid now, below a root that is trusted."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import respx
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.alexa.chains import trusted_roots
from tests.bridge.alexa.amazon import SIGNER, Issued, amazon, issue
from tests.bridge.alexa.conftest import Listening
from tests.bridge.alexa.refusal import BODY, refusal
from tests.bridge.stand_in import MemoryService


def other_root() -> Issued:
    return issue("other root", None, is_authority=True)


BAD_CHAINS: dict[str, Callable[[], tuple[bytes, Issued]]] = {}


def chain(name: str) -> Callable[[Callable[[], Issued]], None]:
    """Registers a leaf of which the good intermediate is sent along."""

    def register(leaf: Callable[[], Issued]) -> None:
        def made() -> tuple[bytes, Issued]:
            issued = leaf()
            return issued.pem + amazon().intermediate.pem, issued

        BAD_CHAINS[name] = made

    return register


chain("a leaf of another name")(lambda: amazon().leaf_with(names=("evil.example",)))
chain("a leaf of a name that only begins alike")(lambda: amazon().leaf_with(names=(f"{SIGNER}.evil.example",)))
chain("a leaf for every name below")(lambda: amazon().leaf_with(names=("*.amazon.com",)))
chain("a leaf without alternative names")(lambda: amazon().leaf_with(names=()))
chain("a leaf that has expired")(lambda: amazon().leaf_with(until=timedelta(seconds=-1)))
chain("a leaf that is not valid yet")(lambda: amazon().leaf_with(since=timedelta(seconds=1)))
chain("a leaf with another kind of key")(lambda: amazon().leaf_with(key=ec.generate_private_key(ec.SECP256R1())))
chain("a leaf that signed itself")(lambda: issue("self", None, names=(SIGNER,)))
chain("a leaf of another authority")(lambda: issue("foreign", other_root(), names=(SIGNER,)))
chain("a leaf signed by a leaf")(lambda: issue("grandchild", amazon().leaf, names=(SIGNER,)))
BAD_CHAINS["no intermediate"] = lambda: (amazon().leaf.pem, amazon().leaf)
BAD_CHAINS["the intermediate first"] = lambda: (amazon().intermediate.pem + amazon().leaf.pem, amazon().leaf)
BAD_CHAINS["an empty file"] = lambda: (b"", amazon().leaf)
BAD_CHAINS["no certificates"] = lambda: (b"<Error><Code>AccessDenied</Code></Error>", amazon().leaf)
BAD_CHAINS["a broken certificate"] = lambda: (amazon().chain.replace(b"M", b"N", 1), amazon().leaf)
BAD_CHAINS["too many certificates"] = lambda: (amazon().leaf.pem + amazon().intermediate.pem * 11, amazon().leaf)
BAD_CHAINS["too much"] = lambda: (amazon().chain + b"\n" * 70_000, amazon().leaf)


@pytest.mark.parametrize("name", BAD_CHAINS)
async def test_a_chain_that_deviates_is_refused(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter, name: str
) -> None:
    pem, signer = BAD_CHAINS[name]()
    chain_host["chain"].respond(content=pem)
    why = await refusal(listening, memory_service, headers=amazon().headers(BODY, key=signer.key))
    assert "certificate" in why


async def test_an_intermediate_that_has_expired_is_refused(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    expired = issue("intermediate", amazon().root, is_authority=True, until=timedelta(seconds=-1))
    chain_host["chain"].respond(content=amazon().leaf.pem + expired.pem)
    assert "out of date" in await refusal(listening, memory_service)


async def test_a_root_that_is_sent_along_does_not_become_trusted(
    listening: Listening, memory_service: MemoryService, chain_host: respx.MockRouter
) -> None:
    root = other_root()
    leaf = issue("foreign", root, names=(SIGNER,))
    chain_host["chain"].respond(content=leaf.pem + root.pem)
    headers = amazon().headers(BODY, key=leaf.key)
    assert "trusted root" in await refusal(listening, memory_service, headers=headers)


async def test_amazons_own_roots_are_trusted_and_the_made_up_one_is_not() -> None:
    names = {root.subject.rfc4514_string() for root in trusted_roots()}
    assert {f"CN=Amazon Root CA {number},O=Amazon,C=US" for number in (1, 2, 3, 4)} <= names
    assert amazon().root.certificate not in trusted_roots()
