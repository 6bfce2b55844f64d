"""Sets of addresses: what the names stand for, and what is refused."""

import pytest

from bridge.networks import Networks, is_loopback


@pytest.mark.parametrize(
    ("entries", "address", "inside"),
    [
        (["anthropic"], "160.79.104.1", True),
        (["anthropic"], "160.79.111.255", True),
        (["anthropic"], "160.79.112.0", False),
        (["anthropic"], "2607:6bc0::10", True),
        (["loopback"], "127.0.0.9", True),
        (["loopback"], "::1", True),
        (["private"], "192.168.3.4", True),
        (["private"], "172.32.0.1", False),
        (["private"], "fd12::1", True),
        (["private"], "127.0.0.1", False),
        (["203.0.113.7"], "203.0.113.7", True),
        (["203.0.113.0/24", "198.51.100.42"], "198.51.100.42", True),
        (["203.0.113.0/24"], "198.51.100.42", False),
        (["0.0.0.0/0"], "::1", False),
        (["loopback"], "", False),
        (["loopback"], "localhost", False),
        ([], "127.0.0.1", False),
    ],
)
def test_an_address_lies_in_a_set_or_not(entries: list[str], address: str, inside: bool) -> None:
    assert (address in Networks(entries)) is inside


@pytest.mark.parametrize("entry", ["everybody", "10.0.0.1/8", "10.0.0.0/33", "300.1.1.1", "example.org"])
def test_an_entry_of_another_form_is_refused_with_the_forms_that_there_are(entry: str) -> None:
    with pytest.raises(ValueError, match=r"neither an address nor a CIDR .*, nor one of loopback, private, anthropic"):
        Networks([entry])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine_has_a_name_and_many_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "127.0.0.1.example", "127.1"])
def test_no_other_host_is_this_machine(host: str) -> None:
    assert not is_loopback(host)
