"""Products in the database: who may, versions that stay, results that never change, filed months."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.errors import Conflict, InputError, Invalid, NotFound, Refused
from portal.domain.workflow import JobState
from portal.models.database import Database
from portal.models.dossiers import Dossier
from portal.models.events import Event
from portal.models.jobs import Job
from portal.models.products import ProductFootprint, ProductSystem
from portal.queries.footprint_extras import footprint_extras
from portal.queries.product_inputs import month_references
from portal.queries.products import footprint_of, product_page
from portal.services.demo_products import add_demo_products, example_products, payload_of
from portal.services.jobs import claim_job, finish_job
from portal.services.products import (
    ProductData,
    SystemData,
    add_product,
    calculate_footprint,
    change_product,
    run_calculation,
    save_system,
)
from tests.factories.months import save_cell, submit_again
from tests.factories.reviews import accept, granted
from tests.factories.world import World
from tests.fixtures.reviewing import MONTH, Reviewing

DATA = ProductData("示例粗钢", "Q235", Decimal(1), "t", mass=Decimal(1000), rules="示例规则")
PERIOD = str(MONTH)
GRID = "mee-footprint/2024/全国"


def battery() -> dict[str, Any]:
    return payload_of(example_products("battery")[0]["systems"][0])


def made(session: Session, world: World, payload: dict[str, Any] | None = None) -> int:
    """A product with a system; its id."""
    data = ProductData("示例电池", "A", Decimal(1), "kWh", rules="示例规则")
    product = add_product(session, world.officer, world.steel_id, data)
    system = SystemData("2025-01", "2025-12", payload or battery())
    save_system(session, world.officer, world.steel_id, product.id, 0, system)
    return product.id


def test_officer_and_steward_enter_products_and_others_do_not(database: Database, world: World) -> None:
    with database.writing() as session:
        assert add_product(session, world.steward, world.steel_id, DATA).unit == "t"
        for actor in (world.signatory, world.regulator, world.administrator):
            with pytest.raises(Refused):
                add_product(session, actor, world.steel_id, DATA)
        for actor in (world.stranger_officer, world.other_steward):
            with pytest.raises(NotFound):
                add_product(session, actor, world.steel_id, DATA)
        with pytest.raises(Invalid) as twice:
            add_product(session, world.officer, world.steel_id, DATA)
        assert twice.value.path == "model"


def test_a_change_needs_the_version_that_was_read(database: Database, world: World) -> None:
    with database.writing() as session:
        product = add_product(session, world.officer, world.steel_id, DATA)
        change_product(session, world.officer, world.steel_id, product.id, 1, DATA)
        with pytest.raises(Conflict):
            change_product(session, world.officer, world.steel_id, product.id, 1, DATA)


def test_a_result_never_changes_and_its_system_stands_still(database: Database, world: World) -> None:
    with database.writing() as session:
        product_id = made(session, world)
        first = calculate_footprint(session, world.officer, world.steel_id, product_id).footprint
        again = calculate_footprint(session, world.officer, world.steel_id, product_id).footprint
        assert first is not None
        assert again is first
    for model in (ProductFootprint, ProductSystem):
        for statement in (sa.update(model).values(first_month="2020-01"), sa.delete(model)):
            with pytest.raises(sa.exc.DBAPIError), database.writing() as session:
                session.execute(statement)
    with database.writing() as session:
        payload = battery() | {"seed": "7"}
        save_system(
            session, world.officer, world.steel_id, product_id, 1, SystemData("2025-01", "2025-12", payload)
        )
        page = product_page(session, world.regulator, world.steel_id, product_id)
        assert page.system is not None
        assert (page.system.number, page.system.frozen) == (2, False)
        assert [entry.system_number for entry in page.footprints] == [1]


def test_a_long_simulation_is_a_job_that_keeps_who_asked(database: Database, world: World) -> None:
    with database.writing() as session:
        product_id = made(session, world, battery() | {"runs": "3000"})
        job = calculate_footprint(session, world.steward, world.steel_id, product_id).job
        assert job is not None
        job_id, system_id = job.id, job.subject_id
    with database.writing() as session:
        assert claim_job(session, job_id) is not None
    for _ in range(2):  # a job may run twice
        run_calculation(database, system_id)
    with database.writing() as session:
        finish_job(session, job_id)
        kept = session.scalars(sa.select(ProductFootprint)).one()
        assert kept.computed_by_id == world.steward.user_id
        assert kept.result["uncertainty"]["runs"] == 3000
        assert session.get_one(Job, job_id).state is JobState.DONE


def test_what_is_wrong_is_said_before_a_job_is_asked_for(database: Database, world: World) -> None:
    payload = battery() | {"runs": "3000"}
    payload["processes"][1]["inputs"][1] = {**payload["processes"][1]["inputs"][1], "amount": ""}
    with database.writing() as session:
        product_id = made(session, world, payload)
        with pytest.raises(InputError) as refused:
            calculate_footprint(session, world.officer, world.steel_id, product_id)
        assert refused.value.path == "processes[1].inputs[1].amount"
        assert session.scalars(sa.select(Job).where(Job.kind == "calculate_footprint")).all() == []


def steel_system(session: Session, world: World) -> SystemData:
    """Crude steel, all of the month's direct emissions over the month's output."""
    references = month_references(session, world.steel_id, PERIOD, PERIOD)
    output = next(one for one in references if "粗钢" in one.words and one.unit == "t")
    process = {
        "key": "P1",
        "name": "炼钢",
        "output_name": "粗钢",
        "output_month": output.key,
        "output_unit": "t",
        "filed": "yes",
        "inputs": [
            {
                "name": one.key,
                "month": one.key,
                "unit": one.unit,
                "from": "grid",
                "grid": "mee-footprint/2024/全国",
            }
            for one in references
            if one.key == "bought.electricity"
        ],
    }
    return SystemData(PERIOD, PERIOD, {"gwp": "AR6", "processes": [process]})


def test_a_footprint_from_a_month_goes_stale_with_it_and_is_told_anew(reviewing: Reviewing) -> None:
    world = reviewing.world
    with reviewing.database.writing() as session:
        product = add_product(session, world.officer, world.steel_id, DATA)
        with pytest.raises(Invalid, match=PERIOD):
            _calculated(session, world, product.id, SystemData(PERIOD, PERIOD, _filed_only()))
        accept(session, world, reviewing.record(session))
        kept = _calculated(session, world, product.id, steel_system(session, world))
        content = kept.sources["months"][0]
        assert content["version"] == 1
        assert kept.total == Decimal(kept.result["total_kgco2e"])
        facts = footprint_of(session, world.regulator, world.steel_id, kept.id)
        assert facts.restated == ()
        dossier = _dossier(world, product.id)
        before = footprint_extras(session, dossier)["footprint"]
        assert before["stored"] is True
        _restate(session, world, reviewing)
        facts = footprint_of(session, world.regulator, world.steel_id, kept.id)
        assert facts.restated == (PERIOD,)
        after = footprint_extras(session, dossier)["footprint"]
        assert after["stored"] is False
        assert after["sources"]["months"][0]["version"] == 2
        assert after["result"]["total_kgco2e"] != before["result"]["total_kgco2e"]
        newer = calculate_footprint(session, world.officer, world.steel_id, product.id).footprint
        assert newer is not None
        assert newer.result == after["result"]


def _filed_only() -> dict[str, Any]:
    process = {"key": "P1", "name": "炼钢", "output_name": "粗钢", "output_amount": "1", "output_unit": "t"}
    return {"gwp": "AR6", "processes": [process | {"filed": "yes", "inputs": []}]}


def _calculated(session: Session, world: World, product_id: int, system: SystemData) -> ProductFootprint:
    held = session.scalar(sa.select(ProductSystem.row_version).where(ProductSystem.product_id == product_id))
    save_system(session, world.officer, world.steel_id, product_id, held or 0, system)
    footprint = calculate_footprint(session, world.officer, world.steel_id, product_id).footprint
    assert footprint is not None
    return footprint


def _dossier(world: World, product_id: int) -> Dossier:
    return Dossier(
        enterprise_id=world.steel_id,
        kind="carbon_footprint",
        subject="示例粗钢",
        first_month=PERIOD,
        last_month=PERIOD,
        product_id=product_id,
    )


def _restate(session: Session, world: World, reviewing: Reviewing) -> None:
    version = granted(session, world, reviewing.record(session))
    stream = next(row for row in version.values if row.parameter_key == "purchased" and row.value)
    changed = format((stream.value or Decimal(0)) + 1000, "f")
    save_cell(session, world.officer, version.id, f"{stream.stream_code}.purchased", changed)
    submit_again(session, world, reviewing.record(session))
    accept(session, world, reviewing.record(session))


def test_the_example_battery_has_two_years_that_compare(database: Database, world: World) -> None:
    with database.writing() as session:
        earlier, present = add_demo_products(session, world.officer, world.steel_id, "battery")
        assert present.total < earlier.total
        assert present.system_id != earlier.system_id
        actions = set(session.scalars(sa.select(Event.action).where(Event.subject_kind == "product")))
        assert actions == {"product.added", "product.system_saved", "product.footprint_calculated"}
