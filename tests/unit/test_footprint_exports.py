"""Workbooks of a footprint: their formulas give the engine's figures, and what is missing is named."""

import io
import re
import zipfile
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from portal.dossiers import footprint_tables as tables
from portal.services.footprint_declarations import (
    GIVEN,
    MISSING,
    UNVERIFIED,
    Company,
    battery_items,
    battery_xlsx,
    cbam_xlsx,
    specific_emissions,
)
from portal.services.footprint_xlsx import footprint_xlsx, work_rows
from tests.factories.products import example_footprint

COMPANY = Company("示例电池有限公司", "91330500MA28C4XX1C", "示例路 1 号", "沈示例", "0572-0000000", "3841")
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _sheets(content: bytes) -> dict[str, dict[str, tuple[str, str]]]:
    """Cells of each sheet by address: formula and value."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        strings = [
            "".join(part.text or "" for part in entry.iter(f"{_MAIN}t"))
            for entry in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        return {
            name.replace("&amp;", "&"): _cells(book.read(f"xl/worksheets/sheet{place}.xml"), strings)
            for place, name in enumerate(names, 1)
        }


def _cells(xml: bytes, strings: list[str]) -> dict[str, tuple[str, str]]:
    found = {}
    for cell in ElementTree.fromstring(xml).iter(f"{_MAIN}c"):
        formula, value = cell.findtext(f"{_MAIN}f") or "", cell.findtext(f"{_MAIN}v") or ""
        found[cell.attrib["r"]] = (formula, strings[int(value)] if cell.get("t") == "s" else value)
    return found


@pytest.fixture(scope="module", params=["dyeing", "battery"])
def footprint(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each example product's footprint."""
    return example_footprint(request.param)


def test_the_lines_of_the_work_add_up_to_the_engines_figures(footprint: dict[str, Any]) -> None:
    rows = work_rows(footprint)
    assert abs(sum((row.result for row in rows), Decimal(0)) - tables.total_of(footprint)) < Decimal("1e-20")
    for stage, value in tables.stages(footprint):
        found = sum((row.result for row in rows if row.stage == stage), Decimal(0))
        assert abs(found - value) < Decimal("1e-20")


def test_the_workbooks_formulas_are_recalculated_to_the_engines_total(footprint: dict[str, Any]) -> None:
    sheets = _sheets(footprint_xlsx(footprint))
    work, months = sheets["计算"], sheets["月度数据"]
    total = 0.0
    for place, row in enumerate(work_rows(footprint), 2):
        formula, value = work[f"E{place}"]
        if formula:
            letter, last = re.fullmatch(r"'月度数据'!([A-Z]+)(\d+)", formula).groups()  # type: ignore[union-attr]
            assert months[f"{letter}{last}"][0] == f"SUM({letter}2:{letter}{int(last) - 1})"
            amount = sum(float(months[f"{letter}{line}"][1]) for line in range(2, int(last)))
        else:
            amount = float(value)
        assert work[f"H{place}"][0] == f"D{place}*E{place}*G{place}"
        assert work[f"M{place}"][0] == f"H{place}*I{place}"
        result = (
            float(work[f"D{place}"][1]) * amount * float(work[f"G{place}"][1]) * float(work[f"I{place}"][1])
        )
        assert result == pytest.approx(float(row.result), rel=1e-12)
        total += result
    assert total == pytest.approx(float(tables.total_of(footprint)), rel=1e-12)
    end = len(work_rows(footprint)) + 2
    assert work[f"M{end}"][0] == f"SUM(M2:M{end - 1})"


def test_the_result_sheet_sums_stages_and_compares_with_the_engine(footprint: dict[str, Any]) -> None:
    result = _sheets(footprint_xlsx(footprint))["结果"]
    stages = tables.stages(footprint)
    last = len(work_rows(footprint)) + 1
    for place, (name, value) in enumerate(stages, 5):
        assert result[f"A{place}"][1] == name
        assert result[f"B{place}"][0] == f"SUMIF('计算'!$A$2:$A${last},A{place},'计算'!$M$2:$M${last})"
        assert result[f"C{place}"][1] == format(value, "f")
    end = 5 + len(stages)
    assert result[f"C{end}"][1] == footprint["result"]["total_kgco2e"]
    assert result[f"B{end + 1}"][0].startswith("IF(ABS(")


def test_the_battery_declaration_has_the_seven_items_and_names_what_is_missing() -> None:
    footprint = example_footprint("battery")
    items = {item.name: item for item in battery_items(footprint, COMPANY)}
    total = items["carbon footprint, kg CO2e per kWh of total energy provided over expected service life"]
    assert (total.value, total.standing) == (tables.total_of(footprint), UNVERIFIED)
    by_stage = dict(tables.stages(footprint))
    assert items["distribution"].value == by_stage["分销"]
    assert items["end-of-life and recycling"].value == by_stage["报废与回收"]
    assert items["battery model"].standing == GIVEN
    assert items["identification number of the EU declaration of conformity"].standing == MISSING
    assert items["web link to public version of the supporting study"].standing == MISSING
    assert len(items) == 10
    assert "Article 7" in _sheets(battery_xlsx(footprint, COMPANY))


def test_a_product_that_is_no_battery_gets_no_figure_per_kilowatt_hour() -> None:
    items = {item.name: item for item in battery_items(example_footprint("dyeing"), COMPANY)}
    total = items["carbon footprint, kg CO2e per kWh of total energy provided over expected service life"]
    assert (total.value, total.standing) == ("", MISSING)


def test_the_cbam_sheets_have_the_templates_tabs_and_leave_the_declarants_factor_blank() -> None:
    footprint = example_footprint("dyeing")
    sheets = _sheets(cbam_xlsx(footprint, COMPANY))
    assert list(sheets)[:8] == [
        "A_InstData", "B_EmInst", "C_Emissions&Energy", "D_Processes", "E_PurchPrec", "Summary_Processes",
        "Summary_Products", "Summary_Communication",
    ]  # fmt: skip
    summary = sheets["Summary_Products"]
    direct, electricity = specific_emissions(footprint)
    assert direct is not None
    assert electricity is not None
    names = {value: address for address, (_, value) in summary.items() if address.startswith("A")}
    row = names["SEE direct, tCO2e/t"][1:]
    assert float(summary[f"B{row}"][1]) == pytest.approx(float(direct), rel=1e-12)
    assert direct == Decimal(footprint["result"]["by_process"]["P4"])
    factor, power = (
        names["Electricity emission factor, tCO2/MWh"][1:],
        names["Embedded electricity, MWh/t"][1:],
    )
    formula = summary[f"B{names['SEE indirect, tCO2e/t'][1:]}"][0]
    assert formula == f'IF(B{factor}="","",B{power}*B{factor})'


def test_a_product_without_a_mass_has_no_specific_emissions() -> None:
    footprint = example_footprint("dyeing")
    footprint["product"]["mass"] = ""
    assert specific_emissions(footprint) == (None, None)
