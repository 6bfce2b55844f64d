"""Settings: names, defaults, and one clear line for each mistake."""

import pytest
from pydantic import ValidationError

from bridge.settings import Settings, describe, environment_with


def problem() -> str:
    with pytest.raises(ValidationError) as caught:
        Settings()
    return describe(caught.value)


def test_without_an_environment_the_defaults_serve_this_machine() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.binds_loopback) == ("127.0.0.1", 8080, True)
    assert settings.upstream_url == "http://127.0.0.1:8001"
    assert settings.upstream_key is None
    assert settings.caller_keys == ()
    assert settings.own_url is None


def test_every_setting_says_what_it_does() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_blank_values_count_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "AUTOMEM_API_URL", "AUTOMEM_API_KEY", "MCP_API_KEYS", "MCP_JSON_RESPONSE"):
        monkeypatch.setenv(name, " ")
    monkeypatch.setenv("AUTOMEM_API_TOKEN", "token")
    settings = Settings()
    assert settings.port == 8080
    assert settings.upstream_key == "token"


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (("AUTOMEM_API_KEY", "AUTOMEM_API_TOKEN", "MEMORY_API_KEY"), "AUTOMEM_API_KEY-value"),
        (("AUTOMEM_API_TOKEN", "MEMORY_API_KEY"), "AUTOMEM_API_TOKEN-value"),
        (("MEMORY_API_KEY",), "MEMORY_API_KEY-value"),
    ],
)
def test_the_upstream_key_has_three_names_in_order(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], key: str
) -> None:
    for name in names:
        monkeypatch.setenv(name, f"{name}-value")
    assert Settings().upstream_key == key


def test_only_the_token_and_the_named_keys_open_the_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMEM_API_KEY", "upstream-only")
    monkeypatch.setenv("AUTOMEM_API_TOKEN", "token")
    monkeypatch.setenv("MCP_API_KEYS", "ada:key:with:colons, bob:b1 ,bob:b2")
    opening = [(each.name, each.key.get_secret_value()) for each in Settings().caller_keys]
    assert opening == [("default", "token"), ("ada", "key:with:colons"), ("bob", "b1"), ("bob", "b2")]


def test_a_key_may_be_marked_as_one_that_only_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_API_KEYS", "ada:k1,ada:k2:read,bob:read")
    rights = [(each.name, each.key.get_secret_value(), each.may_write) for each in Settings().caller_keys]
    assert rights == [("ada", "k1", True), ("ada", "k2", False), ("bob", "read", True)]


def test_the_operators_token_is_not_a_callers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_API_TOKEN", "p4ss")
    monkeypatch.setenv("MCP_API_KEYS", "ada:p4ss")
    assert problem() == "ADMIN_API_TOKEN must differ from the keys of callers"


def test_a_key_is_known_by_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMEM_API_TOKEN", "p4ss")
    monkeypatch.setenv("MCP_API_KEYS", "ada:k1,bob:p4ss:read")
    assert problem() == "AUTOMEM_API_TOKEN must differ from the keys of MCP_API_KEYS"


def test_the_addresses_of_hosted_clients_have_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().allowed_ips == ("loopback", "private", "anthropic")
    monkeypatch.setenv("ALLOWED_IPS", "Anthropic, 203.0.113.0/24")
    assert Settings().allowed_ips == ("Anthropic", "203.0.113.0/24")


def test_the_older_name_of_the_upstream_address_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMEM_ENDPOINT", "https://old.example/base/")
    assert Settings().upstream_url == "https://old.example/base"
    monkeypatch.setenv("AUTOMEM_API_URL", "https://new.example")
    assert Settings().upstream_url == "https://new.example"


