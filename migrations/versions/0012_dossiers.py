"""Dossiers: what is prepared and signed beside the months; an issued document is made of one or the other."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portal.models.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE TRIGGER dossiers_signed_update BEFORE UPDATE ON dossiers WHEN OLD.state = 'issued' OR (OLD.content_sha256 IS NOT NULL AND NEW.content_sha256 IS NOT NULL AND (OLD.enterprise_id IS NOT NEW.enterprise_id OR OLD.kind IS NOT NEW.kind OR OLD.subject IS NOT NEW.subject OR OLD.first_month IS NOT NEW.first_month OR OLD.last_month IS NOT NEW.last_month OR OLD.product_id IS NOT NEW.product_id OR OLD.edition IS NOT NEW.edition OR OLD.replaces_id IS NOT NEW.replaces_id OR OLD.content IS NOT NEW.content OR OLD.content_sha256 IS NOT NEW.content_sha256 OR OLD.signed_at IS NOT NEW.signed_at OR OLD.signed_by_id IS NOT NEW.signed_by_id OR OLD.answers IS NOT NEW.answers)) BEGIN SELECT RAISE(ABORT, 'a signed dossier is frozen'); END",
    "CREATE TRIGGER dossiers_signed_delete BEFORE DELETE ON dossiers WHEN OLD.content_sha256 IS NOT NULL BEGIN SELECT RAISE(ABORT, 'a signed dossier is frozen'); END",
    "CREATE TRIGGER dossiers_signer_insert BEFORE INSERT ON dossiers WHEN NEW.signed_by_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.id = NEW.signed_by_id AND u.organisation_id = NEW.enterprise_id AND r.role = 'enterprise_signatory') BEGIN SELECT RAISE(ABORT, 'only a signatory of the enterprise signs'); END",
    "CREATE TRIGGER dossiers_signer_update BEFORE UPDATE ON dossiers WHEN OLD.signed_by_id IS NOT NEW.signed_by_id AND NEW.signed_by_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.id = NEW.signed_by_id AND u.organisation_id = NEW.enterprise_id AND r.role = 'enterprise_signatory') BEGIN SELECT RAISE(ABORT, 'only a signatory of the enterprise signs'); END",
    "CREATE TRIGGER dossier_sources_signed_insert BEFORE INSERT ON dossier_sources WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = NEW.dossier_id AND d.content_sha256 IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'dossier_sources of a signed dossier are frozen'); END",
    "CREATE TRIGGER dossier_sources_signed_update BEFORE UPDATE ON dossier_sources WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = OLD.dossier_id AND d.content_sha256 IS NOT NULL) OR EXISTS (SELECT 1 FROM dossiers d WHERE d.id = NEW.dossier_id AND d.content_sha256 IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'dossier_sources of a signed dossier are frozen'); END",
    "CREATE TRIGGER dossier_sources_signed_delete BEFORE DELETE ON dossier_sources WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = OLD.dossier_id AND d.content_sha256 IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'dossier_sources of a signed dossier are frozen'); END",
    "CREATE TRIGGER dossier_bases_signed_insert BEFORE INSERT ON dossier_bases WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = NEW.dossier_id AND d.content_sha256 IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'dossier_bases of a signed dossier are frozen'); END",
    "CREATE TRIGGER dossier_bases_signed_update BEFORE UPDATE ON dossier_bases WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = OLD.dossier_id AND d.content_sha256 IS NOT NULL) OR EXISTS (SELECT 1 FROM dossiers d WHERE d.id = NEW.dossier_id AND d.content_sha256 IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'dossier_bases of a signed dossier are frozen'); END",
    "CREATE TRIGGER dossier_bases_signed_delete BEFORE DELETE ON dossier_bases WHEN EXISTS (SELECT 1 FROM dossiers d WHERE d.id = OLD.dossier_id AND d.content_sha256 IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'dossier_bases of a signed dossier are frozen'); END",
    "CREATE TRIGGER dossier_comparisons_refuse_update BEFORE UPDATE ON dossier_comparisons BEGIN SELECT RAISE(ABORT, 'dossier_comparisons rows are frozen'); END",
    "CREATE TRIGGER dossier_comparisons_refuse_delete BEFORE DELETE ON dossier_comparisons BEGIN SELECT RAISE(ABORT, 'dossier_comparisons rows are frozen'); END",
)

POSTGRESQL = (
    "CREATE FUNCTION refuse_change_of_dossier() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'DELETE' THEN IF OLD.content_sha256 IS NOT NULL THEN RAISE EXCEPTION 'a signed dossier is frozen'; END IF; RETURN OLD; END IF; IF TG_OP = 'UPDATE' THEN IF OLD.state = 'issued' OR (OLD.content_sha256 IS NOT NULL AND NEW.content_sha256 IS NOT NULL AND (OLD.enterprise_id IS DISTINCT FROM NEW.enterprise_id OR OLD.kind IS DISTINCT FROM NEW.kind OR OLD.subject IS DISTINCT FROM NEW.subject OR OLD.first_month IS DISTINCT FROM NEW.first_month OR OLD.last_month IS DISTINCT FROM NEW.last_month OR OLD.product_id IS DISTINCT FROM NEW.product_id OR OLD.edition IS DISTINCT FROM NEW.edition OR OLD.replaces_id IS DISTINCT FROM NEW.replaces_id OR OLD.content IS DISTINCT FROM NEW.content OR OLD.content_sha256 IS DISTINCT FROM NEW.content_sha256 OR OLD.signed_at IS DISTINCT FROM NEW.signed_at OR OLD.signed_by_id IS DISTINCT FROM NEW.signed_by_id OR OLD.answers::text IS DISTINCT FROM NEW.answers::text)) THEN RAISE EXCEPTION 'a signed dossier is frozen'; END IF; IF OLD.signed_by_id IS NOT DISTINCT FROM NEW.signed_by_id THEN RETURN NEW; END IF; END IF; IF NEW.signed_by_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u JOIN user_roles r ON r.user_id = u.id WHERE u.id = NEW.signed_by_id AND u.organisation_id = NEW.enterprise_id AND r.role = 'enterprise_signatory') THEN RAISE EXCEPTION 'only a signatory of the enterprise signs'; END IF; RETURN NEW; END $$",
    "CREATE FUNCTION refuse_change_of_dossier_part() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM dossiers d WHERE d.id = OLD.dossier_id AND d.content_sha256 IS NOT NULL) THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a signed dossier are frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM dossiers d WHERE d.id = NEW.dossier_id AND d.content_sha256 IS NOT NULL) THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a signed dossier are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE TRIGGER dossiers_signed BEFORE INSERT OR UPDATE OR DELETE ON dossiers FOR EACH ROW EXECUTE FUNCTION refuse_change_of_dossier()",
    "CREATE TRIGGER dossier_sources_signed BEFORE INSERT OR UPDATE OR DELETE ON dossier_sources FOR EACH ROW EXECUTE FUNCTION refuse_change_of_dossier_part()",
    "CREATE TRIGGER dossier_bases_signed BEFORE INSERT OR UPDATE OR DELETE ON dossier_bases FOR EACH ROW EXECUTE FUNCTION refuse_change_of_dossier_part()",
    "CREATE TRIGGER dossier_comparisons_refuse_change BEFORE UPDATE OR DELETE ON dossier_comparisons FOR EACH ROW EXECUTE FUNCTION refuse_change()",
)

POSTGRESQL_DOWN = (
    "DROP TRIGGER dossier_comparisons_refuse_change ON dossier_comparisons",
    "DROP TRIGGER dossier_bases_signed ON dossier_bases",
    "DROP TRIGGER dossier_sources_signed ON dossier_sources",
    "DROP TRIGGER dossiers_signed ON dossiers",
    "DROP FUNCTION refuse_change_of_dossier_part()",
    "DROP FUNCTION refuse_change_of_dossier()",
)

#: The rules of 0007 about issued documents: they go with SQLite's old table, and step aside on PostgreSQL
#: while rows that the older table cannot hold are removed.
ISSUED_SQLITE = (
    "CREATE TRIGGER issued_documents_refuse_update BEFORE UPDATE ON issued_documents BEGIN SELECT RAISE(ABORT, 'issued_documents rows are frozen'); END",
    "CREATE TRIGGER issued_documents_refuse_delete BEFORE DELETE ON issued_documents BEGIN SELECT RAISE(ABORT, 'issued_documents rows are frozen'); END",
)
#: What SQLite's own text of the table says before, and after.
ISSUED_CHANGES = (
    ("version_id INTEGER NOT NULL", "version_id INTEGER"),
    (
        "issued_at DATETIME NOT NULL, ",
        "issued_at DATETIME NOT NULL, dossier_id INTEGER, valid_until DATE, signed_with VARCHAR(64) NOT NULL, ",
    ),
    (
        "CONSTRAINT uq_issued_documents_code UNIQUE (code)",
        "CONSTRAINT uq_issued_documents_code UNIQUE (code), "
        "CONSTRAINT uq_issued_documents_dossier_id UNIQUE (dossier_id), "
        "CONSTRAINT fk_issued_documents_dossier_id FOREIGN KEY(dossier_id) REFERENCES dossiers (id), "
        "CONSTRAINT ck_issued_documents_made_of_one CHECK ((version_id IS NULL) <> (dossier_id IS NULL))",
    ),
)
OLDER_COLUMNS = (
    "id, enterprise_id, version_id, kind, number, code, title, sha256, size, pages, storage_key, "
    "snapshot_sha256, issued_at"
)


def upgrade() -> None:
    """Make the tables, put their triggers in place, and let an issued document be made of a dossier."""
    _make_dossiers()
    _make_parts()
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        connection.exec_driver_sql(statement)
    if sqlite:
        _rebuild(ISSUED_CHANGES, f"{OLDER_COLUMNS}, NULL, NULL, ''")
    else:
        _widen()


def downgrade() -> None:
    """Remove them; issued dossiers, which the older table cannot hold, go with them."""
    connection = op.get_bind()
    made = "SELECT id FROM issued_documents WHERE dossier_id IS NOT NULL"
    op.execute(f"DELETE FROM document_withdrawals WHERE document_id IN ({made})")  # noqa: S608 - our own words
    if connection.dialect.name == "sqlite":
        _rebuild([(new, old) for old, new in ISSUED_CHANGES], OLDER_COLUMNS, "WHERE dossier_id IS NULL")
    else:
        _narrow()
        for statement in POSTGRESQL_DOWN:
            connection.exec_driver_sql(statement)
    for table in ("dossier_comparisons", "dossier_bases", "dossier_sources", "dossiers"):
        op.drop_table(table)


def _rebuild(changes: Sequence[tuple[str, str]], columns: str, rows: str = "") -> None:
    """Make SQLite's table of issued documents anew from its own text; rows, indexes and triggers come back.

    Withdrawals refer to it: SQLite looks at that only when all rows are back.
    """
    connection = op.get_bind()
    read = "SELECT sql FROM sqlite_master WHERE tbl_name = 'issued_documents' AND type = '{}' AND sql IS NOT NULL"
    table = str(connection.exec_driver_sql(read.format("table")).scalar_one())
    table = " ".join(table.split()).replace('"', "")
    indexes = connection.exec_driver_sql(read.format("index")).scalars().all()
    for before, after in changes:
        if before not in table:
            raise RuntimeError(f"the table of issued documents does not say {before!r}")
        table = table.replace(before, after)
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    copy = f"CREATE TEMPORARY TABLE kept AS SELECT {columns} FROM issued_documents {rows}"  # noqa: S608 - own
    connection.exec_driver_sql(copy)
    connection.exec_driver_sql("DROP TABLE issued_documents")
    back = "INSERT INTO issued_documents SELECT * FROM kept"
    for statement in (table, back, "DROP TABLE kept", *indexes, *ISSUED_SQLITE):
        connection.exec_driver_sql(statement)


def _widen() -> None:
    op.alter_column("issued_documents", "version_id", existing_type=sa.Integer(), nullable=True)
    op.add_column("issued_documents", sa.Column("dossier_id", sa.Integer(), nullable=True))
    op.add_column("issued_documents", sa.Column("valid_until", sa.Date(), nullable=True))
    # A default fills the rows that are there without an UPDATE, which their trigger would refuse.
    op.add_column(
        "issued_documents", sa.Column("signed_with", sa.String(64), nullable=False, server_default="")
    )
    op.alter_column("issued_documents", "signed_with", server_default=None)
    op.create_unique_constraint(op.f("uq_issued_documents_dossier_id"), "issued_documents", ["dossier_id"])
    op.create_foreign_key(
        op.f("fk_issued_documents_dossier_id"), "issued_documents", "dossiers", ["dossier_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_issued_documents_made_of_one"),
        "issued_documents",
        "(version_id IS NULL) <> (dossier_id IS NULL)",
    )


def _narrow() -> None:
    op.execute("ALTER TABLE issued_documents DISABLE TRIGGER issued_documents_refuse_change")
    op.execute("DELETE FROM issued_documents WHERE dossier_id IS NOT NULL")
    op.execute("ALTER TABLE issued_documents ENABLE TRIGGER issued_documents_refuse_change")
    op.drop_constraint(op.f("ck_issued_documents_made_of_one"), "issued_documents", type_="check")
    for column in ("signed_with", "valid_until", "dossier_id"):
        op.drop_column("issued_documents", column)
    op.alter_column("issued_documents", "version_id", existing_type=sa.Integer(), nullable=False)


def _make_dossiers() -> None:
    op.create_table(
        "dossiers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("first_month", sa.String(length=7), nullable=True),
        sa.Column("last_month", sa.String(length=7), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "complete",
                "signed",
                "submitted",
                "reviewed",
                "issued",
                name="dossier_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("completed_by_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("content_sha256", sa.String(length=64), nullable=True),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("review_comment", sa.Text(), nullable=False),
        sa.Column("reviewed_at", UtcDateTime(), nullable=True),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('draft', 'complete') AND content_sha256 IS NULL AND signed_by_id IS NULL) OR (state NOT IN ('draft', 'complete') AND content_sha256 IS NOT NULL AND signed_by_id IS NOT NULL)",
            name=op.f("ck_dossiers_signed_content"),
        ),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name=op.f("fk_dossiers_changed_by_id")),
        sa.ForeignKeyConstraint(["completed_by_id"], ["users.id"], name=op.f("fk_dossiers_completed_by_id")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_dossiers_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_dossiers_product_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["dossiers.id"], name=op.f("fk_dossiers_replaces_id")),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["users.id"], name=op.f("fk_dossiers_reviewed_by_id")),
        sa.ForeignKeyConstraint(["signed_by_id"], ["users.id"], name=op.f("fk_dossiers_signed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossiers")),
        sa.UniqueConstraint(
            "enterprise_id",
            "kind",
            "subject",
            "edition",
            name=op.f("uq_dossiers_enterprise_id_kind_subject_edition"),
        ),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_dossiers_replaces_id")),
    )
    op.create_index(op.f("ix_dossiers_kind"), "dossiers", ["kind"], unique=False)


def _make_parts() -> None:
    op.create_table(
        "dossier_sources",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_dossier_sources_dossier_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["record_versions.id"], name=op.f("fk_dossier_sources_version_id")
        ),
        sa.PrimaryKeyConstraint("dossier_id", "version_id", name=op.f("pk_dossier_sources")),
    )
    op.create_index(op.f("ix_dossier_sources_version_id"), "dossier_sources", ["version_id"], unique=False)
    op.create_table(
        "dossier_bases",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("base_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["dossiers.id"], name=op.f("fk_dossier_bases_base_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_dossier_bases_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "base_id", name=op.f("pk_dossier_bases")),
    )
    op.create_index(op.f("ix_dossier_bases_base_id"), "dossier_bases", ["base_id"], unique=False)
    op.create_table(
        "dossier_comparisons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("sources_sha256", sa.String(length=64), nullable=False),
        sa.Column("compared_at", UtcDateTime(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("problem_params", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"], ["dossiers.id"], name=op.f("fk_dossier_comparisons_dossier_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_comparisons")),
        sa.UniqueConstraint(
            "dossier_id", "sources_sha256", name=op.f("uq_dossier_comparisons_dossier_id_sources_sha256")
        ),
    )
