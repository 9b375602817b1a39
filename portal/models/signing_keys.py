"""Keys that documents are sealed with: certificates, and the private halves, locked."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.periods import now
from portal.domain.signing_keys import KeyKind
from portal.models.base import Base
from portal.models.types import UtcDateTime, choice


class SigningKey(Base):
    """A certificate with its private key; the newest of an organisation is the one that counts.

    Rows are kept for good: whoever checks an old seal finds its certificate here, and whether it was
    revoked.
    """

    __tablename__ = "signing_keys"
    __table_args__ = (
        sa.CheckConstraint(
            "(kind = 'authority') = (organisation_id IS NULL)", name="only_an_authority_has_no_organisation"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[KeyKind] = mapped_column(choice(KeyKind))
    organisation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("organisations.id"), index=True)
    #: Whom the certificate names, and who vouches for it, as RFC 4514 writes names.
    subject: Mapped[str] = mapped_column(sa.String(300))
    issuer: Mapped[str] = mapped_column(sa.String(300))
    #: PEM.
    certificate: Mapped[str] = mapped_column(sa.Text)
    #: SHA-256 of the certificate's DER bytes, in hexadecimal.
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    #: PKCS#8 in PEM, encrypted; empty when the key lies in a token.
    private_key: Mapped[str] = mapped_column(sa.Text, default="")
    #: RFC 7512, such as pkcs11:token=seal;object=key-1; empty when the key lies here.
    token_uri: Mapped[str] = mapped_column(sa.String(300), default="")
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_to: Mapped[datetime] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoke_reason: Mapped[str] = mapped_column(sa.String(300), default="")
