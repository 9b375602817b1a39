"""Check packs that a regulator writes: versions, dry-runs over filed months, the facts of those months."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.check_packs import FROZEN, UNDER_WAY, PackState
from portal.domain.periods import now
from portal.domain.workflow import JobState, Severity
from portal.models import triggers  # noqa: F401 - its functions are made before they are used here
from portal.models.base import Base
from portal.models.organisations import Organisation
from portal.models.types import UtcDateTime, choice
from portal.models.users import User

_UNDER_WAY = sa.text(f"state IN ({', '.join(repr(state.value) for state in UNDER_WAY)})")


class PackVersion(Base):
    """A version of a check pack, from its first draft on; once published it never changes."""

    __tablename__ = "check_pack_versions"
    __table_args__ = (
        sa.UniqueConstraint("pack_id", "version"),
        sa.CheckConstraint(
            "published_by_id IS NULL OR published_by_id <> author_id", "publisher_is_not_author"
        ),
        sa.CheckConstraint(
            "published_by_id IS NULL OR proposed_by_id IS NULL OR published_by_id <> proposed_by_id",
            "publisher_is_not_proposer",
        ),
        sa.CheckConstraint(
            "state NOT IN ('published', 'withdrawn') "
            "OR (published_by_id IS NOT NULL AND published_at IS NOT NULL AND effective_from <> '')",
            "published_is_complete",
        ),
        sa.Index(
            "uq_check_pack_versions_under_way",
            "pack_id",
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pack_id: Mapped[str] = mapped_column(sa.String(60))
    #: Such as 1.2: the second version made from the shipped version 1.
    version: Mapped[str] = mapped_column(sa.String(20))
    #: Version that it was copied from, shipped or published.
    based_on: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[PackState] = mapped_column(choice(PackState), default=PackState.DRAFT)
    row_version: Mapped[int] = mapped_column(default=1)
    #: The pack as the TOML text of its file, the facts of its cases included.
    content: Mapped[str] = mapped_column(sa.Text)
    content_sha256: Mapped[str] = mapped_column(sa.String(64))
    #: What has changed, in words, for those who are asked by it.
    note: Mapped[str] = mapped_column(sa.Text, default="")
    #: First month that it holds for, such as 2026-12; empty while nobody has said.
    effective_from: Mapped[str] = mapped_column(sa.String(7), default="")
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    #: Everybody who has changed it; none of them may publish it.
    editor_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    #: Why the second person sent it back.
    return_comment: Mapped[str] = mapped_column(sa.Text, default="")
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    withdraw_reason: Mapped[str] = mapped_column(sa.Text, default="")

    author: Mapped[User] = relationship(foreign_keys=author_id)
    updated_by: Mapped[User] = relationship(foreign_keys=updated_by_id)
    published_by: Mapped[User | None] = relationship(foreign_keys=published_by_id)


class MonthFacts(Base):
    """What the checks were told about a filed version: written at signing, never changed.

    ``content`` is made by ``checklists.stored``; ``input_hash`` is the hash of the same facts that the
    evaluation under the signature carries.
    """

    __tablename__ = "month_facts"

    version_id: Mapped[int] = mapped_column(sa.ForeignKey("record_versions.id"), primary_key=True)
    input_hash: Mapped[str] = mapped_column(sa.String(64))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)


class DryRun(Base):
    """A draft tried on all filed months; it speaks for the draft only while the hashes agree."""

    __tablename__ = "check_dry_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    pack_version_id: Mapped[int] = mapped_column(sa.ForeignKey("check_pack_versions.id"), index=True)
    content_sha256: Mapped[str] = mapped_column(sa.String(64))
    #: Version that it is compared with.
    compared_with: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[JobState] = mapped_column(choice(JobState), default=JobState.QUEUED)
    first_month: Mapped[str] = mapped_column(sa.String(7), default="")
    last_month: Mapped[str] = mapped_column(sa.String(7), default="")
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    requested_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    months: Mapped[int] = mapped_column(default=0)
    months_done: Mapped[int] = mapped_column(default=0)
    #: Counts by district, industry and check: see portal.services.dry_run_counts.
    summary: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    pack_version: Mapped[PackVersion] = relationship()


class DryRunChange(Base):
    """One answer that would become another: who would newly fail, who would no longer."""

    __tablename__ = "check_dry_run_changes"
    __table_args__ = (sa.Index("ix_check_dry_run_changes_run_check", "dry_run_id", "check_id", "is_new"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dry_run_id: Mapped[int] = mapped_column(sa.ForeignKey("check_dry_runs.id"))
    enterprise_id: Mapped[int] = mapped_column(sa.ForeignKey("organisations.id"))
    month: Mapped[str] = mapped_column(sa.String(7))
    district: Mapped[str] = mapped_column(sa.String(20))
    industry_code: Mapped[str] = mapped_column(sa.String(20))
    check_id: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str] = mapped_column(sa.String(120))
    severity: Mapped[Severity] = mapped_column(choice(Severity))
    #: True for a gap that would be new, False for one that would be gone.
    is_new: Mapped[bool]
    #: Message and the values looked at, as primitives.
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    enterprise: Mapped[Organisation] = relationship()


#: What a published version keeps, whoever tries.
KEPT = (
    *("pack_id", "version", "based_on", "content", "content_sha256", "effective_from", "author_id"),
    *("editor_ids", "proposed_by_id", "published_by_id", "published_at"),
)
_FROZEN = ", ".join(f"'{state.value}'" for state in FROZEN)


def sqlite_triggers() -> list[str]:
    """CREATE TRIGGER statements for SQLite."""
    # A text is compared as it is; JSON columns are text here.
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in KEPT)
    return [
        "CREATE TRIGGER check_pack_versions_frozen BEFORE UPDATE ON check_pack_versions "
        f"WHEN OLD.state IN ({_FROZEN}) AND (NEW.state NOT IN ({_FROZEN}) "
        f"OR (OLD.state = 'withdrawn' AND NEW.state <> 'withdrawn') OR {changed}) "
        "BEGIN SELECT RAISE(ABORT, 'a published pack is frozen'); END",
        "CREATE TRIGGER check_pack_versions_kept BEFORE DELETE ON check_pack_versions "
        f"WHEN OLD.state IN ({_FROZEN}) BEGIN SELECT RAISE(ABORT, 'a published pack is frozen'); END",
        *(
            f"CREATE TRIGGER month_facts_refuse_{verb} BEFORE {verb.upper()} ON month_facts "
            "BEGIN SELECT RAISE(ABORT, 'month_facts rows are frozen'); END"
            for verb in ("update", "delete")
        ),
    ]


def postgresql_triggers() -> list[str]:
    """CREATE FUNCTION and CREATE TRIGGER statements for PostgreSQL."""
    changed = " OR ".join(
        f"OLD.{column}{cast} IS DISTINCT FROM NEW.{column}{cast}"
        for column in KEPT
        for cast in ("::text" if column == "editor_ids" else "",)
    )
    return [
        "CREATE FUNCTION refuse_change_of_pack() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF OLD.state IN ({_FROZEN}) THEN IF TG_OP = 'DELETE' THEN "
        "RAISE EXCEPTION 'a published pack is frozen'; END IF; "
        f"IF NEW.state NOT IN ({_FROZEN}) OR (OLD.state = 'withdrawn' AND NEW.state <> 'withdrawn') "
        f"OR {changed} THEN RAISE EXCEPTION 'a published pack is frozen'; END IF; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER check_pack_versions_frozen BEFORE UPDATE OR DELETE ON check_pack_versions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_pack()",
        "CREATE TRIGGER month_facts_refuse_change BEFORE UPDATE OR DELETE ON month_facts "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ]


def _attach() -> None:
    for dialect, statements in (("sqlite", sqlite_triggers()), ("postgresql", postgresql_triggers())):
        for statement in statements:
            ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


_attach()
