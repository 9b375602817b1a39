"""Every value of every pack as one flat list: for lists, comparisons of versions, proofs against the law."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from portal.reference.catalogue import FAMILY as CATALOGUE
from portal.reference.catalogue import read_catalogue
from portal.reference.conservative import FAMILY as CONSERVATIVE
from portal.reference.conservative import read_corrections
from portal.reference.deadlines import FAMILY as DEADLINES
from portal.reference.deadlines import read_deadlines
from portal.reference.dossiers import FAMILY as DOSSIERS
from portal.reference.dossiers import read_kind
from portal.reference.efficiency import FAMILY as EFFICIENCY
from portal.reference.efficiency import Band, read_efficiency
from portal.reference.factors import GRID_FAMILY, GWP_FAMILY, read_grid, read_gwp
from portal.reference.green_power import FAMILY as GREEN_POWER
from portal.reference.green_power import read_proofs
from portal.reference.guidelines import FAMILY as GUIDELINES
from portal.reference.guidelines import Guideline, read_guideline
from portal.reference.industries import FAMILY as INDUSTRIES
from portal.reference.industries import read_industries
from portal.reference.law import LAW_FAMILY, PENALTY_FAMILY, RANGES, read_law, read_penalties
from portal.reference.loader import Source, Value
from portal.reference.parameters import FAMILY as PARAMETERS
from portal.reference.parameters import read_register
from portal.reference.statements import FAMILY as STATEMENTS
from portal.reference.statements import read_statements
from portal.reference.tax import FAMILY as TAX
from portal.reference.tax import read_tax


@dataclass(frozen=True, slots=True)
class Entry:
    """One value: where it stands, what it is called, what it is, and where it comes from."""

    section: str
    code: str
    field: str
    name: str
    value: str
    unit: str
    source: str
    confidence: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def key(self) -> str:
        """Its place in the pack, such as fuel/anthracite/net_calorific_value."""
        return f"{self.section}/{self.code}/{self.field}"

    @property
    def amount(self) -> Decimal | str:
        """The value as a number (0.50 is 0.5) where it is one."""
        try:
            return Decimal(self.value)
        except InvalidOperation:
            return self.value


def _sourced(place: tuple[str, str, str], name: str, value: object, unit: str, source: Source) -> Entry:
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return Entry(*place, name, text, unit, str(source), source.confidence, source.valid_from, source.valid_to)


def _valued(section: str, code: str, field: str, name: str, value: Value) -> Entry:
    return _sourced((section, code, field), name, value.amount, value.unit, value.source)


def _guideline(name: str, data: Path | None) -> Iterator[Entry]:
    """The guideline's values; one whose source has no dates of its own holds as long as the guideline."""
    pack = read_guideline(name, data=data)
    for entry in _guideline_values(pack):
        first, last = entry.valid_from or pack.valid_from, entry.valid_to or pack.valid_to
        yield replace(entry, valid_from=first, valid_to=last)


def _guideline_values(pack: Guideline) -> Iterator[Entry]:
    yield from _rules(pack)
    for category, items in pack.items.items():
        for item in items:
            for field, value in item.values.items():
                yield _valued(category, item.code, field, item.name, value)
    for category, constants in pack.constants.items():
        for field, value in constants.items():
            yield _valued("constant", category, field, category, value)
    for entry in pack.mcf:
        yield _valued("mcf", entry.code, "value", entry.name, entry.value)


def _rules(pack: Guideline) -> Iterator[Entry]:
    for section, formulas in (("formula", pack.formulas), ("alternative", pack.alternatives)):
        for category, formula in formulas.items():
            source = f"{pack.title} {formula.clause}"
            yield Entry(section, category, "text", formula.id, formula.text, "", source, formula.confidence)
    if pack.digits_source is not None:
        for field, digits in pack.digits.items():
            yield _sourced(("rounding", field, "digits"), field, digits, "位小数", pack.digits_source)


def _catalogue(name: str, data: Path | None) -> Iterator[Entry]:
    pack = read_catalogue(read_guideline(name, data=data), data=data)
    for meter in pack.meters.values():
        if meter.accuracy_class is not None:
            value = format(meter.accuracy_class, "f")
            yield Entry("meter", meter.key, "class", meter.name, value, "级", meter.rule, meter.confidence)
    for kind in pack.kinds.values():
        for entry in kind.parameters:
            source = f"{pack.title} {entry.clause}"
            facts = {"digits": str(entry.digits), "acquisitions": "、".join(entry.acquisitions)}
            for field, text in facts.items():
                yield Entry(
                    kind.key,
                    entry.key,
                    field,
                    f"{kind.name} {entry.name}",
                    text,
                    entry.unit,
                    source,
                    entry.confidence,
                )


def _grid(name: str, data: Path | None) -> Iterator[Entry]:
    for (year, area), value in read_grid(name, data=data).factors.items():
        yield _valued("factor", f"{year} {area}", "value", area, value)


def _gwp(name: str, data: Path | None) -> Iterator[Entry]:
    pack = read_gwp(name, data=data)
    for code, value in pack.values.items():
        yield _valued("gas", code, "gwp100", pack.gases[code].name, value)


def _conservative(name: str, data: Path | None) -> Iterator[Entry]:
    for (kind, state), rule in read_corrections(name, data=data).rules.items():
        facts = {"sign": rule.sign, "actual_share": rule.actual_share, "required_share": rule.required_share}
        for field, value in facts.items():
            yield _sourced(("rule", f"{kind} {state}", field), f"{kind} {state}", value, "1", rule.source)


