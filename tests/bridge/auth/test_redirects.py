"""Redirect URIs: what may be registered, and what fits what was registered."""

import pytest

from bridge.auth.redirects import form_target, is_registered, is_sound, shown

CHATGPT = "https://chatgpt.com/connector/oauth/{id}"


@pytest.mark.parametrize(
    "uri",
    [
        "https://claude.ai/api/mcp/auth_callback",
        "https://app.example:8443/cb?x=1",
        "http://localhost/callback",
        "http://127.0.0.1:33418/",
        "http://[::1]:5000/cb",
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "vscode://vscode.github-authentication/did-authenticate",
        "com.example.app:/oauth2redirect",
    ],
)
def test_what_may_be_registered(uri: str) -> None:
    assert is_sound(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "claude.ai/cb",
        "//claude.ai/cb",
        "https://",
        "https:///cb",
        "http://example.com/cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "https://user@claude.ai/cb",
        "https://claude.ai@evil.example/cb",
        "https://claude.ai/cb#fragment",
        "https://claude.ai/cb#",
        "https://claude.ai\\@evil.example/cb",
        "https://claude.ai/c b",
        "https://claude.ai/cb\r\nSet-Cookie: a=b",
        "https://claude.ai/cb\x00",
        "https://cläude.ai/cb",
        "https://claude.ai:port/cb",
        "https://claude%2eai/cb",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "blob:https://claude.ai/x",
        "ftp://example.com/",
        "https://claude.ai/" + "a" * 2_048,
    ],
)
def test_what_may_not(uri: str) -> None:
    assert not is_sound(uri)
    assert not is_registered(uri, [uri])


@pytest.mark.parametrize(
    ("uri", "registered"),
    [
        ("https://claude.ai/cb", "https://claude.ai/cb"),
        ("http://localhost:1/callback", "http://localhost/callback"),
        ("http://localhost/callback", "http://localhost:8787/callback"),
        ("http://127.0.0.1:65535/cb?x=1", "http://127.0.0.1:1/cb?x=1"),
        ("http://[::1]:9/cb", "http://[::1]/cb"),
        ("https://chatgpt.com/connector/oauth/abc-DEF_123", CHATGPT),
    ],
)
def test_what_fits(uri: str, registered: str) -> None:
    assert is_registered(uri, [registered])


@pytest.mark.parametrize(
    ("uri", "registered"),
    [
        ("https://claude.ai/cb/", "https://claude.ai/cb"),
        ("https://claude.ai/cb/more", "https://claude.ai/cb"),
        ("https://claude.ai/cb?x=1", "https://claude.ai/cb"),
        ("https://claude.ai/cb/../x", "https://claude.ai/cb"),
        ("https://CLAUDE.ai/cb", "https://claude.ai/cb"),
        ("https://claude.ai:443/cb", "https://claude.ai/cb"),
        ("https://claude.ai:8443/cb", "https://claude.ai/cb"),
        ("https://claude.ai.evil.example/cb", "https://claude.ai/cb"),
        ("https://sub.claude.ai/cb", "https://claude.ai/cb"),
        ("http://claude.ai/cb", "https://claude.ai/cb"),
        ("http://127.0.0.1:1/callback", "http://localhost/callback"),
        ("http://localhost:1/other", "http://localhost/callback"),
        ("http://localhost:1/callback?x=1", "http://localhost/callback"),
        ("https://localhost:1/callback", "http://localhost/callback"),
        ("http://localhost:1@evil.example/callback", "http://localhost/callback"),
        ("https://app.example:1/cb", "https://app.example:2/cb"),
        ("https://chatgpt.com/connector/oauth/", CHATGPT),
        ("https://chatgpt.com/connector/oauth/a/b", CHATGPT),
        ("https://chatgpt.com/connector/oauth/../x", CHATGPT),
        ("https://chatgpt.com/connector/oauth/a?next=https://evil.example", CHATGPT),
        ("https://chatgpt.com.evil.example/connector/oauth/a", CHATGPT),
        (CHATGPT, CHATGPT),
    ],
)
def test_what_does_not(uri: str, registered: str) -> None:
    assert not is_registered(uri, [registered])


def test_a_person_is_shown_where_they_are_sent() -> None:
    assert shown("https://claude.ai/api/mcp/auth_callback") == "claude.ai"
    assert shown("http://127.0.0.1:9/cb") == "this computer"
    assert shown("cursor://anysphere.cursor-mcp/oauth/callback") == "the app behind cursor:"


def test_a_form_may_end_where_the_redirect_leads() -> None:
    assert [form_target(uri) for uri in ("https://claude.ai/cb", "http://localhost/cb", "cursor://x/cb")] == [
        "https:",
        "http:",
        "cursor:",
    ]
