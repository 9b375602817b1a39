"""What a calculation gives back: lines with formula, inputs and factors, and their sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

from portal.accounting.conservative import Correction

_SHOWN = Context(prec=28)


def plain(value: Decimal) -> str:
    """A decimal as text without an exponent, to 28 significant digits."""
    return format(_SHOWN.plus(value), "f")


@dataclass(frozen=True, slots=True)
class Input:
    """One given amount, as it was given and as it went into the formula.

    ``correction`` is there when the amount was corrected for its meter; the formula then takes what it gave.
    """

    key: str
    name: str
    value: Decimal
    unit: str
    converted: Decimal
    converted_unit: str
    correction: Correction | None = None

    @property
    def used(self) -> Decimal:
        """What went into the formula."""
        return self.converted if self.correction is None else self.correction.corrected

    def as_json(self) -> dict[str, Any]:
        """Texts only."""
        printed: dict[str, Any] = {
            "key": self.key,
            "name": self.name,
            "value": plain(self.value),
            "unit": self.unit,
            "converted": plain(self.converted),
            "converted_unit": self.converted_unit,
        }
        if self.correction is not None:
            printed["correction"] = corrected_json(self.correction)
        return printed


def corrected_json(correction: Correction) -> dict[str, Any]:
    """A correction as it is printed and kept: the corrected figure and the days of each state."""
    return {
        "corrected": plain(correction.corrected),
        "parts": [
            {
                "state": part.state,
                "days": part.days,
                "measured": plain(part.measured),
                "factor": plain(part.factor),
                "corrected": plain(part.corrected),
                "clause": part.clause,
            }
            for part in correction.parts
        ],
    }


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor used, with its source; ``confidence`` is ``given`` when the input brought it."""

    key: str
    name: str
    value: Decimal
    unit: str
    source: str
    confidence: str

    def as_json(self) -> dict[str, str]:
        """Texts only."""
        return {
            "key": self.key,
            "name": self.name,
            "value": plain(self.value),
            "unit": self.unit,
            "source": self.source,
            "confidence": self.confidence,
        }


@dataclass(frozen=True, slots=True)
class Line:
    """One step: what was counted, how, with what, and what came out before and after rounding."""

    id: str
    category: str
    item: str
    item_en: str
    emission: Decimal
    unrounded: Decimal
    unit: str
    formula: str
    formula_id: str
    clause: str
    method: str
    inputs: tuple[Input, ...]
    factors: tuple[Factor, ...]
    #: how sure we are of the formula itself
    confidence: str = "official"

    @property
    def unverified(self) -> bool:
        """Whether a formula or a value that nobody has verified went into this line."""
        return self.confidence == "unverified" or any(
            factor.confidence == "unverified" for factor in self.factors
        )

    def as_json(self) -> dict[str, Any]:
        """The line as the command prints it."""
        return {
            "id": self.id,
            "category": self.category,
            "item": self.item,
            "item_en": self.item_en,
            "emission": plain(self.emission),
            "unrounded": plain(self.unrounded),
            "unit": self.unit,
            "formula": self.formula,
            "formula_id": self.formula_id,
            "clause": self.clause,
            "confidence": self.confidence,
            "method": self.method,
            "inputs": [entry.as_json() for entry in self.inputs],
            "factors": [entry.as_json() for entry in self.factors],
        }


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid factor that a calculation used."""

    family: str
    year: int
    area: str


@dataclass(frozen=True, slots=True)
class Result:
    """Emissions of one month or year; sums add reported lines, so that a printed column adds up."""

    guideline: str
    unit: str
    lines: tuple[Line, ...]
    subtotals: Mapping[str, Decimal]
    total: Decimal
    reported_total: Decimal
    output_item: str | None
    output_amount: Decimal | None
    output_unit: str | None
    intensity: Decimal | None
    intensity_unit: str | None
    gwp: str | None
    grid: Grid | None
    packs: Mapping[str, str]

    @property
    def unverified(self) -> tuple[str, ...]:
        """Ids of the lines that an unverified value touched."""
        return tuple(line.id for line in self.lines if line.unverified)

    def line(self, line_id: str) -> Line:
        """The line with this id; raises KeyError."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise KeyError(line_id)

    def as_json(self) -> dict[str, Any]:
        """The result as the command prints it: every number a decimal text."""
        printed: dict[str, Any] = {
            "guideline": self.guideline,
            "unit": self.unit,
            "lines": [line.as_json() for line in self.lines],
            "subtotals": {category: plain(value) for category, value in self.subtotals.items()},
            "total": plain(self.total),
            "reported_total": plain(self.reported_total),
            "unverified": list(self.unverified),
            "packs": dict(self.packs),
        }
        if self.output_item is not None and self.output_amount is not None:
            printed["output"] = {
                "item": self.output_item,
                "amount": plain(self.output_amount),
                "unit": self.output_unit,
            }
            printed["intensity"] = None if self.intensity is None else plain(self.intensity)
            printed["intensity_unit"] = self.intensity_unit
        if self.gwp is not None:
            printed["gwp"] = self.gwp
        if self.grid is not None:
            printed["grid"] = {
                "family": self.grid.family,
                "year": self.grid.year,
                "area": self.grid.area,
            }
        return printed