def _deadlines(name: str, data: Path | None) -> Iterator[Entry]:
    for entry in read_deadlines(name, data=data):
        yield _sourced(("deadline", entry.code, "rule"), entry.name, entry.rule, "", entry.source)


def _tax(name: str, data: Path | None) -> Iterator[Entry]:
    pack = read_tax(name, data=data)
    for (medium, code), entry in pack.equivalents.items():
        yield _valued("equivalent", f"{medium} {code}", "value", entry.name, entry.value)
    for group, count in pack.counted.items():
        yield _sourced(("counted", group, "count"), group, count, "项", pack.counted_source)
    for place, cut in enumerate(pack.reductions):
        for field, share in (("below", cut.below), ("payable", cut.payable)):
            yield _sourced(("reduction", str(place), field), f"减征 {place + 1}", share, "1", cut.source)
    for (area, medium), value in pack.rates.items():
        yield _valued("rate", f"{area} {medium}", "value", area, value)


def _efficiency(name: str, data: Path | None) -> Iterator[Entry]:
    pack = read_efficiency(name, data=data)
    bands: tuple[tuple[str, tuple[Band, ...]], ...] = (("level", pack.levels), ("grade", pack.grades))
    for section, held in bands:
        for band in held:
            if band.upper is not None:
                yield _valued(section, band.code, "upper", band.name, band.upper)
    for (year, industry), value in pack.averages.items():
        yield _valued("average", f"{year} {industry}", "value", industry, value)


def _law(name: str, data: Path | None) -> Iterator[Entry]:
    pack = read_law(name, data=data)
    for act in pack.citations.values():
        yield Entry(
            "citation",
            act.code,
            "number",
            act.name,
            act.number,
            "",
            act.name,
            act.confidence,
            act.valid_from,
            act.valid_to,
        )
    for figure in pack.figures.values():
        yield _valued("figure", figure.code, "value", figure.name, figure.value)


def _penalties(name: str, data: Path | None) -> Iterator[Entry]:
    for entry in read_penalties(name, data=data):
        for field, unit in RANGES.items():
            held: tuple[Decimal, Decimal] | None = getattr(entry, field)
            for end, value in zip(("least", "most"), held or (), strict=False):
                place = ("penalty", entry.article, f"{field}_{end}")
                yield _sourced(place, entry.offence, value, unit, entry.source)
        if entry.gain_below is not None:
            place = ("penalty", entry.article, "gain_below")
            yield _sourced(place, entry.offence, entry.gain_below, "万元", entry.source)


def _proofs(name: str, data: Path | None) -> Iterator[Entry]:
    for proof in read_proofs(name, data=data):
        yield _sourced(("proof", proof.code, "power"), proof.name, proof.power, "", proof.source)


def _register(name: str, data: Path | None) -> Iterator[Entry]:
    pack = read_register(name, data=data)
    for entry in pack.parameters.values():
        source = f"{pack.title} {entry.clause}"
        facts = {"acquisitions": "、".join(entry.acquisitions)}
        if entry.digits is not None:
            facts["digits"] = str(entry.digits)
        for field, text in facts.items():
            yield Entry(
                "parameter", entry.code, field, entry.name, text, entry.unit, source, entry.confidence
            )


def _statements(name: str, data: Path | None) -> Iterator[Entry]:
    for entry in read_statements(name, data=data):
        version = f"{entry.version} ({entry.sha256[:12]})"
        yield Entry("statement", entry.id, "version", entry.title, version, "", entry.basis, entry.confidence)


def _industries(name: str, data: Path | None) -> Iterator[Entry]:
    for entry in read_industries(name, data=data).values():
        yield _sourced(("class", entry.code, "name"), entry.name, entry.name, "", entry.source)


def _dossier(name: str, data: Path | None) -> Iterator[Entry]:
    """When a kind is due, how long it holds, and each thing that it asks for, with its clause."""
    kind = read_kind(name, data=data)
    facts = {
        "due": "-".join(f"{part:02d}" for part in kind.due or ()),
        "validity": f"{kind.validity_months} 个月" if kind.validity_months else "",
        "surveillance": f"每 {kind.surveillance_months} 个月" if kind.surveillance_months else "",
    }
    for field, text in facts.items():
        if text:
            yield _sourced(("kind", kind.id, field), kind.title, text, "", kind.source)
    for section in kind.sections:
        for question in section.questions:
            place = (section.id, question.key, "question")
            yield _sourced(place, question.label, question.kind, question.unit, question.source)


#: family → how its values are read
READERS: Mapping[str, Callable[[str, Path | None], Iterator[Entry]]] = {
    GUIDELINES: _guideline,
    CATALOGUE: _catalogue,
    PARAMETERS: _register,
    GRID_FAMILY: _grid,
    GWP_FAMILY: _gwp,
    TAX: _tax,
    EFFICIENCY: _efficiency,
    CONSERVATIVE: _conservative,
    DEADLINES: _deadlines,
    LAW_FAMILY: _law,
    PENALTY_FAMILY: _penalties,
    GREEN_POWER: _proofs,
    INDUSTRIES: _industries,
    STATEMENTS: _statements,
    DOSSIERS: _dossier,
}


def read_entries(family: str, name: str, *, data: Path | None = None) -> tuple[Entry, ...]:
    """All values of one pack, in its order; raises PackError where the pack is wrong."""
    return tuple(READERS[family](name, data))
