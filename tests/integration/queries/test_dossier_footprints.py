"""Which stored footprint a footprint dossier tells of."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.dossiers import DossierState
from portal.domain.errors import NotFound
from portal.domain.periods import now
from portal.models.database import Database
from portal.models.dossiers import Dossier
from portal.models.products import ProductFootprint
from portal.queries.dossier_footprints import FootprintBehind, footprint_behind
from portal.services.demo_products import add_demo_products
from portal.services.dossiers import create_dossier
from portal.services.products import calculate_footprint
from tests.factories.world import World, make_world


@pytest.fixture
def world(database: Database) -> World:
    with database.writing() as session:
        return make_world(session)


def sign(dossier: Dossier, world: World, total: str) -> None:
    """What a signature leaves behind, about a footprint of so much."""
    content = canonical_json({"figures": [{"key": "total", "value": total}]})
    dossier.content, dossier.content_sha256 = content, sha256_text(content)
    dossier.signed_at, dossier.signed_by_id = now(), world.signatory.user_id
    dossier.state = DossierState.SIGNED


def behind(session: Session, world: World, dossier: Dossier) -> FootprintBehind | None:
    return footprint_behind(session, world.regulator, world.steel_id, dossier.id)


def test_a_signed_dossier_keeps_the_footprint_of_its_figures(database: Database, world: World) -> None:
    with database.writing() as session:
        place = (session, world.officer, world.steel_id)
        _, stored = add_demo_products(*place, "battery")
        product = stored.product_id
        made = create_dossier(
            *place,
            "carbon_footprint",
            "",
            product_id=product,
            period=f"{stored.first_month}/{stored.last_month}",
        )
        assert behind(session, world, made) == FootprintBehind(product, stored.id)
        sign(made, world, format(stored.total, "f"))
        session.flush()
        again = calculate_footprint(*place, product).footprint
        assert again is not None
        assert behind(session, world, made) == FootprintBehind(product, stored.id)
        with pytest.raises(NotFound):
            footprint_behind(session, world.stranger_officer, world.steel_id, made.id)


def test_figures_that_are_stored_nowhere_have_no_files(database: Database, world: World) -> None:
    with database.writing() as session:
        place = (session, world.officer, world.steel_id)
        (first, _) = add_demo_products(*place, "battery")
        period = f"{first.first_month}/{first.last_month}"
        made = create_dossier(*place, "carbon_footprint", "", product_id=first.product_id, period=period)
        sign(made, world, "1.25")
        session.flush()
        assert behind(session, world, made) == FootprintBehind(first.product_id, None)
        other = create_dossier(*place, "ad_hoc_disclosure", "示例事项")
        assert behind(session, world, other) is None
        bare = create_dossier(*place, "carbon_footprint", "", product_id=first.product_id, period="2019")
        assert behind(session, world, bare) is None
        assert session.scalar(sa.select(sa.func.count()).select_from(ProductFootprint)) == 2
