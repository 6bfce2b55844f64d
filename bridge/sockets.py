"""Opens the listening socket of a service, or says which setting to change."""

import errno
import socket

from bridge.errors import StartupError

_BACKLOG = 2048
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen(host: str, port: int, variable: str, *, patience: int = 60) -> socket.socket:
    """A listening socket; `::` takes IPv4 as well. Raises StartupError, naming `variable` where the port is taken.

    Its connections are dropped by the system when the other side acknowledges nothing for `patience` seconds.
    """
    host = host.strip("[]")
    try:
        listener = _everywhere(port) if host == "::" else _at(host, port)
        _prepare_connections(listener, patience)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartupError(f"port {port} is taken by another program; set {variable} to a free port") from None
        raise StartupError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None


def _prepare_connections(listener: socket.socket, patience: int) -> None:
    # Connections inherit the options of the socket that they come in by.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_NODELAY": 1,
        "TCP_KEEPIDLE": patience,
        "TCP_KEEPINTVL": max(1, patience // 4),
        "TCP_KEEPCNT": 4,
        "TCP_USER_TIMEOUT": patience * 1_000,
    }
    for name, value in options.items():
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _at(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server(address[:2], family=family, backlog=_BACKLOG)


def _everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=_BACKLOG)
        except OSError as error:
            # A container may know IPv6 without having an address of it.
            if error.errno not in _NO_IPV6:
                raise
    return socket.create_server(("0.0.0.0", port), backlog=_BACKLOG)
