"""Monthly records, their versions and values, evaluations, snapshots."""

import sqlalchemy as sa
from alembic import op

from portal.models.types import DecimalText, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "monthly_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "not_started",
                "draft",
                "ready_for_signoff",
                "submitted",
                "under_review",
                "pending_countersign",
                "returned",
                "accepted",
                "restatement_requested",
                "not_required",
                name="record_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amend_due_on", sa.Date(), nullable=True),
        sa.Column("current_version_id", sa.Integer(), nullable=True),
        sa.Column("official_version_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_monthly_records_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_records")),
        sa.UniqueConstraint("enterprise_id", "month", name=op.f("uq_monthly_records_enterprise_id_month")),
    )
    op.create_index(op.f("ix_monthly_records_state"), "monthly_records", ["state"], unique=False)
    op.create_table(
        "record_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "original",
                "amendment",
                "restatement",
                name="version_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "standing",
            sa.Enum(
                "working",
                "submitted",
                "recalled",
                "returned",
                "accepted",
                "superseded",
                name="version_standing",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("plan_version_id", sa.Integer(), nullable=False),
        sa.Column("based_on_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("ready_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["based_on_id"], ["record_versions.id"], name=op.f("fk_record_versions_based_on_id")
        ),
        sa.ForeignKeyConstraint(
            ["plan_version_id"], ["plan_versions.id"], name=op.f("fk_record_versions_plan_version_id")
        ),
        sa.ForeignKeyConstraint(["ready_by_id"], ["users.id"], name=op.f("fk_record_versions_ready_by_id")),
        sa.ForeignKeyConstraint(
            ["record_id"], ["monthly_records.id"], name=op.f("fk_record_versions_record_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_versions")),
        sa.UniqueConstraint("record_id", "number", name=op.f("uq_record_versions_record_id_number")),
    )
    op.create_table(
        "calculations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("guideline", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("total", DecimalText(), nullable=False),
        sa.Column("reported_total", DecimalText(), nullable=False),
        sa.Column("intensity", DecimalText(), nullable=True),
        sa.Column("output", DecimalText(), nullable=True),
        sa.Column("output_item", sa.String(length=80), nullable=False),
        sa.Column("subtotals", sa.JSON(), nullable=False),
        sa.Column("calculated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["record_versions.id"], name=op.f("fk_calculations_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calculations")),
    )
    op.create_index(op.f("ix_calculations_version_id"), "calculations", ["version_id"], unique=False)
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "done",
                "failed",
                name="job_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=True),
        sa.Column("packs", sa.JSON(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("undecidable", sa.Integer(), nullable=False),
        sa.Column("not_applicable", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["users.id"], name=op.f("fk_evaluations_requested_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["record_versions.id"], name=op.f("fk_evaluations_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
    )
    op.create_index(op.f("ix_evaluations_version_id"), "evaluations", ["version_id"], unique=False)
    op.create_table(
        "evidence_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(length=120), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_evidence_links_evidence_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["record_versions.id"], name=op.f("fk_evidence_links_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_links")),
        sa.UniqueConstraint(
            "version_id", "slot", "evidence_id", name=op.f("uq_evidence_links_version_id_slot_evidence_id")
        ),
    )
    op.create_index("ix_evidence_links_evidence_id", "evidence_links", ["evidence_id"], unique=False)
    op.create_table(
        "record_sections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column(
            "section",
            sa.Enum(
                "energy",
                "process",
                "power_heat",
                "output",
                "pollutants",
                "other",
                "evidence",
                name="section",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("editable", sa.Boolean(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("return_comment", sa.Text(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "undecided",
                "accept",
                "return",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_record_sections_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["record_versions.id"], name=op.f("fk_record_sections_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_sections")),
        sa.UniqueConstraint("version_id", "section", name=op.f("uq_record_sections_version_id_section")),
    )
    op.create_table(
        "record_values",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("stream_code", sa.String(length=20), nullable=False),
        sa.Column("parameter_key", sa.String(length=40), nullable=False),
        sa.Column("value", DecimalText(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=30), nullable=False),
        sa.Column(
            "acquisition",
            sa.Enum(
                "measured",
                "calculated",
                "design",
                "default",
                name="acquisition",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("meter_id", sa.Integer(), nullable=True),
        sa.Column("correction", sa.JSON(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_for_firm_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["meter_id"], ["meters.id"], name=op.f("fk_record_values_meter_id")),
        sa.ForeignKeyConstraint(["updated_by_id"], ["users.id"], name=op.f("fk_record_values_updated_by_id")),
        sa.ForeignKeyConstraint(
            ["updated_for_firm_id"], ["organisations.id"], name=op.f("fk_record_values_updated_for_firm_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["record_versions.id"], name=op.f("fk_record_values_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_values")),
        sa.UniqueConstraint(
            "version_id",
            "stream_code",
            "parameter_key",
            name=op.f("uq_record_values_version_id_stream_code_parameter_key"),
        ),
    )
    op.create_table(
        "statement_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("statement", sa.String(length=60), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("agreed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_statement_readings_user_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["record_versions.id"], name=op.f("fk_statement_readings_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_readings")),
        sa.UniqueConstraint(
            "version_id",
            "user_id",
            "statement",
            name=op.f("uq_statement_readings_version_id_user_id_statement"),
        ),
    )
    op.create_table(
        "calculation_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calculation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("stream_code", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=80), nullable=False),
        sa.Column("emission", DecimalText(), nullable=False),
        sa.Column("unrounded", DecimalText(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calculation_id"], ["calculations.id"], name=op.f("fk_calculation_lines_calculation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calculation_lines")),
    )
    op.create_index(
        op.f("ix_calculation_lines_calculation_id"), "calculation_lines", ["calculation_id"], unique=False
    )
    op.create_table(
        "check_results",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("check_version", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
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
        sa.Column("section", sa.String(length=20), nullable=False),
        sa.Column("cell", sa.String(length=80), nullable=False),
        sa.Column("slot", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_check_results_evaluation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_results")),
    )
    op.create_index(op.f("ix_check_results_evaluation_id"), "check_results", ["evaluation_id"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("receipt_number", sa.String(length=40), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("signed_by_id", sa.Integer(), nullable=False),
        sa.Column("statements", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("evaluation_id", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_snapshots_evaluation_id")
        ),
        sa.ForeignKeyConstraint(["signed_by_id"], ["users.id"], name=op.f("fk_snapshots_signed_by_id")),
        sa.ForeignKeyConstraint(["version_id"], ["record_versions.id"], name=op.f("fk_snapshots_version_id")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_snapshots_idempotency_key")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_snapshots_receipt_number")),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("snapshots")
    op.drop_index(op.f("ix_check_results_evaluation_id"), table_name="check_results")
    op.drop_table("check_results")
    op.drop_index(op.f("ix_calculation_lines_calculation_id"), table_name="calculation_lines")
    op.drop_table("calculation_lines")
    op.drop_table("statement_readings")
    op.drop_table("record_values")
    op.drop_table("record_sections")
    op.drop_index("ix_evidence_links_evidence_id", table_name="evidence_links")
    op.drop_table("evidence_links")
    op.drop_index(op.f("ix_evaluations_version_id"), table_name="evaluations")
    op.drop_table("evaluations")
    op.drop_index(op.f("ix_calculations_version_id"), table_name="calculations")
    op.drop_table("calculations")
    op.drop_table("record_versions")
    op.drop_index(op.f("ix_monthly_records_state"), table_name="monthly_records")
    op.drop_table("monthly_records")
