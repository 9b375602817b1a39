"""The calculation chapter of the monthly report: groups, lines and the columns of their factors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.reference.guidelines import Guideline

Line = Mapping[str, Any]


@dataclass(frozen=True)
class GroupWords:
    """How a category is named on paper; ``constant`` is the fixed factor of its formula."""

    name: str
    short_name: str
    constant: str = ""
    deducted: bool = False


GROUPS: Mapping[str, GroupWords] = {
    "fuel": GroupWords("化石燃料燃烧", "化石燃料燃烧", "44/12"),
    "process": GroupWords("生产过程（碳酸盐、电极、含碳原料）", "生产过程"),
    "carbonate": GroupWords("碳酸盐分解", "碳酸盐分解"),
    "product": GroupWords("含碳产品固碳（扣除）", "产品固碳", deducted=True),
    "electricity": GroupWords("净购入电力", "净购入电力"),
    "heat": GroupWords("净购入热力", "净购入热力"),
    "steam": GroupWords("净购入蒸汽", "净购入蒸汽", "1/1000"),
    "hot_water": GroupWords("净购入热水", "净购入热水", "1/1000"),
    "wastewater": GroupWords("废水厌氧处理", "废水处理", "1/1000"),
    "clinker": GroupWords("熟料生产过程", "熟料生产"),
    "ch4_recovery": GroupWords("甲烷回收与销毁（扣除）", "甲烷回收", deducted=True),
    "co2_recovery": GroupWords("二氧化碳回收利用（扣除）", "二氧化碳回收", deducted=True),
    "refrigerant": GroupWords("制冷剂逸散", "制冷剂"),
    "sf6": GroupWords("六氟化硫逸散", "六氟化硫"),
}
GUIDELINE_ROUNDING = (
    ("amount", "活动数据"),
    ("net_calorific_value", "低位发热量"),
    ("carbon_content", "单位热值含碳量"),
    ("line", "排放量"),
)
#: Column of each number of a formula, and its word in the column's head. At most one of a column's
#: numbers stands in any line.
_COLUMNS: Sequence[tuple[str, Mapping[str, str]]] = (
    (
        "content",
        {
            "net_calorific_value": "低位发热量",
            "element_carbon": "元素碳\n含量",
            "green_power": "有凭证的\n绿色电力",
            "cao": "CaO 差",
            "enthalpy": "焓差",
            "temperature": "温差",
            "cod": "进出水\nCOD 差",
        },
    ),
    (
        "factor",
        {
            "carbon_content": "单位热值\n含碳量",
            "emission_factor": "因子",
            "grid_factor": "因子",
            "density": "密度",
            "mgo": "MgO 差",
            "bo": "Bo",
        },
    ),
    (
        "share",
        {"oxidation_rate": "碳氧化率", "purity": "纯度", "specific_heat": "比热", "mcf": "MCF"},
    ),
    ("conversion", {"conversion": "转化率", "gwp_ch4": "GWP", "gwp": "GWP"}),
    ("second_share", {"efficiency": "氧化或\n销毁效率"}),
)
_COLUMN_OF = {key: column for column, keys in _COLUMNS for key in keys}
#: What enters a formula as a difference: (given, taken off it) → key in the table above.
_DIFFERENCES = {
    ("enthalpy", "reference_enthalpy"): "enthalpy",
    ("temperature", "reference_temperature"): "temperature",
    ("cod_in", "cod_out"): "cod",
    ("cao", "cao_other"): "cao",
    ("mgo", "mgo_other"): "mgo",
}
_AMOUNTS = ("amount", "volume")
_CONFIDENCE = ("unverified", "transcribed", "official")
_LETTERS = "ABCDEFGHIJ"
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


class Sources:
    """Short names for the sources of factors; what is no table of the guideline is told in a note."""

    def __init__(self, guideline: Guideline) -> None:
        """Sources that begin with the guideline's title lose it."""
        self.title = guideline.title
        self.numbered: dict[str, int] = {}

    def short(self, source: str) -> str:
        """附表A.1, 填报值, or 来源 2."""
        rest = source.removeprefix(self.title).strip() if source.startswith(self.title) else ""
        if source == "填报值" or 0 < len(rest) <= 6:
            return rest or source
        number = self.numbered.setdefault(source, len(self.numbered) + 1)
        return f"来源\N{NO-BREAK SPACE}{number}"

    def notes(self) -> list[str]:
        """One sentence for all sources that have a number."""
        words = [f"来源 {number}：{source}" for source, number in self.numbered.items()]
        return [f"{'；'.join(words)}。"] if words else []


