"""What every act on a finding does: lock it, move it by the table, write step and event, tell people."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, OrganisationKind, Permission
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.domain.workflow import ClosedAs, FindingAction, FindingState, next_finding_state
from portal.models.findings import Finding, Rectification
from portal.models.users import User
from portal.queries.access import require
from portal.queries.finding_access import require_finding
from portal.services.events import record_event
from portal.services.notifications import notify
from portal.services.rows import check_version

LONGEST_TEXT = 2000


def locked_finding(
    session: Session, actor: Actor, permission: Permission, finding_id: int, expected_version: int
) -> Finding:
    """The finding, locked, its version counted up; raises NotFound, Refused or Conflict."""
    finding = session.scalar(sa.select(Finding).where(Finding.id == finding_id).with_for_update())
    if finding is None:
        raise NotFound
    if permission is Permission.FINDING_VIEW:
        require_finding(session, actor, finding)
    else:
        require(session, actor, permission, finding.enterprise_id)
    last = finding.steps[-1] if finding.steps else None
    who = session.scalar(sa.select(User.name).where(User.id == last.by_id)) if last and last.by_id else None
    check_version(finding, expected_version, who=who or "", when=last.at if last else None)
    return finding


def require_either_side(actor: Actor) -> None:
    """Let those go on who respond to findings and those who close them; raises Refused."""
    if not (actor.may(Permission.FINDING_RESPOND) or actor.may(Permission.FINDING_CLOSE)):
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))


def move(finding: Finding, action: FindingAction) -> FindingState:
    """Move the finding by the table and return where it was; raises Refused."""
    before = finding.state
    finding.state = next_finding_state(before, action)
    if finding.state is not FindingState.CLOSED:
        finding.closed_at = finding.closed_by_id = finding.look_back_on = None
        finding.closed_as = ""
    if finding.state is not FindingState.WAIVED:
        finding.waived_until = None
    return before


def settle(finding: Finding, actor: Actor | None, closed_as: ClosedAs) -> None:
    """Write who closed it and why; the state was moved before."""
    finding.closed_at, finding.closed_by_id = now(), actor.user_id if actor else None
    finding.closed_as = closed_as.value


def add_step(finding: Finding, actor: Actor | None, kind: str, text: str, **columns: Any) -> None:
    """One more step of the finding's life; without an actor it is the portal's own."""
    firm = actor.organisation_id if actor and actor.kind is OrganisationKind.STEWARD_FIRM else None
    finding.steps.append(
        Rectification(
            kind=kind, text=text, by_id=actor.user_id if actor else None, for_firm_id=firm, **columns
        )
    )


def trace(
    session: Session,
    actor: Actor | None,
    finding: Finding,
    action: str,
    before: FindingState | None,
    **after: object,
) -> None:
    """The event of an act, in its transaction."""
    session.flush()
    record_event(
        session,
        actor,
        action,
        "finding",
        finding.id,
        enterprise_id=finding.enterprise_id,
        before={"state": before} if before else None,
        after={"state": finding.state or FindingState.OPEN, **after},
    )


def written(value: str, field: str, missing: str = "") -> str:
    """The words without blanks around them; raises Invalid on ``field`` when they are missing or too long."""
    text = value.strip()
    if missing and not text:
        raise Invalid(missing, path=field)
    if len(text) > LONGEST_TEXT:
        raise Invalid(N_("最多 %(most)s 字"), params={"most": LONGEST_TEXT}, path=field)
    return text


def told_of(finding: Finding) -> dict[str, object]:
    """What notices name of a finding: its number, and its title in both languages where it has both."""
    english = str((finding.detail or {}).get("title_en") or "")
    return {"number": finding.number, "title": finding.title[:120], "title_en": english[:240]}


def tell_responder(session: Session, finding: Finding, actor: Actor, text: str) -> None:
    """Tell who responded, and who is to mend it."""
    people = {finding.responded_by_id, finding.owner_id} - {None, actor.user_id}
    _tell(session, finding, [person for person in people if person], text)


def tell_opener(session: Session, finding: Finding, actor: Actor, text: str) -> None:
    """Tell the person who opened it."""
    if finding.opened_by_id not in (None, actor.user_id):
        _tell(session, finding, [finding.opened_by_id or 0], text)


def _tell(session: Session, finding: Finding, people: list[int], text: str) -> None:
    notify(session, people, text, told_of(finding), f"/findings/{finding.id}", finding.enterprise_id)
