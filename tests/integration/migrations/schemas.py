"""What a database's tables are, written down so that two databases can be compared."""

import re

import sqlalchemy as sa


def schema_of(engine: sa.Engine) -> dict[str, str | tuple[str, ...]]:
    """Everything that DDL makes, by kind and name; Alembic's own table is left out."""
    return _of_sqlite(engine) if engine.dialect.name == "sqlite" else _of_postgresql(engine)


def _of_sqlite(engine: sa.Engine) -> dict[str, str | tuple[str, ...]]:
    found: dict[str, str | tuple[str, ...]] = {}
    ours = "sql IS NOT NULL AND tbl_name <> 'alembic_version'"
    with engine.connect() as connection:
        for kind, name, sql in connection.exec_driver_sql(
            f"SELECT type, name, sql FROM sqlite_master WHERE {ours}"
        ):
            plain = re.sub(r"\s+", " ", sql).replace('"', "").strip()
            if kind == "table":
                found[f"table {name}"] = parts_of(plain)
                columns = connection.exec_driver_sql(f"PRAGMA table_info('{name}')").all()
                found[f"columns {name}"] = tuple(str(tuple(column)) for column in columns)
            else:
                found[f"{kind} {name}"] = plain
    return found


def parts_of(create_table: str) -> tuple[str, ...]:
    """Columns and constraints of a CREATE TABLE, each in one line, in the order of the alphabet."""
    body = create_table[create_table.index("(") + 1 : create_table.rindex(")")]
    parts, depth, part, quoted = [], 0, "", False
    for letter in body:
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth and not quoted:
            parts.append(part)
            part = ""
        else:
            part += letter
    return tuple(sorted(re.sub(r"\s*([(),])\s*", r"\1", entry).strip() for entry in [*parts, part]))


_POSTGRESQL = {
    "columns": """
        SELECT table_name, ordinal_position || ' ' || column_name || ' ' || data_type || ' '
               || coalesce(character_maximum_length::text, '') || ' ' || coalesce(numeric_precision::text, '')
               || ' ' || coalesce(numeric_scale::text, '') || ' ' || is_nullable || ' '
               || coalesce(column_default, '')
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
        ORDER BY table_name, ordinal_position""",
    "constraint": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'""",
    "index": """
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'""",
    "trigger": """
        SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger
        WHERE NOT tgisinternal""",
    "function": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
}


def _of_postgresql(engine: sa.Engine) -> dict[str, str | tuple[str, ...]]:
    found: dict[str, str | tuple[str, ...]] = {}
    with engine.connect() as connection:
        for kind, query in _POSTGRESQL.items():
            for name, text in connection.exec_driver_sql(query):
                key = f"{kind} {name}"
                found[key] = f"{found[key]}\n{text}" if key in found else text
    return found
