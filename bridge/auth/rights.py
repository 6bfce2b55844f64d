"""What a key may do, as scopes of the SDK's access token."""

from mcp.server.auth.provider import AccessToken

READ = "memory.read"
WRITE = "memory.write"


def may_write(token: AccessToken | None) -> bool:
    """Whether its holder may change memories. Without a token that is for the memory service to say."""
    return token is None or WRITE in token.scopes
