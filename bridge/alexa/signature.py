"""Whether a request was signed by Amazon: the only door of an endpoint that carries no key."""

import binascii
from base64 import b64decode
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from bridge.alexa.chains import SigningKeys
from bridge.errors import NotFromAlexa

_URL_HEADER = b"signaturecertchainurl"
_SIGNATURE_HEADER = b"signature-256"
_MAX_SIGNATURE_CHARS = 1_024

Headers = Iterable[tuple[bytes, bytes]]


class Signatures:
    """Checks the raw bytes of a body against the signature in the headers; nothing of the body is read before."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    async def check(self, headers: Headers, body: bytes) -> None:
        """Raises NotFromAlexa unless `Signature-256` is RSA PKCS#1 v1.5 with SHA-256 by a key of Amazon's."""
        headers = list(headers)
        signature = _decoded(_only(headers, _SIGNATURE_HEADER))
        key = await self._keys.at(_only(headers, _URL_HEADER))
        try:
            key.verify(signature, body, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise NotFromAlexa("the signature does not belong to the body") from None


def _only(headers: Headers, name: bytes) -> str:
    """The header's value. Given twice, somebody else may have read the other one."""
    values = [value for key, value in headers if key == name]
    if len(values) != 1 or not values[0]:
        raise NotFromAlexa(f"the header {name.decode()} is {'repeated' if len(values) > 1 else 'missing'}")
    return values[0].decode("latin-1")


def _decoded(signature: str) -> bytes:
    if len(signature) > _MAX_SIGNATURE_CHARS:
        raise NotFromAlexa("the signature is too long")
    try:
        return b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise NotFromAlexa("the signature is not base64") from None
