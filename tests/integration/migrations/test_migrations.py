"""Migrations lead to the tables of the models, up and down, with data in them, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from portal.migrating import MigrationError, check_migrations
from portal.migrating import migrate as migrate_url
from portal.models import Base
from portal.models.database import Database
from portal.models.migrate import drift, head_revision, migrate, migrations_folder
from tests.integration.migrations.rows import columns_of, dump, insert_rows, tables_of
from tests.integration.migrations.schemas import parts_of, schema_of

REVISIONS = [
    script.revision for script in reversed(list(ScriptDirectory(str(migrations_folder())).walk_revisions()))
]


def revision_of(database: Database) -> str:
    with database.engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def test_an_empty_database_comes_to_the_newest_revision(empty: Database) -> None:
    assert migrate(empty.engine) == ""
    assert revision_of(empty) == head_revision()
    assert tables_of(empty.engine) == set(Base.metadata.tables)
    assert migrate(empty.engine) == head_revision()


def test_the_head_that_is_written_down_is_the_head() -> None:
    written = (migrations_folder() / "head.txt").read_text(encoding="utf-8").strip()
    assert written == head_revision() == REVISIONS[-1]


def test_revisions_are_numbered_without_a_gap_and_named_after_their_number() -> None:
    assert [f"{number:04d}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS
    files = sorted(path.name[:4] for path in (migrations_folder() / "versions").glob("[0-9]*.py"))
    assert files == REVISIONS


def test_models_and_migrations_do_not_drift_apart(empty: Database) -> None:
    migrate(empty.engine)
    assert drift(empty.engine) == []
    check_migrations()


def test_the_drift_check_sees_a_difference(empty: Database) -> None:
    migrate(empty.engine)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE forgotten (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("DROP INDEX ix_evidence_sha256")
    found = " ".join(drift(empty.engine))
    assert "forgotten" in found
    assert "ix_evidence_sha256" in found


def test_migrations_and_models_make_the_same_tables(empty: Database, another_empty: Database) -> None:
    migrate(empty.engine)
    Base.metadata.create_all(another_empty.engine)
    migrated, made = schema_of(empty.engine), schema_of(another_empty.engine)
    assert set(migrated) == set(made)
    assert {name: text for name, text in migrated.items() if made[name] != text} == {}
    kinds = {name.split()[0] for name in made}
    assert {"columns", "index", "trigger"} <= kinds


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users ADD COLUMN shoe_size INTEGER",
        "CREATE INDEX ix_extra ON users (name)",
        "DROP INDEX ix_evidence_sha256",
        "trigger",
    ],
)
def test_the_comparison_of_tables_sees_a_difference(
    empty: Database, another_empty: Database, change: str
) -> None:
    for database in (empty, another_empty):
        migrate(database.engine)
    if change == "trigger":
        drop = {"sqlite": "DROP TRIGGER events_refuse_delete"}
        change = drop.get(empty.engine.dialect.name, "DROP TRIGGER events_refuse_change ON events")
    with empty.engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert schema_of(empty.engine) != schema_of(another_empty.engine)


def test_the_comparison_reads_every_part_of_a_table() -> None:
    sql = "CREATE TABLE a (id INTEGER NOT NULL, s TEXT DEFAULT 'x, y', CONSTRAINT c CHECK (s IN ('p', 'q')))"
    assert parts_of(sql) == (
        "CONSTRAINT c CHECK(s IN('p','q'))",
        "id INTEGER NOT NULL",
        "s TEXT DEFAULT 'x,y'",
    )


def test_each_revision_goes_up_and_down_with_rows_in_its_tables(empty: Database) -> None:
    engine, filled = empty.engine, set[str]()
    for before, revision in zip(["base", *REVISIONS], REVISIONS, strict=False):
        columns = columns_of(engine, filled)
        kept = dump(engine, columns)
        migrate(engine, revision)
        new = tables_of(engine) - filled
        with engine.begin() as connection:
            insert_rows(connection, new)
        assert dump(engine, columns) == kept
        assert all(len(rows) == 1 for rows in dump(engine, columns_of(engine, new)).values())

        migrate(engine, before)
        assert tables_of(engine) == filled
        assert dump(engine, columns) == kept

        migrate(engine, revision)
        assert all(rows == [] for rows in dump(engine, columns_of(engine, new)).values())
        with engine.begin() as connection:
            insert_rows(connection, new)
        filled |= new
    assert filled == set(Base.metadata.tables)


def test_going_down_to_nothing_leaves_nothing(empty: Database) -> None:
    migrate(empty.engine)
    migrate(empty.engine, "base")
    assert schema_of(empty.engine) == {}
    migrate(empty.engine)
    assert drift(empty.engine) == []


def test_rows_freeze_with_their_revision_and_thaw_without_it(empty: Database) -> None:
    migrate(empty.engine, "0006")
    with empty.engine.begin() as connection:
        insert_rows(connection, tables_of(empty.engine))

    def touch() -> None:
        with empty.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE events SET action = action")

    touch()
    migrate(empty.engine, "0007")
    with pytest.raises(sa.exc.DBAPIError, match="frozen"):
        touch()
    migrate(empty.engine, "0006")
    touch()


@pytest.mark.postgresql
def test_two_servers_that_start_together_migrate_one_after_the_other(postgresql_server: str) -> None:
    from tests.fixtures.databases import create_database, database_url_of

    create_database(postgresql_server, "twice", "template0")
    url = database_url_of(postgresql_server, "twice")
    with ThreadPoolExecutor(4) as pool:
        befores = list(pool.map(migrate_url, [url] * 4))
    assert sorted(befores) == ["", *[head_revision()] * 3]


def test_a_database_of_a_newer_portal_is_refused_in_words(empty: Database) -> None:
    migrate(empty.engine)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MigrationError, match="newer version"):
        migrate_url(empty.engine.url.render_as_string(hide_password=False))
