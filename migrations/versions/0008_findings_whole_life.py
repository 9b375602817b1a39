"""Findings' whole life: waivers asked, extensions, look-back, findings without a month, doubtful points."""

import sqlalchemy as sa
from alembic import op

from portal.models.types import DecimalText, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SOURCES = ("source IN ('check', 'review')", "source IN ('check', 'review', 'visit', 'pattern')")
STATES = (
    "state IN ('open', 'responded', 'returned', 'explained', 'waived', 'closed')",
    "state IN ('open', 'responded', 'returned', 'explained', 'waiver_asked', 'waived', 'closed')",
)
#: What SQLite's own text of the table says before, and after.
SQLITE = (
    SOURCES,
    STATES,
    ("record_id INTEGER NOT NULL", "record_id INTEGER"),
    ("waived_until DATE, ", "waived_until DATE, closed_as VARCHAR(20) NOT NULL, look_back_on DATE, "),
)


def upgrade() -> None:
    """Widen the findings and make the tables beside them."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild([(old, new) for old, new in SQLITE], "*, '', NULL")
    else:
        _widen()
    op.execute("UPDATE findings SET closed_as = 'mended' WHERE state = 'closed'")
    _make_tables()


def downgrade() -> None:
    """Remove them; what the older tables cannot hold goes with them."""
    _drop_tables()
    newer = "SELECT id FROM findings WHERE record_id IS NULL OR source NOT IN ('check', 'review')"
    op.execute(f"DELETE FROM rectifications WHERE finding_id IN ({newer})")  # noqa: S608 - our own words
    op.execute("DELETE FROM findings WHERE record_id IS NULL OR source NOT IN ('check', 'review')")
    op.execute("UPDATE findings SET state = 'open' WHERE state = 'waiver_asked'")
    if op.get_bind().dialect.name == "sqlite":
        columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns("findings")]
        kept = [name for name in columns if name not in ("closed_as", "look_back_on")]
        _rebuild([(new, old) for old, new in SQLITE], ", ".join(kept))
    else:
        _narrow()


def _rebuild(changes: list[tuple[str, str]], columns: str) -> None:
    """Make the table anew from its own text with ``changes``; rows and indexes come back.

    Rows of other tables refer to it: SQLite looks at that only when all are back.
    """
    connection = op.get_bind()
    read = "SELECT sql FROM sqlite_master WHERE tbl_name = 'findings' AND type = '{}' AND sql IS NOT NULL"
    table = str(connection.exec_driver_sql(read.format("table")).scalar_one())
    table = " ".join(table.split()).replace('"', "")
    indexes = connection.exec_driver_sql(read.format("index")).scalars().all()
    for before, after in changes:
        if before not in table:
            raise RuntimeError(f"the table of findings does not say {before!r}")
        table = table.replace(before, after)
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE kept AS SELECT {columns} FROM findings")  # noqa: S608 - own
    connection.exec_driver_sql("DROP TABLE findings")
    for statement in (table, "INSERT INTO findings SELECT * FROM kept", "DROP TABLE kept", *indexes):
        connection.exec_driver_sql(statement)


def _widen() -> None:
    op.alter_column("findings", "record_id", existing_type=sa.Integer(), nullable=True)
    op.add_column("findings", sa.Column("closed_as", sa.String(20), nullable=False, server_default=""))
    op.alter_column("findings", "closed_as", server_default=None)
    op.add_column("findings", sa.Column("look_back_on", sa.Date(), nullable=True))
    _choices(SOURCES[1], STATES[1])


def _narrow() -> None:
    _choices(SOURCES[0], STATES[0])
    op.drop_column("findings", "look_back_on")
    op.drop_column("findings", "closed_as")
    op.alter_column("findings", "record_id", existing_type=sa.Integer(), nullable=False)


def _choices(sources: str, states: str) -> None:
    for name, condition in (("finding_source", sources), ("finding_state", states)):
        full = op.f(f"ck_findings_{name}")
        op.drop_constraint(full, "findings", type_="check")
        op.create_check_constraint(full, "findings", condition)


def _make_tables() -> None:
    op.create_table(
        "pattern_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("enterprises", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_pattern_runs_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pattern_runs")),
    )
    op.create_index(op.f("ix_pattern_runs_month"), "pattern_runs", ["month"], unique=False)
    op.create_table(
        "waivers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("stream_code", sa.String(length=20), nullable=False),
        sa.Column("month_from", sa.String(length=7), nullable=False),
        sa.Column("month_to", sa.String(length=7), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_waivers_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["granted_by_id"], ["users.id"], name=op.f("fk_waivers_granted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waivers")),
    )
    op.create_index("ix_waivers_enterprise_check", "waivers", ["enterprise_id", "check_id"], unique=False)
    op.create_table(
        "finding_reminders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.id"], name=op.f("fk_finding_reminders_finding_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_reminders")),
        sa.UniqueConstraint(
            "finding_id", "kind", "due_on", name=op.f("uq_finding_reminders_finding_id_kind_due_on")
        ),
    )
    op.create_table(
        "finding_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["users.id"], name=op.f("fk_finding_requests_asked_by_id")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_finding_requests_decided_by_id")
        ),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_finding_requests_finding_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_requests")),
    )
    op.create_index(op.f("ix_finding_requests_finding_id"), "finding_requests", ["finding_id"], unique=False)
    op.create_index(
        "uq_finding_requests_open",
        "finding_requests",
        ["finding_id", "kind"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "suspicions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("pattern", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "blocking",
                "explain",
                "note",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_suspicions_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_suspicions_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_suspicions_finding_id")),
        sa.ForeignKeyConstraint(["run_id"], ["pattern_runs.id"], name=op.f("fk_suspicions_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspicions")),
        sa.UniqueConstraint(
            "enterprise_id",
            "pattern",
            "month",
            "subject",
            name=op.f("uq_suspicions_enterprise_id_pattern_month_subject"),
        ),
    )
    op.create_index("ix_suspicions_state", "suspicions", ["state"], unique=False)
    op.create_table(
        "evidence_images",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_images_evidence_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_images")),
        sa.UniqueConstraint(
            "evidence_id", "page", "sha256", name=op.f("uq_evidence_images_evidence_id_page_sha256")
        ),
    )
    op.create_index("ix_evidence_images_sha256", "evidence_images", ["sha256"], unique=False)
    op.create_table(
        "lab_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("stream_code", sa.String(length=20), nullable=False),
        sa.Column("parameter_key", sa.String(length=40), nullable=False),
        sa.Column("month_from", sa.String(length=7), nullable=False),
        sa.Column("month_to", sa.String(length=7), nullable=False),
        sa.Column("report_number", sa.String(length=80), nullable=False),
        sa.Column("batch", sa.String(length=80), nullable=False),
        sa.Column("laboratory", sa.String(length=120), nullable=False),
        sa.Column("accreditation", sa.String(length=80), nullable=False),
        sa.Column("accredited_until", sa.Date(), nullable=True),
        sa.Column("in_scope", sa.Boolean(), nullable=True),
        sa.Column("sampled_on", sa.Date(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("tested_on", sa.Date(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("value", DecimalText(), nullable=True),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("noted_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_lab_reports_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_lab_reports_evidence_id")),
        sa.ForeignKeyConstraint(["noted_by_id"], ["users.id"], name=op.f("fk_lab_reports_noted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_reports")),
    )
    op.create_index(
        "ix_lab_reports_enterprise_stream", "lab_reports", ["enterprise_id", "stream_code"], unique=False
    )
    op.create_index("ix_lab_reports_report_number", "lab_reports", ["report_number"], unique=False)


def _drop_tables() -> None:
    op.drop_index("ix_lab_reports_report_number", table_name="lab_reports")
    op.drop_index("ix_lab_reports_enterprise_stream", table_name="lab_reports")
    op.drop_table("lab_reports")
    op.drop_index("ix_evidence_images_sha256", table_name="evidence_images")
    op.drop_table("evidence_images")
    op.drop_index("ix_suspicions_state", table_name="suspicions")
    op.drop_table("suspicions")
    op.drop_index(
        "uq_finding_requests_open",
        table_name="finding_requests",
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index(op.f("ix_finding_requests_finding_id"), table_name="finding_requests")
    op.drop_table("finding_requests")
    op.drop_table("finding_reminders")
    op.drop_index("ix_waivers_enterprise_check", table_name="waivers")
    op.drop_table("waivers")
    op.drop_index(op.f("ix_pattern_runs_month"), table_name="pattern_runs")
    op.drop_table("pattern_runs")