def calculation_part(signed: Mapping[str, Any], guideline: Guideline) -> dict[str, Any]:
    """The keys ``calculation`` and ``groups`` of the report's data, from the signed calculation."""
    calculation = signed["calculation"]
    lines: list[Line] = calculation["lines"]
    sources = Sources(guideline)
    groups = [
        _group(letter, category, subtotal, [line for line in lines if line["category"] == category], sources)
        for letter, (category, subtotal) in zip(_LETTERS, _in_order(calculation["subtotals"]), strict=False)
    ]
    return {
        "calculation": {
            "amount_decimals": guideline.digits.get("amount", 2),
            "factor_pack": "、".join(f"{name}（{sha[:8]}）" for name, sha in calculation["packs"].items()),
            "notes": [*_scope_notes(calculation, guideline), *sources.notes(), _rounding_note(guideline)],
            "columns": _columns(lines),
        },
        "groups": groups,
    }


def _in_order(subtotals: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(category, subtotals[category]) for category in GROUPS if category in subtotals]


def _group(
    letter: str, category: str, subtotal: str, lines: Sequence[Line], sources: Sources
) -> dict[str, Any]:
    words, first = GROUPS[category], lines[0]
    return {
        "letter": letter,
        "name": words.name,
        "short_name": words.short_name,
        "formula": _plain_powers(first["formula"]),
        "clause": first["clause"],
        "constant": words.constant,
        "deducted": words.deducted,
        "subtotal": subtotal,
        "lines": [_line(line, sources) for line in lines],
    }


def _plain_powers(formula: str) -> str:
    """10⁻³ as 10^-3: the report raises the digits itself, the fonts have no raised ones."""
    written, raised = "", False
    for sign in formula:
        is_raised = ord(sign) in _SUPERSCRIPTS
        written += f"^{_plain(sign)}" if is_raised and not raised else _plain(sign)
        raised = is_raised
    return written


def _plain(sign: str) -> str:
    """A raised digit or minus as a plain one; anything else as it is."""
    return sign.translate(_SUPERSCRIPTS)


def _line(line: Line, sources: Sources) -> dict[str, Any]:
    amount = next(entry for entry in line["inputs"] if entry["key"] in _AMOUNTS)
    numbers = _numbers(line)
    origins = dict.fromkeys(sources.short(entry["source"]) for entry in line["factors"])
    return {
        "id": line["id"],
        "item": line["item"],
        "amount": amount.get("correction", {}).get("corrected", amount["converted"]),
        "unit": amount["converted_unit"],
        "factors": [
            {"column": _COLUMN_OF[key], "value": value, "unit": "" if unit == "1" else unit}
            for key, (value, unit) in numbers.items()
            if key in _COLUMN_OF
        ],
        "source": "、".join(origins),
        "confidence": _weakest(line),
        "emission": line["emission"],
    }


def _numbers(line: Line) -> dict[str, tuple[str, str]]:
    """The numbers of a formula besides its amount, differences already taken, in the table's order."""
    given = {
        **{entry["key"]: (entry["converted"], entry["converted_unit"]) for entry in line["inputs"]},
        **{entry["key"]: (entry["value"], entry["unit"]) for entry in line["factors"]},
    }
    for (upper, lower), key in _DIFFERENCES.items():
        if upper in given and lower in given:
            value, unit = given.pop(upper)
            taken, _unit = given.pop(lower)
            given[key] = (format(Decimal(value) - Decimal(taken), "f"), unit)
    return given


def _weakest(line: Line) -> str:
    """The weakest confidence of a line's formula, where in doubt, and the packs' factors; else ``given``."""
    held = {entry["confidence"] for entry in line["factors"]}
    if line.get("confidence") == "unverified":
        return "unverified"
    return next((level for level in _CONFIDENCE if level in held), "given")


def _columns(lines: Sequence[Line]) -> list[dict[str, str]]:
    used = {key for line in lines for key in _numbers(line)}
    columns = []
    for column, keys in _COLUMNS:
        words = dict.fromkeys(word for key, word in keys.items() if key in used)
        if words:
            columns.append({"key": column, "label": " / ".join(words)})
    return columns


def _scope_notes(calculation: Mapping[str, Any], guideline: Guideline) -> list[str]:
    """What the guideline counts and which grid factor and warming potentials were taken."""
    fuel = guideline.formulas.get("fuel")
    words = []
    if fuel is not None and fuel.method == "heat-value":
        words.append("燃料按质量平衡计算，不乘碳氧化率")
    if not guideline.counts("electricity"):
        words.append("企业层级不计购入电力和热力")
    if grid := calculation.get("grid"):
        words.append(f"电网排放因子取 {grid['year']} 年{grid['area']}平均值")
    if gwp := calculation.get("gwp"):
        words.append(f"全球增温潜势取 IPCC {gwp}")
    notes = [f"{'；'.join(words)}（{guideline.id}）。"] if words else []
    if guideline.gaps:
        notes.append(f"核算依据的已知缺口：{'；'.join(guideline.gaps)}。")
    return notes


def _rounding_note(guideline: Guideline) -> str:
    digits = guideline.digits
    parts = [f"{word} {digits[key]} 位" for key, word in GUIDELINE_ROUNDING if key in digits]
    whole = "取整" if not digits["reported_total"] else f" {digits['reported_total']} 位"
    return f"数字修约：{'，'.join(parts)}，企业总量{whole}（{guideline.id}）。"
