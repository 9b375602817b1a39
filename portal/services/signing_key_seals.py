"""Sealing: PAdES signatures in PDFs, a detached signature over a manifest, and checking both.

pyHanko takes a second to import, so it is imported at first use; ``warm_up`` loads it in a worker
before it forks. A seal is an invisible field: the place on the paper stays blank.
"""

import asyncio
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

from portal.config import Settings
from portal.domain.messages import N_
from portal.domain.signing_keys import KeyUnusable
from portal.models.database import Database
from portal.models.signing_keys import SigningKey
from portal.services.signing_key_material import passphrase
from portal.services.signing_keys import authority_certificates, check_usable, newest_key

log = logging.getLogger(__name__)

FIELD = "Seal"
DIGEST = "sha256"
TIMESTAMP_SECONDS = 10
#: What the readers of PDF and ASN.1 raise, beside errors of their own, over bytes that make no sense.
_DAMAGED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


_Result = TypeVar("_Result")


@dataclass(frozen=True)
class SealState:
    """What a check of one signature in a PDF found."""

    field: str
    #: Name and fingerprint of the certificate.
    subject: str
    fingerprint: str
    #: The signed bytes are as they were signed.
    intact: bool
    #: Nothing was added after the signature.
    whole: bool
    #: An authority that the checker trusts vouches for the certificate.
    trusted: bool
    signed_at: str
    timestamped: bool

    @property
    def good(self) -> bool:
        """Whether the file is, byte for byte, what the named organisation sealed."""
        return self.intact and self.whole and self.trusted


def seal_pdf(database: Database, settings: Settings, enterprise_id: int, content: bytes) -> tuple[bytes, str]:
    """Sign a PDF as PAdES B-B (B-T with TIMESTAMP_URL) with the organisation's key.

    Gives the bytes with the signature appended and the certificate's fingerprint; an organisation
    without a key gets its bytes back unchanged and "". Raises KeyUnusable when the newest key is
    revoked, out of its time or cannot be reached, or when the time stamp service does not answer.
    """
    key = usable_key(database, enterprise_id)
    if key is None:
        return content, ""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    with _signer(settings, key) as signer:
        metadata = signers.PdfSignatureMetadata(
            field_name=FIELD, md_algorithm=DIGEST, subfilter=fields.SigSeedSubFilter.PADES
        )
        sealed = _apart(
            partial(
                signers.sign_pdf,
                IncrementalPdfFileWriter(io.BytesIO(content)),
                metadata,
                signer=signer,
                timestamper=_time_stamper(settings),
                new_field_spec=fields.SigFieldSpec(FIELD),
            )
        )
    return bytes(sealed.getvalue()), key.fingerprint


def sign_detached(settings: Settings, key: SigningKey, content: bytes) -> bytes:
    """A detached CMS signature (DER) over ``content`` by a key that ``usable_key`` gave.

    Raises KeyUnusable when the key or the time stamp service cannot be reached.
    """
    with _signer(settings, key) as signer:
        stamper = _time_stamper(settings)
        signed = _apart(
            lambda: asyncio.run(signer.async_sign_general_data(content, DIGEST, timestamper=stamper))
        )
    return bytes(signed.dump())


def check_pdf(content: bytes, authorities: Sequence[str]) -> list[SealState]:
    """Check every signature in a PDF against certificates (PEM) of authorities, without the network.

    A file that cannot be read as PDF has no signatures.
    """
    from asn1crypto import pem, x509
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko_certvalidator import ValidationContext

    roots = [x509.Certificate.load(pem.unarmor(text.encode())[2]) for text in authorities]
    try:
        found = PdfFileReader(io.BytesIO(content)).embedded_regular_signatures
    except (PdfError, *_DAMAGED) as error:
        log.info("not a readable PDF: %r", error)
        return []
    return [
        _state(signature, ValidationContext(trust_roots=roots, allow_fetching=False)) for signature in found
    ]


def usable_key(database: Database, organisation_id: int) -> SigningKey | None:
    """The key that an organisation signs with now, None without one; raises KeyUnusable."""
    with database.reading() as session:
        key = newest_key(session, organisation_id)
    if key is not None:
        check_usable(key)
    return key


def known_authorities(database: Database) -> list[str]:
    """Certificates of this portal's own test authorities."""
    with database.reading() as session:
        return authority_certificates(session)


def warm_up() -> None:
    """Load what seals need."""
    import pyhanko.pdf_utils.incremental_writer
    import pyhanko.sign.signers  # noqa: F401 - loaded for good, before the worker forks


