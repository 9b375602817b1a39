"""A whole result as text, the way a person would check it: line by line, then the sums."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from portal.accounting.explain import LANGUAGES, explain, figure
from portal.accounting.lines import Result
from portal.accounting.names import CATEGORY_TITLES
from portal.accounting.year import YearLine, YearResult

#: words of the text: (Chinese, English)
_WORDS: Mapping[str, tuple[str, str]] = {
    "guideline": ("核算指南", "Guideline"),
    "grid": ("电网因子", "Grid factor"),
    "gwp": ("全球增温潜势", "Global warming potentials"),
    "sums": ("合计（各行报告值相加）", "Sums (of reported lines)"),
    "total": ("总量", "Total"),
    "reported_total": ("报告总量", "Reported total"),
    "intensity": ("排放强度", "Intensity"),
    "unverified": ("含未经核实的数值或公式", "Touched by unverified values or formulas"),
    "packs": ("数据包（SHA-256）", "Packs (SHA-256)"),
    "year": ("全年各行", "Lines of the year"),
    "missing": ("缺少的月份", "Months not there"),
    "months": ("各月报告值之和", "Sum of the months"),
    "recomputed": ("按全年加权平均值重算", "Worked out from the year's weighted means"),
    "difference": ("差额", "Difference"),
    "rounding_of_months": ("月度修约", "rounding of the months"),
    "weighting": ("加权", "weighting"),
    "rounding_of_year": ("全年修约", "rounding of the year"),
    "changed": ("年内公式或品种有变，不重算", "Formula or item changed within the year: not worked out anew"),
}


def _words(language: str) -> Callable[[str], str]:
    which = LANGUAGES.index(language)
    return lambda key: _WORDS[key][which]


def _title(category: str, language: str) -> str:
    pair = CATEGORY_TITLES.get(category, (category, category))
    return pair[LANGUAGES.index(language)]


def tell_result(result: Result, language: str) -> str:
    """A month's result: what it was set to use, every line explained, the sums, the packs."""
    word = _words(language)
    parts = [_head(result, language)]
    parts += [explain(line, language).as_text() for line in result.lines]
    parts.append("\n".join(_sums(result, language)))
    told = [f"{word('packs')}:"] + [f"  {name} {sha256}" for name, sha256 in result.packs.items()]
    if result.unverified:
        told.insert(0, f"{word('unverified')}: {', '.join(result.unverified)}")
    return "\n\n".join([*parts, "\n".join(told)])


def _head(result: Result, language: str) -> str:
    word = _words(language)
    lines = [f"{word('guideline')}: {result.guideline}"]
    if result.grid is not None:
        grid = result.grid
        lines.append(f"{word('grid')}: {grid.family} {grid.year} {grid.area}")
    if result.gwp is not None:
        lines.append(f"{word('gwp')}: {result.gwp}")
    return "\n".join(lines)


def _sums(result: Result, language: str) -> list[str]:
    word, unit = _words(language), result.unit
    lines = [f"{word('sums')}:"]
    for category, value in result.subtotals.items():
        members = [line.emission for line in result.lines if line.category == category]
        lines.append(f"  {_title(category, language)}: {_added(members)} = {figure(value)} {unit}")
    lines.append(
        f"  {word('total')}: {_added(list(result.subtotals.values()))} = {figure(result.total)} {unit}"
    )
    lines.append(f"  {word('reported_total')}: {figure(result.reported_total)} {unit}")
    if result.intensity is not None:
        made = ""
        if result.output_amount is not None:
            made = f"{figure(result.total)} ÷ {figure(result.output_amount)} = "
        lines.append(f"  {word('intensity')}: {made}{figure(result.intensity)} {result.intensity_unit}")
    return lines


def _added(values: list[Decimal]) -> str:
    """A sum written out, what is taken off with its minus."""
    text = " + ".join(figure(value) for value in values)
    return text.replace("+ −", "− ")


def tell_year(year: YearResult, language: str) -> str:
    """A year: every month, then every line of the year with its difference explained, then the sums."""
    word = _words(language)
    parts = []
    for month, result in year.months.items():
        parts.append(f"═══ {month} ═══\n\n{tell_result(result, language)}")
    lines = [f"═══ {word('year')} ═══"]
    if year.missing:
        lines.append(f"{word('missing')}: {', '.join(year.missing)}")
    parts.append("\n".join(lines))
    parts += [_year_line(line, year.unit, language) for line in year.lines]
    sums = [
        f"  {_title(category, language)}: {figure(value)} {year.unit}"
        for category, value in year.subtotals.items()
    ]
    sums.append(f"  {word('total')}: {figure(year.total)} {year.unit}")
    sums.append(f"  {word('reported_total')}: {figure(year.reported_total)} {year.unit}")
    if year.intensity is not None:
        sums.append(f"  {word('intensity')}: {figure(year.intensity)} {year.intensity_unit}")
    return "\n\n".join([*parts, "\n".join([f"{word('sums')}:", *sums])])


def _year_line(line: YearLine, unit: str, language: str) -> str:
    word = _words(language)
    item = (line.item, line.item_en)[LANGUAGES.index(language)]
    lines = [
        f"{line.id} {item}",
        f"  {word('months')}: {_added(list(line.reported.values()))} = {figure(line.summed)} {unit}",
    ]
    if line.recomputed is None or line.difference is None:
        return "\n".join([*lines, f"  {word('changed')}"])
    lines.append(f"  {word('recomputed')}: {figure(line.recomputed)} {unit}")
    causes = [
        f"{word(key)} {figure(round(value, 6))}"
        for key, value in (
            ("rounding_of_months", line.rounding_of_months),
            ("weighting", line.weighting),
            ("rounding_of_year", line.rounding_of_year),
        )
    ]
    lines.append(f"  {word('difference')}: {figure(line.difference)} {unit} = {' + '.join(causes)}")
    return "\n".join(lines).replace("+ −", "− ")
