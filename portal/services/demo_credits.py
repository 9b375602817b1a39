"""Cancelled credits of the example world, in registries that do not exist: enough for a mill's year."""

import io
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.credits import CreditKind
from portal.models.dossiers import Dossier
from portal.services.credits import CreditData, add_credit, prove_credit, use_credit
from portal.services.demo_files import example_pdf
from portal.storage import Storage

#: Kind, registry, project, its name, tCO2e: together more than the mill lets out in a year.
_CREDITS = (
    (CreditKind.SINK, "示例林业碳汇登记簿", "EX-FOREST-01", "示例：竹林经营碳汇项目", 28000),
    (CreditKind.OTHER, "示例减排量登记簿", "EX-BIOGAS-02", "示例：沼气回收利用项目", 17000),
)


def add_demo_credits(
    session: Session, storage: Storage, actor: Actor, enterprise_id: int, beneficiary: str, year: int
) -> None:
    """Enter the credits with their proof, and let the neutrality dossier of ``year`` count them."""
    dossier_id = session.scalars(
        sa.select(Dossier.id).where(
            Dossier.enterprise_id == enterprise_id,
            Dossier.kind == "carbon_neutrality",
            Dossier.subject == str(year),
        )
    ).one()
    for kind, registry, project, name, quantity in _CREDITS:
        data = CreditData(
            kind=kind,
            registry_name=registry,
            project_id=project,
            project_name=name,
            methodology="示例方法学",
            vintage=year - 1,
            serial_from=f"{project}-{year - 1}-000001",
            serial_to=f"{project}-{year - 1}-{quantity:06d}",
            quantity=Decimal(quantity),
            cancelled_on=date(year, 12, 20),
            beneficiary=beneficiary,
        )
        credit = add_credit(session, actor, enterprise_id, data)
        prove_credit(
            session,
            storage,
            actor,
            enterprise_id,
            credit.id,
            io.BytesIO(example_pdf(f"EXAMPLE CANCELLATION {project}")),
            f"示例注销证明-{project}.pdf",
            row_version=credit.row_version,
        )
        use_credit(session, actor, enterprise_id, credit.id, dossier_id, row_version=credit.row_version)
