"""Session ids that prove by themselves where they come from, and the secret behind them.

An id is a random number with a seal over it and its owner, so that an id issued before a restart, or by another replica
with the same secret, is known again without anything being stored.
"""

import hmac
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

_NONCE_BYTES = 16
_SEAL_BYTES = 16
_SECRET_BYTES = 32
_ID_CHARS = 43
_NAME_CHARS = 16
_FILE = "session-secret"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as the operator sees it: `id` is a name for it that lets nobody in, `key` the name of its key."""

    id: str
    key: str | None
    transport: str
    age_seconds: float
    idle_seconds: float | None = None


def name_of(session_id: str) -> str:
    """What a session may be called where its id must not be seen."""
    return sha256(session_id.encode()).hexdigest()[:_NAME_CHARS]


class SessionIds:
    """Issues sealed ids, knows them again, and remembers the latest `max_ended` of those that were ended."""

    def __init__(self, secret: bytes, *, max_ended: int = 10_000) -> None:
        self._secret = secret
        self._max_ended = max_ended
        self._ended: OrderedDict[str, None] = OrderedDict()

    def issue(self, owner: str) -> str:
        """A new id that only this owner can use; 43 characters that fit a header."""
        return self._sealed(secrets.token_bytes(_NONCE_BYTES), owner)

    def is_valid(self, session_id: str, owner: str) -> bool:
        """Whether the id was issued to this owner under the same secret, and not ended here since."""
        nonce = _nonce(session_id)
        # The whole text is compared: decoding alone would take several spellings of one id.
        known = nonce is not None and hmac.compare_digest(self._sealed(nonce, owner).encode(), session_id.encode())
        return known and session_id not in self._ended

    def end(self, session_id: str) -> None:
        """The id is not valid any more."""
        self._ended[session_id] = None
        if len(self._ended) > self._max_ended:
            self._ended.popitem(last=False)

    def _sealed(self, nonce: bytes, owner: str) -> str:
        seal = hmac.digest(self._secret, nonce + owner.encode(), sha256)[:_SEAL_BYTES]
        return urlsafe_b64encode(nonce + seal).decode().rstrip("=")


def derived_secret(keys: Iterable[str]) -> bytes:
    """A secret that every process with the same keys arrives at, whatever their order."""
    digests = sorted(sha256(key.encode()).digest() for key in keys)
    return hmac.digest(b"memory-bridge session ids", b"".join(digests), sha256)


def kept_secret(folder: Path, name: str = _FILE) -> bytes:
    """The random secret that lies in the folder, put there when there is none. Raises OSError where it cannot be."""
    path = folder / name
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path)
    secret = path.read_bytes()
    if len(secret) != _SECRET_BYTES:
        raise OSError(f"{path} does not hold {_SECRET_BYTES} bytes; remove it")
    return secret


def _write(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_SECRET_BYTES))
        # Another process may be faster: its secret is as good, and both must use the same one.
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _nonce(session_id: str) -> bytes | None:
    if len(session_id) != _ID_CHARS or not session_id.isascii():
        return None
    return urlsafe_b64decode(session_id + "=")[:_NONCE_BYTES]
