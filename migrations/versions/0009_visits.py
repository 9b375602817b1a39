"""Visits: chosen packs, answers, photos, draws by lot."""

import sqlalchemy as sa
from alembic import op

from portal.models.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE TRIGGER answers_refuse_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers rows are frozen'); END",
    "CREATE TRIGGER answers_refuse_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers rows are frozen'); END",
    "CREATE TRIGGER visit_reports_refuse_update BEFORE UPDATE ON visit_reports BEGIN SELECT RAISE(ABORT, 'visit_reports rows are frozen'); END",
    "CREATE TRIGGER visit_reports_refuse_delete BEFORE DELETE ON visit_reports BEGIN SELECT RAISE(ABORT, 'visit_reports rows are frozen'); END",
    "CREATE TRIGGER checklists_signed_insert BEFORE INSERT ON checklists WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'checklists of a signed visit are frozen'); END",
    "CREATE TRIGGER checklists_signed_update BEFORE UPDATE ON checklists WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state <> 'open') OR EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'checklists of a signed visit are frozen'); END",
    "CREATE TRIGGER checklists_signed_delete BEFORE DELETE ON checklists WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'checklists of a signed visit are frozen'); END",
    "CREATE TRIGGER answers_signed_insert BEFORE INSERT ON answers WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'answers of a signed visit are frozen'); END",
    "CREATE TRIGGER answers_signed_update BEFORE UPDATE ON answers WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state <> 'open') OR EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'answers of a signed visit are frozen'); END",
    "CREATE TRIGGER answers_signed_delete BEFORE DELETE ON answers WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'answers of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_photos_signed_insert BEFORE INSERT ON visit_photos WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'visit_photos of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_photos_signed_update BEFORE UPDATE ON visit_photos WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state <> 'open') OR EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'visit_photos of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_photos_signed_delete BEFORE DELETE ON visit_photos WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state <> 'open') BEGIN SELECT RAISE(ABORT, 'visit_photos of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_signatures_signed_insert BEFORE INSERT ON visit_signatures WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state = 'signed') BEGIN SELECT RAISE(ABORT, 'visit_signatures of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_signatures_signed_update BEFORE UPDATE ON visit_signatures WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state = 'signed') OR EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state = 'signed') BEGIN SELECT RAISE(ABORT, 'visit_signatures of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_signatures_signed_delete BEFORE DELETE ON visit_signatures WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state = 'signed') BEGIN SELECT RAISE(ABORT, 'visit_signatures of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_findings_signed_insert BEFORE INSERT ON visit_findings WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state = 'signed') BEGIN SELECT RAISE(ABORT, 'visit_findings of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_findings_signed_update BEFORE UPDATE ON visit_findings WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state = 'signed') OR EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state = 'signed') BEGIN SELECT RAISE(ABORT, 'visit_findings of a signed visit are frozen'); END",
    "CREATE TRIGGER visit_findings_signed_delete BEFORE DELETE ON visit_findings WHEN EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state = 'signed') BEGIN SELECT RAISE(ABORT, 'visit_findings of a signed visit are frozen'); END",
    "CREATE TRIGGER inspections_signed_update BEFORE UPDATE ON inspections WHEN OLD.state = 'signed' BEGIN SELECT RAISE(ABORT, 'a signed visit is frozen'); END",
    "CREATE TRIGGER inspections_signed_delete BEFORE DELETE ON inspections WHEN OLD.state = 'signed' BEGIN SELECT RAISE(ABORT, 'a signed visit is frozen'); END",
    "CREATE TRIGGER draws_frozen_update BEFORE UPDATE ON draws WHEN OLD.drawn_at IS NOT NULL OR (OLD.seed IS NOT NULL AND OLD.seed IS NOT NEW.seed) OR OLD.number IS NOT NEW.number OR OLD.authority_id IS NOT NEW.authority_id OR OLD.title IS NOT NEW.title OR OLD.announcement IS NOT NEW.announcement OR OLD.announcement_sha256 IS NOT NEW.announcement_sha256 OR OLD.announced_by_id IS NOT NEW.announced_by_id BEGIN SELECT RAISE(ABORT, 'a draw is written once'); END",
    "CREATE TRIGGER draws_frozen_delete BEFORE DELETE ON draws BEGIN SELECT RAISE(ABORT, 'a draw is never removed'); END",
)

SQLITE_DOWN = (
    "DROP TRIGGER draws_frozen_delete",
    "DROP TRIGGER draws_frozen_update",
    "DROP TRIGGER inspections_signed_delete",
    "DROP TRIGGER inspections_signed_update",
    "DROP TRIGGER visit_findings_signed_delete",
    "DROP TRIGGER visit_findings_signed_update",
    "DROP TRIGGER visit_findings_signed_insert",
    "DROP TRIGGER visit_signatures_signed_delete",
    "DROP TRIGGER visit_signatures_signed_update",
    "DROP TRIGGER visit_signatures_signed_insert",
    "DROP TRIGGER visit_photos_signed_delete",
    "DROP TRIGGER visit_photos_signed_update",
    "DROP TRIGGER visit_photos_signed_insert",
    "DROP TRIGGER answers_signed_delete",
    "DROP TRIGGER answers_signed_update",
    "DROP TRIGGER answers_signed_insert",
    "DROP TRIGGER checklists_signed_delete",
    "DROP TRIGGER checklists_signed_update",
    "DROP TRIGGER checklists_signed_insert",
    "DROP TRIGGER visit_reports_refuse_delete",
    "DROP TRIGGER visit_reports_refuse_update",
    "DROP TRIGGER answers_refuse_delete",
    "DROP TRIGGER answers_refuse_update",
)

