"""What the database itself refuses about visits and draws; the migration holds the same statements.

A visit stands still once both sides have signed. Answers never change. A draw's lists never change, its
seed and its result are written once, and no draw is removed because its outcome was not liked.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import event

from portal.models.base import Base

#: Rows that are never changed and never removed.
APPEND_ONLY: Final = ("answers", "visit_reports")
#: What the visitor signs: may neither come, change nor go from that signature on.
CONTENT: Final = ("checklists", "answers", "visit_photos")
#: What comes with the second signature: stands still from then on.
CLOSING: Final = ("visit_signatures", "visit_findings")
_STANDS = "EXISTS (SELECT 1 FROM inspections i WHERE i.id = {row}.inspection_id AND i.state {when})"
_WHEN: Final = {
    **dict.fromkeys(CONTENT, "<> 'open'"),
    **dict.fromkeys(CLOSING, "= 'signed'"),
}
_DRAW_KEPT = ("number", "authority_id", "title", "announcement", "announcement_sha256", "announced_by_id")


def _draw_changed(differs: str) -> str:
    kept = [f"OLD.{column} {differs} NEW.{column}" for column in _DRAW_KEPT]
    written_once = f"(OLD.seed IS NOT NULL AND OLD.seed {differs} NEW.seed)"
    return " OR ".join(["OLD.drawn_at IS NOT NULL", written_once, *kept])


def sqlite_statements() -> list[str]:
    """CREATE TRIGGER statements for SQLite."""

    def trigger(name: str, verb: str, table: str, condition: str, words: str) -> str:
        when = f" WHEN {condition}" if condition else ""
        return (
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )

    statements = [
        trigger(f"{table}_refuse_{verb.lower()}", verb, table, "", f"{table} rows are frozen")
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ]
    for table, when in _WHEN.items():
        old, new = (_STANDS.format(row=row, when=when) for row in ("OLD", "NEW"))
        for verb, frozen in (("INSERT", new), ("UPDATE", f"{old} OR {new}"), ("DELETE", old)):
            name = f"{table}_signed_{verb.lower()}"
            statements.append(trigger(name, verb, table, frozen, f"{table} of a signed visit are frozen"))
    for verb in ("UPDATE", "DELETE"):
        name = f"inspections_signed_{verb.lower()}"
        statements.append(
            trigger(name, verb, "inspections", "OLD.state = 'signed'", "a signed visit is frozen")
        )
    statements.append(
        trigger("draws_frozen_update", "UPDATE", "draws", _draw_changed("IS NOT"), "a draw is written once")
    )
    statements.append(trigger("draws_frozen_delete", "DELETE", "draws", "", "a draw is never removed"))
    return statements


def _parts(when: str) -> str:
    old, new = (_STANDS.format(row=row, when=when) for row in ("OLD", "NEW"))
    refuse = "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a signed visit are frozen'; END IF;"
    return (
        f"IF TG_OP <> 'INSERT' THEN IF {old} THEN {refuse} END IF; "
        f"IF TG_OP <> 'DELETE' THEN IF {new} THEN {refuse} RETURN NEW; END IF; RETURN OLD;"
    )


def postgresql_statements() -> list[str]:
    """CREATE FUNCTION and CREATE TRIGGER statements for PostgreSQL."""

    def function(name: str, body: str) -> str:
        return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"

    def trigger(name: str, verbs: str, table: str, called: str) -> str:
        return f"CREATE TRIGGER {name} BEFORE {verbs} ON {table} FOR EACH ROW EXECUTE FUNCTION {called}()"

    visit = (
        "IF OLD.state = 'signed' THEN RAISE EXCEPTION 'a signed visit is frozen'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;"
    )
    lot = (
        "IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a draw is never removed'; END IF; "
        f"IF {_draw_changed('IS DISTINCT FROM')} THEN RAISE EXCEPTION 'a draw is written once'; END IF; "
        "RETURN NEW;"
    )
    return [
        function("refuse_change_of_visit_content", _parts("<> 'open'")),
        function("refuse_change_of_visit_closing", _parts("= 'signed'")),
        function("refuse_change_of_signed_visit", visit),
        function("refuse_change_of_draw", lot),
        *(
            trigger(f"{table}_refuse_change", "UPDATE OR DELETE", table, "refuse_change")
            for table in APPEND_ONLY
        ),
        *(
            trigger(f"{table}_signed", "INSERT OR UPDATE OR DELETE", table, f"refuse_change_of_visit_{part}")
            for part, tables in (("content", CONTENT), ("closing", CLOSING))
            for table in tables
        ),
        trigger("inspections_signed", "UPDATE OR DELETE", "inspections", "refuse_change_of_signed_visit"),
        trigger("draws_frozen", "UPDATE OR DELETE", "draws", "refuse_change_of_draw"),
    ]


def _attach() -> None:
    for dialect, statements in (("sqlite", sqlite_statements()), ("postgresql", postgresql_statements())):
        for statement in statements:
            ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


_attach()
