"""Which ad-hoc disclosures a year's report lists by itself."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.dossiers import DossierState
from portal.domain.periods import today
from portal.models.database import Database
from portal.models.documents import DocumentWithdrawal, IssuedDocument
from portal.models.dossiers import Dossier
from portal.queries.disclosure_extras import AD_HOC, disclosure_extras
from tests.factories.dossier_rows import make_issued_dossier, make_signed_dossier
from tests.factories.world import World, make_world


def listed(session: Session, world: World, year: int) -> list[str]:
    """The subjects that the report of ``year`` lists."""
    yearly = Dossier(enterprise_id=world.steel_id, kind="annual_disclosure", subject=str(year))
    return [entry["subject"] for entry in disclosure_extras(session, yearly)["disclosures"]]


def withdraw(session: Session, world: World, dossier: Dossier) -> None:
    """Withdraw the document of an issued dossier."""
    document = session.scalars(sa.select(IssuedDocument).where(IssuedDocument.dossier_id == dossier.id)).one()
    session.add(
        DocumentWithdrawal(document_id=document.id, withdrawn_by_id=world.signatory.user_id, reason="示例")
    )


def test_those_issued_in_the_year_stand_unless_withdrawn_or_replaced(database: Database) -> None:
    with database.writing() as session:
        world = make_world(session)
        make_issued_dossier(session, world, AD_HOC, "示例许可变更")
        first = make_issued_dossier(session, world, AD_HOC, "示例处罚")
        make_issued_dossier(session, world, AD_HOC, "示例处罚", replaces=first)
        taken_back = make_issued_dossier(session, world, AD_HOC, "示例撤回")
        withdraw(session, world, taken_back)
        make_signed_dossier(session, world, AD_HOC, "示例未签发", state=DossierState.SIGNED)
        make_issued_dossier(session, world, "carbon_market_disclosure", "2025")
        session.flush()
        year = today().year
        assert listed(session, world, year) == ["示例许可变更", "示例处罚"]
        assert listed(session, world, year - 1) == []
