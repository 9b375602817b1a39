"""One month through the portal: saving, checking, signing and printing it.

``.venv/bin/python -m benchmarks.month [--runs 20]``

Prints medians after a warm-up, each beside a plain floor: the least that such a step could take.
"""

import argparse
import itertools
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from benchmarks.crowd import enterprise_of
from benchmarks.instances import Instance, sqlite_instance
from benchmarks.measure import MILLI, Timing, print_machine, print_table, timed
from portal.domain.access import Actor
from portal.domain.periods import Month
from portal.domain.workflow import Acquisition, FindingState, JobState, RecordState, Severity
from portal.models.evaluations import Evaluation
from portal.models.evidence import Evidence, EvidenceLink
from portal.models.findings import Finding
from portal.models.records import MonthlyRecord
from portal.models.users import User
from portal.queries.access import actor_of
from portal.queries.monthly_report import load_material
from portal.queries.sheets import load_sheet
from portal.reference.statements import load_statements
from portal.services.demo import PASSWORD
from portal.services.documents import make_stamp, print_report
from portal.services.findings import respond
from portal.services.passwords import hash_password, password_fits
from portal.services.signing import mark_ready, open_statement, recall
from portal.services.values import save_value
from portal.tasks import evaluate
from reports.pdf import warm_up

OFFICER, SIGNATORY = "officer@steel.example", "signatory@steel.example"
CELL = "S-02.purchased"
EXPLANATION = "示例说明：按计划检修，数据已核对"


@dataclass(frozen=True)
class Step:
    """One line of the table; limit and floor in milliseconds."""

    name: str
    times: Timing
    limit: float
    floor: Timing | None
    floor_name: str


class MonthInWork:
    """The newest month of the example steel works, which is being filled."""

    def __init__(self, instance: Instance) -> None:
        """Find the month and sign its people in."""
        self.instance = instance
        self.database = instance.database
        self.enterprise_id = enterprise_of(self.database, OFFICER)
        with self.database.reading() as session:
            record = session.scalars(
                sa.select(MonthlyRecord)
                .where(
                    MonthlyRecord.enterprise_id == self.enterprise_id,
                    MonthlyRecord.state == RecordState.DRAFT,
                )
                .order_by(MonthlyRecord.month.desc())
            ).first()
            if record is None:
                raise RuntimeError("the example world has no month in work")
            self.record_id, self.month = record.id, record.month
        self.path = f"/enterprises/{self.enterprise_id}/records/{self.month}"
        self.officer, self.signatory = instance.browser(OFFICER), instance.browser(SIGNATORY)
        self.figures = itertools.count(100_000)

    def person(self, email: str) -> Actor:
        """The actor with this address."""
        with self.database.reading() as session:
            return actor_of(session.scalars(sa.select(User).where(User.email == email)).one())

    def record(self) -> MonthlyRecord:
        """The month's row as it is now."""
        with self.database.reading() as session:
            return session.get_one(MonthlyRecord, self.record_id)

    @property
    def version_id(self) -> int:
        """The version in work."""
        return self.record().current_version_id or 0

    def typed(self) -> int:
        """How many of its parameters a person types."""
        with self.database.reading() as session:
            rows = load_sheet(session, self.version_id).rows()
        return sum(1 for row in rows if not row.derived and row.acquisition is not Acquisition.DEFAULT)

    def save(self) -> Callable[[], None]:
        """What saves the next value of one cell through the page."""
        with self.database.reading() as session:
            rows = load_sheet(session, self.version_id).rows()
        held = [next(row.row_version for row in rows if row.cell == CELL)]

        def save_next() -> None:
            answer = self.officer.post(
                f"{self.path}/values/{CELL}", value=str(next(self.figures)), row_version=held[0], unit="t"
            )
            held[0] = answer.json["row_version"]

        return save_next

    def evaluation(self) -> Callable[[], None]:
        """What settles, calculates and checks the month as a worker does."""

        def run() -> None:
            with self.database.writing() as session:
                row = Evaluation(version_id=self.version_id, state=JobState.QUEUED)
                session.add(row)
                session.flush()
                evaluation_id = row.id
            evaluate(self.database, evaluation_id)

        return run

    def complete(self) -> None:
        """Fill what the example leaves open, and explain what must be explained."""
        officer, version_id = self.person(OFFICER), self.version_id
        with self.database.writing() as session:
            sheet = load_sheet(session, version_id)
            for row in sheet.rows():
                if row.required and not row.derived and row.stored is None and row.acquisition == "measured":
                    save_value(session, officer, version_id, row.cell, row.previous, row.row_version)
            file = session.scalars(
                sa.select(Evidence.id).where(
                    Evidence.enterprise_id == self.enterprise_id,
                    Evidence.period_from == Month.parse(self.month).first,
                )
            ).first()
            session.add_all(
                EvidenceLink(version_id=version_id, slot=slot.code, evidence_id=file)
                for slot in sheet.slots()
                if slot.mandatory and not slot.files
            )
        self.evaluation()()
        with self.database.writing() as session:
            wanted = session.scalars(
                sa.select(Finding).where(
                    Finding.record_id == self.record_id,
                    Finding.severity == Severity.EXPLAIN,
                    Finding.state.in_((FindingState.OPEN, FindingState.RETURNED)),
                )
            ).all()
            for finding in wanted:
                respond(
                    session, officer, finding.id, finding.row_version, text="示例说明：按计划检修，已核对"
                )

    def make_ready(self) -> None:
        """Hand the month to its signatory, who opens the statements."""
        record = self.record()
        with self.database.writing() as session:
            mark_ready(session, self.person(OFFICER), self.record_id, record.row_version)
        with self.database.writing() as session:
            for statement in load_statements():
                open_statement(session, self.person(SIGNATORY), self.record_id, statement.key)

    def sign(self) -> None:
        """Press the button: password, statements, snapshot, receipt number."""
        self.signatory.post(
            f"{self.path}/sign",
            row_version=self.record().row_version,
            idempotency_key=uuid.uuid4().hex,
            password=PASSWORD,
            agree=[statement.key for statement in load_statements()],
        )
        if self.record().state is not RecordState.SUBMITTED:
            raise RuntimeError("the month was not signed")

    def take_back(self) -> None:
        """Recall what was signed, and check the new version."""
        record = self.record()
        with self.database.writing() as session:
            recall(session, self.person(SIGNATORY), self.record_id, record.row_version, "示例：再签一次")
        self.evaluation()()


