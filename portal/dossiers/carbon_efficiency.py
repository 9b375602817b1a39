"""工业碳效评价单: one sheet with an enterprise's L and K of a year, and where its energy's CO2 comes from.

Energy is that of the accepted months; value added, the sector's average and energy that the months do not
count are answers, and stand marked as such.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.accounting.efficiency import Efficiency, Performance, assess
from portal.accounting.lines import Line, plain
from portal.accounting.year import YearResult
from portal.domain.errors import DomainError, Invalid
from portal.domain.messages import N_
from portal.domain.quantities import rounded
from portal.dossiers import answers, year_sums
from portal.dossiers.source import Contents, Figure, Source
from portal.reference.efficiency import Band, EfficiencyLimits, load_efficiency
from portal.reference.guidelines import load_guideline
from portal.reference.loader import Source as Origin
from portal.reference.loader import Value

METHOD = "industry-efficiency"
#: Categories whose CO2 is that of energy; process emissions and carbon in products are not.
ENERGY = frozenset({"fuel", "electricity", "heat", "steam", "hot_water"})
UNIT = "tCO2/万元"
GIVEN = "given"
#: Decimals of L and K on paper; as many more as keep them on their side of a limit.
_SHOWN, _MOST_SHOWN = 3, 12
#: What the sheet has room for: years before this one, kinds of energy, characters of an origin.
_YEARS_BEFORE, _KINDS, _WORDS = 5, 5, 28
_CONFIDENCES = ("unverified", "transcribed", "official", GIVEN)


@dataclass(frozen=True)
class Energy:
    """One kind of energy of the year: its amount, its CO2 in tonnes, and how sure its factor is."""

    item: str
    amount: Decimal
    unit: str
    factor: str
    confidence: str
    emission: Decimal


def assemble(source: Source) -> Contents:
    """The sheet's data; raises Invalid for missing months and for a wrong or missing answer."""
    answers.check_answers(source)
    year = year_sums.year_of(source)
    energy = energy_of(source, year)
    limits = load_efficiency(METHOD)
    found = _assessed(source, energy, limits)
    result = _result(source, energy, found, limits)
    data = {
        "enterprise": {
            "name": source.enterprise.name,
            "uscc": source.enterprise.uscc,
            "industry_code": source.enterprise.industry_code,
            "industry": source.enterprise.industry_name,
        },
        "period": {"first": f"{source.subject}-01-01", "last": f"{source.subject}-12-31"},
        "issuer": source.text("assessor") or source.enterprise.name,
        "result": result,
        "limits": _limits(limits),
        "years": _years(source, result),
        "lines": [_line(entry) for entry in _folded(energy)],
        # Every kind by itself, for whoever reads the data inside the file: the sheet has not room for all.
        "energy": [_line(entry) for entry in energy],
        "notes": [{"text": text} for text in _notes(source, year)],
    }
    return Contents(data, _figures(energy, found))


def facts(source: Source) -> Mapping[str, Any]:
    """How many kinds of energy lead back to a month, and how many rest on a value nobody has verified."""
    try:
        energy = energy_of(source, year_sums.year_of(source))
    except DomainError:
        return {}
    return {
        "figures": Decimal(len(energy)),
        "unverified": Decimal(sum(entry.confidence == "unverified" for entry in energy)),
    }


def energy_of(source: Source, year: YearResult) -> list[Energy]:
    """All energy of the year: what the months filed, what was added by hand, own renewable power."""
    filed: dict[str, list[Line]] = {}
    for result in year.months.values():
        for line in result.lines:
            if line.category in ENERGY:
                filed.setdefault(line.id, []).append(line)
    return [*(_filed(lines) for lines in filed.values()), *_other(source), *_own(source)]


def _filed(lines: Sequence[Line]) -> Energy:
    amount, unit = year_sums.amount_of(lines)
    return Energy(
        item=lines[0].item,
        amount=amount,
        unit=unit,
        factor=year_sums.factor_numbers(lines),
        confidence=year_sums.weakest(lines),
        emission=sum((line.emission for line in lines), Decimal(0)),
    )


def _other(source: Source) -> list[Energy]:
    """Energy that the months do not count: amount by factor, rounded as a line of the guideline."""
    digits = year_sums.one_guideline(source).digits["line"]
    found = []
    for row in answers.rows(source, "other_energy"):
        amount, factor = row.amount("amount"), row.amount("factor")
        if amount is None or factor is None or amount < 0 or factor < 0:
            raise Invalid(N_("能源消费量和因子应为不小于 0 的数值"), path=row.path("amount"))
        words = f"{factor:f} tCO2/{row.text('unit')}（{_short(row.text('factor_source'), 8)}）"
        emission = rounded(amount * factor, digits)
        found.append(Energy(row.text("item"), amount, row.text("unit"), words, GIVEN, emission))
    return found


def _own(source: Source) -> list[Energy]:
    amount = answers.amount(source, "own_renewable")
    if amount is None:
        return []
    return [Energy("自建可再生电力自用（扣除）", amount, "MWh", "不计入购入量", GIVEN, Decimal("0.00"))]


def _assessed(source: Source, energy: Sequence[Energy], limits: EfficiencyLimits) -> Efficiency:
    performance = Performance(
        energy_co2=sum((entry.emission for entry in energy), Decimal(0)),
        deducted=answers.amount(source, "sinks") or Decimal(0),
        value_added=_needed(source, "value_added"),
    )
    origin = Origin(answers.shown(source, "sector_average_of"), "", "unverified", None, None)
    average = Value(_needed(source, "sector_average"), UNIT, origin)
    return assess(performance, limits, average=average)


