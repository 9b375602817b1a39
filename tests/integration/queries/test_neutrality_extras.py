"""What a neutrality dossier reads of its base document and of its credits."""

import json

from sqlalchemy.orm import Session

from portal.domain.dossiers import DossierState
from portal.domain.periods import now
from portal.dossiers.carbon_neutrality_account import balance_of, facts
from portal.models.database import Database
from portal.models.documents import DocumentWithdrawal, IssuedDocument
from portal.models.dossiers import Dossier, DossierBase
from portal.queries.dossier_sources import gather
from portal.services.credits import add_credit, prove_credit, use_credit
from tests.factories.credits import credit_data
from tests.factories.months import pdf, temporary_storage
from tests.factories.world import World, make_world

FIGURES = [{"key": "total", "name": "年度排放量", "name_en": "", "value": "499.60", "unit": "tCO2"}]


def make_issued_base(session: Session, world: World) -> IssuedDocument:
    """A yearly report of the steel works as it lies there once it is issued."""
    base = Dossier(
        enterprise_id=world.steel_id,
        kind="emission_report",
        subject="2026",
        state=DossierState.ISSUED,
        content=json.dumps({"figures": FIGURES}),
        content_sha256="0" * 64,
        signed_by_id=world.signatory.user_id,
        signed_at=now(),
    )
    session.add(base)
    session.flush()
    document = IssuedDocument(
        enterprise_id=world.steel_id,
        dossier_id=base.id,
        kind="emission_report",
        number="HZ-YR-2026-0001-E1",
        code="ABCD-EFGH",
        title="年度温室气体排放报告",
        sha256="a" * 64,
        size=1,
        pages=1,
        storage_key="documents/aa/a",
        snapshot_sha256="0" * 64,
    )
    session.add(document)
    session.flush()
    return document


def test_a_dossier_reads_its_base_and_the_credits_given_to_it(database: Database) -> None:
    with database.writing() as session:
        world = make_world(session)
        document = make_issued_base(session, world)
        dossier = Dossier(enterprise_id=world.steel_id, kind="carbon_neutrality", subject="2026")
        session.add(dossier)
        session.flush()
        session.add(DossierBase(dossier_id=dossier.id, base_id=document.dossier_id))
        credit = add_credit(session, world.officer, world.steel_id, credit_data())
        add_credit(session, world.officer, world.steel_id, credit_data(serial_from="B-1", serial_to=""))
        prove_credit(
            session, temporary_storage(), world.officer, world.steel_id, credit.id, pdf(), "证明.pdf",
            row_version=1,
        )  # fmt: skip
        use_credit(session, world.officer, world.steel_id, credit.id, dossier.id, row_version=2)
    with database.reading() as session:
        source = gather(session, session.get_one(Dossier, dossier.id))
        balance = balance_of(source)
        assert (str(balance.residual), str(balance.cancelled)) == ("499.60", "500")
        assert balance.base.number == document.number
        assert balance.credits[0].serials == "EX-2024-000001 至 EX-2024-000500"
        assert facts(source)["base_valid"] is True
        assert facts(source)["unproven"] == 0
    with database.writing() as session:
        session.add(
            DocumentWithdrawal(
                document_id=document.id, withdrawn_by_id=world.regulator.user_id, reason="示例撤销"
            )
        )
    with database.reading() as session:
        held = facts(gather(session, session.get_one(Dossier, dossier.id)))
        assert held["base_valid"] is False
        assert str(held["residual"]) == "499.60"
