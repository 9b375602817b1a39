"""The life of keys for seals: made or taken in, used while they count, revoked."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.errors import Conflict, Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.domain.signing_keys import KeyKind, KeyUnusable
from portal.models.organisations import Organisation
from portal.models.signing_keys import SigningKey
from portal.services.events import record_event
from portal.services.signing_key_material import (
    Material,
    make_authority,
    make_organisation_key,
    outside_material,
)

RFC_7512 = "pkcs11:"
LONGEST_REASON = 300


def create_authority(session: Session, secret: str) -> SigningKey:
    """Make the test authority; there is one at a time.

    Raises Conflict while another is in force.
    """
    present = newest_key(session, None)
    if present is not None and is_usable(present):
        raise Conflict(
            N_("测试签发机构已经有了：%(fingerprint)s"), params={"fingerprint": present.fingerprint}
        )
    return _enter(session, make_authority(secret), None, "signing_key.authority_made")


def issue_key(session: Session, secret: str, uscc: str) -> SigningKey:
    """Make a key for the organisation with this credit code; it replaces an earlier one from now on.

    Raises NotFound for an unknown organisation, Invalid without a test authority, KeyUnusable when the
    authority was revoked, has run out, or cannot be unlocked.
    """
    organisation = _organisation(session, uscc)
    authority = newest_key(session, None)
    if authority is None:
        raise Invalid(N_("还没有测试签发机构；请先运行 portal keys authority"))
    check_usable(authority)
    material = make_organisation_key(organisation.name, organisation.uscc, material_of(authority), secret)
    return _enter(session, material, organisation, "signing_key.issued")


def register_token(session: Session, uscc: str, certificate: bytes, token_uri: str) -> SigningKey:
    """Enter a key that lies in a token outside, by its certificate (PEM) and its RFC 7512 address.

    Raises NotFound for an unknown organisation, Invalid for another kind of address or a certificate
    that is entered already, KeyUnusable for a file that is no certificate.
    """
    organisation = _organisation(session, uscc)
    if not token_uri.startswith(RFC_7512) or len(token_uri) > LONGEST_REASON:
        raise Invalid(N_("令牌地址以 pkcs11: 开头，最多 300 字"), path="token_uri")
    material = outside_material(certificate)
    if find_key(session, material.fingerprint) is not None:
        raise Invalid(N_("这张证书已经登记"), path="certificate")
    return _enter(session, material, organisation, "signing_key.registered", token_uri)


def revoke_key(session: Session, fingerprint: str, reason: str) -> SigningKey:
    """Revoke a key: nothing more is sealed with it, and checks of its seals say so.

    ``fingerprint`` may be cut short to no fewer than eight digits. Raises NotFound for an unknown or
    ambiguous one, Invalid without a reason or when it is revoked already.
    """
    text = fingerprint.lower().replace(":", "")
    found = session.scalars(
        sa.select(SigningKey)
        .where(SigningKey.fingerprint.startswith(text, autoescape=True))
        .with_for_update()
    ).all()
    if len(text) < 8 or len(found) != 1:
        raise NotFound(N_("没有这把密钥，或指纹给得太短"))
    key = found[0]
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid(N_("请写明吊销的理由，最多 300 字"), path="reason")
    if key.revoked_at is not None:
        raise Invalid(N_("这把密钥已经吊销"), path="fingerprint")
    key.revoked_at, key.revoke_reason = now(), reason.strip()
    _tell(session, key, "signing_key.revoked", reason=key.revoke_reason)
    return key


def newest_key(session: Session, organisation_id: int | None) -> SigningKey | None:
    """The key that counts for an organisation (None: the test authority), usable or not."""
    owner = (
        SigningKey.organisation_id.is_(None)
        if organisation_id is None
        else SigningKey.organisation_id == organisation_id
    )
    return session.scalar(sa.select(SigningKey).where(owner).order_by(SigningKey.id.desc()).limit(1))


def find_key(session: Session, fingerprint: str) -> SigningKey | None:
    """The key with this whole fingerprint."""
    return session.scalar(sa.select(SigningKey).where(SigningKey.fingerprint == fingerprint))


def all_keys(session: Session) -> list[SigningKey]:
    """Every key that there ever was, oldest first."""
    return list(session.scalars(sa.select(SigningKey).order_by(SigningKey.id)))


def authority_certificates(session: Session) -> list[str]:
    """Certificates (PEM) of every test authority that there ever was: what seals are checked against."""
    return list(
        session.scalars(sa.select(SigningKey.certificate).where(SigningKey.kind == KeyKind.AUTHORITY))
    )


def is_usable(key: SigningKey) -> bool:
    """Whether something may be signed with the key now."""
    return key.revoked_at is None and key.valid_from <= now() < key.valid_to


def check_usable(key: SigningKey) -> None:
    """Raise KeyUnusable, saying why, when nothing may be signed with the key now."""
    told = {"subject": key.subject, "reason": key.revoke_reason}
    if key.revoked_at is not None:
        raise KeyUnusable(N_("印章密钥已吊销：%(subject)s（%(reason)s）；文件没有签发"), params=told)
    if key.valid_to <= now():
        raise KeyUnusable(N_("印章密钥已过期：%(subject)s；文件没有签发"), params=told)
    if key.valid_from > now():
        raise KeyUnusable(N_("印章密钥还没有生效：%(subject)s；文件没有签发"), params=told)


def material_of(key: SigningKey) -> Material:
    """The row without its life."""
    return Material(
        subject=key.subject,
        issuer=key.issuer,
        certificate=key.certificate,
        fingerprint=key.fingerprint,
        private_key=key.private_key,
        valid_from=key.valid_from,
        valid_to=key.valid_to,
    )


def _organisation(session: Session, uscc: str) -> Organisation:
    found = session.scalar(sa.select(Organisation).where(Organisation.uscc == uscc.strip().upper()))
    if found is None:
        raise NotFound(N_("没有这个统一社会信用代码的机构"))
    return found


def _enter(
    session: Session, material: Material, organisation: Organisation | None, action: str, token_uri: str = ""
) -> SigningKey:
    key = SigningKey(
        kind=KeyKind.ORGANISATION if organisation else KeyKind.AUTHORITY,
        organisation_id=organisation.id if organisation else None,
        subject=material.subject,
        issuer=material.issuer,
        certificate=material.certificate,
        fingerprint=material.fingerprint,
        private_key=material.private_key,
        token_uri=token_uri,
        valid_from=material.valid_from,
        valid_to=material.valid_to,
    )
    session.add(key)
    session.flush()
    _tell(session, key, action, valid_to=key.valid_to.isoformat())
    return key


def _tell(session: Session, key: SigningKey, action: str, **more: str) -> None:
    record_event(
        session,
        None,
        action,
        "signing_key",
        key.id,
        enterprise_id=key.organisation_id,
        after={"fingerprint": key.fingerprint, "subject": key.subject, **more},
    )
