"""What every act on a dossier shares: loading it locked, moving it, telling people."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.dossiers import DossierAction, DossierState, next_dossier_step
from portal.domain.errors import NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.models.dossiers import Dossier
from portal.models.events import Event
from portal.queries.access import require
from portal.reference.dossiers import load_kind
from portal.services.events import record_event
from portal.services.rows import check_version

SUBJECT = "dossier"
#: What a move is called in the trace.
EVENTS: Mapping[DossierAction, str] = {
    DossierAction.SAVE: "dossier.saved",
    DossierAction.COMPLETE: "dossier.completed",
    DossierAction.REOPEN: "dossier.reopened",
    DossierAction.SIGN: "dossier.signed",
    DossierAction.SUBMIT: "dossier.submitted",
    DossierAction.RETURN: "dossier.returned",
    DossierAction.APPROVE: "dossier.approved",
    DossierAction.ISSUE: "dossier.issued",
}


def dossier_path(dossier: Dossier) -> str:
    """Path of the dossier's page."""
    return f"/enterprises/{dossier.enterprise_id}/dossiers/{dossier.id}"


def named(dossier: Dossier) -> dict[str, object]:
    """What notices call a dossier: the title of its kind and its subject."""
    return {"title": load_kind(dossier.kind).title, "subject": dossier.subject}


def locked_dossier(
    session: Session, actor: Actor, permission: Permission, enterprise_id: int, dossier_id: int
) -> Dossier:
    """The dossier of this enterprise, locked; raises NotFound for a foreign one, and Refused."""
    require(session, actor, permission, enterprise_id)
    dossier = session.scalar(
        sa.select(Dossier)
        .where(Dossier.id == dossier_id, Dossier.enterprise_id == enterprise_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if dossier is None:
        raise NotFound
    return dossier


def keep_new_dossier(session: Session, dossier: Dossier) -> None:
    """Add a new dossier under a number of which the trace tells nothing yet.

    SQLite gives the number of the last row anew once that row was discarded; its events, its jobs and the
    links to it would then be another dossier's.
    """
    session.add(dossier)
    session.flush()
    told = sa.select(Event.subject_id).where(Event.subject_kind == SUBJECT)
    if session.scalar(told.where(Event.subject_id == dossier.id).limit(1)) is not None:
        dossier.id = 1 + session.scalars(told.order_by(Event.subject_id.desc()).limit(1)).one()
        session.flush()


def check_step(actor: Actor, dossier: Dossier, action: DossierAction) -> DossierState:
    """Where the move leads; raises Refused for a move that the table, the role or the kind has not."""
    step = next_dossier_step(dossier.state, action)
    if not actor.may(step.permission):
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    reviewed = load_kind(dossier.kind).reviewed
    if action is DossierAction.SUBMIT and not reviewed:
        raise Refused(N_("这类材料不需要送审，签署后可以直接签发"))
    if action is DossierAction.ISSUE and reviewed and dossier.state is DossierState.SIGNED:
        raise Refused(N_("这类材料须先送审，审核通过后才能签发"))
    return DossierState(step.to)


def move_dossier(
    session: Session,
    actor: Actor,
    dossier: Dossier,
    action: DossierAction,
    expected_version: int,
    *,
    changes: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Move a locked dossier and write the event; raises Refused, or Conflict for an old row version.

    ``changes`` are columns that change with it. ``before`` and ``after`` are told in the event beside the
    states.
    """
    state = check_step(actor, dossier, action)
    who = dossier.changed_by.name if dossier.changed_by else ""
    check_version(dossier, expected_version, who=who, when=dossier.changed_at)
    earlier, dossier.state = dossier.state, state
    dossier.changed_at, dossier.changed_by_id = now(), actor.user_id
    for column, value in (changes or {}).items():
        setattr(dossier, column, value)
    session.flush()
    record_event(
        session,
        actor,
        EVENTS[action],
        SUBJECT,
        dossier.id,
        enterprise_id=dossier.enterprise_id,
        before={"state": earlier, **(before or {})},
        after={"state": state, **(after or {})},
    )
