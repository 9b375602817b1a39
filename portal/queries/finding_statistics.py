"""The regulator's figures on findings: by district, industry, check; who repeats; firms' scores."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, EngagementScope, Permission
from portal.domain.periods import Month, today
from portal.domain.workflow import (
    UNSETTLED_FINDINGS,
    EngagementState,
    FindingSource,
    FindingState,
    Severity,
)
from portal.models.engagements import Engagement
from portal.models.findings import Finding
from portal.models.organisations import EnterpriseProfile, Organisation
from portal.models.records import MonthlyRecord, RecordVersion
from portal.models.reviews import Review
from portal.queries.access import visible_enterprises
from portal.reference.rectification import load_rectification

#: A check that fails in so many months of the last twelve is repeated.
REPEATED_MONTHS = 3
BACK = 12


@dataclass(frozen=True)
class Item:
    """What the figures need of one finding."""

    enterprise_id: int
    enterprise: str
    district: str
    industry: str
    check_id: str
    title: str
    month: str
    blocking: bool
    unsettled: bool
    overdue: bool
    title_en: str = ""


@dataclass(frozen=True)
class Group:
    """Findings of the last twelve months that share a district, an industry or a check."""

    key: str
    label: str
    enterprises: int
    total: int
    unsettled: int
    blocking: int
    overdue: int
    label_en: str = ""


@dataclass(frozen=True)
class Repeat:
    """One check that fails again and again at one enterprise."""

    enterprise_id: int
    enterprise: str
    check_id: str
    title: str
    months: tuple[str, ...]
    title_en: str = ""


@dataclass(frozen=True)
class FirmScore:
    """A steward firm's score and every number behind it."""

    firm_id: int
    name: str
    clients: int
    reviewed: int
    returned: int
    findings: int
    repeated: int
    overdue: int
    score: Decimal | None


@dataclass(frozen=True)
class Statistics:
    """The tables of the page."""

    districts: tuple[Group, ...]
    industries: tuple[Group, ...]
    checks: tuple[Group, ...]
    repeats: tuple[Repeat, ...]
    firms: tuple[FirmScore, ...]


def statistics(session: Session, actor: Actor) -> Statistics:
    """The figures of the actor's area over the last twelve months, in a fixed number of queries."""
    items = _items(session, actor)
    checks = [item for item in items if item.check_id]
    repeats = repeated(items)
    return Statistics(
        districts=_groups(items, lambda item: (item.district, item.district, "")),
        industries=_groups(items, lambda item: (item.industry[:2], item.industry[:2], "")),
        checks=_groups(checks, lambda item: (item.check_id, item.title, item.title_en)),
        repeats=repeats,
        firms=_firms(session, actor, items, repeats),
    )


def repeated(items: Sequence[Item]) -> tuple[Repeat, ...]:
    """Checks that failed in three or more months at one enterprise, the most often first."""
    groups: dict[tuple[int, str], list[Item]] = defaultdict(list)
    for item in items:
        if item.check_id and item.month:
            groups[item.enterprise_id, item.check_id].append(item)
    found = []
    for (enterprise_id, check_id), group in groups.items():
        months = tuple(sorted({item.month for item in group}))
        if len(months) >= REPEATED_MONTHS:
            found.append(
                Repeat(
                    enterprise_id, group[0].enterprise, check_id, group[0].title, months, group[0].title_en
                )
            )
    return tuple(sorted(found, key=lambda one: (-len(one.months), one.enterprise, one.check_id)))


def score_of(reviewed: int, returned: int, findings: int, repeats: int, overdue: int) -> Decimal | None:
    """100 less the points of each share; None before anything was reviewed."""
    if not reviewed:
        return None
    points = load_rectification().score
    lost = Decimal(points["returned"]) * returned / reviewed
    if findings:
        lost += Decimal(points["repeated"]) * repeats / findings
        lost += Decimal(points["overdue"]) * overdue / findings
    return (100 - lost).quantize(Decimal("0.1"), ROUND_HALF_UP)


def area_items(session: Session, actor: Actor, enterprises: Collection[int]) -> tuple[Item, ...]:
    """The findings of some enterprises of the actor's area."""
    return tuple(item for item in _items(session, actor) if item.enterprise_id in enterprises)


def _items(session: Session, actor: Actor) -> tuple[Item, ...]:
    first = str(Month.of(today()).plus(-BACK))
    rows = session.execute(
        sa.select(Finding, MonthlyRecord.month, Organisation, EnterpriseProfile.industry_code)
        .join(Organisation, Organisation.id == Finding.enterprise_id)
        .outerjoin(MonthlyRecord, MonthlyRecord.id == Finding.record_id)
        .outerjoin(EnterpriseProfile, EnterpriseProfile.organisation_id == Organisation.id)
        .where(
            visible_enterprises(actor, Permission.STATISTICS_VIEW),
            Finding.closed_as != "false_alarm",
            sa.or_(
                MonthlyRecord.month >= first,
                Finding.record_id.is_(None),
                Finding.state.in_(UNSETTLED_FINDINGS),
            ),
        )
        .options(sa.orm.lazyload(Finding.steps))
        .order_by(Finding.id)
    )
    return tuple(_item(*row) for row in rows)


