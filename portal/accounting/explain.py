"""One line of a result as a person would check it: formula, numbers put in, clause, rounding."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from portal.accounting.lines import Factor, Input, Line
from portal.accounting.methods import GIVEN, METHODS
from portal.accounting.names import NAMES, NAMES_EN

LANGUAGES = ("zh", "en")

#: decimals shown of a number that went into a formula, and of an unrounded emission
_LONGEST, _UNROUNDED = 12, 6

_CONFIDENCE: Mapping[str, tuple[str, str]] = {
    "official": ("官方", "official"),
    "transcribed": ("转录", "transcribed"),
    "unverified": ("未经核实", "unverified"),
    "given": ("填报", "given"),
}

#: words of the printed explanation: (Chinese, English)
_WORDS: Mapping[str, tuple[str, str]] = {
    "formula": ("公式", "Formula"),
    "numbers": ("代入", "With numbers"),
    "clause": ("依据", "Clause"),
    "unrounded": ("未修约", "Unrounded"),
    "reported": ("报告值", "Reported"),
    "half_up": ("四舍五入保留 {digits} 位小数", "rounded half up to {digits} decimals"),
    "given_as": ("填报 {value} {unit}", "given as {value} {unit}"),
    "filed": ("填报值", "as filed"),
    "corrected": ("保守修正", "conservative correction"),
    "in_class": ("按期检定且准确度符合", "calibrated and in class"),
    "over_class": ("按期检定但准确度不符合", "calibrated but over class"),
    "not_calibrated": ("未按期检定", "not calibrated in time"),
    "days": ("{days} 天 {state} {measured} × {factor}", "{days} days {state} {measured} × {factor}"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One number in the formula: its letter, name, value and where it comes from."""

    key: str
    symbol: str
    name: str
    value: str
    unit: str
    source: str
    confidence: str
    confidence_text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A line explained; every text is ready to be shown."""

    id: str
    item: str
    formula: str
    numbers: str
    clause: str
    terms: tuple[Term, ...]
    unrounded: str
    emission: str
    unit: str
    rounding: str
    language: str

    def as_text(self) -> str:
        """The explanation as plain lines."""
        which = LANGUAGES.index(self.language)
        words = {key: pair[which] for key, pair in _WORDS.items()}
        lines = [f"{self.id} {self.item}", f"  {words['formula']}: {self.formula}"]
        for term in self.terms:
            tail = f" · {term.source}" if term.source else ""
            if term.confidence != "given":
                tail += f" · {term.confidence_text}"
            name = f"{term.symbol} {term.name}".strip()
            lines.append(f"  {name} = {term.value} {term.unit}".rstrip() + tail)
        lines += [
            f"  {words['numbers']}: {self.numbers}",
            f"  {words['unrounded']}: {self.unrounded} {self.unit}",
            f"  {words['reported']}: {self.emission} {self.unit}（{self.rounding}）"
            if which == 0
            else f"  {words['reported']}: {self.emission} {self.unit} ({self.rounding})",
            f"  {words['clause']}: {self.clause}",
        ]
        return "\n".join(lines)


def figure(value: Decimal) -> str:
    """A number with thousands commas and a true minus, all its digits."""
    return format(value, ",f").replace("-", "−")


def explain(line: Line, language: str = "zh") -> Explanation:
    """Explain one line in Chinese (``zh``) or English (``en``)."""
    which = LANGUAGES.index(language)
    method = METHODS[line.method]
    symbols = _symbols(line.method)
    terms = (*_inputs(line, symbols, which), *_factors(line, symbols, which))
    values = dict(_blanks(line.method))
    for term in terms:
        values[term.key] = term.value
    emission = figure(line.emission)
    digits = len(emission) - 1 - emission.find(".") if "." in emission else 0
    return Explanation(
        id=line.id,
        item=(line.item, line.item_en)[which],
        formula=line.formula,
        numbers=method.numbers.format_map(values),
        clause=line.clause,
        terms=terms,
        unrounded=_long(line.unrounded),
        emission=emission,
        unit=line.unit,
        rounding=_WORDS["half_up"][which].format(digits=digits),
        language=language,
    )


@lru_cache(maxsize=64)
def _symbols(method: str) -> Mapping[str, str]:
    return {part.key: part.symbol for part in METHODS[method].parts}


@lru_cache(maxsize=64)
def _blanks(method: str) -> Mapping[str, str]:
    """What stands in the formula for parts that may be left out."""
    return {part.key: figure(part.blank) for part in METHODS[method].parts if part.blank is not None}


def _inputs(line: Line, symbols: Mapping[str, str], which: int) -> list[Term]:
    names = (NAMES, NAMES_EN)[which]
    given = _CONFIDENCE["given"][which]
    return [
        Term(
            entry.key,
            symbols.get(entry.key, ""),
            names[entry.key],
            short(entry.used),
            entry.converted_unit,
            _how_given(entry, which),
            "given",
            given,
        )
        for entry in line.inputs
    ]


def _how_given(entry: Input, which: int) -> str:
    """How an amount came to be the number in the formula: its conversion, then its correction."""
    told = []
    if entry.unit != entry.converted_unit:
        told.append(_WORDS["given_as"][which].format(value=figure(entry.value), unit=entry.unit))
    if entry.correction is not None:
        told.append(_WORDS["corrected"][which])
        told += [
            _WORDS["days"][which].format(
                days=part.days,
                state=_WORDS[part.state][which],
                measured=short(part.measured),
                factor=short(part.factor.normalize()),
            )
            for part in entry.correction.parts
        ]
        told[-1] += f" ({entry.correction.parts[-1].clause})"
    return " · ".join(told)


def _factors(line: Line, symbols: Mapping[str, str], which: int) -> list[Term]:
    names = (NAMES, NAMES_EN)[which]
    return [
        Term(
            entry.key,
            symbols.get(entry.key, ""),
            names[entry.key],
            short(entry.value),
            "" if entry.unit == "1" else entry.unit,
            _source(entry, which),
            entry.confidence,
            _CONFIDENCE[entry.confidence][which],
        )
        for entry in line.factors
    ]


def _source(entry: Factor, which: int) -> str:
    if entry.confidence == "given" and entry.source == GIVEN:
        return _WORDS["filed"][which]
    return entry.source


def short(value: Decimal) -> str:
    """A number with all its digits, or with twelve decimals and an ellipsis where it has more."""
    return _cut(figure(value), _LONGEST)


def _cut(text: str, decimals: int) -> str:
    """The text of a number, cut after so many decimals; an ellipsis says that more follow."""
    point = text.find(".")
    if point < 0 or len(text) - point - 1 <= decimals:
        return text
    end = point + 1 + decimals
    return text[:end] + ("…" if text[end:].strip("0") else "")


def _long(value: Decimal) -> str:
    """All digits of a short number; of a longer one six decimals and an ellipsis."""
    return _cut(figure(value), _UNROUNDED)
