"""The keys that Amazon signs with: their certificate chains, fetched, verified, and kept until they expire."""

import asyncio
import re
import ssl
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self
from warnings import catch_warnings

import certifi
import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from bridge.errors import NotFromAlexa

SIGNER = "echo-api.amazon.com"

# Only what needs no decoding and cannot be read in two ways: no userinfo, query, escapes or empty segments.
_URL = re.compile(r"(?i:https://s3\.amazonaws\.com)(?::443)?((?:/[A-Za-z0-9._~-]+)+)", re.ASCII)
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_HOST = "https://s3.amazonaws.com"
_FOLDER = "/echo.api/"
_MAX_URL_CHARS = 512
_MAX_CERTIFICATES = 10
_MAX_KEPT = 8
_FETCHED_AT_ONCE = 4
_BAD_EXTENSIONS = (
    ValueError,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class _Signer:
    """A verified key and the time in which every certificate of its chain is in date."""

    key: RSAPublicKey
    since: datetime
    until: datetime


class SigningKeys:
    """Enter it before the first key is asked for. `roots`, the clock and the limits are handed in by tests.

    A chain is fetched from Amazon's own address only, without following redirects, within `seconds` and up to
    `max_bytes`; it is kept until the first of its certificates expires.
    """

    def __init__(
        self,
        *,
        roots: Iterable[x509.Certificate] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        seconds: float = 2.5,
        max_bytes: int = 64 * 1024,
    ) -> None:
        self._roots = Store(list(trusted_roots() if roots is None else roots))
        self._now = now
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, _Signer] = OrderedDict()
        self._fetching = asyncio.Semaphore(_FETCHED_AT_ONCE)
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(
            verify=_trusted_servers(),
            follow_redirects=False,
            timeout=self._seconds,
            # A proxy named in the environment would see, and could choose, what is fetched.
            trust_env=False,
            limits=httpx.Limits(max_connections=_FETCHED_AT_ONCE),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def at(self, url: str) -> RSAPublicKey:
        """The key of the chain that lies at this address. Raises NotFromAlexa."""
        address = chain_address(url)
        signer = self._known(address)
        if signer is None:
            try:
                async with asyncio.timeout(self._seconds), self._fetching:
                    # Whoever waited for a turn may find that another one has fetched it.
                    signer = self._known(address) or await self._fetched(address)
            except TimeoutError:
                raise NotFromAlexa("the certificate chain did not arrive in time") from None
        return signer.key

    def _known(self, address: str) -> _Signer | None:
        signer = self._kept.get(address)
        if signer is None or not signer.since <= self._now() <= signer.until:
            return None
        self._kept.move_to_end(address)
        return signer

    async def _fetched(self, address: str) -> _Signer:
        signer = self._verified(await self._read(address))
        self._kept[address] = signer
        if len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return signer

    async def _read(self, address: str) -> bytes:
        if self._http is None:
            raise RuntimeError("the signing keys are used before they were entered")
        body = bytearray()
        try:
            # Not compressed, so that what arrives is what is counted.
            async with self._http.stream("GET", address, headers={"Accept-Encoding": "identity"}) as response:
                if response.status_code != 200:
                    raise NotFromAlexa(f"the certificate chain was answered with status {response.status_code}")
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > self._max_bytes:
                        raise NotFromAlexa("the certificate chain is too large")
        except httpx.HTTPError as error:
            raise NotFromAlexa("the certificate chain cannot be fetched") from error
        return bytes(body)

    def _verified(self, pem: bytes) -> _Signer:
        try:
            leaf, *others = x509.load_pem_x509_certificates(pem)
            if len(others) >= _MAX_CERTIFICATES:
                raise NotFromAlexa("the certificate chain has too many certificates")
            _check_name(leaf)
            verifier = PolicyBuilder().store(self._roots).time(self._now()).build_server_verifier(x509.DNSName(SIGNER))
            chain = verifier.verify(leaf, others)
        except VerificationError as error:
            raise NotFromAlexa("the certificate chain does not lead to a trusted root, or is out of date") from error
        except _BAD_EXTENSIONS as error:
            raise NotFromAlexa("the certificate chain cannot be read") from error
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey):
            raise NotFromAlexa("the certificate holds no RSA key")
        return _Signer(
            key,
            since=max(certificate.not_valid_before_utc for certificate in chain),
            until=min(certificate.not_valid_after_utc for certificate in chain),
        )


def chain_address(url: str) -> str:
    """Where a chain is fetched from: the URL with its path normalised. Raises NotFromAlexa.

    Amazon's rules: https, s3.amazonaws.com, port 443 or none, and a normalised path below /echo.api/, case-sensitive.
    """
    match = _URL.fullmatch(url) if len(url) <= _MAX_URL_CHARS else None
    path = _without_dots(match[1]) if match else ""
    if not path.startswith(_FOLDER):
        raise NotFromAlexa("SignatureCertChainUrl is not an address that Amazon signs from")
    return _HOST + path


@cache
def _trusted_servers() -> ssl.SSLContext:
    # Reading all of Mozilla's roots takes 30 ms: once in a process is enough.
    return ssl.create_default_context(cafile=certifi.where())


def trusted_roots() -> list[x509.Certificate]:
    """The roots that Mozilla trusts, Amazon's own among them, but for those that break RFC 5280."""
    bundle = Path(certifi.where()).read_bytes()
    return [root for block in _CERTIFICATE.findall(bundle) if (root := _root(block))]


def _root(block: bytes) -> x509.Certificate | None:
    # One that is not sound, such as an old root with a negative serial number, must not keep out the others.
    with catch_warnings(action="error", category=CryptographyDeprecationWarning):
        try:
            return x509.load_pem_x509_certificate(block)
        except (ValueError, CryptographyDeprecationWarning):
            return None


def _check_name(leaf: x509.Certificate) -> None:
    # The verifier would take a wildcard as well; Amazon's rule is that this very name is there.
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if SIGNER not in names.get_values_for_type(x509.DNSName):
        raise NotFromAlexa(f"the certificate is not one of {SIGNER}")


def _without_dots(path: str) -> str:
    """RFC 3986 §5.2.4, for a path of non-empty segments."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)
