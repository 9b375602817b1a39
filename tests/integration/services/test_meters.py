"""Meters: the ledger, calibrations with their certificates, and the months that hang on them."""

import io
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.domain.access import EngagementScope
from portal.domain.errors import Conflict, Invalid, NotFound, Refused
from portal.domain.periods import Month, due_on, today
from portal.domain.workflow import RecordState
from portal.models.database import Database
from portal.models.engagements import Engagement
from portal.models.events import Event
from portal.models.evidence import Evidence
from portal.models.meters import Calibration, Meter
from portal.models.plans import PlanVersion
from portal.models.records import MonthlyRecord, RecordVersion
from portal.queries.meter_validity import first_gap, gap_end
from portal.queries.meters import meter_list, meter_page
from portal.services.meters import (
    CalibrationData,
    MeterData,
    add_calibration,
    add_meter,
    change_meter,
    months_between,
    retire_meter,
)
from portal.storage import Storage, open_storage
from tests.factories.months import make_filled_month
from tests.factories.plans import GAS, make_meter, make_steel_plan
from tests.factories.world import World

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
DATA = MeterData(
    code="LL-09",
    name="高炉煤气流量计",
    type="gas_differential",
    model="示例型号",
    location="一号高炉",
    accuracy_class=Decimal("2.0"),
    valid_from=date(2025, 1, 1),
)


def certificate(start: date, *, days: int = 364, number: str = "示检字 2026-LL-00417") -> CalibrationData:
    """A passed calibration of ``days`` days."""
    return CalibrationData(
        calibrated_on=start,
        valid_until=start + timedelta(days=days),
        result="pass",
        max_error=Decimal("1.35"),
        body="示例计量检测有限公司",
        certificate_number=number,
    )


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    """An empty place for files."""
    return open_storage(f"file://{tmp_path / 'files'}")


@pytest.fixture
def meter(database: Database, world: World) -> Meter:
    """A gas meter without any calibration."""
    with database.writing() as session:
        return make_meter(session, world.steel_id, GAS, calibrated=False)


def test_a_meter_is_entered_with_its_exact_accuracy_class(database: Database, world: World) -> None:
    with database.writing() as session:
        meter_id = add_meter(session, world.officer, world.steel_id, DATA).id
    with database.reading() as session:
        page = meter_page(session, world.regulator, world.steel_id, meter_id)
    assert (page.accuracy_class, page.standing) == (Decimal("2.0"), "uncalibrated")


def test_a_number_is_used_once_in_an_enterprise(database: Database, world: World) -> None:
    with database.writing() as session:
        add_meter(session, world.officer, world.steel_id, DATA)
        with pytest.raises(Invalid) as refused:
            add_meter(session, world.officer, world.steel_id, DATA)
        assert refused.value.field == "code"
        add_meter(session, world.stranger_officer, world.dyeing_id, DATA)


def test_a_calibration_keeps_its_certificate_with_the_days_it_proves(
    database: Database, world: World, storage: Storage, meter: Meter
) -> None:
    data = certificate(today() - timedelta(days=30))
    with database.writing() as session:
        row = add_calibration(
            session, storage, world.steward, world.steel_id, meter.id, data, io.BytesIO(PDF), "证书.pdf"
        )
        evidence = session.get_one(Evidence, row.evidence_id)
        assert (evidence.period_from, evidence.period_to) == (data.calibrated_on, data.valid_until)
        assert storage.get(evidence.storage_key) == PDF
        event = session.scalars(sa.select(Event).where(Event.action == "meter.calibration_added")).one()
        assert event.on_behalf_of_id == world.steel_id
        assert evidence.sha256 in event.after
    with database.reading() as session:
        page = meter_page(session, world.officer, world.steel_id, meter.id)
    assert page.standing == "valid"
    assert [row.filename for row in page.history] == ["证书.pdf"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"calibrated_on": today() + timedelta(days=1)}, "calibrated_on"),
        ({"valid_until": date(2025, 1, 31)}, "valid_until"),
        ({"valid_until": date(2026, 2, 2)}, "valid_until"),
        ({"result": "fine"}, "result"),
    ],
)
def test_wrong_dates_and_results_are_refused_at_their_field(
    database: Database, world: World, storage: Storage, meter: Meter, change: dict[str, object], field: str
) -> None:
    data = replace(certificate(date(2025, 2, 1)), **change)  # type: ignore[arg-type]  # one field at a time
    if field == "calibrated_on":
        data = replace(data, valid_until=data.calibrated_on)
    with database.writing() as session, pytest.raises(Invalid) as refused:
        add_calibration(
            session, storage, world.officer, world.steel_id, meter.id, data, io.BytesIO(PDF), "a.pdf"
        )
    assert refused.value.field == field


def test_twelve_months_to_the_day_are_allowed(
    database: Database, world: World, storage: Storage, meter: Meter
) -> None:
    data = replace(certificate(date(2025, 2, 1)), valid_until=date(2026, 2, 1))
    with database.writing() as session:
        add_calibration(
            session, storage, world.officer, world.steel_id, meter.id, data, io.BytesIO(PDF), "a.pdf"
        )
    assert months_between(date(2026, 12, 23), date(2028, 10, 22)) == 22
    assert months_between(date(2024, 2, 29), date(2025, 2, 28)) == 12
    assert months_between(date(2026, 9, 1), date.max) == 95_680


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00 not a certificate"])
def test_a_file_that_is_no_certificate_is_refused_and_nothing_is_kept(
    database: Database, world: World, storage: Storage, meter: Meter, content: bytes
) -> None:
    data = certificate(date(2026, 1, 1))
    with pytest.raises(Invalid) as refused, database.writing() as session:
        add_calibration(
            session, storage, world.officer, world.steel_id, meter.id, data, io.BytesIO(content), "a.pdf"
        )
    assert refused.value.field == "certificate"
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Calibration)) == 0


def test_the_same_certificate_is_entered_once(
    database: Database, world: World, storage: Storage, meter: Meter
) -> None:
    data = certificate(date(2026, 1, 1))
    arguments = (storage, world.officer, world.steel_id, meter.id, data)
    with database.writing() as session:
        add_calibration(session, *arguments, io.BytesIO(PDF), "a.pdf")
        with pytest.raises(Invalid) as refused:
            add_calibration(session, *arguments, io.BytesIO(PDF), "a.pdf")
    assert refused.value.field == "certificate_number"


def _open_month(database: Database, world: World, month: Month) -> int:
    with database.writing() as session:
        plan = session.scalars(sa.select(PlanVersion)).one()
        record = MonthlyRecord(
            enterprise_id=world.steel_id, month=str(month), state=RecordState.DRAFT, due_on=due_on(month)
        )
        session.add(record)
        session.flush()
        version = RecordVersion(record_id=record.id, number=1, plan_version_id=plan.id)
        session.add(version)
        session.flush()
        record.current_version_id = version.id
        return version.id


def test_a_new_calibration_makes_open_months_stale(
    database: Database, world: World, storage: Storage
) -> None:
    with database.writing() as session:
        make_steel_plan(session, world)
        used = session.scalars(sa.select(Meter).where(Meter.code == GAS.code)).one().id
        unused = add_meter(session, world.officer, world.steel_id, DATA).id
    version_id = _open_month(database, world, Month.of(today()))
    for meter_id, revision in ((unused, 1), (used, 2)):
        with database.writing() as session:
            add_calibration(
                session,
                storage,
                world.officer,
                world.steel_id,
                meter_id,
                certificate(today() - timedelta(days=1), number=f"示检字 {meter_id}"),
                io.BytesIO(PDF),
                "证书.pdf",
            )
        with database.reading() as session:
            assert session.get_one(RecordVersion, version_id).revision == revision


def test_the_page_names_the_months_that_a_lapsed_calibration_leaves_uncovered(
    database: Database, world: World
) -> None:
    current = Month.of(today())
    before = current.plus(-2)
    lapse = before.first + timedelta(days=9)
    with database.writing() as session:
        make_steel_plan(session, world)
        meter = session.scalars(sa.select(Meter).where(Meter.code == GAS.code)).one()
        session.execute(sa.delete(Calibration).where(Calibration.meter_id == meter.id))
        session.add(
            Calibration(
                meter_id=meter.id,
                calibrated_on=lapse - timedelta(days=800),
                valid_until=lapse,
                result="pass",
            )
        )
        meter_id = meter.id
    with database.reading() as session:
        page = meter_page(session, world.officer, world.steel_id, meter_id)
    gaps = [(item.month, item.gap_from) for item in page.months]
    assert gaps == [
        (before, lapse + timedelta(days=1)),
        (before.next(), before.next().first),
        (current, current.first),
    ]
    assert page.standing == "expired"


def test_what_was_read_off_a_meter_is_named_by_stream_and_parameter(database: Database, world: World) -> None:
    month = Month.of(today()).previous()
    with database.writing() as session:
        make_filled_month(session, world, make_steel_plan(session, world), month)
        meter_id = session.scalars(sa.select(Meter.id).where(Meter.code == GAS.code)).one()
    with database.reading() as session:
        page = meter_page(session, world.officer, world.steel_id, meter_id)
    (read,) = [item.readings for item in page.months if item.month == month]
    assert [(one.stream, one.parameter) for one in read] == [("焦炉煤气", "购入量"), ("焦炉煤气", "外销量")]


def test_only_a_passed_calibration_covers_a_day() -> None:
    rows = [
        Calibration(calibrated_on=date(2026, 1, 1), valid_until=date(2026, 3, 31), result="pass"),
        Calibration(calibrated_on=date(2026, 4, 1), valid_until=date(2026, 6, 30), result="over_class"),
        Calibration(calibrated_on=date(2026, 6, 1), valid_until=date(2026, 12, 31), result="pass"),
    ]
    assert first_gap(rows, date(2026, 2, 1), date(2026, 2, 28)) is None
    assert first_gap(rows, date(2026, 3, 1), date(2026, 6, 30)) == date(2026, 4, 1)
    assert first_gap(rows, date(2026, 6, 1), date(2026, 12, 31)) is None
    assert first_gap(rows, date(2025, 12, 1), date(2026, 1, 31)) == date(2025, 12, 1)


def test_a_gap_ends_the_day_before_the_next_calibration() -> None:
    rows = [
        Calibration(calibrated_on=date(2026, 1, 1), valid_until=date(2026, 3, 10), result="pass"),
        Calibration(calibrated_on=date(2026, 3, 15), valid_until=date(2026, 12, 31), result="pass"),
    ]
    assert gap_end(rows, date(2026, 3, 11), date(2026, 3, 31)) == date(2026, 3, 14)
    assert gap_end(rows[:1], date(2026, 3, 11), date(2026, 3, 31)) == date(2026, 3, 31)


def test_the_list_puts_what_is_past_first_and_finds_by_words(database: Database, world: World) -> None:
    day = today()
    with database.writing() as session:
        for code, days in (("A-1", 200), ("B-2", 30), ("C-3", -1)):
            meter = add_meter(session, world.officer, world.steel_id, replace(DATA, code=code))
            until = day + timedelta(days=days)
            session.add(
                Calibration(
                    meter_id=meter.id,
                    calibrated_on=until - timedelta(days=300),
                    valid_until=until,
                    result="pass",
                )
            )
    with database.reading() as session:
        page = meter_list(session, world.officer, world.steel_id)
        assert [(line.code, line.standing) for line in page.lines] == [
            ("C-3", "expired"),
            ("B-2", "expiring"),
            ("A-1", "valid"),
        ]
        found = meter_list(session, world.officer, world.steel_id, search="b-2")
        assert [line.code for line in found.lines] == ["B-2"]
        assert found.total == 3
        late = meter_list(session, world.officer, world.steel_id, standing="expired")
        assert [line.code for line in late.lines] == ["C-3"]


def test_a_stale_form_does_not_overwrite_a_meter(database: Database, world: World, meter: Meter) -> None:
    arguments = (world.steel_id, meter.id)
    with database.writing() as session:
        change_meter(
            session, world.steward, *arguments, replace(DATA, code="LL-07", name="新名称"), row_version=1
        )
        with pytest.raises(Conflict) as refused:
            retire_meter(session, world.officer, *arguments, row_version=1, last_day=today())
    assert refused.value.params["who"] == "李示例"


def test_a_retired_meter_stays_in_the_ledger(database: Database, world: World, meter: Meter) -> None:
    with pytest.raises(Invalid), database.writing() as session:
        retire_meter(
            session,
            world.officer,
            world.steel_id,
            meter.id,
            row_version=1,
            last_day=date(2020, 1, 1),
        )
    with database.writing() as session:
        yesterday = today() - timedelta(days=1)
        retire_meter(session, world.officer, world.steel_id, meter.id, row_version=1, last_day=yesterday)
        page = meter_list(session, world.officer, world.steel_id)
        assert [line.standing for line in page.lines] == ["retired"]
        with pytest.raises(Refused):
            retire_meter(session, world.officer, world.steel_id, meter.id, row_version=2, last_day=yesterday)


def test_wrong_roles_and_strangers_are_refused(
    database: Database, world: World, storage: Storage, meter: Meter
) -> None:
    data = certificate(date(2026, 1, 1))
    for actor, error in (
        (world.signatory, Refused),
        (world.regulator, Refused),
        (world.other_regulator, NotFound),
        (world.stranger_officer, NotFound),
        (world.other_steward, NotFound),
    ):
        with database.writing() as session:
            with pytest.raises(error):
                add_meter(session, actor, world.steel_id, DATA)
            with pytest.raises(error):
                add_calibration(
                    session, storage, actor, world.steel_id, meter.id, data, io.BytesIO(PDF), "a.pdf"
                )
    with database.reading() as session, pytest.raises(NotFound):
        meter_page(session, world.stranger_officer, world.dyeing_id, meter.id)


def test_a_steward_engaged_for_the_environment_only_does_not_touch_meters(
    database: Database, world: World
) -> None:
    with database.writing() as session:
        session.get_one(Engagement, world.engagement_id).scope = EngagementScope.ENVIRONMENT
        session.flush()
        with pytest.raises(NotFound):
            add_meter(session, world.steward, world.steel_id, DATA)
