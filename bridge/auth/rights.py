"""What a key may do, as scopes of the SDK's access token."""

from collections.abc import Iterable

from mcp.server.auth.provider import AccessToken

READ = "memory.read"
WRITE = "memory.write"


def covered(scopes: Iterable[str], *, may_write: bool) -> tuple[str, ...]:
    """Those scopes, as far as a key covers them: nobody gives away more than they have, or have kept."""
    return tuple(scopes) if may_write else (READ,)


def may_write(token: AccessToken | None) -> bool:
    """Whether its holder may change memories. Without a token that is for the memory service to say."""
    return token is None or WRITE in token.scopes
