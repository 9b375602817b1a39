"""Keeping carbon credits: no serial twice in the whole portal, nothing changed once a dossier is signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.credits import CreditKind, read_serials, registry_key
from portal.domain.dossiers import DossierState
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.models.credits import Credit, CreditSerials
from portal.models.dossiers import Dossier
from portal.models.events import Event
from portal.queries.access import require
from portal.queries.credits import NEUTRALITY
from portal.services.events import record_event
from portal.services.evidence import store_file
from portal.services.rows import check_version
from portal.storage import Storage

LONGEST_REGISTRY = 120


@dataclass(frozen=True)
class CreditData:
    """What a person says about cancelled credits; ``quantity`` in tCO2e, ``serial_to`` "" for one."""

    kind: CreditKind
    registry_name: str
    project_id: str
    project_name: str
    methodology: str
    vintage: int
    serial_from: str
    serial_to: str
    quantity: Decimal
    cancelled_on: date
    beneficiary: str


def add_credit(session: Session, actor: Actor, enterprise_id: int, data: CreditData) -> Credit:
    """Enter cancelled credits.

    Raises Invalid for a serial that is in the portal already, whoever holds it, for serials that cannot be
    read, for a quantity that is not positive, and for dates that cannot be.
    """
    require(session, actor, Permission.DOSSIER_EDIT, enterprise_id)
    serials = _check(session, enterprise_id, data, except_id=None)
    credit = Credit(enterprise_id=enterprise_id, created_by_id=actor.user_id, **vars(data))
    session.add(credit)
    session.flush()
    _keep_serials(session, credit.id, serials)
    _trace(session, actor, credit, "credit.added", after=vars(data))
    return credit


def change_credit(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    credit_id: int,
    data: CreditData,
    *,
    row_version: int,
) -> Credit:
    """Correct an entry; raises as ``add_credit``, and Refused once its dossier left the draft."""
    credit = _changeable(session, actor, enterprise_id, credit_id, row_version)
    serials = _check(session, enterprise_id, data, except_id=credit.id)
    before = {name: getattr(credit, name) for name in vars(data)}
    for name, value in vars(data).items():
        setattr(credit, name, value)
    _keep_serials(session, credit.id, serials)
    _trace(session, actor, credit, "credit.changed", before=before, after=vars(data))
    return credit


def prove_credit(
    session: Session,
    storage: Storage,
    actor: Actor,
    enterprise_id: int,
    credit_id: int,
    stream: IO[bytes],
    filename: str,
    *,
    row_version: int,
    most_bytes: int = 20 * 1024 * 1024,
) -> Credit:
    """Lay the registry's proof of cancellation to a credit; an earlier proof stays in the archive."""
    credit = _changeable(session, actor, enterprise_id, credit_id, row_version)
    evidence = store_file(
        session,
        storage,
        actor,
        stream,
        filename,
        enterprise_id=enterprise_id,
        period_from=credit.cancelled_on,
        period_to=credit.cancelled_on,
        replaces_id=credit.evidence_id,
        most_bytes=most_bytes,
    )
    before = {"evidence": credit.evidence_id}
    credit.evidence_id = evidence.id
    after = {"evidence": evidence.id, "sha256": evidence.sha256}
    _trace(session, actor, credit, "credit.proven", before=before, after=after)
    return credit


def use_credit(
    session: Session,
    actor: Actor,
    enterprise_id: int,
    credit_id: int,
    dossier_id: int | None,
    *,
    row_version: int,
) -> Credit:
    """Let a neutrality dossier count a credit, or with None let it go again.

    Raises NotFound for a dossier of another enterprise or kind, Refused when it is no draft any more.
    """
    credit = _changeable(session, actor, enterprise_id, credit_id, row_version)
    if dossier_id is not None:
        _refuse_closed(_dossier(session, enterprise_id, dossier_id))
    before = {"dossier": credit.dossier_id}
    credit.dossier_id = dossier_id
    _trace(session, actor, credit, "credit.used", before=before, after={"dossier": dossier_id})
    return credit


def remove_credit(
    session: Session, actor: Actor, enterprise_id: int, credit_id: int, *, row_version: int
) -> None:
    """Take an entry away again; raises Refused while a dossier uses it."""
    credit = _changeable(session, actor, enterprise_id, credit_id, row_version)
    if credit.dossier_id is not None:
        raise Refused(N_("有材料正在使用这笔碳信用，先在材料里取消使用"))
    before = {name: getattr(credit, name) for name in CreditData.__dataclass_fields__}
    _trace(session, actor, credit, "credit.removed", before=before)
    session.delete(session.get_one(CreditSerials, credit.id))
    session.flush()
    session.delete(credit)


