"""Carbon credits and sinks, and the serials that no two of them share."""

import sqlalchemy as sa
from alembic import op

from portal.models.types import DecimalText, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE TRIGGER credit_serials_once_insert BEFORE INSERT ON credit_serials WHEN EXISTS (SELECT 1 FROM credit_serials s WHERE s.registry_key = NEW.registry_key AND s.series = NEW.series AND s.first_number <= NEW.last_number AND s.last_number >= NEW.first_number AND s.credit_id <> NEW.credit_id) BEGIN SELECT RAISE(ABORT, 'a serial is used twice'); END",
    "CREATE TRIGGER credit_serials_once_update BEFORE UPDATE ON credit_serials WHEN EXISTS (SELECT 1 FROM credit_serials s WHERE s.registry_key = NEW.registry_key AND s.series = NEW.series AND s.first_number <= NEW.last_number AND s.last_number >= NEW.first_number AND s.credit_id <> NEW.credit_id) BEGIN SELECT RAISE(ABORT, 'a serial is used twice'); END",
    "CREATE TRIGGER credits_frozen_insert BEFORE INSERT ON credits WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = NEW.dossier_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) BEGIN SELECT RAISE(ABORT, 'a credit of a signed dossier is frozen'); END",
    "CREATE TRIGGER credits_frozen_update BEFORE UPDATE ON credits WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = OLD.dossier_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) OR EXISTS (SELECT 1 FROM dossiers d WHERE d.id = NEW.dossier_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) BEGIN SELECT RAISE(ABORT, 'a credit of a signed dossier is frozen'); END",
    "CREATE TRIGGER credits_frozen_delete BEFORE DELETE ON credits WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = OLD.dossier_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) BEGIN SELECT RAISE(ABORT, 'a credit of a signed dossier is frozen'); END",
    "CREATE TRIGGER credit_serials_frozen_insert BEFORE INSERT ON credit_serials WHEN EXISTS (SELECT 1 FROM credits c JOIN dossiers d ON d.id = c.dossier_id WHERE c.id = NEW.credit_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) BEGIN SELECT RAISE(ABORT, 'a credit of a signed dossier is frozen'); END",
    "CREATE TRIGGER credit_serials_frozen_update BEFORE UPDATE ON credit_serials WHEN EXISTS (SELECT 1 FROM credits c JOIN dossiers d ON d.id = c.dossier_id WHERE c.id = OLD.credit_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) OR EXISTS (SELECT 1 FROM credits c JOIN dossiers d ON d.id = c.dossier_id WHERE c.id = NEW.credit_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) BEGIN SELECT RAISE(ABORT, 'a credit of a signed dossier is frozen'); END",
    "CREATE TRIGGER credit_serials_frozen_delete BEFORE DELETE ON credit_serials WHEN EXISTS (SELECT 1 FROM credits c JOIN dossiers d ON d.id = c.dossier_id WHERE c.id = OLD.credit_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) BEGIN SELECT RAISE(ABORT, 'a credit of a signed dossier is frozen'); END",
)

SQLITE_DOWN = (
    "DROP TRIGGER credit_serials_frozen_delete",
    "DROP TRIGGER credit_serials_frozen_update",
    "DROP TRIGGER credit_serials_frozen_insert",
    "DROP TRIGGER credits_frozen_delete",
    "DROP TRIGGER credits_frozen_update",
    "DROP TRIGGER credits_frozen_insert",
    "DROP TRIGGER credit_serials_once_update",
    "DROP TRIGGER credit_serials_once_insert",
)

