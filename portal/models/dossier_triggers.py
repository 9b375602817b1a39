"""What the database itself refuses about dossiers; the migration holds the same statements.

What was signed stands still until the signature is taken back as a whole, and once issued for good. Only
a signatory of the enterprise signs.
"""

from typing import Final

import sqlalchemy as sa
from sqlalchemy import event

from portal.models import triggers  # noqa: F401 - its functions are made before they are used here
from portal.models.base import Base

#: Rows that are never changed and never removed.
APPEND_ONLY: Final = ("dossier_comparisons",)
#: Rows that stand still while their dossier is signed.
PARTS: Final = ("dossier_sources", "dossier_bases")
_SIGNED = "EXISTS (SELECT 1 FROM dossiers d WHERE d.id = {row}.dossier_id AND d.content_sha256 IS NOT NULL)"
_KEPT = (
    "enterprise_id",
    "kind",
    "subject",
    "first_month",
    "last_month",
    "product_id",
    "edition",
    "replaces_id",
    "content",
    "content_sha256",
    "signed_at",
    "signed_by_id",
)
_NO_SIGNATORY = (
    "NEW.signed_by_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u "
    "JOIN user_roles r ON r.user_id = u.id WHERE u.id = NEW.signed_by_id "
    "AND u.organisation_id = NEW.enterprise_id AND r.role = 'enterprise_signatory')"
)
_FROZEN, _SIGNER = "a signed dossier is frozen", "only a signatory of the enterprise signs"


def _changed(differs: str, answers: str) -> str:
    kept = [f"OLD.{column} {differs} NEW.{column}" for column in _KEPT]
    parts = " OR ".join([*kept, answers])
    both = "OLD.content_sha256 IS NOT NULL AND NEW.content_sha256 IS NOT NULL"
    return f"OLD.state = 'issued' OR ({both} AND ({parts}))"


def sqlite_statements() -> list[str]:
    """CREATE TRIGGER statements for SQLite."""

    def trigger(name: str, verb: str, table: str, condition: str, words: str) -> str:
        when = f" WHEN {condition}" if condition else ""
        return (
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )

    changed = _changed("IS NOT", "OLD.answers IS NOT NEW.answers")
    other_signer = f"OLD.signed_by_id IS NOT NEW.signed_by_id AND {_NO_SIGNATORY}"
    statements = [
        trigger("dossiers_signed_update", "UPDATE", "dossiers", changed, _FROZEN),
        trigger("dossiers_signed_delete", "DELETE", "dossiers", "OLD.content_sha256 IS NOT NULL", _FROZEN),
        trigger("dossiers_signer_insert", "INSERT", "dossiers", _NO_SIGNATORY, _SIGNER),
        trigger("dossiers_signer_update", "UPDATE", "dossiers", other_signer, _SIGNER),
    ]
    for table in PARTS:
        old, new = (_SIGNED.format(row=row) for row in ("OLD", "NEW"))
        for verb, frozen in (("INSERT", new), ("UPDATE", f"{old} OR {new}"), ("DELETE", old)):
            words = f"{table} of a signed dossier are frozen"
            statements.append(trigger(f"{table}_signed_{verb.lower()}", verb, table, frozen, words))
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            words = f"{table} rows are frozen"
            statements.append(trigger(f"{table}_refuse_{verb.lower()}", verb, table, "", words))
    return statements


def postgresql_statements() -> list[str]:
    """CREATE FUNCTION and CREATE TRIGGER statements for PostgreSQL."""

    def function(name: str, body: str) -> str:
        return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"

    def trigger(name: str, verbs: str, table: str, called: str) -> str:
        return f"CREATE TRIGGER {name} BEFORE {verbs} ON {table} FOR EACH ROW EXECUTE FUNCTION {called}()"

    changed = _changed("IS DISTINCT FROM", "OLD.answers::text IS DISTINCT FROM NEW.answers::text")
    refuse, other = f"RAISE EXCEPTION '{_FROZEN}'; END IF;", f"RAISE EXCEPTION '{_SIGNER}'; END IF;"
    whole = (
        f"IF TG_OP = 'DELETE' THEN IF OLD.content_sha256 IS NOT NULL THEN {refuse} RETURN OLD; END IF; "
        f"IF TG_OP = 'UPDATE' THEN IF {changed} THEN {refuse} "
        "IF OLD.signed_by_id IS NOT DISTINCT FROM NEW.signed_by_id THEN RETURN NEW; END IF; END IF; "
        f"IF {_NO_SIGNATORY} THEN {other} RETURN NEW;"
    )
    old, new = (_SIGNED.format(row=row) for row in ("OLD", "NEW"))
    part = "RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a signed dossier are frozen'; END IF;"
    parts = (
        f"IF TG_OP <> 'INSERT' THEN IF {old} THEN {part} END IF; "
        f"IF TG_OP <> 'DELETE' THEN IF {new} THEN {part} RETURN NEW; END IF; RETURN OLD;"
    )
    every = "INSERT OR UPDATE OR DELETE"
    return [
        function("refuse_change_of_dossier", whole),
        function("refuse_change_of_dossier_part", parts),
        trigger("dossiers_signed", every, "dossiers", "refuse_change_of_dossier"),
        *(trigger(f"{table}_signed", every, table, "refuse_change_of_dossier_part") for table in PARTS),
        *(
            trigger(f"{table}_refuse_change", "UPDATE OR DELETE", table, "refuse_change")
            for table in APPEND_ONLY
        ),
    ]


def _attach() -> None:
    for dialect, statements in (("sqlite", sqlite_statements()), ("postgresql", postgresql_statements())):
        for statement in statements:
            ddl = sa.DDL(statement)  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
            event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))


_attach()
