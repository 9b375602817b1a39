"""What a reduction dossier reads of the two footprint reports that it rests on."""

from decimal import Decimal

from sqlalchemy.orm import Session

from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.dossiers import DossierState
from portal.domain.periods import now
from portal.dossiers.reduction_product import assemble, facts
from portal.dossiers.source import assembler
from portal.models.database import Database
from portal.models.documents import DocumentWithdrawal, IssuedDocument
from portal.models.dossiers import Dossier
from portal.models.products import ProductFootprint
from portal.queries.dossier_sources import gather
from portal.services.demo_dossiers import demo_answers
from portal.services.demo_products import add_demo_products
from portal.services.dossier_signing import dossier_content
from portal.services.dossiers import complete_dossier, create_dossier, save_answers
from tests.factories.world import World, make_world


def make_issued_footprint(session: Session, world: World, stored: ProductFootprint) -> IssuedDocument:
    """The report of a footprint, its content assembled and frozen; the bytes are nowhere."""
    period = f"{stored.first_month}/{stored.last_month}"
    place = (session, world.officer, world.steel_id)
    dossier = create_dossier(*place, "carbon_footprint", "", product_id=stored.product_id, period=period)
    save_answers(*place, dossier.id, 1, demo_answers("carbon_footprint", "battery"))
    source = gather(session, dossier)
    content = dossier_content(session, dossier, source, assembler("carbon_footprint")(source), None)
    dossier.content = canonical_json(content)
    dossier.content_sha256 = sha256_text(dossier.content)
    dossier.signed_at, dossier.signed_by_id = now(), world.signatory.user_id
    dossier.state = DossierState.ISSUED
    document = IssuedDocument(
        enterprise_id=world.steel_id,
        dossier_id=dossier.id,
        kind="carbon_footprint",
        number=source.number,
        code=f"CODE-{dossier.id}",
        title="产品碳足迹报告",
        sha256=f"{dossier.id:064d}",
        size=1,
        pages=1,
        storage_key=f"documents/{dossier.id}",
        snapshot_sha256=dossier.content_sha256,
    )
    session.add(document)
    session.flush()
    return document


def test_two_issued_footprints_make_a_reduction_and_a_withdrawn_one_does_not_hold(database: Database) -> None:
    with database.writing() as session:
        world = make_world(session)
        stored = add_demo_products(session, world.officer, world.steel_id, "battery")
        documents = [make_issued_footprint(session, world, footprint) for footprint in stored]
        place = (session, world.officer, world.steel_id)
        bases = [document.dossier_id for document in documents]
        dossier = create_dossier(
            *place, "reduction_product", "", product_id=stored[0].product_id, base_ids=bases
        )
        save_answers(*place, dossier.id, 1, demo_answers("reduction_product", "battery"))
        complete_dossier(*place, dossier.id, 2)
        totals = [Decimal(footprint.result["total_kgco2e"]) for footprint in stored]
    with database.reading() as session:
        source = gather(session, session.get_one(Dossier, dossier.id))
        found = {figure.key: figure.value for figure in assemble(source).figures}
        assert (found["base"], found["reporting"]) == (totals[0], totals[1])
        assert facts(source)["base_valid"] is True
        assert facts(source)["comparable"] is True
    with database.writing() as session:
        session.add(
            DocumentWithdrawal(
                document_id=documents[0].id, withdrawn_by_id=world.signatory.user_id, reason="示例撤回"
            )
        )
    with database.reading() as session:
        assert facts(gather(session, session.get_one(Dossier, dossier.id)))["base_valid"] is False
