"""POST /oauth/token: a code or a refresh token for a pair of tokens; POST /oauth/revoke: the end of a connection."""

import hmac
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import unquote_plus

import structlog
from mcp.shared.auth import OAuthToken
from starlette.requests import Request
from starlette.responses import Response

from bridge.auth.address import PublicAddress
from bridge.auth.clients import Clients
from bridge.auth.connections import Connections
from bridge.auth.forms import form, required
from bridge.auth.grants import CODE_SECONDS, Code, Grant, Refresh, Tokens
from bridge.auth.people import People
from bridge.auth.refusals import NO_STORE, Refusal, StateUnavailable
from bridge.auth.rights import covered
from bridge.auth.store import Store

logger = structlog.stdlib.get_logger(__name__)

_CODE_USELESS = "The authorization code is not good: it is expired, was used before, or belongs to another client"
_REFRESH_USELESS = "The refresh token is not good: it is expired, was used before, or its connection was ended"


class TokenEndpoint:
    """Gives out tokens. Clients are public: what proves them is the code verifier, or the refresh token itself."""

    def __init__(
        self,
        tokens: Tokens,
        store: Store,
        connections: Connections,
        clients: Clients,
        people: People,
        address: PublicAddress,
    ) -> None:
        self._tokens = tokens
        self._store = store
        self._connections = connections
        self._clients = clients
        self._people = people
        self._address = address

    async def token(self, request: Request) -> Response:
        """The token endpoint (RFC 6749 §3.2)."""
        try:
            fields = await form(request)
            pair = await self._pair(required(fields, "grant_type"), fields, _client_id(request, fields))
        except (Refusal, StateUnavailable) as error:
            return error.response()
        return Response(pair.model_dump_json(exclude_none=True), media_type="application/json", headers=NO_STORE)

    async def revoke(self, request: Request) -> Response:
        """The revocation endpoint (RFC 7009): either token ends the whole connection; an unknown one is no error."""
        try:
            fields = await form(request)
            token = required(fields, "token")
            client_id = _client_id(request, fields)
            found = self._tokens.open_refresh(token) or self._tokens.open_access(token)
            if found is not None and not _is_for(client_id, found.grant):
                raise Refusal("invalid_client", "The token was given to another client", 401)
            if found is not None:
                await self._connections.end(found.grant.connection)
                _log("connection revoked", found.grant)
        except (Refusal, StateUnavailable) as error:
            return error.response()
        return Response(status_code=200, headers=NO_STORE)

    async def _pair(self, grant_type: str, fields: Mapping[str, str], client_id: str | None) -> OAuthToken:
        if grant_type == "authorization_code":
            return await self._redeemed(fields, client_id)
        if grant_type == "refresh_token":
            return await self._refreshed(fields, client_id)
        raise Refusal("unsupported_grant_type", "authorization_code and refresh_token are offered")

    async def _redeemed(self, fields: Mapping[str, str], client_id: str | None) -> OAuthToken:
        code = self._tokens.open_code(required(fields, "code"))
        verifier = required(fields, "code_verifier")
        if code is None or not _is_for(client_id, code.grant):
            raise await self._useless(client_id, _CODE_USELESS)
        _check_redirect(code, fields)
        self._check_resource(code.grant, fields)
        if not _proves(verifier, code.code_challenge):
            raise Refusal("invalid_grant", "The code verifier does not fit the code challenge")
        scopes = self._scopes(code.grant)
        # Only here, so that nobody without the verifier can use a code up, or end a connection with it.
        if not await self._store.spend(code.grant.connection, 2 * CODE_SECONDS):
            await self._connections.end(code.grant.connection)
            _log("code used twice: connection ended", code.grant)
            raise Refusal("invalid_grant", _CODE_USELESS)
        issued_at = await self._connections.used(code.grant)
        _log("connected", code.grant)
        return self._tokens.pair(code.grant, scopes=scopes, generation=0, issued_at=issued_at)

    async def _refreshed(self, fields: Mapping[str, str], client_id: str | None) -> OAuthToken:
        refresh = self._tokens.open_refresh(required(fields, "refresh_token"))
        if refresh is None or not _is_for(client_id, refresh.grant):
            raise await self._useless(client_id, _REFRESH_USELESS)
        grant = refresh.grant
        self._check_resource(grant, fields)
        scopes = _narrowed(self._scopes(grant), fields.get("scope", ""))
        issued_at = await self._connections.rotated(grant, refresh.generation)
        if issued_at is None:
            await self._end_family(refresh)
            raise Refusal("invalid_grant", _REFRESH_USELESS)
        await self._connections.used(grant)
        return self._tokens.pair(grant, scopes=scopes, generation=refresh.generation + 1, issued_at=issued_at)

    async def _end_family(self, refresh: Refresh) -> None:
        if not await self._connections.is_ended(refresh.grant.connection):
            # Somebody has a copy of it, and nobody can tell who (RFC 9700 §4.14.2).
            await self._connections.end(refresh.grant.connection)
            _log("refresh token used twice: connection ended", refresh.grant)

    async def _useless(self, client_id: str | None, sentence: str) -> Refusal:
        # Clients register anew after invalid_client, and ask their user to connect again after invalid_grant.
        if client_id is None or await self._clients.is_known(client_id):
            return Refusal("invalid_grant", sentence)
        return Refusal("invalid_client", "This client is not registered, or no longer: register it again", 401)

    def _check_resource(self, grant: Grant, fields: Mapping[str, str]) -> None:
        asked = self._address.own_resource(fields.get("resource", grant.resource))
        if asked != grant.resource:
            raise Refusal("invalid_target", "The resource is not the one that was authorized")

    def _scopes(self, grant: Grant) -> tuple[str, ...]:
        person = self._people.known(grant.name, grant.key)
        if person is None:
            raise Refusal("invalid_grant", "The key that this was authorized with is no longer accepted")
        # The key may have become one that only reads.
        return covered(grant.scopes, may_write=person.may_write)


