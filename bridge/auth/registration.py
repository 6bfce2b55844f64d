"""POST /oauth/register: a client introduces itself (RFC 7591), and becomes a public one whatever it wished to be."""

import secrets
import time
from collections.abc import Callable

from mcp.server.auth.errors import stringify_pydantic_error
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from bridge.auth.attempts import REGISTRATIONS, Attempts
from bridge.auth.clients import plain
from bridge.auth.forms import address_of
from bridge.auth.redirects import is_sound
from bridge.auth.refusals import NO_STORE, Refusal, StateUnavailable
from bridge.auth.store import Registration, Store

MAX_REGISTRATIONS = 1_000
UNUSED_SECONDS = 86_400
MAX_REDIRECT_URIS = 20

_GRANTS = ["authorization_code", "refresh_token"]


class RegistrationEndpoint:
    """Registers clients: 1,000 at most, each forgotten after a day unless somebody connects it."""

    def __init__(self, store: Store, attempts: Attempts, *, now: Callable[[], float] = time.time) -> None:
        self._store = store
        self._attempts = attempts
        self._now = now

    async def register(self, request: Request) -> Response:
        """Answers with 201 and the client's record."""
        try:
            await self._attempts.check(REGISTRATIONS, address_of(request))
            record = self._record(_checked(await request.body()))
            registration = Registration(
                client_id=record.client_id,
                client_name=record.client_name or "",
                redirect_uris=tuple(str(uri) for uri in record.redirect_uris or ()),
            )
            await self._store.register(registration, UNUSED_SECONDS, most=MAX_REGISTRATIONS)
        except (Refusal, StateUnavailable) as error:
            return error.response()
        body = record.model_dump_json(exclude_none=True)
        return Response(body, 201, media_type="application/json", headers=NO_STORE)

    def _record(self, asked: OAuthClientMetadata) -> OAuthClientInformationFull:
        return OAuthClientInformationFull.model_validate(
            {
                "client_id": secrets.token_urlsafe(16),
                "client_id_issued_at": int(self._now()),
                "client_name": plain(asked.client_name or "") or "An app without a name",
                "redirect_uris": [str(uri) for uri in asked.redirect_uris or ()],
                "grant_types": _GRANTS,
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
                "application_type": asked.application_type,
                "scope": asked.scope,
            }
        )


def _checked(body: bytes) -> OAuthClientMetadata:
    try:
        asked = OAuthClientMetadata.model_validate_json(body)
    except ValidationError as error:
        code = "invalid_redirect_uri" if _is_about_redirects(error) else "invalid_client_metadata"
        raise Refusal(code, stringify_pydantic_error(error)[:500]) from None
    uris = [str(uri) for uri in asked.redirect_uris or ()]
    if not 0 < len(uris) <= MAX_REDIRECT_URIS:
        raise Refusal("invalid_redirect_uri", f"1 to {MAX_REDIRECT_URIS} redirect_uris are needed")
    if not all(is_sound(uri) for uri in uris):
        raise Refusal(
            "invalid_redirect_uri",
            "A redirect URI must be https, http on loopback, or the scheme of an app, without fragment or user",
        )
    if "authorization_code" not in asked.grant_types or "code" not in asked.response_types:
        raise Refusal("invalid_client_metadata", "Only authorization_code with response type code is offered")
    return asked


def _is_about_redirects(error: ValidationError) -> bool:
    return any(details["loc"][:1] == ("redirect_uris",) for details in error.errors())
