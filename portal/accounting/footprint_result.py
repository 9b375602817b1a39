"""What a footprint gives back: the total, cut in several ways, and what stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.accounting.allocation import allocation_json
from portal.accounting.footprint_system import Allocation, CutOff, Origin
from portal.accounting.lines import plain


@dataclass(frozen=True, slots=True)
class Quality:
    """Ratings of the data behind a footprint, each a mean weighed by what the rated processes contribute.

    ``rated`` is the share of the contributions that has a rating. 1 is best, 5 worst.
    """

    ratings: Mapping[str, Decimal]
    rated: Decimal

    def as_json(self) -> dict[str, Any]:
        """Texts only."""
        return {"ratings": _texts(self.ratings), "rated_share": plain(self.rated)}


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Totals of many runs with drawn amounts, in kgCO2e, to six significant digits.

    ``failed`` counts draws for which the system had no solution; the other figures are of the rest.
    """

    runs: int
    seed: int
    failed: int
    mean: Decimal
    deviation: Decimal
    percentiles: Mapping[str, Decimal]

    def as_json(self) -> dict[str, Any]:
        """Texts and whole numbers."""
        return {
            "runs": self.runs,
            "seed": str(self.seed),
            "failed": self.failed,
            "mean": plain(self.mean),
            "deviation": plain(self.deviation),
            "percentiles": _texts(self.percentiles),
        }


@dataclass(frozen=True, slots=True)
class FootprintResult:
    """The footprint of one functional unit, in kgCO2e.

    ``total`` counts every emission, of whatever origin; what growing plants took out of the air stands in
    ``by_origin`` as a negative figure and is deducted in ``total_with_uptake`` only.
    """

    total: Decimal
    by_process: Mapping[str, Decimal]
    by_stage: Mapping[str, Decimal]
    by_gas: Mapping[str, Decimal]
    by_origin: Mapping[str, Decimal]
    by_origin_gas: Mapping[str, Mapping[str, Decimal]]
    scaling: Mapping[str, Decimal]
    inventory: Mapping[str, Decimal]
    product: str
    amount: Decimal
    unit: str
    gwp: str
    packs: Mapping[str, str]
    boundary: str
    rules: str
    allocations: Mapping[str, Allocation]
    cut_offs: tuple[CutOff, ...]
    quality: Quality | None
    primary_share: Decimal | None
    uncertainty: Uncertainty | None
    sources: Mapping[str, tuple[str, ...]]
    unverified: tuple[str, ...]

    @property
    def total_with_uptake(self) -> Decimal:
        """The total less what was taken out of the air."""
        return self.total + self.by_origin.get(Origin.BIOGENIC_UPTAKE, Decimal(0))

    def as_json(self) -> dict[str, Any]:
        """The result as the command prints it: every number a decimal text."""
        printed: dict[str, Any] = {
            "functional_unit": {
                "product": self.product,
                "amount": plain(self.amount),
                "unit": self.unit,
            },
            "gwp": self.gwp,
            "total_kgco2e": plain(self.total),
            "total_with_uptake_kgco2e": plain(self.total_with_uptake),
        }
        for key in ("by_process", "by_stage", "by_gas", "by_origin", "scaling", "inventory"):
            printed[key] = _texts(getattr(self, key))
        printed["by_origin_gas"] = {
            str(origin): _texts(gases) for origin, gases in self.by_origin_gas.items()
        }
        printed.update(self._said())
        printed["unverified"] = list(self.unverified)
        printed["packs"] = dict(self.packs)
        return printed

    def _said(self) -> dict[str, Any]:
        """What only some inputs say, without what this one does not."""
        said: dict[str, Any] = {
            "boundary": self.boundary,
            "rules": self.rules,
            "allocations": {name: allocation_json(entry) for name, entry in self.allocations.items()},
            "cut_offs": [_cut_off_json(entry) for entry in self.cut_offs],
            "quality": self.quality and self.quality.as_json(),
            "primary_share": None if self.primary_share is None else plain(self.primary_share),
            "uncertainty": self.uncertainty and self.uncertainty.as_json(),
            "sources": {name: list(texts) for name, texts in self.sources.items()},
        }
        return {key: value for key, value in said.items() if value}


def _cut_off_json(entry: CutOff) -> dict[str, str]:
    said = {"what": entry.what, "reason": entry.reason}
    return said if entry.share is None else {**said, "share": plain(entry.share)}


def _texts(values: Mapping[str, Decimal]) -> dict[str, str]:
    return {str(key): plain(value) for key, value in values.items()}
