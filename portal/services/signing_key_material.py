"""Making keys and certificates, and locking the private half away. No rows here."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from portal.domain.messages import N_
from portal.domain.periods import now
from portal.domain.signing_keys import TEST_AUTHORITY, KeyUnusable

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

#: RSA, because PDF 1.7 and old readers know no elliptic curves.
BITS = 3072
AUTHORITY_LIFE = timedelta(days=3650)
KEY_LIFE = timedelta(days=730)
#: Clocks differ: a certificate counts from a little before it was made.
CLOCK = timedelta(minutes=5)
LONGEST_NAME = 64  # X.520, ub-common-name


@dataclass(frozen=True)
class Material:
    """A certificate as its row keeps it; ``private_key`` is empty where the key lies elsewhere."""

    subject: str
    issuer: str
    certificate: str
    fingerprint: str
    private_key: str
    valid_from: datetime
    valid_to: datetime


def make_authority(secret: str) -> Material:
    """A new test authority, which vouches for itself."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    key = _new_key()
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Carbon Steward"),
            x509.NameAttribute(NameOID.COMMON_NAME, TEST_AUTHORITY),
        ]
    )
    start = now().replace(microsecond=0) - CLOCK
    certificate = _signed(name, name, key, key, (start, start + AUTHORITY_LIFE), authority=True)
    return _material(certificate, lock(key, secret))


def make_organisation_key(name: str, uscc: str, authority: Material, secret: str) -> Material:
    """A new key for seals of an organisation, vouched for by the test authority.

    Raises KeyUnusable when the authority's own key cannot be unlocked.
    """
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    key, issuer = _new_key(), read_certificate(authority.certificate)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:LONGEST_NAME]),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, uscc),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_NAME]),
        ]
    )
    start = now().replace(microsecond=0) - CLOCK
    end = min(start + KEY_LIFE, authority.valid_to)
    signer = unlock(authority.private_key, secret)
    certificate = _signed(subject, issuer.subject, key, signer, (start, end), authority=False)
    return _material(certificate, lock(key, secret))


def outside_material(certificate: bytes) -> Material:
    """What a certificate in PEM says, for a key that lies in a token; raises KeyUnusable."""
    try:
        return _material(read_certificate(certificate.decode("ascii")), "")
    except ValueError as error:
        raise KeyUnusable(N_("证书文件读不出来；需要 PEM 格式")) from error


def read_certificate(pem: str) -> "x509.Certificate":
    """Read a certificate; raises ValueError for anything else."""
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem.encode())


def lock(key: "RSAPrivateKey", secret: str) -> str:
    """The private key as encrypted PKCS#8 in PEM."""
    from cryptography.hazmat.primitives import serialization

    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase(secret)),
    ).decode()


def unlock(private_key: str, secret: str) -> "RSAPrivateKey":
    """The private key of an encrypted PEM; raises KeyUnusable when this portal's secret does not fit."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    try:
        key = serialization.load_pem_private_key(private_key.encode(), passphrase(secret))
    except ValueError as error:
        raise KeyUnusable(
            N_("印章密钥打不开：SECRET_KEY 与制作密钥时不同；请改回，或用 portal keys issue 换一把")
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise KeyUnusable(N_("印章密钥不是 RSA 密钥"))
    return key


def passphrase(secret: str) -> bytes:
    """What private keys are locked with: follows from the portal's secret, and is of no other use."""
    return hmac.new(secret.encode(), b"signing keys", hashlib.sha256).hexdigest().encode()


def _new_key() -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=BITS)


def _signed(
    subject: "x509.Name",
    issuer: "x509.Name",
    key: "RSAPrivateKey",
    signer: "RSAPrivateKey",
    times: tuple[datetime, datetime],
    *,
    authority: bool,
) -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    usage = x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(times[0])
        .not_valid_after(times[1])
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True
        )
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )


def _material(certificate: "x509.Certificate", private_key: str) -> Material:
    from cryptography.hazmat.primitives import hashes, serialization

    return Material(
        subject=certificate.subject.rfc4514_string()[:300],
        issuer=certificate.issuer.rfc4514_string()[:300],
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        private_key=private_key,
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )
