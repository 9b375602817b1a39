"""A month uses unverified defaults only where the setting allows it; what was signed stays as it was."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portal.accounting.month import figures
from portal.domain.periods import Month
from portal.domain.sheet import Sheet, SheetRow, SheetStream
from portal.domain.workflow import Acquisition, RecordState, Section, VersionKind, VersionStanding

POWER = "CETS-AG-01.01-V04-2026"


def _row(key: str, value: str | None, *, acquisition: Acquisition = Acquisition.MEASURED) -> SheetRow:
    return SheetRow(
        stream_code="S-01", key=key, name=key, unit="t", digits=2, derived=False, required=True,
        acquisition=acquisition, planned_acquisition=acquisition, meter=None, frequency="", department="",
        source_record="", missing_rule="", clause="", text="",
        stored=None if value is None else Decimal(value), correction=None, row_version=1,
        updated_at=None, updated_by="", previous=None, last_year=None,
        year_acquisitions=(), slots=(),
    )  # fmt: skip


@pytest.fixture
def sheet() -> Sheet:
    """A month of a power unit that burns coal whose heat value and carbon nobody measured."""
    default = Acquisition.DEFAULT
    rows = (
        _row("opening_stock", "0"),
        _row("purchased", "1000"),
        _row("sold", "0"),
        _row("closing_stock", "0"),
        _row("consumed", None, acquisition=Acquisition.CALCULATED),
        _row("net_calorific_value", None, acquisition=default),
        _row("carbon_content", None, acquisition=default),
        _row("oxidation_rate", "0.98"),
    )
    coal = SheetStream("S-01", "燃煤", "fuel", "燃煤（常规机组）", Section.ENERGY, rows, None, None)
    return Sheet(
        enterprise_id=1, enterprise_name="示例", uscc="", district="", industry_code="4411", ets_member=True,
        drawings=frozenset(), record_id=1, month=Month(2026, 10), state=RecordState.DRAFT,
        record_row_version=1, due_on=date(2026, 12, 10), amend_due_on=None, version_id=1, version_number=1,
        kind=VersionKind.ORIGINAL, standing=VersionStanding.WORKING, reason="", revision=1,
        plan_id=1, plan_number="1.0",
        plan_state="approved", plan_effective_from="2026-01", plan_reason="", plan_submitted_on=None,
        guideline=POWER, sections=(), streams=(coal,), previous=None, last_year=None,
    )  # fmt: skip


def test_an_unverified_default_is_used_and_marked_where_it_is_allowed(sheet: Sheet) -> None:
    result = figures(sheet).result
    assert result is not None
    assert result.total == Decimal("2959.81")
    assert result.as_json()["unverified"] == ["S-01"]


def test_it_is_a_fault_of_its_stream_where_it_is_not(sheet: Sheet) -> None:
    month = figures(replace(sheet, allow_unverified=False))
    assert month.result is None
    assert [error.code for error in month.faults.values()] == ["unverified_value"]


def test_what_was_signed_when_it_was_allowed_keeps_its_figure(sheet: Sheet) -> None:
    settled = {"consumed": "1000", "net_calorific_value": "26.7", "carbon_content": "0.03085"}
    rows = tuple(
        replace(row, stored=Decimal(settled[row.key])) if row.key in settled else row
        for row in sheet.streams[0].rows
    )
    signed = replace(
        sheet,
        standing=VersionStanding.ACCEPTED,
        streams=(replace(sheet.streams[0], rows=rows),),
        allow_unverified=False,
    )
    result = figures(signed).result
    assert result is not None
    assert result.total == Decimal("2959.81")