def _apart(work: Callable[[], _Result]) -> _Result:
    """Do ``work`` in a thread of its own: pyHanko starts an event loop, and the caller may be inside one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(work).result()


@contextmanager
def _signer(settings: Settings, key: SigningKey) -> Iterator[Any]:
    """The signer of a key, with whatever it holds open; failures of pyHanko become KeyUnusable."""
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.timestamps import TimestampRequestError

    try:
        if key.token_uri:
            with _token_signer(settings, key) as signer:
                yield signer
        else:
            yield _own_signer(settings, key)
    except (TimestampRequestError, TimeoutError) as error:
        log.warning("time stamp: %s", error)
        raise KeyUnusable(N_("时间戳服务没有应答，文件没有签发；请稍后再试")) from error
    except SigningError as error:
        log.warning("signing: %s", error)
        raise KeyUnusable(N_("印章签名失败，文件没有签发：%(what)s"), params={"what": error}) from error


def _own_signer(settings: Settings, key: SigningKey) -> Any:
    """Without the authority's certificate: it is not covered by the signature, and who checks has it."""
    from pyhanko.keys import load_private_key_from_pemder_data
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    try:
        private = load_private_key_from_pemder_data(
            key.private_key.encode(), passphrase=passphrase(settings.secret_key)
        )
    except ValueError as error:
        raise KeyUnusable(
            N_("印章密钥打不开：SECRET_KEY 与制作密钥时不同；请改回，或用 portal keys issue 换一把")
        ) from error
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # untyped in pyHanko
    return SimpleSigner(signing_cert=_certificate(key), signing_key=private, cert_registry=store)


@contextmanager
def _token_signer(settings: Settings, key: SigningKey) -> Iterator[Any]:
    """A signer whose key stays in a PKCS#11 token; needs the package python-pkcs11 and PKCS11_MODULE."""
    if not settings.pkcs11_module:
        raise KeyUnusable(N_("印章密钥在令牌里，但没有设置 PKCS11_MODULE；文件没有签发"))
    try:
        from pkcs11.exceptions import PKCS11Error
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
    except ImportError as error:
        raise KeyUnusable(N_("印章密钥在令牌里，但没有安装 python-pkcs11；文件没有签发")) from error
    parts = token_parts(key.token_uri)
    try:
        session = open_pkcs11_session(
            settings.pkcs11_module,
            token_criteria=TokenCriteria(label=parts.get("token")),
            user_pin=settings.pkcs11_pin or None,
        )
        with session:
            yield PKCS11Signer(session, signing_cert=_certificate(key), key_label=parts.get("object"))
    except PKCS11Error as error:
        raise KeyUnusable(N_("令牌没有应答，文件没有签发：%(what)s"), params={"what": error}) from error


def token_parts(uri: str) -> dict[str, str]:
    """The attributes of a PKCS#11 address (RFC 7512), such as token and object."""
    path = uri.removeprefix("pkcs11:").partition("?")[0]
    return {name: unquote(value) for name, value in parse_qsl(path.replace(";", "&").replace("+", "%2B"))}


def _certificate(key: SigningKey) -> Any:
    from pyhanko.keys import load_certs_from_pemder_data

    return next(iter(load_certs_from_pemder_data(key.certificate.encode())))


def _time_stamper(settings: Settings) -> Any:
    if not settings.timestamp_url:
        return None
    from pyhanko.sign.timestamps import HTTPTimeStamper

    return HTTPTimeStamper(settings.timestamp_url, timeout=TIMESTAMP_SECONDS)


def _state(signature: Any, context: Any) -> SealState:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import CMSExtractionError
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError

    try:
        status = _apart(partial(validate_pdf_signature, signature, context))
        certificate, moment = signature.signer_cert, signature.self_reported_timestamp
        return SealState(
            field=str(signature.field_name),
            subject=str(certificate.subject.human_friendly),
            fingerprint=certificate.sha256.hex(),
            intact=bool(status.intact and status.valid and _is_tight(signature.pkcs7_content)),
            whole=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
            trusted=bool(status.trusted),
            signed_at=moment.isoformat() if moment is not None else "",
            timestamped=status.timestamp_validity is not None,
        )
    except (SignatureValidationError, CMSExtractionError, PdfError, *_DAMAGED) as error:
        log.info("signature cannot be checked: %r", error)
        return SealState(
            FIELD, "", "", intact=False, whole=False, trusted=False, signed_at="", timestamped=False
        )


def _is_tight(contents: bytes) -> bool:
    """Whether only zeros follow the signature in the place that was kept free for it.

    That place is the one part of the file which the signature cannot cover.
    """
    from asn1crypto import cms

    length = len(cms.ContentInfo.load(contents).dump())
    return not contents[length:].strip(b"\0")
