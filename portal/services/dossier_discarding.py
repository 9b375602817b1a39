"""Throwing a draft away: its row goes, the trace keeps that it was there and what it was about."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.dossiers import DossierState
from portal.domain.errors import Refused
from portal.domain.messages import N_
from portal.models.credits import Credit
from portal.models.dossiers import Dossier, DossierBase
from portal.services.dossier_moves import SUBJECT, locked_dossier
from portal.services.events import record_event
from portal.services.rows import check_version


def discard_dossier(
    session: Session, actor: Actor, enterprise_id: int, dossier_id: int, expected_version: int
) -> None:
    """Throw a draft away; credits that it counted are free again.

    What is complete or signed is taken back to a draft first; what is issued stays for good, and the
    database itself keeps what bears a signature. Raises NotFound, Refused, or Conflict for an old version.
    """
    dossier = locked_dossier(session, actor, Permission.DOSSIER_EDIT, enterprise_id, dossier_id)
    if dossier.state is not DossierState.DRAFT:
        raise Refused(
            N_("只有填写中的材料能删除；已完成或已签署的先退回填写，已签发的永久保留"), path="state"
        )
    who = dossier.changed_by.name if dossier.changed_by else ""
    check_version(dossier, expected_version, who=who, when=dossier.changed_at)
    record_event(
        session,
        actor,
        "dossier.discarded",
        SUBJECT,
        dossier.id,
        enterprise_id=enterprise_id,
        before={
            "kind": dossier.kind,
            "subject": dossier.subject,
            "edition": dossier.edition,
            "replaces": dossier.replaces_id,
            "answers": dossier.answers,
        },
    )
    _free_credits(session, actor, dossier)
    session.execute(sa.delete(DossierBase).where(DossierBase.dossier_id == dossier.id))
    session.delete(dossier)
    session.flush()


def _free_credits(session: Session, actor: Actor, dossier: Dossier) -> None:
    held = session.scalars(
        sa.select(Credit).where(Credit.dossier_id == dossier.id).with_for_update(of=Credit)
    )
    for credit in held.all():
        credit.dossier_id = None
        credit.row_version += 1
        record_event(
            session,
            actor,
            "credit.used",
            "credit",
            credit.id,
            enterprise_id=dossier.enterprise_id,
            before={"dossier": dossier.id},
            after={"dossier": None},
        )
