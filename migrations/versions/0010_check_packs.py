"""Check packs that a regulator writes: versions, dry-runs, the facts of filed months."""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE TRIGGER check_pack_versions_frozen BEFORE UPDATE ON check_pack_versions WHEN OLD.state IN ('published', 'withdrawn') AND (NEW.state NOT IN ('published', 'withdrawn') OR (OLD.state = 'withdrawn' AND NEW.state <> 'withdrawn') OR OLD.pack_id IS NOT NEW.pack_id OR OLD.version IS NOT NEW.version OR OLD.based_on IS NOT NEW.based_on OR OLD.content IS NOT NEW.content OR OLD.content_sha256 IS NOT NEW.content_sha256 OR OLD.effective_from IS NOT NEW.effective_from OR OLD.author_id IS NOT NEW.author_id OR OLD.editor_ids IS NOT NEW.editor_ids OR OLD.proposed_by_id IS NOT NEW.proposed_by_id OR OLD.published_by_id IS NOT NEW.published_by_id OR OLD.published_at IS NOT NEW.published_at) BEGIN SELECT RAISE(ABORT, 'a published pack is frozen'); END",
    "CREATE TRIGGER check_pack_versions_kept BEFORE DELETE ON check_pack_versions WHEN OLD.state IN ('published', 'withdrawn') BEGIN SELECT RAISE(ABORT, 'a published pack is frozen'); END",
    "CREATE TRIGGER month_facts_refuse_update BEFORE UPDATE ON month_facts BEGIN SELECT RAISE(ABORT, 'month_facts rows are frozen'); END",
    "CREATE TRIGGER month_facts_refuse_delete BEFORE DELETE ON month_facts BEGIN SELECT RAISE(ABORT, 'month_facts rows are frozen'); END",
)

POSTGRESQL = (
    "CREATE FUNCTION refuse_change_of_pack() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state IN ('published', 'withdrawn') THEN IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a published pack is frozen'; END IF; IF NEW.state NOT IN ('published', 'withdrawn') OR (OLD.state = 'withdrawn' AND NEW.state <> 'withdrawn') OR OLD.pack_id IS DISTINCT FROM NEW.pack_id OR OLD.version IS DISTINCT FROM NEW.version OR OLD.based_on IS DISTINCT FROM NEW.based_on OR OLD.content IS DISTINCT FROM NEW.content OR OLD.content_sha256 IS DISTINCT FROM NEW.content_sha256 OR OLD.effective_from IS DISTINCT FROM NEW.effective_from OR OLD.author_id IS DISTINCT FROM NEW.author_id OR OLD.editor_ids::text IS DISTINCT FROM NEW.editor_ids::text OR OLD.proposed_by_id IS DISTINCT FROM NEW.proposed_by_id OR OLD.published_by_id IS DISTINCT FROM NEW.published_by_id OR OLD.published_at IS DISTINCT FROM NEW.published_at THEN RAISE EXCEPTION 'a published pack is frozen'; END IF; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER check_pack_versions_frozen BEFORE UPDATE OR DELETE ON check_pack_versions FOR EACH ROW EXECUTE FUNCTION refuse_change_of_pack()",
    "CREATE TRIGGER month_facts_refuse_change BEFORE UPDATE OR DELETE ON month_facts FOR EACH ROW EXECUTE FUNCTION refuse_change()",
)

#: SQLite drops a table's triggers with the table.
POSTGRESQL_DOWN = (
    "DROP TRIGGER month_facts_refuse_change ON month_facts",
    "DROP TRIGGER check_pack_versions_frozen ON check_pack_versions",
    "DROP FUNCTION refuse_change_of_pack()",
)


def upgrade() -> None:
    """Make the tables and put the triggers in place."""
    _make_versions()
    _make_dry_runs()
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        connection.exec_driver_sql(statement)


def _make_versions() -> None:
    op.create_table(
        "check_pack_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("based_on", sa.String(length=20), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "proposed",
                "published",
                "withdrawn",
                "discarded",
                name="pack_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.String(length=7), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("updated_by_id", sa.Integer(), nullable=False),
        sa.Column("editor_ids", sa.JSON(), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("return_comment", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("withdraw_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('published', 'withdrawn') OR (published_by_id IS NOT NULL AND published_at IS NOT NULL AND effective_from <> '')",
            name=op.f("ck_check_pack_versions_published_is_complete"),
        ),
        sa.CheckConstraint(
            "published_by_id IS NULL OR proposed_by_id IS NULL OR published_by_id <> proposed_by_id",
            name=op.f("ck_check_pack_versions_publisher_is_not_proposer"),
        ),
        sa.CheckConstraint(
            "published_by_id IS NULL OR published_by_id <> author_id",
            name=op.f("ck_check_pack_versions_publisher_is_not_author"),
        ),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=op.f("fk_check_pack_versions_author_id")),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["users.id"], name=op.f("fk_check_pack_versions_proposed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["users.id"], name=op.f("fk_check_pack_versions_published_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_check_pack_versions_updated_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["users.id"], name=op.f("fk_check_pack_versions_withdrawn_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_pack_versions")),
        sa.UniqueConstraint("pack_id", "version", name=op.f("uq_check_pack_versions_pack_id_version")),
    )
    op.create_index(
        "uq_check_pack_versions_under_way",
        "check_pack_versions",
        ["pack_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('draft', 'proposed')"),
        postgresql_where=sa.text("state IN ('draft', 'proposed')"),
    )


def _make_dry_runs() -> None:
    op.create_table(
        "check_dry_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack_version_id", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("compared_with", sa.String(length=20), nullable=False),
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
        sa.Column("first_month", sa.String(length=7), nullable=False),
        sa.Column("last_month", sa.String(length=7), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("months_done", sa.Integer(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pack_version_id"], ["check_pack_versions.id"], name=op.f("fk_check_dry_runs_pack_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["users.id"], name=op.f("fk_check_dry_runs_requested_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_dry_runs")),
    )
    op.create_index(
        op.f("ix_check_dry_runs_pack_version_id"), "check_dry_runs", ["pack_version_id"], unique=False
    )
    op.create_table(
        "check_dry_run_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dry_run_id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("district", sa.String(length=20), nullable=False),
        sa.Column("industry_code", sa.String(length=20), nullable=False),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
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
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dry_run_id"], ["check_dry_runs.id"], name=op.f("fk_check_dry_run_changes_dry_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_check_dry_run_changes_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_dry_run_changes")),
    )
    op.create_index(
        "ix_check_dry_run_changes_run_check",
        "check_dry_run_changes",
        ["dry_run_id", "check_id", "is_new"],
        unique=False,
    )
    op.create_table(
        "month_facts",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["record_versions.id"], name=op.f("fk_month_facts_version_id")
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_month_facts")),
    )


def downgrade() -> None:
    """Remove the tables."""
    connection = op.get_bind()
    for statement in () if connection.dialect.name == "sqlite" else POSTGRESQL_DOWN:
        connection.exec_driver_sql(statement)
    op.drop_table("month_facts")
    op.drop_index("ix_check_dry_run_changes_run_check", table_name="check_dry_run_changes")
    op.drop_table("check_dry_run_changes")
    op.drop_index(op.f("ix_check_dry_runs_pack_version_id"), table_name="check_dry_runs")
    op.drop_table("check_dry_runs")
    op.drop_index(
        "uq_check_pack_versions_under_way",
        table_name="check_pack_versions",
        sqlite_where=sa.text("state IN ('draft', 'proposed')"),
        postgresql_where=sa.text("state IN ('draft', 'proposed')"),
    )
    op.drop_table("check_pack_versions")
