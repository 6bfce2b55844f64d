"""Listening sockets, and the one line when there is none to be had."""

import socket

import pytest

from bridge.errors import StartupError
from bridge.sockets import listen
from tests.bridge.processes import free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_it_listens_where_it_was_told(host: str) -> None:
    with listen(host, 0, "PORT") as listener:
        socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize("host", ["::", "[::]"])
def test_the_address_of_all_addresses_takes_ipv4_too(host: str) -> None:
    with listen(host, 0, "PORT") as listener:
        socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
def test_a_taken_port_is_told_with_the_setting_to_change(host: str) -> None:
    with listen(host, 0, "PORT") as listener:
        port = listener.getsockname()[1]
        with pytest.raises(StartupError) as caught:
            listen(host, port, "BRIDGE_PORT")
    assert str(caught.value) == f"port {port} is taken by another program; set BRIDGE_PORT to a free port"


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_somebody_else_is_told_too(host: str) -> None:
    with pytest.raises(StartupError, match=f"cannot listen on {host} port "):
        listen(host, free_port(), "PORT")
