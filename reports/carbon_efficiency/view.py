"""From the efficiency sheet's data (see sample.toml) to what its template prints."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import takewhile
from typing import Any

from portal.domain.errors import PackError
from portal.domain.messages import N_
from reports import filters
from reports.carbon_efficiency.drawing import Year, grade_scale, year_bars
from reports.document import need
from reports.messages import chinese

_MARKS = {"official": "A", "transcribed": "B", "unverified": "C", "given": "E"}
_REQUIRED = (
    "document.number", "document.snapshot_sha256", "document.verify_url", "enterprise.name", "period.first",
    "issuer", "result.value", "result.coefficient", "result.grade", "limits.levels", "limits.grades",
    "years", "lines",
)  # fmt: skip


def view(data: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template names; raises PackError for a missing key or an unknown word."""
    for path in _REQUIRED:
        need(data, path)
    try:
        return _view(data)
    except KeyError as missing:
        key = str(missing.args[0])
        raise PackError(N_("报告数据缺少或不认识 %(key)s"), params={"key": key}, path=key) from missing
    except (InvalidOperation, ValueError, IndexError) as wrong:
        raise PackError(N_("报告数据有写错的值：%(what)s"), params={"what": wrong}) from wrong


def _view(data: Mapping[str, Any]) -> dict[str, Any]:
    result, limits = data["result"], data["limits"]
    coefficient, grade = Decimal(result["coefficient"]), int(result["grade"])
    bounds = [Decimal(upper) for upper in limits["grades"] if upper]
    years = [
        Year(int(row["year"]), Decimal(row["value"]), _optional(row.get("average"))) for row in data["years"]
    ]
    levels = limits["levels"]
    return {
        "document": data["document"],
        "enterprise": data["enterprise"],
        "period": data["period"],
        "year": data["period"]["first"][:4],
        "result": result,
        "issuer": data["issuer"],
        "footer_note": data["document"].get("footer_note", ""),
        "level_words": f"{levels[result['level'] - 1]['name']}水平（{_range('L', levels, result['level'])}）",
        "steps": "；".join(_step(level, levels[place - 1]) for place, level in enumerate(levels)),
        "against_average": against_average(coefficient),
        "scale": grade_scale(grade, coefficient, bounds),
        "years_title": years_title(years),
        "year_chart": year_bars(years, title=years_title(years)),
        "lines": [{**line, "mark": _MARKS[line["confidence"]]} for line in data["lines"]],
        "limits_mark": _MARKS[limits["confidence"]],
        "total": result["emission"],
        "notes": [row["text"] for row in data["notes"]],
    }


def _optional(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _range(letter: str, levels: Sequence[Mapping[str, str]], place: int) -> str:
    lower = levels[place - 2]["upper"] if place > 1 else ""
    upper = levels[place - 1]["upper"]
    if not upper:
        return f"{letter} > {lower}"
    return f"{lower} < {letter} ≤ {upper}" if lower else f"{letter} ≤ {upper}"


def _step(level: Mapping[str, str], before: Mapping[str, str]) -> str:
    return f"≤ {level['upper']} {level['name']}" if level["upper"] else f"> {before['upper']} {level['name']}"


def against_average(coefficient: Decimal) -> str:
    """How far the coefficient lies from the sector's average of 1, in per cent with one digit."""
    distance = filters.rounded(abs(1 - coefficient) * 100, 1)
    if coefficient == 1:
        return "与行业均值持平"
    return f"{'优于' if coefficient < 1 else '高于'}行业均值 {distance}{filters.NO_BREAK}%"


def years_title(years: Sequence[Year]) -> str:
    """What the bars say: for how many years in a row the enterprise stood below the sector's average."""
    below = len(list(takewhile(lambda year: year.below_average, reversed(years))))
    if below > 1:
        return f"碳效值连续{chinese(below)}年低于行业均值"
    if below == 1:
        return f"{years[-1].year}{filters.NO_BREAK}年碳效值低于行业均值"
    if years[-1].average is None:
        return "碳效值逐年变化"
    return f"{years[-1].year}{filters.NO_BREAK}年碳效值未低于行业均值"
