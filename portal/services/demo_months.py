"""Past months of the example enterprises: filled, checked, signed and accepted in bulk.

The figures of the reported month are those of the worked steel month; earlier months vary them by a
made-up share, so that comparisons have something to show.
"""

import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import SHANGHAI, Month, due_on, now
from portal.domain.workflow import (
    Acquisition,
    Decision,
    FindingState,
    JobState,
    RecordState,
    Severity,
    VersionStanding,
)
from portal.models.evaluations import Evaluation
from portal.models.evidence import EvidenceLink
from portal.models.findings import Finding, Rectification
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordSection, RecordValue, RecordVersion, StatementReading
from portal.models.reviews import Review
from portal.reference.statements import load_statements
from portal.services.demo_files import example_pdf
from portal.services.evaluations import run_evaluation
from portal.services.events import record_event
from portal.services.evidence import store_file
from portal.services.months import add_sections
from portal.services.signing import freeze_version
from portal.storage import Storage

#: Amounts of the worked month: item → t, or 10⁴Nm³ for the gas (tests/cases/calculations holds the case).
STEEL_AMOUNTS = {
    "无烟煤": "2317.68",
    "烟煤": "120188.43",
    "洗精煤": "300810.9",
    "焦炭": "66522.44",
    "焦炉煤气": "920.5",
    "高碳铬铁": "312.0",
    "微碳锰铁": "1256.54",
    "电炉高碳锰铁": "1301.32",
    "锰硅合金": "6181.94",
    "硅铁": "1798.22",
    "钼铁": "20.54",
    "镍铁": "0",
    "废钢": "55461.56",
    "生铁": "9867.76",
    "电极": "371.22",
    "白云石": "53361.58",
    "石灰石": "1891.38",
    "粗钢": "595279.0",
    "粗苯": "1878.22",
    "煤焦油": "7089.94",
}
DYEING_AMOUNTS = {"天然气": "42.36", "电力": "1864.250", "蒸汽": "5230.00", "印染布": "318.60"}
STEAM_ENTHALPY = Decimal("2777.10")
#: Per mille by which a month differs from the worked one, made up; the newest month first, then back in time.
#: Counted from the newest month, not by the calendar: what is left to type is then the same all year.
SHARES = (0, -20, -30, -37, -25, 2, -16, 11, -97, 8, 7, 5, 12, -8)
STOCK_SHARE = Decimal("0.16")


@dataclass(frozen=True)
class People:
    """Who acts in the months of one enterprise."""

    officer: Actor
    signatory: Actor
    regulator: Actor
    countersigner: Actor


def amounts_of(base: dict[str, str], month: Month, last: Month) -> dict[str, Decimal]:
    """The amounts of a month; the last one holds the worked figures to the digit."""
    if month == last:
        return {item: Decimal(text) for item, text in base.items()}
    back = (last.year - month.year) * 12 + last.number - month.number
    share = Decimal(1000 + SHARES[back % len(SHARES)]) / 1000
    return {item: (Decimal(text) * share).quantize(Decimal("0.01")) for item, text in base.items()}


def fill_month(
    session: Session,
    plan: PlanVersion,
    record: MonthlyRecord,
    officer: Actor,
    amounts: dict[str, Decimal],
    openings: dict[str, Decimal],
    *,
    leave_blank: frozenset[str] = frozenset(),
) -> tuple[RecordVersion, dict[str, Decimal]]:
    """Make version 1 of a month with all its figures but ``leave_blank``; returns the closing stocks too."""
    version = RecordVersion(record_id=record.id, number=1, plan_version_id=plan.id, created_at=now())
    session.add(version)
    session.flush()
    add_sections(session, version, plan)
    record.current_version_id, record.state = version.id, RecordState.DRAFT
    closings: dict[str, Decimal] = {}
    values = []
    for stream in plan.streams:
        amount = amounts.get(stream.item)
        for row in stream.parameters:
            value = _figure(row.key, stream.item, amount, openings, closings)
            if row.derived or value is None or f"{stream.item}.{row.key}" in leave_blank:
                continue
            values.append(
                {
                    "version_id": version.id,
                    "stream_code": stream.code,
                    "parameter_key": row.key,
                    "value": value,
                    "unit": row.unit,
                    "acquisition": Acquisition(row.acquisition),
                    "meter_id": row.meter_id,
                    "updated_by_id": officer.user_id,
                }
            )
    session.execute(sa.insert(RecordValue), values)
    return version, closings


def _figure(
    key: str,
    item: str,
    amount: Decimal | None,
    openings: dict[str, Decimal],
    closings: dict[str, Decimal],
) -> Decimal | None:
    if key == "enthalpy":
        return STEAM_ENTHALPY
    if amount is None:
        return None
    if key in {"amount", "volume"}:
        return amount
    if key == "sold":
        return Decimal(0)
    closing = (amount * STOCK_SHARE).quantize(Decimal("0.01"))
    opening = openings.get(item, closing)
    if key == "closing_stock":
        closings[item] = closing
        return closing
    if key == "opening_stock":
        return opening
    if key == "purchased":
        has_stock = item in {"无烟煤", "烟煤", "洗精煤", "焦炭"}
        return amount + closing - opening if has_stock else amount
    return None


