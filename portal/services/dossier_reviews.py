"""Reviewing a dossier before it is issued, for the kinds that an authority reviews."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.dossiers import DossierAction
from portal.domain.errors import Refused
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.models.dossiers import Dossier
from portal.models.events import Event
from portal.services.dossier_moves import (
    SUBJECT,
    check_step,
    dossier_path,
    locked_dossier,
    move_dossier,
    named,
)
from portal.services.dossiers import LONGEST_REASON, needed_words, take_back
from portal.services.record_notices import tell_preparers, tell_regulators, tell_signatories


def submit_dossier(
    session: Session, actor: Actor, enterprise_id: int, dossier_id: int, expected_version: int
) -> Dossier:
    """Hand a signed dossier to the authority; raises Refused for a kind that nobody reviews."""
    dossier = locked_dossier(session, actor, Permission.DOSSIER_SIGN, enterprise_id, dossier_id)
    move_dossier(session, actor, dossier, DossierAction.SUBMIT, expected_version)
    tell_regulators(
        session,
        enterprise_id,
        N_("企业送审了%(title)s（%(subject)s）"),
        named(dossier),
        dossier_path(dossier),
    )
    return dossier


def return_dossier(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    dossier_id: int,
    expected_version: int,
    comment: str,
) -> Dossier:
    """Send it back with what is to be mended; its signature is void, and it is a draft again."""
    dossier = _reviewed(session, actor, enterprise_id, dossier_id, DossierAction.RETURN)
    words = needed_words(comment, "comment")
    changes = _word(actor, words)
    take_back(session, actor, dossier, DossierAction.RETURN, expected_version, words, changes)
    _tell(session, dossier, N_("%(title)s（%(subject)s）被退回：%(comment)s"), words)
    return dossier


def approve_dossier(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    dossier_id: int,
    expected_version: int,
    comment: str = "",
) -> Dossier:
    """Approve it: the signatory may issue it now."""
    dossier = _reviewed(session, actor, enterprise_id, dossier_id, DossierAction.APPROVE)
    words = comment.replace("\0", "").strip()[:LONGEST_REASON]
    move_dossier(
        session,
        actor,
        dossier,
        DossierAction.APPROVE,
        expected_version,
        changes=_word(actor, words),
        after={"comment": words},
    )
    _tell(session, dossier, N_("%(title)s（%(subject)s）已审核通过，可以签发"), words)
    return dossier


def _word(actor: Actor, comment: str) -> dict[str, Any]:
    """The columns that keep a reviewer's word."""
    return {"review_comment": comment, "reviewed_at": now(), "reviewed_by_id": actor.user_id}


def _reviewed(
    session: Session, actor: Actor, enterprise_id: int, dossier_id: int, action: DossierAction
) -> Dossier:
    """The dossier for its reviewer; raises Refused for who prepared it or whose organisation did."""
    dossier = locked_dossier(session, actor, Permission.DOSSIER_REVIEW, enterprise_id, dossier_id)
    check_step(actor, dossier, action)
    prepared = session.execute(
        sa.select(Event.actor_id, Event.actor_organisation_id)
        .where(
            Event.subject_kind == SUBJECT,
            Event.subject_id == dossier.id,
            Event.action.in_(
                ("dossier.created", "dossier.edition_begun", "dossier.saved", "dossier.completed")
            ),
        )
        .distinct()
    ).all()
    if any(actor.user_id == person or actor.organisation_id == firm for person, firm in prepared):
        raise Refused(N_("编制过这份材料的人和机构不能审核它"))
    return dossier


def _tell(session: Session, dossier: Dossier, text: str, comment: str) -> None:
    params = {**named(dossier), "comment": comment[:120]}
    for tell in (tell_preparers, tell_signatories):
        tell(session, dossier.enterprise_id, text, params, dossier_path(dossier))
