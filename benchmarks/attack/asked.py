"""Attacks on what is asked for: paths, methods, types, sessions, the skill, signing in, JSON-RPC."""

import json
from base64 import b64encode
from urllib.parse import quote

from benchmarks.attack.shots import BRIDGE, Aim, Header, Kind, Shot, Work, posting_mcp, rest, simple, work, written

_BRIDGE_PATHS = ("/mcp", "/mcp/sse", "/mcp/messages", "/admin/stats", "/admin/sessions", "/metrics")
_MEMORY_PATHS = ("/memory", "/recall", "/memory/by-tag?tags=hostile", "/admin/stats", "/metrics", "/associate")
_METHODS = (
    "GET",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "G\x00T",
    "X" * 300,
    "PRI",
)
_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/xml",
    "application/json; charset=utf-7",
    "application/json; charset=" + "x" * 5_000,
    "application/json, text/html",
    "*/*",
    "",
    ";;;=",
    "\xff\xfe",
)
_TARGETS = (
    "//{0}",
    "/{0}/../admin/stats",
    "/{0}/..%2fadmin/stats",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..;/{0}",
    "/{0}%00",
    "/{0}%00.json",
    "/{0}/%2e",
    "/{0}%2f",
    "/%6dcp",
    "/%6demory",
    "/{0}\\..\\admin",
    "/./{0}",
    "/{0};a=b",
    "/{0}#fragment",
    "/{0}?api_key=",
    "/{0}?api_key=a&api_key=b",
    "/{0}%",
    "/{0}%zz",
    "/%ff%fe",
    "/{0}?%ff=%zz&&&==",
    "/{0}%0d%0aSet-Cookie:%20a=b",
    "/{0}?x=%0d%0aSet-Cookie:%20a=b",
    "*",
    "",
    "{0}",
    "http://127.0.0.1:1/{0}",
    "http://evil.example/{0}",
    "http://admin@127.0.0.1/admin/stats",
    "http:///{0}",
    "https://evil.example:99999/",
    "ftp://evil.example/{0}",
    "http://[::1/{0}",
    "/memory/..%2f..%2f..%2fetc%2fpasswd",
    "/memory/by-tag/../../admin/stats",
    "/memories/%2e%2e/related",
    "/health/../metrics",
    "/health/..%2fmetrics",
    "/ready/../mcp",
    "/oauth/../metrics",
    "/oauth/..%2f..%2fmcp",
    "/.well-known/../mcp",
    "/.well-known/oauth-protected-resource/../../mcp",
    "/admin/",
    "/admin/../mcp",
    "/ADMIN/STATS",
    "/METRICS",
    "/metrics/",
    "/metrics%20",
)
_SSRF = (
    "https://127.0.0.1:{0}/client.json",
    "https://localhost:{0}/client.json",
    "https://[::1]:{0}/client.json",
    "https://2130706433:{0}/c",
    "https://0x7f.1:{0}/c",
    "http://127.0.0.1:{0}/client.json",
    "https://169.254.169.254/latest",
    "https://127.0.0.1.:{0}/c",
    "https://[::ffff:127.0.0.1]:{0}/c",
    "https://user@127.0.0.1:{0}/c",
    "file:///etc/passwd",
    "https://10.0.0.1/c",
)


SKILL = "amzn1.ask.skill.00000000-0000-0000-0000-000000000000"
"""Id of the skill that the bridge answers for."""


def odd_path(aim: Aim) -> Shot:
    """Paths that mean one thing to one reader and another to the next."""
    known = "mcp" if aim.is_bridge else "memory"
    target = aim.pick(_TARGETS).format(known)
    asked = work(aim)
    return simple(aim, Work(aim.pick(("GET", "POST", "DELETE")), target, asked.headers, asked.body))