POSTGRESQL = (
    "CREATE FUNCTION refuse_change_of_visit_content() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state <> 'open') THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a signed visit are frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state <> 'open') THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a signed visit are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE FUNCTION refuse_change_of_visit_closing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS (SELECT 1 FROM inspections i WHERE i.id = OLD.inspection_id AND i.state = 'signed') THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a signed visit are frozen'; END IF; END IF; IF TG_OP <> 'DELETE' THEN IF EXISTS (SELECT 1 FROM inspections i WHERE i.id = NEW.inspection_id AND i.state = 'signed') THEN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a signed visit are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
    "CREATE FUNCTION refuse_change_of_signed_visit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state = 'signed' THEN RAISE EXCEPTION 'a signed visit is frozen'; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
    "CREATE FUNCTION refuse_change_of_draw() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a draw is never removed'; END IF; IF OLD.drawn_at IS NOT NULL OR (OLD.seed IS NOT NULL AND OLD.seed IS DISTINCT FROM NEW.seed) OR OLD.number IS DISTINCT FROM NEW.number OR OLD.authority_id IS DISTINCT FROM NEW.authority_id OR OLD.title IS DISTINCT FROM NEW.title OR OLD.announcement IS DISTINCT FROM NEW.announcement OR OLD.announcement_sha256 IS DISTINCT FROM NEW.announcement_sha256 OR OLD.announced_by_id IS DISTINCT FROM NEW.announced_by_id THEN RAISE EXCEPTION 'a draw is written once'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER answers_refuse_change BEFORE UPDATE OR DELETE ON answers FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER visit_reports_refuse_change BEFORE UPDATE OR DELETE ON visit_reports FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER checklists_signed BEFORE INSERT OR UPDATE OR DELETE ON checklists FOR EACH ROW EXECUTE FUNCTION refuse_change_of_visit_content()",
    "CREATE TRIGGER answers_signed BEFORE INSERT OR UPDATE OR DELETE ON answers FOR EACH ROW EXECUTE FUNCTION refuse_change_of_visit_content()",
    "CREATE TRIGGER visit_photos_signed BEFORE INSERT OR UPDATE OR DELETE ON visit_photos FOR EACH ROW EXECUTE FUNCTION refuse_change_of_visit_content()",
    "CREATE TRIGGER visit_signatures_signed BEFORE INSERT OR UPDATE OR DELETE ON visit_signatures FOR EACH ROW EXECUTE FUNCTION refuse_change_of_visit_closing()",
    "CREATE TRIGGER visit_findings_signed BEFORE INSERT OR UPDATE OR DELETE ON visit_findings FOR EACH ROW EXECUTE FUNCTION refuse_change_of_visit_closing()",
    "CREATE TRIGGER inspections_signed BEFORE UPDATE OR DELETE ON inspections FOR EACH ROW EXECUTE FUNCTION refuse_change_of_signed_visit()",
    "CREATE TRIGGER draws_frozen BEFORE UPDATE OR DELETE ON draws FOR EACH ROW EXECUTE FUNCTION refuse_change_of_draw()",
)

POSTGRESQL_DOWN = (
    "DROP TRIGGER draws_frozen ON draws",
    "DROP TRIGGER inspections_signed ON inspections",
    "DROP TRIGGER visit_findings_signed ON visit_findings",
    "DROP TRIGGER visit_signatures_signed ON visit_signatures",
    "DROP TRIGGER visit_photos_signed ON visit_photos",
    "DROP TRIGGER answers_signed ON answers",
    "DROP TRIGGER checklists_signed ON checklists",
    "DROP TRIGGER visit_reports_refuse_change ON visit_reports",
    "DROP TRIGGER answers_refuse_change ON answers",
    "DROP FUNCTION refuse_change_of_draw()",
    "DROP FUNCTION refuse_change_of_signed_visit()",
    "DROP FUNCTION refuse_change_of_visit_closing()",
    "DROP FUNCTION refuse_change_of_visit_content()",
)


