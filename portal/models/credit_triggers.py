"""What the database itself refuses about credits; the migration holds the same statements.

Two credits never share a serial: SQLite lets one writer in at a time, PostgreSQL takes a lock for the series
before it looks, so that of two that come at once the second sees the first. A credit that a signed dossier
uses neither changes nor goes, nor does one come to such a dossier.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import event

from portal.models.base import Base

_OVERLAP: Final = (
    "SELECT 1 FROM credit_serials s WHERE s.registry_key = NEW.registry_key AND s.series = NEW.series "
    "AND s.first_number <= NEW.last_number AND s.last_number >= NEW.first_number "
    "AND s.credit_id <> NEW.credit_id"
)
_SIGNED: Final = (
    "SELECT 1 FROM dossiers d WHERE d.id = {row}.dossier_id "
    "AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')"
)
_SIGNED_SERIALS: Final = (
    "SELECT 1 FROM credits c JOIN dossiers d ON d.id = c.dossier_id WHERE c.id = {row}.credit_id "
    "AND d.state IN ('signed', 'submitted', 'reviewed', 'issued')"
)
OVERLAP_WORDS: Final = "a serial is used twice"
FROZEN_WORDS: Final = "a credit of a signed dossier is frozen"


def sqlite_statements() -> list[str]:
    """CREATE TRIGGER statements for SQLite."""

    def trigger(name: str, verb: str, table: str, condition: str, words: str) -> str:
        return (
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )

    statements = [
        trigger(
            f"credit_serials_once_{verb.lower()}",
            verb,
            "credit_serials",
            f"EXISTS ({_OVERLAP})",
            OVERLAP_WORDS,
        )
        for verb in ("INSERT", "UPDATE")
    ]
    for table, condition in (("credits", _SIGNED), ("credit_serials", _SIGNED_SERIALS)):
        old, new = (f"EXISTS ({condition.format(row=row)})" for row in ("OLD", "NEW"))
        for verb, frozen in (("INSERT", new), ("UPDATE", f"{old} OR {new}"), ("DELETE", old)):
            statements.append(trigger(f"{table}_frozen_{verb.lower()}", verb, table, frozen, FROZEN_WORDS))
    return statements


def postgresql_statements() -> list[str]:
    """CREATE FUNCTION and CREATE TRIGGER statements for PostgreSQL."""

    def function(name: str, body: str) -> str:
        return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"

    def refuse(words: str) -> str:
        return (
            f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = '{words}'; END IF;"
        )

    def frozen(condition: str) -> str:
        old, new = (condition.format(row=row) for row in ("OLD", "NEW"))
        return (
            f"IF TG_OP <> 'INSERT' THEN IF EXISTS ({old}) THEN {refuse(FROZEN_WORDS)} END IF; "
            f"IF TG_OP <> 'DELETE' THEN IF EXISTS ({new}) THEN {refuse(FROZEN_WORDS)} RETURN NEW; END IF; "
            "RETURN OLD;"
        )

    once = (
        "PERFORM pg_advisory_xact_lock(hashtextextended(NEW.registry_key || '|' || NEW.series, 13)); "
        f"IF EXISTS ({_OVERLAP}) THEN {refuse(OVERLAP_WORDS)} RETURN NEW;"
    )
    every = "BEFORE INSERT OR UPDATE OR DELETE"
    return [
        function("refuse_serial_used_twice", once),
        function("refuse_change_of_used_credit", frozen(_SIGNED)),
        function("refuse_change_of_used_serials", frozen(_SIGNED_SERIALS)),
        "CREATE TRIGGER credit_serials_once BEFORE INSERT OR UPDATE ON credit_serials "
        "FOR EACH ROW EXECUTE FUNCTION refuse_serial_used_twice()",
        f"CREATE TRIGGER credits_frozen {every} ON credits "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_credit()",
        f"CREATE TRIGGER credit_serials_frozen {every} ON credit_serials "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change_of_used_serials()",
    ]


def _attach() -> None:
    for dialect, statements in (("sqlite", sqlite_statements()), ("postgresql", postgresql_statements())):
        for statement in statements:
            ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


_attach()
