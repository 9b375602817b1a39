"""Files for buyers in the EU: the battery declaration's items and the CBAM communication, as workbooks.

Both say at each item whether it was given, is missing or could not be verified; nothing is filled in for
the declarant. The battery's items are those of Regulation (EU) 2023/1542, article 7; the tabs of CBAM
follow the template of 2024, that of the definitive period was not seen.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from portal.domain.quantities import CONTEXT, convert, convertible
from portal.dossiers import footprint_tables as tables
from portal.services.footprint_xlsx import SETTINGS

GIVEN, MISSING, UNVERIFIED = "已填", "缺", "未核实"
_TEMPLATE = "字段依 2024 年过渡期模板的示例整理，2026 正式期模板未见（未核实）"
#: Stages of article 7 and the words by which a system may name them.
STAGES: Mapping[str, tuple[str, ...]] = {
    "raw material acquisition and pre-processing": ("原材料获取与预处理", "原材料获取", "原料获取"),
    "main product production": ("主产品生产", "生产"),
    "distribution": ("分销",),
    "end-of-life and recycling": ("报废与回收", "报废", "回收"),
}
_KG_PER_T = Decimal(1000)
_ENERGY = "kWh"
#: Electricity times its factor, once the declarant has filled the factor in; the rows of ``cbam_xlsx``.
_INDIRECT = '=IF(B12="","",B11*B12)'


@dataclass(frozen=True, slots=True)
class Company:
    """Who declares: as the enterprise's file says."""

    name: str
    uscc: str
    address: str
    contact: str
    phone: str
    industry: str


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its English name as the rule has it, its Chinese one, the value and how it stands."""

    name: str
    name_zh: str
    value: str | Decimal
    standing: str


def battery_items(footprint: Mapping[str, Any], company: Company) -> list[Item]:
    """The items of article 7(1), then the stages that were not told by the rule's names."""
    details, product = footprint["product"]["details"], footprint["product"]
    maker = f"{company.name}　{company.uscc}　{company.address}"
    model = details.get("battery_model", "") or product["model"]
    plant = details.get("battery_plant", "") or product["place"]
    items = [
        _item("administrative information about the manufacturer", "制造商行政信息", maker),
        _item("battery model", "电池型号", model),
        _item("geographic location of the manufacturing plant", "生产厂地理位置", plant),
    ]
    per_kwh = _per_kwh(footprint)
    items.append(
        Item(
            "carbon footprint, kg CO2e per kWh of total energy provided over expected service life",
            "碳足迹，使用寿命内每提供 1 kWh 总能量",
            "" if per_kwh is None else tables.total_of(footprint) * per_kwh,
            MISSING if per_kwh is None else _figure_standing(footprint),
        )
    )
    items += _battery_stages(footprint, per_kwh)
    items += [
        _item(
            "identification number of the EU declaration of conformity",
            "欧盟符合性声明编号",
            details.get("battery_declaration", ""),
        ),
        _item(
            "web link to public version of the supporting study",
            "支撑研究公开版网址",
            details.get("battery_study", ""),
        ),
    ]
    return items


def _item(name: str, name_zh: str, value: str) -> Item:
    return Item(name, name_zh, value, GIVEN if value.strip() else MISSING)


def _figure_standing(footprint: Mapping[str, Any]) -> str:
    """A figure that rests on factors that nobody has verified is not verified either."""
    return UNVERIFIED if tables.typed_factors(footprint) else GIVEN


def _per_kwh(footprint: Mapping[str, Any]) -> Decimal | None:
    """By what the footprint is multiplied to be that of 1 kWh; None where the energy is not known."""
    asked = footprint["result"]["functional_unit"]
    energy = footprint["product"]["details"].get("battery_energy", "")
    with localcontext(CONTEXT):
        if asked["unit"] in {"Wh", "kWh", "MWh", "GWh"}:
            return 1 / convert(Decimal(asked["amount"]), asked["unit"], _ENERGY)
        plain = energy.replace(",", "")
        if plain.replace(".", "", 1).isdecimal() and Decimal(plain):
            return 1 / (Decimal(plain) * Decimal(asked["amount"]))
    return None


