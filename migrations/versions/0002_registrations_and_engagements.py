"""Registrations, evidence files, engagements."""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "engagements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "environment",
                "carbon",
                "both",
                name="engagement_scope",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "active",
                "suspended",
                "declined",
                "ended",
                name="engagement_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_engagements_dates_in_order")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_engagements_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_engagements_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["firm_id"], ["organisations.id"], name=op.f("fk_engagements_firm_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"], name=op.f("fk_engagements_proposed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagements")),
        sa.UniqueConstraint("number", name=op.f("uq_engagements_number")),
    )
    op.create_index(op.f("ix_engagements_enterprise_id"), "engagements", ["enterprise_id"], unique=False)
    op.create_index(op.f("ix_engagements_firm_id"), "engagements", ["firm_id"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("applicant_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "accepted",
                "rejected",
                name="registration_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("district", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("receipt_number", sa.String(length=40), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["applicant_id"], ["users.id"], name=op.f("fk_registrations_applicant_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_registrations_decided_by_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_registrations_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("number", name=op.f("uq_registrations_number")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_registrations_receipt_number")),
    )
    op.create_index(op.f("ix_registrations_applicant_id"), "registrations", ["applicant_id"], unique=False)
    op.create_index(op.f("ix_registrations_district"), "registrations", ["district"], unique=False)
    op.create_index(
        "uq_registrations_uscc_open",
        "registrations",
        ["uscc"],
        unique=True,
        sqlite_where=sa.text("state IN ('submitted', 'returned', 'accepted')"),
        postgresql_where=sa.text("state IN ('submitted', 'returned', 'accepted')"),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=True),
        sa.Column("registration_id", sa.Integer(), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_for_firm_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_evidence_enterprise_id")
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_evidence_registration_id")
        ),
        sa.ForeignKeyConstraint(["replaces_id"], ["evidence.id"], name=op.f("fk_evidence_replaces_id")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["users.id"], name=op.f("fk_evidence_uploaded_by_id")),
        sa.ForeignKeyConstraint(
            ["uploaded_for_firm_id"], ["organisations.id"], name=op.f("fk_evidence_uploaded_for_firm_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_enterprise_id"), "evidence", ["enterprise_id"], unique=False)
    op.create_index(op.f("ix_evidence_registration_id"), "evidence", ["registration_id"], unique=False)
    op.create_index("ix_evidence_sha256", "evidence", ["sha256"], unique=False)
    op.create_table(
        "registration_sections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
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
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registrations.id"], name=op.f("fk_registration_sections_registration_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_registration_sections_updated_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_sections")),
        sa.UniqueConstraint(
            "registration_id", "key", name=op.f("uq_registration_sections_registration_id_key")
        ),
    )


def downgrade() -> None:
    """Remove the tables."""
    op.drop_table("registration_sections")
    op.drop_index("ix_evidence_sha256", table_name="evidence")
    op.drop_index(op.f("ix_evidence_registration_id"), table_name="evidence")
    op.drop_index(op.f("ix_evidence_enterprise_id"), table_name="evidence")
    op.drop_table("evidence")
    op.drop_index(
        "uq_registrations_uscc_open",
        table_name="registrations",
        sqlite_where=sa.text("state IN ('submitted', 'returned', 'accepted')"),
        postgresql_where=sa.text("state IN ('submitted', 'returned', 'accepted')"),
    )
    op.drop_index(op.f("ix_registrations_district"), table_name="registrations")
    op.drop_index(op.f("ix_registrations_applicant_id"), table_name="registrations")
    op.drop_table("registrations")
    op.drop_index(op.f("ix_engagements_firm_id"), table_name="engagements")
    op.drop_index(op.f("ix_engagements_enterprise_id"), table_name="engagements")
    op.drop_table("engagements")