def _client_id(request: Request, fields: Mapping[str, str]) -> str | None:
    """Who says it is asking, or None where only an assertion says it. Raises Refusal `invalid_client`.

    Some clients authenticate though they need not, as ChatGPT may by private_key_jwt (RFC 7523): what they send beside
    their id is passed over. What they ask for is bound to them by other means.
    """
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    named = fields.get("client_id", "")
    if scheme.lower() == "basic":
        in_header = _basic_user(credentials)
        if named and in_header != named:
            raise Refusal("invalid_client", "Two different client ids were given", 401)
        named = in_header
    if not named and "client_assertion" not in fields:
        raise Refusal("invalid_client", "client_id is missing", 401)
    return named or None


def _is_for(client_id: str | None, grant: Grant) -> bool:
    return client_id is None or client_id == grant.client_id


def _basic_user(credentials: str) -> str:
    try:
        user, _, _ = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        raise Refusal("invalid_client", "The Authorization header cannot be read", 401) from None
    return unquote_plus(user)


def _check_redirect(code: Code, fields: Mapping[str, str]) -> None:
    # OAuth 2.1 leaves it out, and 2.0 wants it: where it is there it has to fit.
    if fields.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
        raise Refusal("invalid_grant", "redirect_uri is not the one that the code was sent to")


def _proves(verifier: str, challenge: str) -> bool:
    if not 43 <= len(verifier) <= 128 or not verifier.isascii():
        return False
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())


def _narrowed(scopes: Sequence[str], asked: str) -> tuple[str, ...]:
    names = [name for name in asked.split() if name != "offline_access"]
    if not set(names) <= set(scopes):
        raise Refusal("invalid_scope", f"The connection allows {' '.join(scopes)} and nothing more")
    return tuple(scope for scope in scopes if not names or scope in names)


def _log(event: str, grant: Grant) -> None:
    logger.info(event, key=grant.name, client=grant.client_name, connection=grant.connection)
