"""Requests with a secret in every place that a request has."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.bridge.mcp.wire import ACCEPT, INITIALIZE, LIST, calling

_NAMES_IN_A_URL = (
    *("api_key", "apiKey", "api_token", "apikey", "key", "token", "access_token", "admin_token", "password"),
    *("code", "state", "session_id", "sessionId"),
)
_MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
AS_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_CLIENT = "https://claude.ai/oauth/mcp-oauth-client-metadata"
_ASKED = {
    "response_type": "code",
    "client_id": _CLIENT,
    "redirect_uri": "https://claude.ai/api/mcp/auth_callback",
    "code_challenge": "LOPNeXTx6GH3mjmFbfW8haxK_y5ZvgpfD8ay0bjMJxA",
    "code_challenge_method": "S256",
}
ASKING = f"/oauth/authorize?{urlencode(_ASKED)}"
"""A sound authorization request."""


@dataclass(frozen=True)
class Marked:
    """One request; `place` says where the secret stands."""

    place: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """JSON, or the bytes themselves."""

    @property
    def data(self) -> bytes | None:
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


def _request(place: str, method: str, path: str, body: object = None, /, **headers: str) -> Marked:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Marked(place, method, path, {**ACCEPT, **AS_JSON, **named}, body)


def _form(place: str, path: str, **fields: str) -> Marked:
    return Marked(place, "POST", path, _FORM, urlencode(fields).encode())


def as_a_key(secret: str) -> list[Marked]:
    """Where keys and tokens belong, and where people put them by mistake."""
    return [
        *(
            _request("key", "POST", "/mcp", INITIALIZE, **{name: value})
            for name in ("Authorization", "X-API-Key", "X-API-Token", "X-Admin-Token", "Cookie", "Proxy-Authorization")
            for value in (secret, f"Bearer {secret}", f"Basic {secret}", f"key={secret}")
        ),
        *(_request("url", "POST", f"/mcp?{name}={secret}", INITIALIZE) for name in _NAMES_IN_A_URL),
        *(_request("url", "POST", f"/mcp/messages?{name}={secret}", LIST) for name in _NAMES_IN_A_URL),
        *(_request("url", "GET", f"{path}?api_key={secret}") for path in ("/health", "/nowhere", "/admin/stats")),
        _request("url", "GET", f"/mcp?api_key={secret}&{'x' * 9_000}"),
        # By contract a caller's own id for a request is sent back and logged, but not where it is what lets them in.
        *(
            _request("X-Request-Id", "POST", "/mcp", INITIALIZE, **{"X-Request-Id": secret, name: value})
            for name, value in (("Authorization", f"Bearer {secret}"), ("X-API-Key", secret), ("X-API-Token", secret))
        ),
        _request("X-Request-Id", "GET", "/admin/stats", **{"X-Request-Id": secret, "X-Admin-Token": secret}),
        _request("X-Request-Id", "POST", f"/mcp?api_key={secret}", INITIALIZE, **{"X-Request-Id": secret}),
        *(
            _request("operator", method, path, **{name: value})
            for method, path in (("GET", "/metrics"), ("GET", "/admin/stats"), ("DELETE", f"/admin/sessions/{secret}"))
            for name, value in (("X-Admin-Token", f"{secret}x"), ("Authorization", f"Bearer {secret}x"))
        ),
    ]


def elsewhere(secret: str, session: Mapping[str, str]) -> list[Marked]:
    """Everywhere else; `session` are the headers of an open one."""
    return [
        *(
            _request("path", method, path, **session)
            for method in ("GET", "POST", "DELETE")
            for path in (f"/{secret}", f"/mcp/{secret}", f"/oauth/{secret}", f"/.well-known/{secret}/mcp")
        ),
        *(
            _request("header", "POST", "/mcp", LIST, **{**session, name: value})
            for name, value in (
                *((name, secret) for name in ("Host", "Accept", "Content-Type", "User-Agent", "X-Forwarded-For")),
                *((name, secret) for name in ("Mcp-Session-Id", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name")),
                *(("Origin", f"https://{secret}"), ("Referer", f"https://x.example/?key={secret}")),
                *((secret, "1"), (f"X-{secret}", secret), ("Traceparent", secret), ("Forwarded", f"for={secret}")),
            )
        ),
        _request("header", "GET", "/mcp", **{**session, "Last-Event-ID": secret}),
        _request("header", "GET", "/mcp", **{**session, "Mcp-Session-Id": secret, "Last-Event-ID": secret}),
        _request("header", "DELETE", "/mcp", **{**session, "Mcp-Session-Id": secret}),
        *(_request("body", "POST", "/mcp", body, **session) for body in _bodies(secret)),
        *(_request("no message", "POST", "/mcp", body, **session) for body in _no_messages(secret)),
        _request("method", "POST", "/mcp", {"jsonrpc": "2.0", "id": 4, "method": secret}, **session),
        _request("id", "POST", "/mcp", {**LIST, "id": secret}, **session),
        _request("tool", "POST", "/mcp", calling(secret), **session),
        *(_request("argument", "POST", "/mcp", call, **session) for call in _calls(secret)),
        *_of_alexa(secret),
    ]


def _bodies(secret: str) -> list[object]:
    hello = INITIALIZE["params"]
    return [
        secret.encode(),
        f'{{"jsonrpc": "2.0", "{secret}": '.encode(),
        {"jsonrpc": "2.0", "method": secret, "params": {secret: secret}},
        {**LIST, "params": {"cursor": secret, "_meta": {"progressToken": secret, secret: secret}}},
        {**LIST, "params": {"_meta": {**_MODERN, "io.modelcontextprotocol/protocolVersion": secret}}},
        {**INITIALIZE, "params": {**hello, "protocolVersion": secret}},
        {**INITIALIZE, "params": {**hello, "clientInfo": {"name": secret, "version": secret}}},
        {**INITIALIZE, "params": {**hello, "capabilities": secret}},
        {"jsonrpc": "2.0", "id": 4, "result": {secret: secret}},
        {"jsonrpc": "2.0", "id": 4, "error": {"code": 1, "message": secret}},
        {"jsonrpc": "2.0", "id": 4, "method": "resources/read", "params": {"uri": f"memory://{secret}"}},
        {"jsonrpc": "2.0", "id": 4, "method": "prompts/get", "params": {"name": secret}},
        {"jsonrpc": "2.0", "id": 4, "method": "logging/setLevel", "params": {"level": secret}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": secret, "reason": secret}},
    ]


def _no_messages(secret: str) -> list[object]:
    return [
        [secret],
        {"jsonrpc": secret, "id": 4, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": {secret: secret}, "method": "tools/list"},
    ]


def _calls(secret: str) -> list[dict[str, Any]]:
    return [
        calling("store_memory", content=secret, tags=[secret], metadata={secret: secret}),
        calling("store_memory", content=secret, importance=secret),
        calling("store_memory", **{secret: secret}),
        calling("recall_memory", query=secret),
        calling("recall_memory", query="x", limit=secret),
        calling("recall_memory", tags=[secret], exhaustive=True),
        calling("update_memory", memory_id=secret, content=secret),
        calling("delete_memory", memory_id=secret),
        calling("delete_memory", tags=[secret]),
        calling("associate_memories", memory1_id=secret, memory2_id=secret, type=secret),
        calling("check_database_health", **{secret: secret}),
        {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "recall_memory", "arguments": secret}},
    ]


def _of_alexa(secret: str) -> list[Marked]:
    user = {"userId": secret, "accessToken": secret}
    said = {"version": "1.0", "session": {"user": user}, "request": {"type": secret, "requestId": secret}}
    chain = "https://s3.amazonaws.com:444/echo.api/"
    return [
        _request("body", "POST", "/alexa", said),
        _request("header", "POST", f"/alexa?api_key={secret}", said, SignatureCertChainUrl=chain + secret),
        _request("header", "POST", "/alexa", secret.encode(), Signature=secret, Signature_256=secret),
    ]


def of_sign_in(secret: str, ticket: str) -> list[Marked]:
    """Forms and parameters of OAuth; `ticket` is that of a consent page."""
    redeemed = {"grant_type": "authorization_code", "client_id": _CLIENT, "code": "x", "code_verifier": "x"}
    refreshed = {"grant_type": "refresh_token", "client_id": _CLIENT, "refresh_token": "x"}
    basic = b64encode(f"{secret}:{secret}".encode()).decode()
    return [
        *(
            Marked("asking", "GET", f"/oauth/authorize?{urlencode({**_ASKED, name: secret})}")
            for name in (*_ASKED, "scope", "resource", "login_hint", "api_key", secret)
        ),
        Marked("state", "GET", f"/oauth/authorize?{urlencode({**_ASKED, 'response_type': 'x', 'state': secret})}"),
        *(
            _form("signing in", "/oauth/authorize", **{"ticket": ticket, "decision": "allow", **fields})
            for fields in ({"key": secret}, {"key": f"{secret}x"}, {"ticket": secret}, {"key": "x", "access": secret})
        ),
        *(_form("signing in", "/oauth/token", **{**redeemed, name: secret}) for name in (*redeemed, "redirect_uri")),
        *(_form("signing in", "/oauth/token", **{**redeemed, name: secret}) for name in ("resource", "client_secret")),
        *(_form("signing in", "/oauth/token", **{**refreshed, name: secret}) for name in (*refreshed, "scope", secret)),
        *(
            Marked(
                "signing in", "POST", "/oauth/token", {**_FORM, "Authorization": value}, urlencode(redeemed).encode()
            )
            for value in (f"Basic {basic}", f"Basic {secret}", f"Bearer {secret}")
        ),
        _form("signing in", "/oauth/token", grant_type="x", client_assertion=secret, client_assertion_type=secret),
        _form("signing in", "/oauth/revoke", token=secret, client_id=_CLIENT, token_type_hint=secret),
        _form("signing in", "/oauth/connections", key=secret),
        _form("signing in", "/oauth/connections", key=f"{secret}x"),
        _form("signing in", "/oauth/connections", ticket=secret, connection=secret),
        Marked("signing in", "POST", "/oauth/token", AS_JSON, secret.encode()),
        Marked("signing in", "POST", f"/token?code={secret}", _FORM, secret.encode()),
        *(_request("signing in", "POST", "/oauth/register", body) for body in _registrations(secret)),
    ]


def _registrations(secret: str) -> list[object]:
    good = {"redirect_uris": ["http://localhost/callback"]}
    return [
        secret,
        {secret: secret},
        {"redirect_uris": [secret]},
        {"redirect_uris": secret},
        {**good, "client_secret": secret, "software_statement": secret, secret: secret},
        {**good, "grant_types": [secret]},
        {**good, "token_endpoint_auth_method": secret},
        {**good, "jwks": secret},
    ]


def unreadable(secret: str) -> list[bytes]:
    """Heads that are no HTTP, or more than is read of one."""
    heads = (
        f"GET /?api_key={secret} {secret} HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nAuthorization Bearer {secret}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {secret}\x00\r\n\r\n",
        f"GET /mcp?api_key={secret}{'x' * 70_000} HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nX-API-Key: {secret}{'x' * 70_000}\r\n\r\n",
        f"{secret} / HTTP/1.1\r\n\r\n",
        f"{secret.upper()} / HTTP/1.1\r\n\r\n",
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {secret}\r\n\r\n",
        f"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n{secret}\r\n",
    )
    return [head.encode() for head in heads]
