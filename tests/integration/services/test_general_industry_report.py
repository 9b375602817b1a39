"""The monthly report of a works under the general guideline, in carbon dioxide equivalents."""

import json
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from portal.accounting.calculation import calculate
from portal.config import Settings
from portal.domain.periods import Month
from portal.models.database import Database
from portal.queries.documents import document_state
from portal.reference.guidelines import load_guideline
from portal.services.documents import issue_monthly_report
from portal.services.monthly_report_lines import calculation_part
from portal.services.plans import approve_plan, submit_plan
from portal.storage import Storage
from tests.factories.months import make_submitted_month
from tests.factories.plans import DYEING_CHOICES, MeterSpec, draft_plan, dyeing_meter, fill_plan, make_meter
from tests.factories.world import World, make_world
from tests.fixtures.printing import words

CASE = Path(__file__).parents[2] / "cases" / "calculations" / "dyeing-mill-month.json"


def make_dyeing_month(session: Session, world: World, storage: Storage) -> int:
    """The dyeing mill's October 2026, signed by its own people; gives the version."""
    mill = replace(
        world,
        officer=world.stranger_officer,
        signatory=world.stranger_signatory,
        regulator=world.other_regulator,
        steel_id=world.dyeing_id,
    )
    plan = draft_plan(session, mill.officer, world.dyeing_id, DYEING_CHOICES)
    fill_plan(session, plan, mill.officer, dyeing_meter)
    output = next(stream for stream in plan.streams if stream.category == "output")
    meter = make_meter(session, world.dyeing_id, MeterSpec("CL-01", "成品验布计长仪", "truck_scale", "1.0"))
    output.parameters[0].meter_id = meter.id
    submit_plan(session, mill.officer, world.dyeing_id, plan.id, row_version=plan.row_version)
    approve_plan(session, mill.regulator, world.dyeing_id, plan.id, row_version=plan.row_version)
    cells = {
        "S-01.purchased": "35.2",
        "S-01.sold": "0",
        "S-02.amount": "1256",
        "S-03.amount": "4200",
        "S-03.enthalpy": "2778",
        "S-04.amount": "320",
    }
    record = make_submitted_month(session, mill, plan, Month(2026, 10), changes=cells, storage=storage)
    assert record.current_version_id is not None
    return record.current_version_id


def test_a_general_industry_month_is_told_in_carbon_dioxide_equivalents(
    sqlite_database: Database, storage: Storage, settings: Settings
) -> None:
    with sqlite_database.writing() as session:
        version_id = make_dyeing_month(session, make_world(session), storage)
    issue_monthly_report(sqlite_database, storage, settings, version_id)
    with sqlite_database.reading() as session:
        document = document_state(session, version_id).document
    assert document is not None
    text = words(storage.get(document.storage_key))
    for figure in ("761.09", "624.73", "1,244.75", "2,630.57", "8.2205", "2,694.26", "0.4974"):
        assert figure in text, figure
    for phrase in ("企业温室气体排放总量", "净购入电力", "净购入蒸汽", "单位印染布排放强度"):
        assert phrase in text, phrase


def test_the_lines_of_a_general_industry_month_are_told_with_their_factors() -> None:
    case = json.loads(CASE.read_text())
    signed = {"calculation": calculate(case["input"]).as_json()}
    part = calculation_part(signed, load_guideline("industry-other-2015"))
    labels = [column["key"] for column in part["calculation"]["columns"]]
    assert labels == ["content", "factor", "share", "conversion"]
    lines = {line["id"]: line for group in part["groups"] for line in group["lines"]}
    assert [group["letter"] for group in part["groups"]] == ["A", "B", "C", "D"]
    factors = {
        key: {factor["column"]: factor["value"] for factor in line["factors"]} for key, line in lines.items()
    }
    assert factors["power"] == {"factor": "0.4974"}
    assert factors["steam"] == {"content": "2694.26", "factor": "0.11"}
    assert factors["water"] == {"content": "1.5", "factor": "0.25", "share": "0.3", "conversion": "28"}
    assert factors["gas"]["share"] == "0.99"
    assert [lines[key]["emission"] for key in ("gas", "power", "steam", "water")] == [
        "761.09",
        "624.73",
        "1244.75",
        "189.00",
    ]
    assert {line["confidence"] for line in lines.values()} == {"official", "transcribed"}