def upgrade() -> None:
    """Make the tables, then their triggers."""
    op.create_table(
        "draws",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("authority_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("announcement", sa.Text(), nullable=False),
        sa.Column("announcement_sha256", sa.String(length=64), nullable=False),
        sa.Column("announced_at", UtcDateTime(), nullable=False),
        sa.Column("announced_by_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=True),
        sa.Column("seeded_at", UtcDateTime(), nullable=True),
        sa.Column("drawn_at", UtcDateTime(), nullable=True),
        sa.Column("drawn_by_id", sa.Integer(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["announced_by_id"], ["users.id"], name=op.f("fk_draws_announced_by_id")),
        sa.ForeignKeyConstraint(["authority_id"], ["organisations.id"], name=op.f("fk_draws_authority_id")),
        sa.ForeignKeyConstraint(["drawn_by_id"], ["users.id"], name=op.f("fk_draws_drawn_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draws")),
        sa.UniqueConstraint("number", name=op.f("uq_draws_number")),
    )
    op.create_index(op.f("ix_draws_authority_id"), "draws", ["authority_id"], unique=False)
    op.create_table(
        "inspections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("enterprise_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "service",
                "inspection",
                name="inspection_kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "visitor_signed",
                "signed",
                name="inspection_state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("visitor_id", sa.Integer(), nullable=False),
        sa.Column("engagement_id", sa.Integer(), nullable=True),
        sa.Column("draw_id", sa.Integer(), nullable=True),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("scope", sa.String(length=300), nullable=False),
        sa.Column("accompanied_by", sa.String(length=200), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_inspections_draw_id")),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("fk_inspections_engagement_id")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["organisations.id"], name=op.f("fk_inspections_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["opened_by_id"], ["users.id"], name=op.f("fk_inspections_opened_by_id")),
        sa.ForeignKeyConstraint(["visitor_id"], ["organisations.id"], name=op.f("fk_inspections_visitor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
        sa.UniqueConstraint("number", name=op.f("uq_inspections_number")),
    )
    op.create_index(
        "ix_inspections_enterprise_visited", "inspections", ["enterprise_id", "visited_on"], unique=False
    )
    op.create_index(op.f("ix_inspections_visitor_id"), "inspections", ["visitor_id"], unique=False)
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=120), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=40), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["given_by_id"], ["users.id"], name=op.f("fk_answers_given_by_id")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspections.id"], name=op.f("fk_answers_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_answers_idempotency_key")),
    )
    op.create_index("ix_answers_inspection_question", "answers", ["inspection_id", "question"], unique=False)
    op.create_table(
        "checklists",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.String(length=60), nullable=False),
        sa.Column("pack_version", sa.String(length=20), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_checklists_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklists")),
        sa.UniqueConstraint("inspection_id", "pack_id", name=op.f("uq_checklists_inspection_id_pack_id")),
    )
    op.create_table(
        "visit_findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=120), nullable=False),
        sa.Column("finding_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_visit_findings_finding_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_visit_findings_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_findings")),
        sa.UniqueConstraint(
            "inspection_id", "question", name=op.f("uq_visit_findings_inspection_id_question")
        ),
    )
    op.create_index(op.f("ix_visit_findings_finding_id"), "visit_findings", ["finding_id"], unique=False)
    op.create_table(
        "visit_photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=120), nullable=False),
        sa.Column("evidence_id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=64), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"], name=op.f("fk_visit_photos_evidence_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_visit_photos_inspection_id")
        ),
        sa.ForeignKeyConstraint(["taken_by_id"], ["users.id"], name=op.f("fk_visit_photos_taken_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_photos")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_visit_photos_idempotency_key")),
    )
    op.create_index(op.f("ix_visit_photos_inspection_id"), "visit_photos", ["inspection_id"], unique=False)
    op.create_table(
        "visit_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_visit_reports_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_reports")),
        sa.UniqueConstraint("code", name=op.f("uq_visit_reports_code")),
        sa.UniqueConstraint("inspection_id", name=op.f("uq_visit_reports_inspection_id")),
    )
    op.create_table(
        "visit_signatures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inspection_id", sa.Integer(), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "visitor", "enterprise", name="side", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("declined", sa.Boolean(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_visit_signatures_inspection_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_visit_signatures_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_signatures")),
        sa.UniqueConstraint("inspection_id", "side", name=op.f("uq_visit_signatures_inspection_id_side")),
    )
    _run(SQLITE, POSTGRESQL)


def downgrade() -> None:
    """Take the triggers away, then the tables."""
    _run(SQLITE_DOWN, POSTGRESQL_DOWN)
    op.drop_table("visit_signatures")
    op.drop_table("visit_reports")
    op.drop_index(op.f("ix_visit_photos_inspection_id"), table_name="visit_photos")
    op.drop_table("visit_photos")
    op.drop_index(op.f("ix_visit_findings_finding_id"), table_name="visit_findings")
    op.drop_table("visit_findings")
    op.drop_table("checklists")
    op.drop_index("ix_answers_inspection_question", table_name="answers")
    op.drop_table("answers")
    op.drop_index(op.f("ix_inspections_visitor_id"), table_name="inspections")
    op.drop_index("ix_inspections_enterprise_visited", table_name="inspections")
    op.drop_table("inspections")
    op.drop_index(op.f("ix_draws_authority_id"), table_name="draws")
    op.drop_table("draws")


def _run(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    connection = op.get_bind()
    for statement in sqlite if connection.dialect.name == "sqlite" else postgresql:
        connection.exec_driver_sql(statement)
