"""Trying a check on one month before anybody is bound by it. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.drafts import Raw, compile_pack, put_entry
from checklists.engine import run
from checklists.model import CheckPack, Outcome
from checklists.patches import PathError, patched
from checklists.predicates import PREDICATES
from checklists.reading import path_words, read_out, say
from checklists.stored import inflate_facts
from portal.accounting.month import figures
from portal.domain.access import Actor, Permission, authorize
from portal.domain.errors import NotFound
from portal.models.check_packs import MonthFacts
from portal.models.organisations import Organisation
from portal.models.records import MonthlyRecord
from portal.queries.access import require, visible_enterprises
from portal.queries.sheets import load_sheet
from portal.services.evaluations import facts_told

MOST_SHOWN = 60


@dataclass(frozen=True)
class Reading:
    """A check in words: what it applies to, what it asks, the paths that it looks at, what it would say."""

    applies: str
    expression: str
    looks_at: tuple[str, ...]
    message: str
    message_en: str


@dataclass(frozen=True)
class Tried:
    """What a check says about a chosen month, the heaviest answers first; ``total`` counts all."""

    enterprise: str
    month: str
    outcomes: tuple[Outcome, ...]
    total: int


@dataclass(frozen=True)
class TrialChoices:
    """Enterprises of the actor's area that have a month at work or filed, and those months."""

    enterprises: tuple[tuple[int, str], ...]
    months: tuple[str, ...]


def trial_choices(session: Session, actor: Actor) -> TrialChoices:
    """What can be chosen for a trial."""
    authorize(actor, Permission.CHECK_PACK_VIEW)
    kept = sa.and_(
        MonthlyRecord.current_version_id.is_not(None), visible_enterprises(actor, Permission.RECORD_VIEW)
    )
    joined = sa.select(Organisation.id, Organisation.name).join(
        MonthlyRecord, MonthlyRecord.enterprise_id == Organisation.id
    )
    enterprises = session.execute(joined.where(kept).distinct().order_by(Organisation.name)).all()
    months = session.scalars(
        sa.select(MonthlyRecord.month)
        .join(Organisation, Organisation.id == MonthlyRecord.enterprise_id)
        .where(kept)
        .distinct()
        .order_by(MonthlyRecord.month.desc())
    )
    return TrialChoices(tuple((row.id, row.name) for row in enterprises), tuple(months))


def facts_for_trial(session: Session, actor: Actor, enterprise_id: int, month: str) -> tuple[str, Raw]:
    """Name of the enterprise and the facts of its month: as they were signed, or as they are now.

    Raises NotFound for an enterprise that is none of the actor's business and for a month without data.
    """
    authorize(actor, Permission.CHECK_PACK_VIEW)
    require(session, actor, Permission.RECORD_VIEW, enterprise_id)
    record = session.scalar(
        sa.select(MonthlyRecord).where(
            MonthlyRecord.enterprise_id == enterprise_id, MonthlyRecord.month == month
        )
    )
    if record is None or record.current_version_id is None:
        raise NotFound
    name = session.get_one(Organisation, enterprise_id).name
    kept = session.get(MonthFacts, record.current_version_id)
    if kept is not None:
        return name, inflate_facts(kept.content)
    sheet = load_sheet(session, record.current_version_id)
    return name, facts_told(session, sheet, figures(sheet))


def try_check(
    session: Session, actor: Actor, raw: Raw, item: Mapping[str, Any], enterprise_id: int, month: str
) -> Tried:
    """Ask the check ``item`` of the pack ``raw`` about a month; raises PackError, NotFound."""
    enterprise, facts = facts_for_trial(session, actor, enterprise_id, month)
    outcomes = run(_alone(raw, item), facts)
    order = ("failed", "undecidable", "passed", "not_applicable")
    heaviest = sorted(outcomes, key=lambda outcome: order.index(outcome.outcome))
    return Tried(enterprise, month, tuple(heaviest[:MOST_SHOWN]), len(outcomes))


def read_check(raw: Raw, item: Mapping[str, Any]) -> Reading:
    """The check in plain Chinese, made from its tree; raises PackError."""
    pack = _alone(raw, item)
    check = pack.checks[0]
    told = next(iter(_failing(pack)), None)
    return Reading(
        applies=check.applies_words,
        expression=read_out(check.expression) if check.expression else PREDICATES[check.predicate].reading,
        looks_at=tuple(dict.fromkeys(check.reads)),
        message=told.message if told else "",
        message_en=told.message_en if told else "",
    )


def _alone(raw: Raw, item: Mapping[str, Any]) -> CheckPack:
    """The pack with this one check in the words of ``item``."""
    alone = put_entry({**raw, "checks": [], "questions": []}, "checks", item)
    return compile_pack(alone, lenient=True)


def _failing(pack: CheckPack) -> tuple[Outcome, ...]:
    """What the check says in its own failing cases."""
    found = []
    for case in pack.checks[0].cases:
        if case.outcome == "failed":
            try:
                outcomes = run(pack, patched(pack.base, case))
            except (PathError, TypeError):
                continue
            found += [outcome for outcome in outcomes if outcome.outcome == "failed"]
    return tuple(found)


def shown_values(outcome: Outcome, *, english: bool = False) -> tuple[tuple[str, str], ...]:
    """The values that a check looked at, with their names, in words."""
    return tuple(
        (path_words(path, english=english), say(value, english=english))
        for path, value in outcome.values.items()
    )
