"""The authorization server of this deployment, as the settings want it."""

import secrets
import sqlite3
from importlib import import_module
from importlib.util import find_spec
from urllib.parse import urlsplit

import structlog

from bridge.auth.gate import CallerKey
from bridge.auth.oauth import OAuth
from bridge.auth.sqlite_store import SQLiteStore
from bridge.auth.store import Store
from bridge.errors import StartupError
from bridge.mcp.sessions import kept_secret
from bridge.networks import is_loopback
from bridge.settings import Settings

logger = structlog.stdlib.get_logger(__name__)

_SECRET_FILE = "oauth-secret"
_STORE_FILE = "oauth.sqlite3"


def open_oauth(settings: Settings) -> OAuth | None:
    """The server, or None where nobody could use it: without a public https address, or without a key to sign in with.

    Raises StartupError where STATE_URL cannot be honoured.
    """
    url = settings.own_url
    if url is None or not settings.caller_keys or settings.disable_auth:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        logger.warning("PUBLIC_URL is not https: Claude.ai and ChatGPT cannot connect, and nobody can sign in")
        return None
    keys = [CallerKey(each.name, each.key.get_secret_value(), each.may_write) for each in settings.caller_keys]
    return OAuth(url, keys, *_sealed_and_kept(settings))


def _sealed_and_kept(settings: Settings) -> tuple[list[bytes], Store]:
    given = [secret.get_secret_value().encode() for secret in settings.oauth_secret]
    if settings.state_url is not None:
        if not given:
            raise StartupError("STATE_URL needs OAUTH_SECRET, the same on every replica: `openssl rand -hex 32`")
        return given, _redis_store(settings.state_url.get_secret_value())
    folder = settings.bridge_data_dir
    store = SQLiteStore(folder / _STORE_FILE)
    try:
        given = given or [kept_secret(folder, _SECRET_FILE)]
        store.prepare()
    except OSError as error:
        reason = "sign-ins cannot be kept: a restart forgets them; set BRIDGE_DATA_DIR to a folder that lasts"
        logger.warning(reason, folder=str(folder), error=error.strerror or str(error))
        return given or [secrets.token_bytes(32)], SQLiteStore(None)
    except sqlite3.Error:
        raise StartupError(f"{folder / _STORE_FILE} cannot be read: move it away, and apps register anew") from None
    return given, store


def _redis_store(url: str) -> Store:
    if find_spec("redis") is None:
        raise StartupError("STATE_URL needs the package redis: pip install 'memory-bridge[redis]'")
    # Loading it takes a fifth of a second, which a bridge without it need not wait.
    store: Store = import_module("bridge.auth.redis_store").RedisStore(url)
    return store
