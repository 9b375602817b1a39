"""Why one filing is looked at before another: points by reason, from data that the portal holds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.domain.workflow import FindingSource
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.patterns import Suspicion
from portal.models.records import MonthlyRecord
from portal.queries.access import visible_enterprises
from portal.queries.finding_statistics import BACK, REPEATED_MONTHS
from portal.queries.reviews import QueueLine
from portal.reference.rectification import load_rectification

#: A change against the same month of last year beyond this share is a reason.
MOVED = Decimal("0.30")


@dataclass(frozen=True)
class Reason:
    """Why a filing stands where it does, and the points of it."""

    message: str
    count: int
    points: int


@dataclass(frozen=True)
class History:
    """What is known of the enterprises of a queue beside the filings themselves."""

    #: Open suspicions by enterprise and month.
    doubts: Mapping[tuple[int, str], int]
    #: Checks that fail again and again, by enterprise.
    repeated: Mapping[int, int]


def risk_history(session: Session, actor: Actor, lines: Sequence[QueueLine]) -> History:
    """What speaks for or against the enterprises of ``lines``, in two queries."""
    return History(_doubts(session, actor), _repeated(session, {line.enterprise_id for line in lines}))


def reasons_of(line: QueueLine, change: Decimal | None, history: History) -> tuple[Reason, ...]:
    """The reasons of one filing; ``change`` is that against the same month of last year, as a fraction."""
    points = load_rectification().risk
    found = (
        ("blocking", N_("未关闭的阻断性差距 %(count)s 项"), line.blocking),
        ("explain", N_("应说明的差距 %(count)s 项"), line.to_explain),
        (
            "suspicion",
            N_("数据疑点 %(count)s 个"),
            history.doubts.get((line.enterprise_id, str(line.month)), 0),
        ),
        ("repeated", N_("反复出现的差距 %(count)s 类"), history.repeated.get(line.enterprise_id, 0)),
    )
    flags = (
        ("late", N_("逾期提交"), line.late),
        ("moved", N_("排放量同比变化超过三成"), change is not None and abs(change) > MOVED),
    )
    return (
        *(Reason(words, count, points[name] * count) for name, words, count in found if count),
        *(Reason(words, 1, points[name]) for name, words, is_so in flags if is_so),
    )


def _doubts(session: Session, actor: Actor) -> Counter[tuple[int, str]]:
    rows = session.execute(
        sa.select(Suspicion.enterprise_id, Suspicion.month, sa.func.count())
        .join(Organisation, Organisation.id == Suspicion.enterprise_id)
        .where(Suspicion.state == "open", visible_enterprises(actor, Permission.SUSPICION_VIEW))
        .group_by(Suspicion.enterprise_id, Suspicion.month)
    )
    return Counter({(enterprise_id, month): many for enterprise_id, month, many in rows})


def _repeated(session: Session, enterprises: set[int]) -> Counter[int]:
    """How many checks failed in three or more months of the last twelve, by enterprise."""
    rows = session.execute(
        sa.select(Finding.enterprise_id)
        .join(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
        .where(
            Finding.enterprise_id.in_(enterprises),
            Finding.source == FindingSource.CHECK,
            Finding.closed_as != "false_alarm",
            MonthlyRecord.month >= str(Month.of(today()).plus(-BACK)),
        )
        .group_by(Finding.enterprise_id, Finding.check_id)
        .having(sa.func.count(sa.distinct(MonthlyRecord.month)) >= REPEATED_MONTHS)
    )
    return Counter(enterprise_id for (enterprise_id,) in rows)
