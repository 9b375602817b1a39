"""Reading carbon credits: an enterprise's own, and those that a neutrality dossier counts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from portal.domain.access import Actor, Permission
from portal.domain.credits import CreditKind, read_serials
from portal.domain.dossiers import DossierState
from portal.domain.errors import NotFound
from portal.models.credits import Credit
from portal.models.dossiers import Dossier
from portal.models.evidence import Evidence
from portal.models.organisations import Organisation
from portal.queries.access import require

#: The kind of dossier that counts credits.
NEUTRALITY = "carbon_neutrality"
#: A dossier in one of these can still be changed, and the credits that it counts with it.
OPEN = (DossierState.DRAFT, DossierState.COMPLETE)


@dataclass(frozen=True)
class CreditUse:
    """The dossier that counts a credit."""

    id: int
    subject: str
    edition: int
    state: DossierState


@dataclass(frozen=True)
class CreditLine:
    """A credit as its owner sees it; ``quantity`` in tCO2e."""

    id: int
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
    row_version: int
    proof: Evidence | None
    use: CreditUse | None

    @property
    def serials(self) -> int:
        """How many serials it holds."""
        return read_serials(self.serial_from, self.serial_to).count

    @property
    def frozen(self) -> bool:
        """Whether a signed dossier uses it, so that nothing about it changes any more."""
        return self.use is not None and self.use.state not in OPEN


@dataclass(frozen=True)
class CreditsPage:
    """All credits of an enterprise, the newest cancellation first."""

    enterprise_id: int
    enterprise_name: str
    lines: tuple[CreditLine, ...]
    may_edit: bool

    @property
    def total(self) -> Decimal:
        """tCO2e of all."""
        return sum((line.quantity for line in self.lines), Decimal(0))

    @property
    def unproven(self) -> int:
        """How many have no proof of their cancellation."""
        return sum(line.proof is None for line in self.lines)


@dataclass(frozen=True)
class CreditPage:
    """One credit, and the dossiers that could use it."""

    enterprise_id: int
    enterprise_name: str
    credit: CreditLine
    open_dossiers: tuple[CreditUse, ...]
    may_edit: bool


def credit_list(session: Session, actor: Actor, enterprise_id: int) -> CreditsPage:
    """The credits of an enterprise."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    rows = session.execute(
        _credits()
        .where(Credit.enterprise_id == enterprise_id)
        .order_by(Credit.cancelled_on.desc(), Credit.id)
    )
    return CreditsPage(
        enterprise_id=enterprise_id,
        enterprise_name=session.get_one(Organisation, enterprise_id).name,
        lines=tuple(_line(credit, dossier) for credit, dossier in rows),
        may_edit=actor.may(Permission.DOSSIER_EDIT),
    )


def credit_page(session: Session, actor: Actor, enterprise_id: int, credit_id: int) -> CreditPage:
    """One credit; raises NotFound for what is foreign."""
    require(session, actor, Permission.DOCUMENT_VIEW, enterprise_id)
    found = session.execute(
        _credits().where(Credit.id == credit_id, Credit.enterprise_id == enterprise_id)
    ).first()
    if found is None:
        raise NotFound
    credit, dossier = found
    return CreditPage(
        enterprise_id=enterprise_id,
        enterprise_name=session.get_one(Organisation, enterprise_id).name,
        credit=_line(credit, dossier),
        open_dossiers=_open_dossiers(session, enterprise_id),
        may_edit=actor.may(Permission.DOSSIER_EDIT),
    )


def credits_counted_by(session: Session, dossier: Dossier) -> tuple[CreditLine, ...]:
    """The credits that a neutrality dossier counts: its own and those of its earlier editions."""
    rows = session.execute(
        _credits()
        .where(Credit.dossier_id.in_(_editions(session, dossier)))
        .order_by(Credit.cancelled_on, Credit.id)
    )
    return tuple(_line(credit, used_by) for credit, used_by in rows)


def _editions(session: Session, dossier: Dossier) -> list[int]:
    """The dossier's id and those of the editions before it."""
    found, earlier = [dossier.id], dossier.replaces_id
    while earlier is not None and earlier not in found:
        found.append(earlier)
        earlier = session.scalar(sa.select(Dossier.replaces_id).where(Dossier.id == earlier))
    return found


def _credits() -> sa.Select[Credit, Dossier]:
    return (
        sa.select(Credit, Dossier)
        .outerjoin(Dossier, Dossier.id == Credit.dossier_id)
        .options(joinedload(Credit.evidence))
    )


def _open_dossiers(session: Session, enterprise_id: int) -> tuple[CreditUse, ...]:
    rows = session.scalars(
        sa.select(Dossier)
        .where(
            Dossier.enterprise_id == enterprise_id,
            Dossier.kind == NEUTRALITY,
            Dossier.state == DossierState.DRAFT,
        )
        .order_by(Dossier.subject, Dossier.edition)
    )
    return tuple(_use(row) for row in rows)


def _use(dossier: Dossier) -> CreditUse:
    return CreditUse(dossier.id, dossier.subject, dossier.edition, dossier.state)


def _line(credit: Credit, dossier: Dossier | None) -> CreditLine:
    return CreditLine(
        id=credit.id,
        kind=credit.kind,
        registry_name=credit.registry_name,
        project_id=credit.project_id,
        project_name=credit.project_name,
        methodology=credit.methodology,
        vintage=credit.vintage,
        serial_from=credit.serial_from,
        serial_to=credit.serial_to,
        quantity=credit.quantity,
        cancelled_on=credit.cancelled_on,
        beneficiary=credit.beneficiary,
        row_version=credit.row_version,
        proof=credit.evidence,
        use=_use(dossier) if dossier else None,
    )
