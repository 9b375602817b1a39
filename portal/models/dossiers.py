"""Disclosures and dossiers: what is prepared, what it rests on, how its figures moved since."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.dossiers import DossierState
from portal.domain.periods import now
from portal.models.base import Base
from portal.models.organisations import Organisation
from portal.models.types import UtcDateTime, choice
from portal.models.users import User


class Dossier(Base):
    """One edition of a document of a kind about a subject; what was signed stands still."""

    __tablename__ = "dossiers"
    __table_args__ = (
        sa.UniqueConstraint("enterprise_id", "kind", "subject", "edition"),
        # Signed content is there from the signature on, and only then.
        sa.CheckConstraint(
            "(state IN ('draft', 'complete') AND content_sha256 IS NULL AND signed_by_id IS NULL) OR "
            "(state NOT IN ('draft', 'complete') AND content_sha256 IS NOT NULL "
            "AND signed_by_id IS NOT NULL)",
            name="signed_content",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    #: Id of its kind, which is the name of its report too, such as annual_disclosure.
    kind: Mapped[str] = mapped_column(sa.String(40), index=True)
    #: 2026, 2026-Q3, 2026-10, 2026-01/2026-06, an event's name, or a product's code and period.
    subject: Mapped[str] = mapped_column(sa.String(120))
    #: First and last month of its period, such as 2026-01; None where it has no period.
    first_month: Mapped[str | None] = mapped_column(sa.String(7))
    last_month: Mapped[str | None] = mapped_column(sa.String(7))
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("products.id"))
    edition: Mapped[int] = mapped_column(default=1)
    #: The edition before, which this one supersedes once it is issued.
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("dossiers.id"), unique=True)
    state: Mapped[DossierState] = mapped_column(choice(DossierState), default=DossierState.DRAFT)
    row_version: Mapped[int] = mapped_column(default=1)
    #: By question: a text, or rows of texts by column.
    answers: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    #: Canonical JSON of everything that the signature covers, and its SHA-256; None until it is signed.
    content: Mapped[str | None] = mapped_column(sa.Text)
    content_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    #: The last word of who reviewed it: why it was returned, or with what remark it was approved.
    review_comment: Mapped[str] = mapped_column(sa.Text, default="")
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    enterprise: Mapped[Organisation] = relationship()
    completed_by: Mapped[User | None] = relationship(foreign_keys=[completed_by_id])
    signed_by: Mapped[User | None] = relationship(foreign_keys=[signed_by_id])
    changed_by: Mapped[User | None] = relationship(foreign_keys=[changed_by_id])


class DossierSource(Base):
    """An accepted version that a signed dossier was made from."""

    __tablename__ = "dossier_sources"

    dossier_id: Mapped[int] = mapped_column(sa.ForeignKey("dossiers.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"), primary_key=True, index=True)
    #: Such as 2026-10; a month of the period, or of the year before that it is compared with.
    month: Mapped[str] = mapped_column(sa.String(7))


class DossierBase(Base):
    """Another dossier whose issued document this one rests on, such as a footprint."""

    __tablename__ = "dossier_bases"

    dossier_id: Mapped[int] = mapped_column(sa.ForeignKey("dossiers.id"), primary_key=True)
    base_id: Mapped[int] = mapped_column(sa.ForeignKey("dossiers.id"), primary_key=True, index=True)


class DossierComparison(Base):
    """How the headline figures of an issued dossier moved when one of its sources was restated."""

    __tablename__ = "dossier_comparisons"
    __table_args__ = (sa.UniqueConstraint("dossier_id", "sources_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(sa.ForeignKey("dossiers.id"))
    #: Hash of the present sources, so that the same comparison is kept once.
    sources_sha256: Mapped[str] = mapped_column(sa.String(64))
    compared_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    #: month, old and new version numbers
    changes: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    #: key, name, name_en, unit, old, new: decimal texts; None where the figure is not there.
    figures: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    #: Why the present sources give no document, with its parameters; empty when they do.
    problem: Mapped[str] = mapped_column(sa.Text, default="")
    problem_params: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
