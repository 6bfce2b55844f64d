"""Texts that only this deployment can make and read: tokens, codes, the ticket in a consent page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ValidationError

_KEY_BYTES = 64
_MAX_CHARS = 8_192

M = TypeVar("M", bound=BaseModel)


class Seal(Generic[M]):
    """Seals models of one type under the first of `secrets`, and opens what was sealed under any of them.

    AES-SIV (RFC 5297) under a key that HKDF derives for this `prefix` alone: what was sealed for one purpose does not
    open for another. The same content gives the same text, so that an answer can be given again without keeping it.
    """

    def __init__(self, secrets: Sequence[bytes], prefix: str, model: type[M]) -> None:
        self._ciphers = [AESSIV(_derived(secret, prefix)) for secret in secrets]
        self._prefix = prefix
        self._model = model

    def __repr__(self) -> str:
        return f"Seal({self._prefix})"

    def seal(self, content: M) -> str:
        """A text that begins with the prefix and holds only letters, digits, hyphens and underscores."""
        sealed = self._ciphers[0].encrypt(content.model_dump_json(by_alias=True).encode(), None)
        return self._prefix + urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, text: str) -> M | None:
        """What was sealed, however old it is, or None where it was not sealed here for this purpose."""
        sealed = self._bytes(text)
        for cipher in self._ciphers if sealed else ():
            try:
                return self._model.model_validate_json(cipher.decrypt(sealed, None))
            except (InvalidTag, ValidationError):
                continue
        return None

    def _bytes(self, text: str) -> bytes:
        if len(text) > _MAX_CHARS or not text.startswith(self._prefix) or not text.isascii():
            return b""
        body = text.removeprefix(self._prefix)
        try:
            return urlsafe_b64decode(body + "=" * (-len(body) % 4))
        except ValueError:
            return b""


def _derived(secret: bytes, purpose: str) -> bytes:
    info = f"memory-bridge oauth {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret)