def signing_times(month: MonthInWork, runs: int) -> Timing:
    """Times of the request that signs; what leads there is not counted."""
    month.complete()
    wall, cpu = [], []
    for number in range(runs + 2):
        month.make_ready()
        begun, worked = time.perf_counter(), time.process_time()
        month.sign()
        if number >= 2:
            cpu.append((time.process_time() - worked) * MILLI)
            wall.append((time.perf_counter() - begun) * MILLI)
        month.take_back()
    return Timing(tuple(wall), tuple(cpu))


def printing(month: MonthInWork) -> Callable[[], object]:
    """What prints the report of the last signed version of an earlier month."""
    settings = month.instance.settings
    with month.database.reading() as session:
        version_id = session.scalars(
            sa.select(MonthlyRecord.official_version_id)
            .where(
                MonthlyRecord.enterprise_id == month.enterprise_id,
                MonthlyRecord.official_version_id.is_not(None),
            )
            .order_by(MonthlyRecord.month.desc())
        ).first()

    warm_up(settings.font_dir)  # as a worker does before it forks

    def run() -> object:
        with month.database.reading() as session:
            material = load_material(session, version_id or 0)
        return print_report(material, make_stamp(material, settings), settings)

    return run


def steps_of(month: MonthInWork, runs: int) -> list[Step]:
    """All steps, measured one after another."""
    page = timed(lambda: month.officer.get(f"{month.path}/energy"), runs)
    overview = timed(lambda: month.officer.get(month.path), runs)
    empty = timed(lambda: month.officer.get("/healthz"), runs)
    commit = timed(lambda: _one_row(month), runs)
    save = timed(month.save(), runs)
    checked = timed(month.evaluation(), runs)
    kept = hash_password(PASSWORD)
    password = timed(lambda: password_fits(kept, PASSWORD), runs)
    signed = signing_times(month, runs)
    alone = Timing(
        tuple(value - password.p50 for value in signed.wall),
        tuple(value - password.cpu_p50 for value in signed.cpu),
    )
    printed = timed(printing(month), runs, warm=2)
    return [
        Step("month", overview, 100, empty, "a page that reads nothing"),
        Step("section of the month", page, 100, empty, "a page that reads nothing"),
        Step("save of a value", save, 40, commit, "commit of one row"),
        Step("evaluate + calculate", checked, 50, commit, "commit of one row"),
        Step("sign, to the receipt", signed, 300, password, "password hash alone"),
        Step("sign, without the password hash", alone, 300, commit, "commit of one row"),
        Step("monthly report as PDF", printed, 1500, None, ""),
    ]


def _one_row(month: MonthInWork) -> None:
    with month.database.writing() as session:
        session.execute(sa.update(MonthlyRecord).where(MonthlyRecord.id == month.record_id).values(reason=""))


def main() -> int:
    """Measure on SQLite and print the table; answers 1 when a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    print_machine()
    with sqlite_instance() as instance:
        month = MonthInWork(instance)
        typed = month.typed()
        steps = steps_of(month, runs)
    print_table(
        f"One month with {typed} typed parameters, {runs} runs each",
        ("step", "p50 ms", "p95 ms", "cpu ms", "limit", "ok", "floor ms", "floor"),
        [
            (
                step.name,
                f"{step.times.p50:.1f}",
                f"{step.times.p95:.1f}",
                f"{step.times.cpu_p50:.1f}",
                f"{step.limit:.0f}",
                "yes" if step.times.p50 <= step.limit else "NO",
                f"{step.floor.p50:.1f}" if step.floor else "—",
                step.floor_name,
            )
            for step in steps
        ],
    )
    return 0 if all(step.times.p50 <= step.limit for step in steps) else 1


if __name__ == "__main__":
    sys.exit(main())
