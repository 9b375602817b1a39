"""Rules that the database itself keeps: frozen rows and who may have signed.

The same rules stand in the migrations; a test compares the two.
"""

import sqlalchemy as sa
from sqlalchemy import event

from portal.models.base import Base

#: Rows that are never changed and never removed.
APPEND_ONLY = ("events", "snapshots", "issued_documents")
#: Tables whose rows stand still once something is true of the row that they belong to.
#: ``{row}`` is NEW or OLD.
FROZEN_WHEN = {
    "record_values": "SELECT 1 FROM snapshots WHERE version_id = {row}.version_id",
    "evidence_links": "SELECT 1 FROM snapshots WHERE version_id = {row}.version_id",
    "source_streams": "SELECT 1 FROM plan_versions p WHERE p.id = {row}.plan_version_id "
    "AND p.state IN ('approved', 'superseded')",
    "parameters": "SELECT 1 FROM source_streams s JOIN plan_versions p ON p.id = s.plan_version_id "
    "WHERE s.id = {row}.stream_id AND p.state IN ('approved', 'superseded')",
    "evidence_slots": "SELECT 1 FROM parameters q JOIN source_streams s ON s.id = q.stream_id "
    "JOIN plan_versions p ON p.id = s.plan_version_id "
    "WHERE q.id = {row}.parameter_id AND p.state IN ('approved', 'superseded')",
}


def sqlite_triggers() -> list[str]:
    """CREATE TRIGGER statements for SQLite."""
    statements = [
        f"CREATE TRIGGER {table}_refuse_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} rows are frozen'); END"
        for table in APPEND_ONLY
        for verb in ("update", "delete")
    ]
    for table, condition in FROZEN_WHEN.items():
        old, new = (f"EXISTS ({condition.format(row=row)})" for row in ("OLD", "NEW"))
        # A row may neither change in a frozen whole nor move into one.
        for verb, frozen in (("insert", new), ("update", f"{old} OR {new}"), ("delete", old)):
            statements.append(
                f"CREATE TRIGGER {table}_frozen_{verb} BEFORE {verb.upper()} ON {table} "
                f"WHEN {frozen} BEGIN SELECT RAISE(ABORT, '{table} are frozen'); END"
            )
    statements.append(
        "CREATE TRIGGER snapshots_signed_by_signatory BEFORE INSERT ON snapshots "
        f"WHEN NOT EXISTS ({_SIGNATORY}) "
        "BEGIN SELECT RAISE(ABORT, 'only a signatory of the enterprise signs'); END"
    )
    statements.append(
        "CREATE TRIGGER plan_versions_frozen BEFORE UPDATE ON plan_versions "
        f"WHEN OLD.state IN ('approved', 'superseded') AND ({_PLAN_CHANGED_SQLITE}) "
        "BEGIN SELECT RAISE(ABORT, 'an approved plan is frozen'); END"
    )
    return statements


def postgresql_triggers() -> list[str]:
    """CREATE FUNCTION and CREATE TRIGGER statements for PostgreSQL."""
    statements = [
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' rows are frozen'; END $$",
        "CREATE FUNCTION refuse_other_signers() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT EXISTS ({_SIGNATORY}) THEN "
        "RAISE EXCEPTION 'only a signatory of the enterprise signs'; END IF; RETURN NEW; END $$",
        "CREATE FUNCTION refuse_change_of_plan() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF OLD.state IN ('approved', 'superseded') AND ({_PLAN_CHANGED_POSTGRESQL}) THEN "
        "RAISE EXCEPTION 'an approved plan is frozen'; END IF; RETURN NEW; END $$",
    ]
    statements += [
        f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in APPEND_ONLY
    ]
    for table, condition in FROZEN_WHEN.items():
        old, new = condition.format(row="OLD"), condition.format(row="NEW")
        statements += [
            f"CREATE FUNCTION refuse_change_of_{table}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF TG_OP <> 'INSERT' THEN IF EXISTS ({old}) THEN "
            f"RAISE EXCEPTION '{table} are frozen'; END IF; END IF; "
            f"IF TG_OP <> 'DELETE' THEN IF EXISTS ({new}) THEN "
            f"RAISE EXCEPTION '{table} are frozen'; END IF; RETURN NEW; END IF; RETURN OLD; END $$",
            f"CREATE TRIGGER {table}_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change_of_{table}()",
        ]
    statements += [
        "CREATE TRIGGER snapshots_signed_by_signatory BEFORE INSERT ON snapshots "
        "FOR EACH ROW EXECUTE FUNCTION refuse_other_signers()",
        "CREATE TRIGGER plan_versions_frozen BEFORE UPDATE ON plan_versions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_plan()",
    ]
    return statements


_SIGNATORY = (
    "SELECT 1 FROM record_versions v JOIN monthly_records m ON m.id = v.record_id "
    "JOIN users u ON u.organisation_id = m.enterprise_id JOIN user_roles r ON r.user_id = u.id "
    "WHERE v.id = NEW.version_id AND u.id = NEW.signed_by_id AND r.role = 'enterprise_signatory'"
)
_PLAN_KEPT = (
    "enterprise_id",
    "number",
    "guideline",
    "effective_from",
    "reason",
    "boundary",
    "content_sha256",
)
_PLAN_THAWED = "NEW.state NOT IN ('approved', 'superseded')"
_PLAN_CHANGED_SQLITE = " OR ".join(
    [_PLAN_THAWED, *(f"OLD.{column} IS NOT NEW.{column}" for column in _PLAN_KEPT)]
)
_PLAN_CHANGED_POSTGRESQL = " OR ".join(
    [_PLAN_THAWED, *(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in _PLAN_KEPT)]
)


def _attach() -> None:
    for dialect, statements in (("sqlite", sqlite_triggers()), ("postgresql", postgresql_triggers())):
        for statement in statements:
            ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


_attach()