def _check(
    session: Session, enterprise_id: int, data: CreditData, *, except_id: int | None
) -> dict[str, Any]:
    """The serials as they are kept; raises Invalid for what cannot be."""
    if data.quantity <= 0:
        raise Invalid(N_("数量要大于 0"), path="quantity")
    if data.cancelled_on > today():
        raise Invalid(N_("不能晚于今天（%(today)s）"), params={"today": today()}, path="cancelled_on")
    if not 1000 <= data.vintage <= 9999:
        raise Invalid(N_("签发年份要写四位数字，例如 2024"), path="vintage")
    if data.vintage > data.cancelled_on.year:
        raise Invalid(N_("签发年份不能晚于注销日期的年份"), path="vintage")
    block = read_serials(data.serial_from, data.serial_to)
    key = registry_key(data.kind, data.registry_name)
    if not key or len(key) > LONGEST_REGISTRY:
        raise Invalid(
            N_("请填写登记簿的全称，最多 %(most)s 字"),
            params={"most": LONGEST_REGISTRY},
            path="registry_name",
        )
    overlaps = (
        sa.select(Credit.enterprise_id, Credit.project_name)
        .join(CreditSerials, CreditSerials.credit_id == Credit.id)
        .where(
            CreditSerials.registry_key == key,
            CreditSerials.series == block.series,
            CreditSerials.first_number <= block.last,
            CreditSerials.last_number >= block.first,
        )
    )
    if except_id is not None:
        overlaps = overlaps.where(Credit.id != except_id)
    taken = session.execute(overlaps.limit(1)).first()
    if taken is not None:
        raise _taken(taken.project_name if taken.enterprise_id == enterprise_id else "")
    return {
        "registry_key": key,
        "series": block.series,
        "first_number": block.first,
        "last_number": block.last,
    }


def _taken(own_project: str) -> Invalid:
    """The refusal; it names a credit of one's own, and never whose another one is."""
    if own_project:
        return Invalid(
            N_("与本企业已登记的“%(project)s”序列号重叠，同一序列号不能使用两次"),
            params={"project": own_project},
            path="serial_from",
        )
    return Invalid(N_("这些序列号在本平台已经登记过，同一序列号不能使用两次"), path="serial_from")


def _keep_serials(session: Session, credit_id: int, serials: Mapping[str, Any]) -> None:
    """Write them; of two people who enter one serial at once, the database tells the second."""
    session.flush()
    try:
        with session.begin_nested():
            session.merge(CreditSerials(credit_id=credit_id, **serials))
            session.flush()
    except IntegrityError as error:
        raise _taken("") from error


def _changeable(
    session: Session, actor: Actor, enterprise_id: int, credit_id: int, row_version: int
) -> Credit:
    """The credit's row, locked, its version counted up; raises Refused once its dossier left the draft."""
    require(session, actor, Permission.DOSSIER_EDIT, enterprise_id)
    credit = session.scalars(
        sa.select(Credit)
        .where(Credit.id == credit_id, Credit.enterprise_id == enterprise_id)
        .with_for_update(of=Credit)
        .execution_options(populate_existing=True)
    ).first()
    if credit is None:
        raise NotFound
    if credit.dossier_id is not None:
        _refuse_closed(_dossier(session, enterprise_id, credit.dossier_id))
    last = session.scalars(
        sa.select(Event)
        .where(Event.subject_kind == "credit", Event.subject_id == credit.id)
        .order_by(Event.id.desc())
        .limit(1)
    ).first()
    check_version(credit, row_version, who=last.actor_name if last else "", when=last.at if last else None)
    return credit


def _dossier(session: Session, enterprise_id: int, dossier_id: int) -> Dossier:
    """A neutrality dossier, locked, so that it is not completed or signed meanwhile."""
    found = session.scalars(
        sa.select(Dossier)
        .where(Dossier.id == dossier_id, Dossier.enterprise_id == enterprise_id, Dossier.kind == NEUTRALITY)
        .with_for_update(of=Dossier)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound
    return found


def _refuse_closed(dossier: Dossier) -> None:
    if dossier.state is not DossierState.DRAFT:
        raise Refused(
            N_("使用这笔碳信用的碳中和材料（%(subject)s）已定稿或已签署，不能再改；草稿状态才能改"),
            params={"subject": dossier.subject},
        )


def _trace(
    session: Session,
    actor: Actor,
    credit: Credit,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record_event(
        session,
        actor,
        action,
        "credit",
        credit.id,
        enterprise_id=credit.enterprise_id,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
    )