def lay_in_evidence(
    session: Session,
    storage: Storage,
    plan: PlanVersion,
    record: MonthlyRecord,
    version: RecordVersion,
    officer: Actor,
    *,
    leave_empty: frozenset[str] = frozenset(),
) -> None:
    """One example ledger for each mandatory slot of the month, but those of ``leave_empty`` items."""
    month = Month.parse(record.month)
    ledger = store_file(
        session,
        storage,
        officer,
        io.BytesIO(example_pdf(f"EXAMPLE LEDGER {month}", f"Enterprise {record.enterprise_id}")),
        f"示例台账-{month}.pdf",
        enterprise_id=record.enterprise_id,
        period_from=month.first,
        period_to=month.last,
    )
    links = [
        {
            "version_id": version.id,
            "slot": f"{stream.code}.{row.key}.{slot.code}",
            "evidence_id": ledger.id,
        }
        for stream in plan.streams
        if stream.item not in leave_empty
        for row in stream.parameters
        for slot in row.slots
        if slot.mandatory
    ]
    session.execute(sa.insert(EvidenceLink), links)


def check_month(session: Session, version: RecordVersion, officer: Actor) -> None:
    """Run the checks and explain what must be explained."""
    evaluation = Evaluation(version_id=version.id, requested_by_id=officer.user_id, state=JobState.QUEUED)
    session.add(evaluation)
    session.flush()
    run_evaluation(session, evaluation.id)
    for finding in session.scalars(
        sa.select(Finding).where(
            Finding.record_id == version.record_id,
            Finding.severity == Severity.EXPLAIN,
            Finding.state == FindingState.OPEN,
        )
    ):
        finding.state, finding.responded_by_id = FindingState.EXPLAINED, officer.user_id
        finding.steps.append(
            Rectification(
                kind="explanation", by_id=officer.user_id, text="示例说明：与生产安排一致，已与生产月报核对。"
            )
        )
    session.flush()


def sign_month(session: Session, record: MonthlyRecord, version: RecordVersion, people: People) -> None:
    """Sign the month some days before it was due."""
    pressed = _moment(due_on(Month.parse(record.month)) - timedelta(days=9), 10, 32)
    readings = [
        {
            "version_id": version.id,
            "user_id": people.signatory.user_id,
            "statement": statement.key,
            "opened_at": pressed - timedelta(minutes=4),
            "agreed_at": pressed - timedelta(minutes=2),
        }
        for statement in load_statements()
    ]
    session.execute(sa.insert(StatementReading), readings)
    freeze_version(
        session,
        people.signatory,
        record,
        version,
        f"example-{record.enterprise_id}-{record.month}",
        pressed,
        late=False,
    )
    record.state, version.standing = RecordState.SUBMITTED, VersionStanding.SUBMITTED
    _event(session, people.officer, "record.mark_ready", record, pressed - timedelta(hours=1))
    _event(session, people.signatory, "record.sign", record, pressed)


def accept_month(session: Session, record: MonthlyRecord, version: RecordVersion, people: People) -> None:
    """Let the regulator accept the month."""
    taken = _moment(due_on(Month.parse(record.month)) - timedelta(days=6), 9, 2)
    decide(session, version, people.regulator, Decision.ACCEPT, taken)
    session.add(
        Review(
            version_id=version.id,
            reviewer_id=people.regulator.user_id,
            taken_at=taken,
            due_on=(taken + timedelta(days=9)).date(),
            outcome="accepted",
            finished_at=taken + timedelta(hours=3),
        )
    )
    record.state, version.standing = RecordState.ACCEPTED, VersionStanding.ACCEPTED
    record.official_version_id = version.id
    _event(session, people.regulator, "record.take", record, taken)
    _event(session, people.regulator, "record.accept", record, taken + timedelta(hours=3))
    session.flush()


def return_month(
    session: Session,
    record: MonthlyRecord,
    version: RecordVersion,
    people: People,
    section: str,
    comment: str,
) -> None:
    """Let the regulator send one section back."""
    taken = _moment(due_on(Month.parse(record.month)) - timedelta(days=6), 9, 2)
    decide(session, version, people.regulator, Decision.ACCEPT, taken)
    row = session.scalars(
        sa.select(RecordSection).where(
            RecordSection.version_id == version.id, RecordSection.section == section
        )
    ).one()
    row.decision, row.comment = Decision.RETURN, comment
    session.add(
        Review(
            version_id=version.id,
            reviewer_id=people.regulator.user_id,
            taken_at=taken,
            due_on=(taken + timedelta(days=9)).date(),
            outcome="returned",
            finished_at=taken + timedelta(hours=3),
        )
    )
    record.state, version.standing = RecordState.RETURNED, VersionStanding.RETURNED
    record.reason, record.amend_due_on = comment, max(record.due_on, now().date()) + timedelta(days=5)
    _event(session, people.regulator, "record.take", record, taken)
    _event(session, people.regulator, "record.return", record, taken + timedelta(hours=3), reason=comment)
    session.flush()


def decide(
    session: Session, version: RecordVersion, regulator: Actor, decision: Decision, at: datetime
) -> None:
    """Decide all sections alike."""
    session.execute(
        sa.update(RecordSection)
        .where(RecordSection.version_id == version.id)
        .values(decision=decision, decided_by_id=regulator.user_id, decided_at=at)
    )


def _moment(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), SHANGHAI)


def _event(
    session: Session, actor: Actor, action: str, record: MonthlyRecord, at: datetime, reason: str = ""
) -> None:
    record_event(
        session,
        actor,
        action,
        "record",
        record.id,
        enterprise_id=record.enterprise_id,
        after={"state": record.state, "reason": reason},
        at=at,
    )
