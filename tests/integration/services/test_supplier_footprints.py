"""A supplier's footprint as an input of a product system: its figure, its source, where it is used."""

import io
import json
from copy import deepcopy
from decimal import Decimal
from pathlib import Path

import pytest

from portal.domain.errors import Invalid, NotFound, Refused
from portal.models.database import Database
from portal.queries.product_inputs import work_out
from portal.queries.supplier_footprints import supplier_list, supplier_page
from portal.services.products import ProductData, SystemData, add_product, save_system
from portal.services.supplier_footprints import keep_footprint, look_at_footprint
from portal.storage import open_storage
from tests.factories.matrix_exchange import CASE, SYSTEM
from tests.factories.world import make_world

CONTENT = CASE.read_bytes()


def test_a_suppliers_footprint_counts_per_unit_and_stays_named_as_the_source(
    database: Database, tmp_path: Path
) -> None:
    storage = open_storage((tmp_path / "files").as_uri())
    with database.writing() as session:
        world = make_world(session)
        place = (session, storage, world.officer, world.steel_id)
        kept = keep_footprint(*place, look_at_footprint(*place, io.BytesIO(CONTENT)).sha256)
        system = deepcopy(SYSTEM)
        system["processes"][0]["inputs"][0] |= {"from": "supplier", "supplier": str(kept.id), "amount": "3"}
        data = ProductData("示例面料", "", Decimal(1), "kg", rules="示例规则")
        product = add_product(session, world.officer, world.steel_id, data)
        period = SystemData("2025-01", "2025-12", system)
        saved = save_system(session, world.officer, world.steel_id, product.id, 0, period)
        worked = work_out(session, product, saved)
    assert worked.result.total == Decimal("4.146")  # 3 kg × 2.764 kgCO2e / 2 kg
    source = next(flow["source"] for flow in worked.sources()["flows"] if flow.get("supplier"))
    assert kept.pact_id in source
    assert kept.sha256 in source
    with database.reading() as session:
        page = supplier_page(session, world.officer, world.steel_id, kept.id)
        assert [(use.product, use.system) for use in page.uses] == [("示例面料", 1)]
        with pytest.raises(NotFound):
            supplier_page(session, world.stranger_officer, world.dyeing_id, kept.id)


def test_a_newer_file_and_an_old_date_put_a_footprint_out_of_use(database: Database, tmp_path: Path) -> None:
    storage = open_storage((tmp_path / "files").as_uri())
    first = json.loads(CONTENT)
    newer = first | {"id": "11111111-2222-4333-8444-555555555555", "precedingPfIds": [first["id"]]}
    other = first | {
        "id": "11111111-2222-4333-8444-666666666666",
        "validityPeriodEnd": "2026-04-01T00:00:00Z",
    }
    with database.writing() as session:
        world = make_world(session)
        place = (session, storage, world.officer, world.steel_id)
        for value in (first, newer, other):
            content = io.BytesIO(json.dumps(value).encode())
            keep_footprint(*place, look_at_footprint(*place, content).sha256)
    with database.reading() as session:
        lines = supplier_list(session, world.officer, world.steel_id).lines
    assert [line.outdated for line in reversed(lines)] == ["replaced", "", "expired"]


def test_a_file_belongs_to_the_enterprise_that_uploaded_it(database: Database, tmp_path: Path) -> None:
    storage = open_storage((tmp_path / "files").as_uri())
    with database.writing() as session:
        world = make_world(session)
        mine = (session, storage, world.officer, world.steel_id)
        digest = look_at_footprint(*mine, io.BytesIO(CONTENT)).sha256
        theirs = (session, storage, world.stranger_officer, world.dyeing_id)
        with pytest.raises(Invalid, match="没有找到"):
            keep_footprint(*theirs, digest)
        first = keep_footprint(*mine, digest)
        with pytest.raises(Invalid, match="已经存过"):
            keep_footprint(*mine, digest)
        # The same bytes, sent by the supplier to both, are a row of each.
        look_at_footprint(*theirs, io.BytesIO(CONTENT))
        assert keep_footprint(*theirs, digest).id != first.id
        with pytest.raises(Refused):
            look_at_footprint(session, storage, world.regulator, world.steel_id, io.BytesIO(CONTENT))