def _needed(source: Source, key: str) -> Decimal:
    found = answers.amount(source, key)
    if found is None:
        label = answers.question(source, key).label
        raise Invalid(N_("“%(label)s”还没有回答"), params={"label": label}, path=key)
    return found


def _result(
    source: Source, energy: Sequence[Energy], found: Efficiency, limits: EfficiencyLimits
) -> dict[str, Any]:
    assert found.ratio is not None  # noqa: S101 - the average was given
    assert found.grade is not None  # noqa: S101 - the average was given
    deducted = answers.amount(source, "sinks")
    return {
        "emission": plain(sum((entry.emission for entry in energy), Decimal(0))),
        "value_added": plain(_needed(source, "value_added")),
        "value_added_method": f"{answers.choice(source, 'value_added_method')}，填报",
        "value": _as_shown(found.intensity, limits.levels),
        "level": limits.levels.index(found.level) + 1,
        "sector_average": plain(_needed(source, "sector_average")),
        "sector_average_of": "填报，见注 3",
        "coefficient": _as_shown(found.ratio, limits.grades),
        "grade": limits.grades.index(found.grade) + 1,
        "deducted": plain(deducted) if deducted else "",
    }


def _as_shown(value: Decimal, bands: Sequence[Band]) -> str:
    """Rounded for reading, but never across a limit."""
    uppers = [band.upper.amount for band in bands if band.upper is not None]
    for digits in range(_SHOWN, _MOST_SHOWN):
        shown = rounded(value, digits)
        if all((shown <= upper) == (value <= upper) for upper in uppers):
            return f"{shown:f}"
    return plain(value)


def _limits(limits: EfficiencyLimits) -> dict[str, Any]:
    uppers = [band.upper for band in (*limits.levels, *limits.grades) if band.upper is not None]
    held = {value.confidence for value in uppers}
    return {
        "confidence": next(level for level in _CONFIDENCES if level in held),
        "source": f"《{limits.title}》",
        "levels": [{"name": band.name, "upper": _upper(band)} for band in limits.levels],
        "grades": [_upper(band) for band in limits.grades],
    }


def _upper(band: Band) -> str:
    return "" if band.upper is None else f"{band.upper.amount:f}"


def _years(source: Source, result: Mapping[str, str]) -> list[dict[str, Any]]:
    """Earlier years as their sheets gave them, then this one."""
    earlier = {}
    for row in answers.rows(source, "earlier_years"):
        number, value, average = row.text("year"), row.amount("value"), row.amount("average")
        if not (number.isdigit() and len(number) == 4 and number < source.subject) or value is None:
            raise Invalid(N_("以前年度要写成 2024 的样子，早于评价年度，并有碳效值"), path=row.path("year"))
        earlier[number] = {"year": int(number), "value": plain(value)}
        if average is not None:
            earlier[number]["average"] = plain(average)
    kept = [entry for _, entry in sorted(earlier.items())][-_YEARS_BEFORE:]
    present = {"value": result["value"], "average": result["sector_average"]}
    return [*kept, {"year": int(source.subject), **present}]


def _folded(energy: Sequence[Energy]) -> list[Energy]:
    """As many kinds as the sheet has room for; the smallest ones become one line, their CO2 added up."""
    if len(energy) <= _KINDS:
        return list(energy)
    ordered = sorted(energy, key=lambda entry: entry.emission, reverse=True)
    kept, rest = ordered[: _KINDS - 1], ordered[_KINDS - 1 :]
    held = {entry.confidence for entry in rest}
    other = Energy(
        item=f"其余 {len(rest)} 种",
        amount=Decimal(len(rest)),
        unit="种",
        factor="逐项见内嵌数据",
        confidence=next(level for level in _CONFIDENCES if level in held),
        emission=sum((entry.emission for entry in rest), Decimal(0)),
    )
    return [*kept, other]


def _line(entry: Energy) -> dict[str, Any]:
    return {
        "item": entry.item,
        "amount": plain(entry.amount),
        "decimals": max(0, -int(entry.amount.as_tuple().exponent)),
        "unit": entry.unit,
        "factor": entry.factor,
        "confidence": entry.confidence,
        "emission": plain(entry.emission),
    }


def _notes(source: Source, year: YearResult) -> list[str]:
    guideline = load_guideline(year.guideline)
    notes = [
        f"L = 评价期内能源碳排放 ÷ 工业增加值，扣除自建风电、光伏、水电与碳汇、CCS；K = L ÷ 同行业均值"
        f"（《{load_efficiency(METHOD).title}》摘录，发布机构未见）。",
        f"能源碳排放为 {source.subject} 年十二个已受理月份报告值之和，因子依 {guideline.id}。",
        f"工业增加值（{_short(source.text('value_added_source'))}）和行业均值"
        f"（{_short(source.text('sector_average_of'))}）由填报人提供，未核实。",
    ]
    if proof := source.text("sinks_proof"):
        notes.append(f"碳汇、CCS 扣除的凭证：{_short(proof)}。")
    notes.append("“碳中和率”未见公开公式，本页不列。")
    return notes


def _short(text: str, most: int = _WORDS) -> str:
    """The beginning of an origin; all of it stands in the frozen answers."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _figures(energy: Sequence[Energy], found: Efficiency) -> tuple[Figure, ...]:
    total = sum((entry.emission for entry in energy), Decimal(0))
    figures = [
        Figure("energy_co2", "能源碳排放", "CO2 of energy", total, "tCO2"),
        Figure("value", "碳效值 L", "Carbon efficiency L", Decimal(plain(found.intensity)), UNIT),
    ]
    if found.ratio is not None:
        ratio = Decimal(plain(found.ratio))
        figures.append(Figure("coefficient", "碳效系数 K", "Coefficient K", ratio, "1"))
    return tuple(figures)