def _battery_stages(footprint: Mapping[str, Any], per_kwh: Decimal | None) -> list[Item]:
    by_stage, standing = dict(tables.stages(footprint)), _figure_standing(footprint)
    items = []
    for name, words in STAGES.items():
        held = [by_stage.pop(word) for word in words if word in by_stage]
        value = None if per_kwh is None or not held else sum(held, Decimal(0)) * per_kwh
        said = "" if value is None else value
        items.append(Item(name, words[0], said, MISSING if value is None else standing))
    items += [
        Item(
            "not assigned to a stage of the rule",
            f"未归入规定阶段：{name}",
            value * (per_kwh or 0),
            UNVERIFIED,
        )
        for name, value in by_stage.items()
    ]
    return items


def battery_xlsx(footprint: Mapping[str, Any], company: Company) -> bytes:
    """The battery declaration as a workbook."""
    notes = [
        ("依据", "Regulation (EU) 2023/1542, article 7(1); 条目转录自公开整理，授权法案的状态未核对"),
        ("适用日期", "电动汽车电池 2025-02-18，或授权、实施法案生效后 12 个月（以较晚者为准）"),
        ("性质", "本文件是供声明人填报的底稿，不是欧盟符合性声明"),
        ("数据期间", f"{footprint['first_month']} 至 {footprint['last_month']}"),
        ("计算输入 SHA-256", footprint["input_sha256"]),
    ]
    notes += [
        ("未核实的因子", f"{flow['name']}：{flow['source']}") for flow in tables.typed_factors(footprint)
    ]
    rows = [
        (item.name, item.name_zh, item.value, item.standing) for item in battery_items(footprint, company)
    ]
    return _book({"Article 7": (("Item", "项目", "Value", "状态"), rows), "说明": (("项目", "内容"), notes)})


