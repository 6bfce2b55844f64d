"""The documents by which a client finds out how to sign in here: RFC 9728 and RFC 8414, in the SDK's models."""

from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata
from pydantic import AnyHttpUrl, BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.auth.address import PublicAddress
from bridge.auth.scopes import ALL_SCOPES

_URL = TypeAdapter(AnyHttpUrl)
_HEADERS = {"Cache-Control": "public, max-age=300"}


def metadata_routes(address: PublicAddress) -> list[Route]:
    """One route for each path that clients try; none redirects."""
    server = _server(address)
    return [
        *(_document(path, _resource(resource, address)) for path, resource in address.resource_documents.items()),
        *(_document(path, server) for path in address.server_documents),
        # So that a client that tries further paths is told no, and not to sign in first.
        Route("/.well-known/{rest:path}", _unknown),
    ]


def _resource(resource: str, address: PublicAddress) -> ProtectedResourceMetadata:
    return ProtectedResourceMetadata.model_validate(
        {
            "resource": resource,
            "authorization_servers": [address.issuer],
            "scopes_supported": list(ALL_SCOPES),
            "bearer_methods_supported": ["header"],
            "resource_name": "Memory Bridge",
        }
    )


def _server(address: PublicAddress) -> OAuthMetadata:
    return OAuthMetadata.model_validate(
        {
            "issuer": address.issuer,
            "authorization_endpoint": address.url("/oauth/authorize"),
            "token_endpoint": address.url("/oauth/token"),
            "registration_endpoint": address.url("/oauth/register"),
            "revocation_endpoint": address.url("/oauth/revoke"),
            "scopes_supported": list(ALL_SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "client_id_metadata_document_supported": True,
            "authorization_response_iss_parameter_supported": True,
        }
    )


def _document(path: str, content: BaseModel) -> Route:
    body = content.model_dump_json(exclude_none=True)

    async def document(_: Request) -> Response:
        return Response(body, media_type="application/json", headers=_HEADERS)

    return Route(path, document, methods=["GET"])


async def _unknown(_: Request) -> Response:
    return JSONResponse({"error": "Not Found"}, 404)