def test_the_public_address_comes_from_railway_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAILWAY_PUBLIC_DOMAIN", "memory.up.railway.app")
    assert Settings().own_url == "https://memory.up.railway.app"
    monkeypatch.setenv("PUBLIC_URL", "https://memory.example")
    assert Settings().own_url == "https://memory.example"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("PORT", "abc", "PORT must be a whole number from 1 to 65535"),
        ("PORT", "70000", "PORT must be a whole number from 1 to 65535"),
        ("UPSTREAM_TIMEOUT_MS", "0", "UPSTREAM_TIMEOUT_MS must be a whole number from 1 to 600000"),
        ("UPSTREAM_MAX_RETRIES", "11", "UPSTREAM_MAX_RETRIES must be a whole number from 0 to 10"),
        ("MCP_SESSION_TTL_SECONDS", "nan", "MCP_SESSION_TTL_SECONDS must be a number above 0 and up to 604800"),
        ("MCP_JSON_RESPONSE", "perhaps", "MCP_JSON_RESPONSE must be true or false"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of debug, info, warning, error"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be one of auto, console, json"),
        ("AUTOMEM_API_URL", "ftp://x", "AUTOMEM_API_URL is not valid: it must be an http:// or https:// URL"),
        ("AUTOMEM_API_URL", "http://[", "AUTOMEM_API_URL is not valid"),
        ("AUTOMEM_API_URL", "http://u:p4ss@h", "it must not contain a user name or password"),
        ("PUBLIC_URL", "https://h/?api_key=p4ss", "it must not contain a query or a fragment"),
        ("AUTOMEM_API_TOKEN", "p4ss word", "AUTOMEM_API_TOKEN is not valid: a key may hold only printable ASCII"),
        ("AUTOMEM_API_KEY", "p4ssé", "AUTOMEM_API_KEY is not valid: a key may hold only printable ASCII"),
        ("MCP_API_KEYS", "p4ss", "MCP_API_KEYS is not valid: entry 1 must be written name:key"),
        ("MCP_API_KEYS", "ada:x,Bob:p4ss", "the name of entry 2 must match [a-z0-9][a-z0-9_-]{0,62}"),
        ("MCP_API_KEYS", "ada:p4ss\tx", "the key of entry 1 may hold only printable ASCII"),
        ("MCP_API_KEYS", "ada:p4ss,bob:p4ss", "the same key is given twice"),
        ("STATE_URL", "redis://:p4ss@host:p4ss", "STATE_URL is not valid: it must be a redis:// or rediss:// URL"),
        ("AUTOMEM_API_URL", "http://host:p4ss", "AUTOMEM_API_URL is not valid: it must be an http:// or https:// URL"),
        ("MCP_API_KEYS", "ada::read", "MCP_API_KEYS is not valid: entry 1 must be written name:key"),
        ("ALLOWED_IPS", "private,10.0.0.300", "ALLOWED_IPS is not valid: 10.0.0.300 is neither an address nor a CIDR"),
        ("TRUSTED_PROXIES", "192.168.1.7/24", "192.168.1.7/24 is neither an address nor a CIDR such as 10.0.0.0/8"),
        ("RATE_LIMIT_REQUESTS", "-1", "RATE_LIMIT_REQUESTS must be a whole number from 0 to 1000000000"),
        ("RATE_LIMIT_WINDOW", "0", "RATE_LIMIT_WINDOW must be a whole number from 1 to 86400"),
        ("BRIDGE_PORT", "8001", "BRIDGE_PORT and MEMORY_API_PORT must differ"),
    ],
)
def test_a_bad_value_is_one_line_with_the_name_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(name, value)
    assert line in problem()
    assert "\n" not in problem()
    assert "p4ss" not in problem()


def test_several_bad_values_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "x")
    monkeypatch.setenv("LOG_LEVEL", "x")
    assert problem().startswith("PORT must be")
    assert "; LOG_LEVEL must be" in problem()


def test_keys_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMEM_API_TOKEN", "p4ss-1")
    monkeypatch.setenv("MCP_API_KEYS", "ada:p4ss-2")
    assert "p4ss" not in repr(Settings())


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("[::1]", True), ("::", False), ("0.0.0.0", False)],
)
def test_only_loopback_addresses_count_as_this_machine(host: str, loopback: bool) -> None:
    assert Settings(host=host).binds_loopback is loopback
    assert not Settings(host="memory.example").binds_loopback


def test_a_child_gets_the_environment_with_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("LOG_LEVEL", "debug")
    environment = environment_with({"PORT": "2"})
    assert (environment["PORT"], environment["LOG_LEVEL"]) == ("2", "debug")