def _item(finding: Finding, month: str | None, organisation: Organisation, industry: str | None) -> Item:
    theirs = finding.state in {FindingState.OPEN, FindingState.RETURNED, FindingState.WAIVER_ASKED}
    return Item(
        enterprise_id=organisation.id,
        enterprise=organisation.name,
        district=organisation.district,
        industry=industry or "",
        check_id=finding.check_id if finding.source is FindingSource.CHECK else "",
        title=finding.title,
        month=month or "",
        blocking=finding.severity is Severity.BLOCKING,
        unsettled=finding.state in UNSETTLED_FINDINGS,
        overdue=theirs and finding.due_on < today(),
        title_en=str((finding.detail or {}).get("title_en") or ""),
    )


def _groups(items: Sequence[Item], key: Callable[[Item], tuple[str, str, str]]) -> tuple[Group, ...]:
    groups: dict[str, list[Item]] = defaultdict(list)
    labels: dict[str, tuple[str, str]] = {}
    for item in items:
        name, *label = key(item)
        groups[name].append(item)
        labels[name] = label[0], label[1]
    rows = [
        Group(
            key=name,
            label=labels[name][0],
            label_en=labels[name][1],
            enterprises=len({item.enterprise_id for item in group}),
            total=len(group),
            unsettled=sum(item.unsettled for item in group),
            blocking=sum(item.blocking for item in group),
            overdue=sum(item.overdue for item in group),
        )
        for name, group in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.unsettled, -row.total, row.key)))


@dataclass(frozen=True)
class _Contract:
    firm_id: int
    enterprise_id: int
    starts_on: date
    ends_on: date

    def covers(self, enterprise_id: int, month: Month) -> bool:
        mine = enterprise_id == self.enterprise_id
        return mine and self.starts_on <= month.last and self.ends_on >= month.first


def _firms(
    session: Session, actor: Actor, items: Sequence[Item], repeats: Sequence[Repeat]
) -> tuple[FirmScore, ...]:
    contracts, names = _contracts(session, actor)
    reviews = _reviews(session, actor)
    again = {(one.enterprise_id, one.check_id) for one in repeats}
    rows = []
    for firm_id, held in contracts.items():
        reviewed = [outcome for place, month, outcome in reviews if _under(held, place, month)]
        mine = [item for item in items if item.month and _under(held, item.enterprise_id, item.month)]
        repeats_here = sum(1 for item in mine if (item.enterprise_id, item.check_id) in again)
        late = sum(item.overdue for item in mine)
        returned = reviewed.count("returned")
        rows.append(
            FirmScore(
                firm_id=firm_id,
                name=names[firm_id],
                clients=len({contract.enterprise_id for contract in held}),
                reviewed=len(reviewed),
                returned=returned,
                findings=len(mine),
                repeated=repeats_here,
                overdue=late,
                score=score_of(len(reviewed), returned, len(mine), repeats_here, late),
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.score is None, row.score or 0, row.name)))


def _under(contracts: Sequence[_Contract], enterprise_id: int, month: str) -> bool:
    return any(contract.covers(enterprise_id, Month.parse(month)) for contract in contracts)


def _contracts(session: Session, actor: Actor) -> tuple[Mapping[int, list[_Contract]], Mapping[int, str]]:
    firm = sa.orm.aliased(Organisation)
    rows = session.execute(
        sa.select(Engagement, firm.name)
        .join(Organisation, Organisation.id == Engagement.enterprise_id)
        .join(firm, firm.id == Engagement.firm_id)
        .where(
            visible_enterprises(actor, Permission.STATISTICS_VIEW),
            Engagement.scope != EngagementScope.ENVIRONMENT,
            Engagement.state.in_((EngagementState.ACTIVE, EngagementState.ENDED)),
        )
    )
    contracts: dict[int, list[_Contract]] = defaultdict(list)
    names: dict[int, str] = {}
    for row, name in rows:
        contracts[row.firm_id].append(_Contract(row.firm_id, row.enterprise_id, row.starts_on, row.ends_on))
        names[row.firm_id] = name
    return contracts, names


def _reviews(session: Session, actor: Actor) -> list[tuple[int, str, str]]:
    first = str(Month.of(today()).plus(-BACK))
    rows = session.execute(
        sa.select(MonthlyRecord.enterprise_id, MonthlyRecord.month, Review.outcome)
        .join(RecordVersion, RecordVersion.id == Review.version_id)
        .join(MonthlyRecord, MonthlyRecord.id == RecordVersion.record_id)
        .join(Organisation, Organisation.id == MonthlyRecord.enterprise_id)
        .where(
            visible_enterprises(actor, Permission.STATISTICS_VIEW),
            Review.finished_at.is_not(None),
            MonthlyRecord.month >= first,
        )
    )
    return [(enterprise_id, month, outcome) for enterprise_id, month, outcome in rows]
