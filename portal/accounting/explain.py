"""One line of a result as a person would check it: formula, numbers put in, clause, rounding."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from portal.accounting.activity import NAMES, NAMES_EN
from portal.accounting.lines import Line

LANGUAGES = ("zh", "en")

#: method → the formula with places for the numbers
_WITH_NUMBERS: Mapping[str, str] = {
    "heat-value": "{amount} × {net_calorific_value} × {carbon_content} × 44/12",
    "heat-value-oxidised": "{amount} × {net_calorific_value} × {carbon_content} × {oxidation_rate} × 44/12",
    "factor": "{amount} × {emission_factor}",
    "factor-deducted": "−({amount} × {emission_factor})",
    "carbonate": "{amount} × {purity} × {emission_factor} × {conversion}",
    "grid": "{amount} × {grid_factor}",
    "heat-factor": "{amount} × {emission_factor}",
    "steam-enthalpy": "{amount} × ({enthalpy} − {reference_enthalpy}) × 10⁻³ × {emission_factor}",
    "water-temperature": (
        "{amount} × ({temperature} − {reference_temperature}) × {specific_heat} × 10⁻³ × {emission_factor}"
    ),
    "anaerobic-cod": (
        "({volume} × ({cod_in} − {cod_out}) × {bo} × {mcf} × 10⁻³ − {recovered_ch4}) × {gwp_ch4}"
    ),
}

#: parameter → its letter in the printed formula, where that differs from method to method
_SYMBOLS: Mapping[str, Mapping[str, str]] = {
    "heat-value": {"amount": "FC"},
    "heat-value-oxidised": {"amount": "FC"},
    "factor": {"amount": "M"},
    "factor-deducted": {"amount": "AD"},
    "carbonate": {"amount": "AD"},
    "grid": {"amount": "AD", "grid_factor": "EF"},
    "heat-factor": {"amount": "AD"},
    "steam-enthalpy": {"amount": "Ma", "enthalpy": "En"},
    "water-temperature": {"amount": "Ma", "temperature": "T"},
    "anaerobic-cod": {"volume": "W", "cod_in": "CODin", "cod_out": "CODout", "recovered_ch4": "R"},
}
_EVERYWHERE: Mapping[str, str] = {
    "net_calorific_value": "NCV",
    "carbon_content": "CC",
    "oxidation_rate": "OF",
    "emission_factor": "EF",
    "purity": "PUR",
    "conversion": "TR",
    "bo": "Bo",
    "mcf": "MCF",
    "gwp_ch4": "GWP",
}

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
    terms = (*_inputs(line, which), *_factors(line, which))
    values = {term.key: term.value for term in terms}
    values.setdefault("recovered_ch4", "0")
    exponent = line.emission.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0
    return Explanation(
        id=line.id,
        item=(line.item, line.item_en)[which],
        formula=line.formula,
        numbers=_WITH_NUMBERS[line.method].format(**values),
        clause=line.clause,
        terms=terms,
        unrounded=_long(line.unrounded),
        emission=figure(line.emission),
        unit=line.unit,
        rounding=_WORDS["half_up"][which].format(digits=digits),
        language=language,
    )


def _symbol(line: Line, key: str) -> str:
    return _SYMBOLS[line.method].get(key) or _EVERYWHERE.get(key, "")


def _inputs(line: Line, which: int) -> list[Term]:
    names = (NAMES, NAMES_EN)[which]
    terms = []
    for entry in line.inputs:
        source = ""
        if entry.unit != entry.converted_unit:
            source = _WORDS["given_as"][which].format(value=figure(entry.value), unit=entry.unit)
        terms.append(
            Term(
                entry.key,
                _symbol(line, entry.key),
                names[entry.key],
                figure(entry.converted),
                entry.converted_unit,
                source,
                "given",
                _CONFIDENCE["given"][which],
            )
        )
    return terms


def _factors(line: Line, which: int) -> list[Term]:
    names = (NAMES, NAMES_EN)[which]
    return [
        Term(
            entry.key,
            _symbol(line, entry.key),
            names[entry.key],
            figure(entry.value),
            "" if entry.unit == "1" else entry.unit,
            _WORDS["filed"][which] if entry.confidence == "given" else entry.source,
            entry.confidence,
            _CONFIDENCE[entry.confidence][which],
        )
        for entry in line.factors
    ]


def _long(value: Decimal) -> str:
    """All digits of a short number; of a longer one six decimals and an ellipsis."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -6:
        return figure(value)
    cut = value.quantize(Decimal("0.000001"), rounding=ROUND_DOWN)
    return figure(cut) + ("" if cut == value else "…")
