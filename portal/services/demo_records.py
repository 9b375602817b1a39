"""The filed months of the example enterprises, from the newest whole accepted year to last month."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sqlalchemy.orm import Session

from portal.domain.periods import Month, today
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordVersion
from portal.services.demo_months import (
    DYEING_AMOUNTS,
    STEEL_AMOUNTS,
    People,
    accept_month,
    amounts_of,
    check_month,
    fill_month,
    lay_in_evidence,
    return_month,
    sign_month,
)
from portal.services.demo_plans import (
    DYEING_CHOICES,
    STEEL_CHOICES,
    MeterChoice,
    dyeing_meter,
    make_plan,
    steel_meter,
)
from portal.services.jobs import request_job
from portal.services.months import find_record, open_months
from portal.services.plan_template import StreamChoice
from portal.storage import Storage

#: What the officer of the steel works still has to fill in the newest month.
LEFT_BLANK = frozenset({"焦炭.purchased", "焦炉煤气.purchased", "粗钢.amount"})
LEFT_WITHOUT_EVIDENCE = frozenset({"焦炉煤气"})
#: Months whose reports are printed at the first start: more would keep the worker busy for long.
_PRINTED = 3


def whole_year(last: Month) -> int:
    """The newest calendar year of which every month is accepted when ``last`` is the newest month."""
    accepted = last.plus(-2)
    return accepted.year if accepted == Month(accepted.year, 12) else accepted.year - 1


def add_steel_months(
    session: Session, storage: Storage, people: People, enterprise_id: int, last: Month
) -> None:
    """Accepted up to two months ago, last month's record signed, the newest one nearly filled."""
    first = Month(whole_year(last), 1)
    plan = _begun(session, storage, people, enterprise_id, first, (STEEL_CHOICES, steel_meter))
    openings: dict[str, Decimal] = {}
    month = first
    while month < last:
        record, version, openings = _filled(
            session, storage, plan, people, month, amounts_of(STEEL_AMOUNTS, month, last), openings
        )
        _file(session, record, version, people)
        _print(session, record, people)
        if month < last.previous():
            accept_month(session, record, version, people)
        month = month.next()
    _filled(
        session,
        storage,
        plan,
        people,
        last,
        amounts_of(STEEL_AMOUNTS, last, last),
        openings,
        blank=LEFT_BLANK,
        unproven=LEFT_WITHOUT_EVIDENCE,
    )


def add_dyeing_months(
    session: Session, storage: Storage, people: People, enterprise_id: int, last: Month
) -> None:
    """Accepted up to two months ago, last month's record sent back with one section, the newest untouched."""
    first = Month(whole_year(last), 1)
    plan = _begun(session, storage, people, enterprise_id, first, (DYEING_CHOICES, dyeing_meter))
    openings: dict[str, Decimal] = {}
    month = first
    while month < last:
        record, version, openings = _filled(
            session, storage, plan, people, month, amounts_of(DYEING_AMOUNTS, month, last), openings
        )
        _file(session, record, version, people)
        if month < last.previous():
            accept_month(session, record, version, people)
        else:
            return_month(
                session, record, version, people, "power_heat", "蒸汽结算单缺最后一页，请补传完整的结算单"
            )
        month = month.next()


def _begun(
    session: Session,
    storage: Storage,
    people: People,
    enterprise_id: int,
    first: Month,
    contents: tuple[Sequence[StreamChoice], MeterChoice],
) -> PlanVersion:
    """The approved plan from month ``first`` on, and its months opened."""
    plan = make_plan(
        session,
        storage,
        enterprise_id,
        people.officer,
        people.regulator,
        *contents,
        effective_from=str(first),
    )
    open_months(session, enterprise_id)
    return plan


def _filled(
    session: Session,
    storage: Storage,
    plan: PlanVersion,
    people: People,
    month: Month,
    amounts: dict[str, Decimal],
    openings: Mapping[str, Decimal],
    *,
    blank: frozenset[str] = frozenset(),
    unproven: frozenset[str] = frozenset(),
) -> tuple[MonthlyRecord, RecordVersion, dict[str, Decimal]]:
    """The month with its figures and evidence, and the stocks with which it closes."""
    record = find_record(session, plan.enterprise_id, month)
    version, closings = fill_month(
        session,
        plan,
        record,
        people.officer,
        amounts,
        dict(openings),
        leave_blank=blank,
    )
    lay_in_evidence(session, storage, plan, record, version, people.officer, leave_empty=unproven)
    return record, version, closings


def _file(session: Session, record: MonthlyRecord, version: RecordVersion, people: People) -> None:
    check_month(session, version, people.officer)
    sign_month(session, record, version, people)


def _print(session: Session, record: MonthlyRecord, people: People) -> None:
    if record.month >= str(Month.of(today()).plus(-_PRINTED)) and record.current_version_id is not None:
        request_job(
            session,
            "issue_monthly_report",
            record.current_version_id,
            actor=people.signatory,
            enterprise_id=record.enterprise_id,
        )