def long_path(aim: Aim) -> Shot:
    """Up to far more than a URL may have."""
    asked, size = work(aim), aim.random.choice([4_000, 9_000, 60_000, 70_000, 200_000])
    long = aim.pick(("/" + "a" * size, "/" + "%2e%2e/" * (size // 7), f"{asked.target}?" + "a=b&" * (size // 4)))
    return Shot((written(aim, Work(asked.method, long, asked.headers, asked.body)),))


def wrong_method(aim: Aim) -> Shot:
    """Methods that a path does not have, and some that no path has."""
    asked = work(aim)
    path = aim.pick(_BRIDGE_PATHS if aim.is_bridge else _MEMORY_PATHS)
    return simple(aim, Work(aim.pick(_METHODS), path, asked.headers, asked.body))


def wrong_type(aim: Aim) -> Shot:
    """A body that says it is something else, and answers in types that nobody gives."""
    asked = work(aim)
    headers: list[Header] = [("Content-Type", aim.pick(_TYPES)), ("Accept", aim.pick(("image/png", "", "a" * 2_000)))]
    return simple(aim, Work(asked.method, asked.target, (), asked.body), headers)


def forged_session(aim: Aim) -> Shot:
    """Ids of sessions and events, and revisions, that nobody has given out."""
    ids = (
        "x",
        "0" * 32,
        "../../admin",
        "a" * 4_000,
        "\xff\xfe",
        b64encode(aim.random.randbytes(60)).decode(),
        "",
        "%00",
    )
    headers: list[Header] = [("Mcp-Session-Id", aim.pick(ids)), ("Accept", "application/json, text/event-stream")]
    headers.append(("Last-Event-ID", aim.pick(("0", "-1", "9" * 30, aim.pick(ids), "a_b", "x:1"))))
    headers.append(
        ("MCP-Protocol-Version", aim.pick(("2025-11-25", "1999-01-01", "", "\xff", "9" * 300, "2026-07-28")))
    )
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    asked = aim.random.choice(
        [
            Work("POST", "/mcp", (("Content-Type", "application/json"),), message),
            Work("GET", "/mcp", (), b""),
            Work("DELETE", "/mcp", (), b""),
            Work("POST", f"/mcp/messages?session_id={quote(aim.pick(ids))}", (), message),
            Work("POST", "/mcp/messages", (), message),
        ]
    )
    return Shot((written(aim, asked, headers),), linger=0.0, patience=4.0)


def unsigned_alexa(aim: Aim) -> Shot:
    """Requests to the skill without Amazon's signature, or with one that points to a certificate somewhere else."""
    urls = (
        "http://s3.amazonaws.com/echo.api/cert.pem",
        "https://evil.example/echo.api/cert.pem",
        f"https://127.0.0.1:{aim.canary}/echo.api/cert.pem",
        "https://s3.amazonaws.com/evil/cert.pem",
        "https://s3.amazonaws.com:8443/echo.api/cert.pem",
        "https://s3.amazonaws.com/echo.api/../evil/cert.pem",
        "https://s3.amazonaws.com@evil.example/echo.api/cert.pem",
        "file:///etc/passwd",
        "",
    )
    signature = b64encode(aim.random.randbytes(256)).decode()
    headers: list[Header] = [
        ("SignatureCertChainUrl", aim.pick(urls)),
        ("Signature-256", aim.pick((signature, "x", ""))),
    ]
    spoken = {
        "version": "1.0",
        "session": {"application": {"applicationId": SKILL}},
        "request": {"type": "LaunchRequest"},
    }
    bodies = (json.dumps(spoken).encode(), b"{}", b"[]", b"", b"\xff" * 400, b"x" * 200_000)
    asked = Work("POST", "/alexa", (("Content-Type", "application/json"),), aim.random.choice(bodies))
    return simple(aim, asked, headers if aim.random.random() < 0.8 else [])


def sign_in_junk(aim: Aim) -> Shot:
    """Every endpoint of signing in with what makes no sense, and with addresses that it must not ask for."""
    ssrf = aim.pick(_SSRF).format(aim.canary)
    junk = aim.pick(("", "x", "a" * 3_000, "%00", "%ff%fe", "javascript:alert(1)", ssrf, "urn:ietf:wg:oauth:2.0:oob"))
    code = b64encode(aim.random.randbytes(90)).decode()
    query = (
        f"response_type=code&client_id={quote(ssrf)}&redirect_uri={quote(junk)}&state={quote(junk)}"
        f"&code_challenge={'x' * 43}&code_challenge_method={aim.pick(('S256', 'plain', ''))}&scope={quote(junk)}"
        f"&resource={quote(junk)}"
    )
    registration = {"redirect_uris": [junk, ssrf], "client_name": "<script>" * 30, "jwks_uri": ssrf, "logo_uri": ssrf}
    form = f"grant_type={aim.pick(('authorization_code', 'refresh_token', 'password', ''))}&code={quote(code)}"
    form += f"&refresh_token={quote(code)}&client_id={quote(ssrf)}&code_verifier={'v' * 43}&redirect_uri={quote(junk)}"
    return simple(
        aim,
        aim.random.choice(
            [
                _form("GET", f"/oauth/authorize?{query}"),
                _form("GET", f"/authorize?{query}"),
                _form("POST", "/oauth/authorize", f"{query}&request={quote(code)}&key={aim.wrong_key()}&allow=1"),
                _form("POST", "/oauth/token", form),
                _form("POST", "/token", form + "&grant_type=x" * 100),
                _form("POST", "/oauth/revoke", f"token={quote(code)}"),
                _form("POST", "/oauth/connections", f"key={aim.wrong_key()}&disconnect={quote(junk)}"),
                rest("POST", "/oauth/register", json.dumps(registration).encode()),
                rest("POST", "/register", aim.random.choice([b"[]", b"null", b"{" * 5_000, b"\xff", b"x" * 70_000])),
                rest("GET", f"/.well-known/oauth-protected-resource/{quote(junk)}"),
                rest("GET", "/.well-known/oauth-authorization-server"),
            ]
        ),
    )


def not_a_call(aim: Aim) -> Shot:
    """JSON-RPC that is none."""
    messages: tuple[object, ...] = (
        {},
        [],
        None,
        1,
        "x",
        {"jsonrpc": "1.0"},
        {"jsonrpc": "2.0", "method": 5},
        {"jsonrpc": "2.0", "id": {}, "method": "x"},
        {"jsonrpc": "2.0", "id": [1], "method": "tools/call"},
        {"jsonrpc": "2.0", "id": None, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "store_memory", "arguments": []}},
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "../x", "arguments": {}}},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "x"}},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": 7}},
    )
    return simple(aim, posting_mcp(json.dumps(aim.random.choice(messages)).encode()))


def _form(method: str, target: str, form: str = "") -> Work:
    headers: tuple[Header, ...] = (("Content-Type", "application/x-www-form-urlencoded"),) if form else ()
    return Work(method, target, headers, form.encode())


STRANGERS = (
    Kind("path tricks", odd_path, 10),
    Kind("very long paths", long_path, 2),
    Kind("wrong methods", wrong_method, 5),
    Kind("wrong content types", wrong_type, 4),
    Kind("forged sessions, events, revisions", forged_session, 5, (BRIDGE,)),
    Kind("unsigned Alexa", unsigned_alexa, 3, (BRIDGE,)),
    Kind("sign-in with junk", sign_in_junk, 6, (BRIDGE,), may_succeed=True),
)
"""Without a key."""

TENANT = (
    Kind("own key: path tricks", odd_path, 6),
    Kind("own key: wrong methods", wrong_method, 4),
    Kind("own key: wrong content types", wrong_type, 4),
    Kind("own key: forged sessions, events", forged_session, 6, (BRIDGE,)),
    Kind("own key: no JSON-RPC", not_a_call, 4, (BRIDGE,)),
)
"""With a key of the attacker's own."""