def specific_emissions(footprint: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    """Direct tCO2e and MWh of electricity of a tonne of product; None where its mass is unknown."""
    mass = footprint["product"]["mass"]
    if not mass or not Decimal(mass):
        return None, None
    with localcontext(CONTEXT):
        tonnes = Decimal(mass) / _KG_PER_T * _units(footprint)
        direct = sum(
            (entry.result for entry in tables.contributions(footprint) if entry.amount is None), Decimal(0)
        )
        scaling = footprint["result"]["scaling"]
        used = sum(
            (
                convert(Decimal(scaling[flow["id"]]), _ENERGY, "MWh")
                for flow in tables.flows(footprint, "grid")
                if convertible(flow["unit"], _ENERGY)
            ),
            Decimal(0),
        )
        return direct / _KG_PER_T / tonnes, used / tonnes


def _units(footprint: Mapping[str, Any]) -> Decimal:
    """How many declared units the footprint is of: the mass is that of one."""
    return Decimal(footprint["result"]["functional_unit"]["amount"]) / Decimal(
        footprint["product"]["unit_amount"]
    )


def cbam_xlsx(footprint: Mapping[str, Any], company: Company) -> bytes:
    """The communication to a declarant: the template's tabs, as far as the footprint can fill them."""
    product, details = footprint["product"], footprint["product"]["details"]
    direct, electricity = specific_emissions(footprint)
    period = (footprint["first_month"], footprint["last_month"])
    goods, route = details.get("cbam_goods", ""), details.get("cbam_route", "")
    head = ("字段", "值", "状态")
    summary = [
        _line("Installation name (English)", details.get("cbam_installation", "")),
        _line("Installation name (local)", company.name),
        _line("Reporting period start", period[0]),
        _line("Reporting period end", period[1]),
        _line("Production process", route),
        _line("Aggregated good category", goods),
        _line("Product name", f"{product['name']} {product['model']}".strip()),
        _line("CN code", product["cn_code"]),
        _figure("SEE direct, tCO2e/t", direct),
        _figure("Embedded electricity, MWh/t", electricity),
        ("Electricity emission factor, tCO2/MWh", "", MISSING),
        ("SEE indirect, tCO2e/t", _INDIRECT, UNVERIFIED),
        ("Share of default values, %", "", MISSING),
    ]
    sheets = {
        "A_InstData": (head, _installation(company, details, product, period)),
        "B_EmInst": (("Source stream", "Amount in the period", "Unit", "状态"), _streams(footprint)),
        "C_Emissions&Energy": (head, _balance(footprint)),
        "D_Processes": (head, _process_lines(footprint, goods, route)),
        "E_PurchPrec": (("Precursor", "kgCO2e per unit", "Source", "状态"), _precursors(footprint)),
        "Summary_Processes": (
            head,
            [_line("Production process", route), _figure("SEE direct, tCO2e/t", direct)],
        ),
        "Summary_Products": (head, summary),
        "Summary_Communication": (head, summary),
        "说明": (("项目", "内容"), _cbam_notes(footprint)),
    }
    return _book(sheets)


def _line(name: str, value: str) -> tuple[str, str, str]:
    return name, value, GIVEN if value.strip() else MISSING


def _figure(name: str, value: Decimal | None) -> tuple[str, str | Decimal, str]:
    return name, "" if value is None else value, MISSING if value is None else UNVERIFIED


def _installation(
    company: Company, details: Mapping[str, str], product: Mapping[str, Any], period: tuple[str, str]
) -> list[tuple[str, str, str]]:
    return [
        _line("Reporting period start", period[0]),
        _line("Reporting period end", period[1]),
        _line("Installation name (local)", company.name),
        _line("Installation name (English)", details.get("cbam_installation", "")),
        _line("Street, city", company.address),
        _line("Economic activity", company.industry),
        _line("Country", product["country"]),
        _line("UNLOCODE", ""),
        _line("Authorised representative", company.contact),
        _line("Telephone", company.phone),
        _line("Verifier", ""),
    ]


def _streams(footprint: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What the site let out in the period, by gas."""
    return [
        (f"{flow['name']}（{flow['stage']}）", Decimal(flow["amount"]), flow["unit"], UNVERIFIED)
        for flow in tables.flows(footprint, *tables.DIRECT)
    ]


def _balance(footprint: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [
        ("Data quality: primary data share", footprint["result"].get("primary_share", ""), UNVERIFIED),
        ("Justification of default values", "", MISSING),
        ("Quality assurance", f"{len(footprint['sources']['months'])} 个已受理的月度记录", GIVEN),
    ]


def _process_lines(footprint: Mapping[str, Any], goods: str, route: str) -> list[tuple[Any, ...]]:
    made = [
        (f"Output of {flow['name']}, {flow['unit']}", Decimal(flow["amount"]), GIVEN)
        for flow in tables.flows(footprint, "output")
    ]
    return [_line("Aggregated good category", goods), _line("Production route", route), *made]


def _precursors(footprint: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (flow["name"], Decimal(flow["factor"]), f"{flow['factor_unit']} {flow['source']}", UNVERIFIED)
        for flow in tables.flows(footprint, "factor", "supplier")
    ]


def _cbam_notes(footprint: Mapping[str, Any]) -> list[tuple[str, str]]:
    notes = [
        ("依据", _TEMPLATE),
        ("直接排放", "取自产品碳足迹的现场直接排放；受热与前体的排放须按 CBAM 规则另算"),
        ("间接排放", "电力碳足迹因子不用于 CBAM；电力排放因子由申报人按 CBAM 规则选定后填入"),
        ("计算输入 SHA-256", footprint["input_sha256"]),
    ]
    return notes + [
        ("未核实的因子", f"{flow['name']}：{flow['source']}") for flow in tables.typed_factors(footprint)
    ]


def _book(sheets: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]]) -> bytes:
    """A workbook of plain tables; a text that begins with = is a formula of ours only."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, SETTINGS)
    bold = book.add_format({"bold": True})
    for name, (head, rows) in sheets.items():
        sheet = book.add_worksheet(name)
        for column, text in enumerate(head):
            sheet.write_string(0, column, text, bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value)
        sheet.set_column(0, len(head) - 1, 34)
    book.close()
    return buffer.getvalue()


def _write(sheet: Any, row: int, column: int, value: str | Decimal) -> None:
    if isinstance(value, Decimal):
        sheet.write_number(row, column, value)
    elif value == _INDIRECT:
        sheet.write_formula(row, column, value, None, "")
    else:
        sheet.write_string(row, column, value)