POSTGRESQL = (
    "CREATE FUNCTION refuse_serial_used_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(hashtextextended(NEW.registry_key || '|' || NEW.series, 13)); IF EXISTS (SELECT 1 FROM credit_serials s WHERE s.registry_key = NEW.registry_key AND s.series = NEW.series AND s.first_number <= NEW.last_number AND s.last_number >= NEW.first_number AND s.credit_id <> NEW.credit_id) THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'a serial is used twice'; END IF; RETURN NEW; END $$",
    "CREATE FUNCTION refuse_change_of_used_credit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM dossiers d WHERE d.id = OLD.dossier_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'a credit of a signed dossier is frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM dossiers d WHERE d.id = NEW.dossier_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'a credit of a signed dossier is frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE FUNCTION refuse_change_of_used_serials() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM credits c JOIN dossiers d ON d.id = c.dossier_id WHERE c.id = OLD.credit_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'a credit of a signed dossier is frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM credits c JOIN dossiers d ON d.id = c.dossier_id WHERE c.id = NEW.credit_id AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')) THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'a credit of a signed dossier is frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER credit_serials_once BEFORE INSERT OR UPDATE ON credit_serials FOR EACH ROW EXECUTE FUNCTION refuse_serial_used_twice()",
    "CREATE TRIGGER credits_frozen BEFORE INSERT OR UPDATE OR DELETE ON credits FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_credit()",
    "CREATE TRIGGER credit_serials_frozen BEFORE INSERT OR UPDATE OR DELETE ON credit_serials FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_serials()",
)

POSTGRESQL_DOWN = (
    "DROP TRIGGER credit_serials_frozen ON credit_serials",
    "DROP TRIGGER credits_frozen ON credits",
    "DROP TRIGGER credit_serials_once ON credit_serials",
    "DROP FUNCTION refuse_change_of_used_serials()",
    "DROP FUNCTION refuse_change_of_used_credit()",
    "DROP FUNCTION refuse_serial_used_twice()",
)


def upgrade() -> None:
    """Make the tables, then their triggers."""
    op.create_table(
        "credits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ccer",
                "vcs",
                "gs",
                "sink",
                "other",
                name="credit_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("registry_name", sa.String(length=120), nullable=False),
        sa.Column("project_id", sa.String(length=80), nullable=False),
        sa.Column("project_name", sa.String(length=200), nullable=False),
        sa.Column("methodology", sa.String(length=120), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("serial_from", sa.String(length=200), nullable=False),
        sa.Column("serial_to", sa.String(length=200), nullable=False),
        sa.Column("quantity", DecimalText(), nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=False),
        sa.Column("beneficiary", sa.String(length=200), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=True),
        sa.Column("dossier_id", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_credits_created_by_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_credits_dossier_id")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_credits_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_credits_evidence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
    )
    op.create_index(op.f("ix_credits_dossier_id"), "credits", ["dossier_id"], unique=False)
    op.create_index(op.f("ix_credits_enterprise_id"), "credits", ["enterprise_id"], unique=False)
    op.create_table(
        "credit_serials",
        sa.Column("credit_id", sa.Integer(), nullable=False),
        sa.Column("registry_key", sa.String(length=120), nullable=False),
        sa.Column("series", sa.String(length=200), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_number <= last_number", name=op.f("ck_credit_serials_forwards")),
        sa.ForeignKeyConstraint(["credit_id"], ["credits.id"], name=op.f("fk_credit_serials_credit_id")),
        sa.PrimaryKeyConstraint("credit_id", name=op.f("pk_credit_serials")),
        sa.UniqueConstraint(
            "registry_key",
            "series",
            "first_number",
            name=op.f("uq_credit_serials_registry_key_series_first_number"),
        ),
    )
    _run(SQLITE, POSTGRESQL)


def downgrade() -> None:
    """Take the triggers away, then the tables."""
    _run(SQLITE_DOWN, POSTGRESQL_DOWN)
    op.drop_table("credit_serials")
    op.drop_index(op.f("ix_credits_enterprise_id"), table_name="credits")
    op.drop_index(op.f("ix_credits_dossier_id"), table_name="credits")
    op.drop_table("credits")


def _run(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    connection = op.get_bind()
    for statement in sqlite if connection.dialect.name == "sqlite" else postgresql:
        connection.exec_driver_sql(statement)
