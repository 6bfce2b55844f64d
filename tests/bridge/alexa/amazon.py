"""A made-up Amazon: certificate authority, signer and requests as Alexa sends them."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 3, 12, 18, 30, tzinfo=UTC)
SKILL_ID = "amzn1.ask.skill.01234567-89ab-cdef-0123-456789abcdef"
CHAIN_URL = "https://s3.amazonaws.com/echo.api/echo-api-cert-13.pem"
SIGNER = "echo-api.amazon.com"
ACCOUNT = "amzn1.ask.account.AGHQ7EXAMPLEHOUSEHOLD"
ADA = "amzn1.ask.person.ADAEXAMPLE"
BOB = "amzn1.ask.person.BOBEXAMPLE"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One key for each name, because making one takes a while."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Issued:
    """A certificate and what signs with it."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def issue(
    name: str,
    issuer: Issued | None,
    *,
    names: tuple[str, ...] = (),
    is_authority: bool = False,
    since: timedelta = timedelta(days=-10),
    until: timedelta = timedelta(days=30),
    key: Key | None = None,
) -> Issued:
    """A certificate, signed by its issuer or by itself; times are counted from NOW."""
    key = key or rsa_key(name)
    public, signer = key.public_key(), issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(issuer.certificate.subject if issuer else _named(name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + since)
        .not_valid_after(NOW + until)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(is_authority=is_authority), critical=True)
    )
    if not is_authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(usage, critical=False)
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(alternatives, critical=False)
    return Issued(builder.sign(signer, SHA256()), key)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=not is_authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Amazon:
    """The authority, and the leaf that signs; `chain` is what lies at CHAIN_URL."""

    root: Issued
    intermediate: Issued
    leaf: Issued

    @property
    def chain(self) -> bytes:
        return self.leaf.pem + self.intermediate.pem

    def leaf_with(self, **deviations: Any) -> Issued:
        """A leaf like the good one, but for what is given."""
        return issue("leaf", self.intermediate, **{"names": (SIGNER,), **deviations})

    def headers(self, body: bytes, *, url: str = CHAIN_URL, key: Key | None = None) -> dict[str, str]:
        """The headers that Amazon sends with this body."""
        return {
            "SignatureCertChainUrl": url,
            "Signature-256": signed(key or self.leaf.key, body, SHA256()),
            "Signature": signed(key or self.leaf.key, body, SHA1()),
            "Content-Type": "application/json; charset=utf-8",
        }


@cache
def amazon() -> Amazon:
    """The one made-up Amazon of a test run."""
    root = issue("root", None, is_authority=True, until=timedelta(days=3_650))
    intermediate = issue("intermediate", root, is_authority=True, until=timedelta(days=300))
    return Amazon(root, intermediate, issue("leaf", intermediate, names=(SIGNER,)))


def signed(key: Key, body: bytes, algorithm: HashAlgorithm) -> str:
    """The signature as it stands in the header."""
    if isinstance(key, rsa.RSAPrivateKey):
        return b64encode(key.sign(body, padding.PKCS1v15(), algorithm)).decode()
    return b64encode(key.sign(body, ec.ECDSA(algorithm))).decode()


@dataclass
class Said:
    """One request of Alexa's; `intent` and its slots only for an IntentRequest."""

    kind: str = "IntentRequest"
    intent: str = ""
    slots: Mapping[str, str | None] = field(default_factory=dict)
    person: str | None = None
    account: str = ACCOUNT
    attributes: Mapping[str, Any] = field(default_factory=dict)
    request_id: str = "amzn1.echo-api.request.0001"
    timestamp: str = "2026-03-12T18:30:00Z"
    locale: str = "en-US"
    skill_id: str = SKILL_ID
    session_skill_id: str | None = None
    device: str = "amzn1.ask.device.KITCHENEXAMPLE"
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Added at every level, as Amazon may do."""

    def body(self) -> dict[str, Any]:
        """The JSON of it."""
        user = {"userId": self.account, **self.extra}
        system: dict[str, Any] = {
            "application": {"applicationId": self.skill_id},
            "user": user,
            "device": {"deviceId": self.device, "supportedInterfaces": {}},
            "apiEndpoint": "https://api.amazonalexa.com",
            "apiAccessToken": "eyJ0eXAiOiJKV1QifQ.made-up",
            **self.extra,
        }
        if self.person:
            system["person"] = {"personId": self.person, "accessToken": "Atza|made-up", **self.extra}
        request = {
            "type": self.kind,
            "requestId": self.request_id,
            "timestamp": self.timestamp,
            "locale": self.locale,
            **self.extra,
        }
        if self.kind == "IntentRequest":
            request |= {"dialogState": "STARTED", "intent": self._intent()}
        if self.kind == "SessionEndedRequest":
            request["reason"] = "USER_INITIATED"
        session = {
            "new": not self.attributes,
            "sessionId": "amzn1.echo-api.session.0001",
            "application": {"applicationId": self.session_skill_id or self.skill_id},
            "attributes": dict(self.attributes),
            "user": user,
            **self.extra,
        }
        return {
            "version": "1.0",
            "session": session,
            "context": {"System": system, **self.extra},
            "request": request,
            **self.extra,
        }

    def encoded(self) -> bytes:
        return json.dumps(self.body(), ensure_ascii=False).encode()

    def _intent(self) -> dict[str, Any]:
        slots = {name: _slot(name, value, self.extra) for name, value in self.slots.items()}
        return {"name": self.intent, "confirmationStatus": "NONE", "slots": slots, **self.extra}


def _slot(name: str, value: str | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    slot = {"name": name, "confirmationStatus": "NONE", "source": "USER", **extra}
    return slot if value is None else {**slot, "value": value}


def remember(note: str | None, **more: Any) -> Said:
    """ "Remember that …"."""
    return Said(intent="RememberIntent", slots={"note": note}, **more)


def recall(query: str | None, **more: Any) -> Said:
    """ "What did I say about …"."""
    return Said(intent="RecallIntent", slots={"query": query}, **more)


def pair(code: str | None, **more: Any) -> Said:
    """ "My code is …"."""
    return Said(intent="PairIntent", slots={"code": code}, **more)
