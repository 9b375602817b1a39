"""The filings that wait for review, the riskiest first, each with the reasons for its place."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.messages import N_
from portal.models.organisations import Organisation
from portal.models.patterns import Suspicion
from portal.queries.access import visible_enterprises
from portal.queries.finding_statistics import Repeat
from portal.queries.home_queue import QueueEntry, regulator_home
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
class Ranked:
    """A filing of the queue with its points."""

    entry: QueueEntry
    reasons: tuple[Reason, ...]

    @property
    def points(self) -> int:
        """All points together."""
        return sum(reason.points for reason in self.reasons)


def risk_ranking(session: Session, actor: Actor, repeats: tuple[Repeat, ...]) -> tuple[Ranked, ...]:
    """The queue of the actor's area by risk; equal ones by their review clock."""
    home = regulator_home(session, actor)
    doubts = _doubts(session, actor)
    again = Counter(one.enterprise_id for one in repeats)
    ranked = [Ranked(entry, _reasons(entry, doubts, again)) for entry in (*home.mine, *home.others)]
    return tuple(sorted(ranked, key=lambda one: (-one.points, one.entry.line.clock.effective_due_on)))


def _reasons(entry: QueueEntry, doubts: Counter[tuple[int, str]], again: Counter[int]) -> tuple[Reason, ...]:
    line, points = entry.line, load_rectification().risk
    moved = entry.change is not None and abs(entry.change) > MOVED
    found = (
        ("blocking", N_("未关闭的阻断性差距 %(count)s 项"), line.blocking),
        ("explain", N_("应说明的差距 %(count)s 项"), line.to_explain),
        ("suspicion", N_("数据疑点 %(count)s 个"), doubts[line.enterprise_id, str(line.month)]),
        ("repeated", N_("反复出现的差距 %(count)s 类"), again[line.enterprise_id]),
    )
    flags = (
        ("late", N_("逾期提交"), line.late),
        ("moved", N_("排放量同比变化超过三成"), moved),
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
