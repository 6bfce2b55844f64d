"""Access tokens at the door: whose they are, as the SDK's TokenVerifier says it."""

from mcp.server.auth.provider import AccessToken

from bridge.auth.address import PublicAddress
from bridge.auth.connections import Connections
from bridge.auth.grants import Tokens
from bridge.auth.people import People
from bridge.auth.rights import covered


class AccessTokenVerifier:
    """Turns an access token into its person: what goes on from here carries that person's own key, never the token."""

    def __init__(self, tokens: Tokens, people: People, connections: Connections, address: PublicAddress) -> None:
        self._tokens = tokens
        self._people = people
        self._connections = connections
        self._address = address

    async def verify_token(self, token: str) -> AccessToken | None:
        """Who asks, or None where the token is not good here or no longer. Raises StateUnavailable."""
        access = self._tokens.open_access(token)
        if access is None or access.grant.resource not in self._address.resources:
            return None
        person = self._people.known(access.grant.name, access.grant.key)
        if person is None or await self._connections.is_ended(access.grant.connection):
            return None
        return AccessToken(
            token=person.key,
            client_id=person.name,
            # The key may have become one that only reads.
            scopes=list(covered(access.scopes, may_write=person.may_write)),
            expires_at=int(access.expires_at),
            resource=access.grant.resource,
            # A session belongs to its connection, and stays with it when the token is renewed.
            subject=access.grant.connection,
            claims={"iss": self._address.issuer},
        )
