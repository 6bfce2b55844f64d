"""Settings are read once, checked, and never shown."""

from pathlib import Path

import pytest

from memory_api.errors import StartupError
from memory_api.settings import read

SECRET = "s3cret-key"


def refusal(**environment: str) -> str:
    with pytest.raises(StartupError) as error:
        read(environment)
    text = str(error.value)
    assert "\n" not in text
    assert SECRET not in text
    return text


def test_the_defaults_are_for_one_local_user() -> None:
    settings = read({})
    assert (settings.host, settings.port, settings.keys) == ("127.0.0.1", 8001, ())
    assert (settings.embedding_provider, settings.memory_content_hard_limit) == ("auto", 2_000)
    assert settings.memory_api_data_dir.is_absolute()


def test_every_setting_can_be_given() -> None:
    settings = read(
        {
            "PORT": "0",
            "HOST": "::1",
            "MEMORY_API_DATA_DIR": "/somewhere",
            "EMBEDDING_PROVIDER": "Hashing",
            "MEMORY_CONTENT_HARD_LIMIT": "5",
            "MEMORY_API_EXIT_ON_EOF": "1",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "JSON",
            "UNKNOWN": "x",
        }
    )
    assert (settings.port, settings.host, settings.memory_api_data_dir) == (0, "::1", Path("/somewhere"))
    assert (settings.embedding_provider, settings.memory_content_hard_limit) == ("hashing", 5)
    assert (settings.memory_api_exit_on_eof, settings.log_level, settings.log_format) == (True, "debug", "json")


def test_what_is_given_is_all_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9999")
    assert read().port == 9999
    assert read({}).port == 8001


def test_a_blank_value_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    assert read().port == read({"PORT": ""}).port == 8001


def test_keys_name_their_tenants() -> None:
    settings = read({"AUTOMEM_API_TOKEN": "k0", "MEMORY_API_KEYS": " alice:k1 , bob-2_x:k:2,, "})
    found = [(key.tenant, key.key.get_secret_value()) for key in settings.keys]
    assert found == [("default", "k0"), ("alice", "k1"), ("bob-2_x", "k:2")]


def test_a_key_may_be_for_reading_alone_and_a_name_may_have_several() -> None:
    settings = read({"MEMORY_API_KEYS": "alice:k1,alice:k2:read,bob:read,bob:k:3:read"})
    found = [(key.tenant, key.key.get_secret_value(), key.may_write) for key in settings.keys]
    assert found == [("alice", "k1", True), ("alice", "k2", False), ("bob", "read", True), ("bob", "k:3", False)]


def test_pages_are_answered_only_where_that_is_asked_for() -> None:
    named = {"ALLOWED_ORIGINS": "https://A.example/, http://b.example:8080", "AUTOMEM_API_TOKEN": "k"}
    assert read(named).cors_origins == ()
    assert read({**named, "ENABLE_CORS": "true"}).cors_origins == ("https://a.example", "http://b.example:8080")
    assert read({"ENABLE_CORS": "1", "ALLOWED_ORIGINS": "*", "AUTOMEM_API_TOKEN": "k"}).cors_origins == ("*",)


def test_every_page_may_not_read_a_memory_without_keys() -> None:
    assert refusal(ENABLE_CORS="true", ALLOWED_ORIGINS="*").startswith("ALLOWED_ORIGINS")
    assert refusal(ENABLE_CORS="true", AUTOMEM_API_TOKEN=SECRET).startswith("ALLOWED_ORIGINS")


def test_no_key_appears_when_settings_are_printed() -> None:
    settings = read({"AUTOMEM_API_TOKEN": SECRET, "MEMORY_API_KEYS": f"alice:{SECRET}2"})
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("EMBEDDING_PROVIDER", "openai"),
        ("MEMORY_CONTENT_HARD_LIMIT", "0"),
        ("MEMORY_API_EXIT_ON_EOF", "maybe"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("AUTOMEM_API_TOKEN", f"{SECRET} with spaces"),
        ("AUTOMEM_API_TOKEN", f"{SECRET}é"),
        ("MEMORY_API_KEYS", SECRET),
        ("MEMORY_API_KEYS", f"alice:{SECRET},:{SECRET}"),
        ("MEMORY_API_KEYS", f"../evil:{SECRET}"),
        ("MEMORY_API_KEYS", f"Alice:{SECRET}"),
        ("MEMORY_API_KEYS", f"{'a' * 64}:{SECRET}"),
        ("MEMORY_API_KEYS", f"alice:{SECRET} x"),
        ("MEMORY_API_KEYS", "alice:"),
        ("MEMORY_API_KEYS", "alice::read"),
        ("MEMORY_API_KEYS", f"alice:{SECRET},alice:{SECRET}:read"),
        ("ADMIN_API_TOKEN", f"{SECRET} x"),
        ("RATE_LIMIT_REQUESTS", "-1"),
        ("RATE_LIMIT_WINDOW", "0"),
        ("ENABLE_CORS", "maybe"),
        ("ALLOWED_ORIGINS", "example.org"),
        ("ALLOWED_ORIGINS", "https://example.org/path"),
        ("MEMORY_API_KEYS", f"a:{SECRET},b:{SECRET}"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable_and_shows_no_secret(name: str, value: str) -> None:
    assert name in refusal(**{name: value})


def test_a_key_of_two_tenants_is_refused_without_showing_it() -> None:
    assert "same key" in refusal(AUTOMEM_API_TOKEN=SECRET, MEMORY_API_KEYS=f"alice:{SECRET}")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.0.0.1.example.org", "*"])
def test_beyond_this_machine_a_key_is_needed(host: str) -> None:
    assert refusal(HOST=host).startswith("HOST: refusing")
    assert read({"HOST": host, "AUTOMEM_API_TOKEN": "k"}).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_on_this_machine_none_is_needed(host: str) -> None:
    assert read({"HOST": host}).keys == ()
