"""Opens the listening socket of a service, or says which setting to change."""

import errno
import socket

from bridge.errors import StartupError

_BACKLOG = 2048
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen(host: str, port: int, variable: str) -> socket.socket:
    """A listening socket; `::` takes IPv4 as well. Raises StartupError, naming `variable` where the port is taken."""
    host = host.strip("[]")
    try:
        return _everywhere(port) if host == "::" else _at(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartupError(f"port {port} is taken by another program; set {variable} to a free port") from None
        raise StartupError(f"cannot listen on {host} port {port}: {error.strerror or error}") from None


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
