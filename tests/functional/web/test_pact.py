"""A footprint of ours as PACT JSON from its page: what is asked for, what comes down, for whom."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal

import jsonschema_rs
import pytest
from flask import Flask

from portal.models.products import Product, ProductFootprint
from portal.queries.product_inputs import work_out
from portal.queries.products import newest_system
from portal.reference.pact import pact_schema
from portal.services.demo_products import add_demo_products
from portal.services.products import SystemData, keep_footprint, save_system
from tests.factories.world import World
from tests.fixtures.application import Browser

ANSWERS = {"mass": "0.0028", "fossil_carbon": "0.0001", "packaging_included": "no"}


@dataclass(frozen=True)
class Exported:
    """The two footprints of the example battery, and the officer who may take them out."""

    officer: Browser
    stored: list[ProductFootprint]
    enterprise_id: int

    def place(self, which: int = -1) -> str:
        """Address of a footprint's export."""
        return f"/enterprises/{self.enterprise_id}/footprints/{self.stored[which].id}/pact"


@pytest.fixture
def exported(app: Flask, world: World, browse: Callable[[int], Browser]) -> Exported:
    with app.extensions["portal.database"].writing() as session:
        stored = add_demo_products(session, world.officer, world.steel_id, "battery")
        session.expunge_all()
    return Exported(browse(world.officer.user_id), stored, world.steel_id)


def test_the_file_is_right_by_the_schema_and_tells_the_engines_figures(exported: Exported) -> None:
    page = exported.officer.get(exported.place())
    assert 'value="0.0028"' in page.text
    answer = exported.officer.get(f"{exported.place()}.json", query_string=ANSWERS)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.data)
    validator = jsonschema_rs.Draft202012Validator(dict(pact_schema()), validate_formats=True)
    assert [error.message for error in validator.iter_errors(told)] == []
    total = Decimal(exported.stored[-1].result["total_kgco2e"]).quantize(Decimal("1e-12"))
    assert Decimal(told["pcf"]["pcfExcludingBiogenicUptake"]) == total
    assert told["pcf"]["declaredUnitOfMeasurement"] == "kilowatt hour"
    assert told["pcf"]["packagingEmissionsIncluded"] is False
    assert told["status"] == "Active"
    again = exported.officer.get(f"{exported.place()}.json", query_string=ANSWERS)
    assert again.data == answer.data


def test_a_footprint_worked_out_again_names_the_one_that_it_replaces(
    app: Flask, exported: Exported, world: World
) -> None:
    with app.extensions["portal.database"].writing() as session:
        product = session.get_one(Product, exported.stored[-1].product_id)
        newest = newest_system(session, product.id)
        assert newest is not None
        payload = {**deepcopy(newest.payload), "runs": ""}
        payload["processes"][0]["inputs"][0]["amount"] = "131"
        data = SystemData(newest.first_month, newest.last_month, payload)
        place = (session, world.officer, world.steel_id, product.id)
        system = save_system(*place, newest.row_version, data)
        again = keep_footprint(session, world.officer, product, system, work_out(session, product, system))
        address = exported.place().replace(f"/{exported.stored[-1].id}/", f"/{again.id}/")
    old, new = (
        json.loads(exported.officer.get(f"{place}.json", query_string=ANSWERS).data)
        for place in (exported.place(), address)
    )
    assert (old["status"], new["status"]) == ("Deprecated", "Active")
    assert new["precedingPfIds"] == [old["id"]]
    earlier_period = exported.officer.get(f"{exported.place(0)}.json", query_string=ANSWERS)
    assert json.loads(earlier_period.data)["status"] == "Active"


def test_without_what_the_format_requires_there_is_no_file(exported: Exported) -> None:
    for missing in ("mass", "fossil_carbon"):
        answer = exported.officer.get(f"{exported.place()}.json", query_string={**ANSWERS, missing: ""})
        assert answer.status_code == 422
        assert "还不能导出" in answer.text
        assert "attachment" not in answer.headers.get("Content-Disposition", "")


def test_a_figure_that_is_none_is_refused_at_its_field(exported: Exported) -> None:
    for value in ("NaN", "1e5", "-1", "9" * 400):
        asked = {**ANSWERS, "fossil_carbon": value}
        answer = exported.officer.get(f"{exported.place()}.json", query_string=asked)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text


def test_another_enterprises_footprint_is_not_there(
    exported: Exported, world: World, browse: Callable[[int], Browser]
) -> None:
    stranger = browse(world.stranger_officer.user_id)
    assert stranger.get(exported.place()).status_code == 404
    moved = exported.place().replace(str(world.steel_id), str(world.dyeing_id), 1)
    assert stranger.get(f"{moved}.json", query_string=ANSWERS).status_code == 404
