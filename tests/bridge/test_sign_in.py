"""Whether signing in is on, and what it is kept in: the settings decide."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from bridge.auth.redis_store import RedisStore
from bridge.errors import StartupError
from bridge.settings import Settings, describe
from bridge.sign_in import open_oauth

ON: dict[str, Any] = {"public_url": "https://memory.example", "automem_api_token": "token"}
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "settings",
    [
        ON,
        {**ON, "public_url": None, "railway_public_domain": "memory.up.railway.app"},
        {**ON, "public_url": "http://127.0.0.1:8080"},
        {**ON, "public_url": "http://localhost:8080"},
        {**ON, "automem_api_token": None, "mcp_api_keys": "ada:key"},
    ],
)
def test_it_is_on_with_a_public_address_and_a_key(settings: dict[str, Any]) -> None:
    assert open_oauth(Settings(**settings)) is not None


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {**ON, "public_url": None},
        {**ON, "automem_api_token": None},
        {**ON, "automem_api_token": None, "automem_api_key": "only-upstream"},
        {**ON, "disable_auth": True},
        {**ON, "public_url": "http://memory.example"},
    ],
)
def test_it_is_off_otherwise(settings: dict[str, Any]) -> None:
    assert open_oauth(Settings(**settings)) is None


def test_an_address_without_https_is_named_in_the_log() -> None:
    with capture_logs() as lines:
        open_oauth(Settings(**{**ON, "public_url": "http://memory.example"}))
    assert "PUBLIC_URL is not https" in lines[0]["event"]


def test_without_a_secret_a_random_one_is_kept_for_the_owner_alone(tmp_path: Path) -> None:
    kept = set()
    for _ in range(2):
        open_oauth(Settings(**ON, bridge_data_dir=tmp_path))
        kept.add((tmp_path / "oauth-secret").read_bytes())
    assert [len(secret) for secret in kept] == [32]
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_with_a_secret_none_is_kept(tmp_path: Path) -> None:
    open_oauth(Settings(**ON, bridge_data_dir=tmp_path, oauth_secret=SECRET))
    assert not (tmp_path / "oauth-secret").exists()


def test_a_folder_that_cannot_be_written_is_said_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as lines:
        assert open_oauth(Settings(**ON, bridge_data_dir=tmp_path / "file" / "folder")) is not None
    assert "a restart forgets them" in lines[0]["event"]


def test_a_record_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "oauth.sqlite3").write_bytes(b"this is no database, and long enough to be looked at" * 40)
    with pytest.raises(StartupError, match="move it away"):
        open_oauth(Settings(**ON, bridge_data_dir=tmp_path))


def test_replicas_share_a_redis() -> None:
    oauth = open_oauth(Settings(**ON, state_url="redis://127.0.0.1/0", oauth_secret=SECRET))
    assert oauth is not None
    assert isinstance(oauth.store, RedisStore)


def test_replicas_need_a_secret_of_their_own() -> None:
    with pytest.raises(StartupError, match="STATE_URL needs OAUTH_SECRET"):
        open_oauth(Settings(**ON, state_url="redis://127.0.0.1/0"))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"oauth_secret": "short"}, "OAUTH_SECRET is not valid: each must have at least 32 characters"),
        ({"oauth_secret": f"{SECRET},short"}, "OAUTH_SECRET is not valid: each must have at least 32 characters"),
        ({"state_url": "http://:a-password@host"}, "STATE_URL is not valid: it must be a redis:// or rediss:// URL"),
        ({"state_url": "redis://"}, "STATE_URL is not valid: it must be a redis:// or rediss:// URL"),
    ],
)
def test_a_bad_setting_is_named_without_its_value(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**settings)
    said = describe(caught.value)
    assert said.startswith(problem)
    assert "short" not in said
    assert "a-password" not in said


def test_secrets_show_in_no_repr() -> None:
    settings = Settings(**ON, oauth_secret=f"{SECRET},{SECRET[::-1]}", state_url="redis://:a-password@host/0")
    oauth = open_oauth(settings)
    assert len(settings.oauth_secret) == 2
    for shown in (repr(settings), repr(oauth), repr(vars(oauth))):
        assert SECRET not in shown
        assert "a-password" not in shown
        assert "'token'" not in shown
