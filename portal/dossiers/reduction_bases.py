"""The two footprints that a reduction report rests on, as they were signed, and whether they compare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.accounting.comparison import Comparison, compare, differences
from portal.accounting.footprint_result import FootprintResult
from portal.accounting.footprint_stored import stored_footprint
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.dossiers.blocks_of import plain
from portal.dossiers.source import Source
from portal.reference.factors import load_grid


@dataclass(frozen=True, slots=True)
class Side:
    """One footprint: the document that carries it, its period, what it is of, what was worked out."""

    number: str
    valid: bool
    valid_until: date | None
    content_sha256: str
    first_month: str
    last_month: str
    product: Mapping[str, Any]
    payload: Mapping[str, Any]
    result: FootprintResult

    @property
    def period(self) -> str:
        """First and last month in words."""
        return f"{self.first_month} 至 {self.last_month}"


@dataclass(frozen=True, slots=True)
class Background:
    """A background factor that both systems use, by what it is the factor of."""

    product: str
    base: str
    reporting: str

    @property
    def same(self) -> bool:
        """Whether value, unit, source and version are the same."""
        return self.base == self.reporting


@dataclass(frozen=True, slots=True)
class Pair:
    """Baseline and reporting period, with what was compared."""

    base: Side
    reporting: Side
    backgrounds: tuple[Background, ...]
    #: What keeps the two from being compared; none where they compare.
    differing: tuple[str, ...]

    def comparison(self) -> Comparison:
        """The change from one to the other; raises Invalid with the reason where they do not compare."""
        if self.differing:
            raise Invalid(
                N_("两期碳足迹不可比，以下不一致：%(differences)s"),
                params={"differences": "、".join(self.differing)},
                path="bases",
            )
        return compare(self.base.result, self.reporting.result)


def pair_of(source: Source) -> Pair:
    """The earlier of the two is the baseline.

    Raises Invalid where there are not two, where one does not hold its figures, or where both are about
    the same period.
    """
    bases = source.extras.get("bases", ())
    if len(bases) != 2:
        raise Invalid(
            N_("减碳产品报告要有两份已签发的碳足迹报告，现在选了 %(count)s 份"),
            params={"count": len(bases)},
            path="bases",
        )
    base, reporting = sorted((_side(told) for told in bases), key=lambda side: side.first_month)
    if base.first_month == reporting.first_month:
        raise Invalid(N_("两份碳足迹报告是同一期的，没有基准期"), path="bases")
    backgrounds = tuple(_backgrounds(base.payload, reporting.payload))
    found = list(differences(base.result, reporting.result))
    if not all(factor.same for factor in backgrounds):
        found.append(_differing_factors(backgrounds))
    return Pair(base, reporting, backgrounds, tuple(found))


def _side(told: Mapping[str, Any]) -> Side:
    footprint = told.get("footprint")
    if not footprint:
        raise Invalid(
            N_("碳足迹报告 %(number)s 里没有可比较的产品碳足迹数据"),
            params={"number": told.get("number", "")},
            path="bases",
        )
    return Side(
        number=told["number"],
        valid=told["valid"],
        valid_until=told["valid_until"],
        content_sha256=told["content_sha256"],
        first_month=footprint["first_month"],
        last_month=footprint["last_month"],
        product=footprint["product"],
        payload=footprint["payload"],
        result=stored_footprint(footprint["result"]),
    )


def _backgrounds(base: Mapping[str, Any], reporting: Mapping[str, Any]) -> Iterable[Background]:
    """Factors of what has the same name in both; what only one of them uses is a change of the product."""
    before, after = _factors(base), _factors(reporting)
    for product, factor in before.items():
        if product in after:
            yield Background(product, factor, after[product])


def _factors(payload: Mapping[str, Any]) -> dict[str, str]:
    """The factors by the name of what they are of; where it stands in the system does not matter."""
    found: dict[str, set[str]] = {}
    for process in payload["processes"]:
        if "factor" in process:
            name = process.get("name") or process["output"]["product"]
            found.setdefault(name, set()).add(_factor_words(process["factor"]))
    return {name: "；".join(sorted(words)) for name, words in found.items()}


def _factor_words(factor: Mapping[str, Any]) -> str:
    """A factor with its version; its spread is no part of what it is."""
    if "grid" in factor:
        grid = factor["grid"]
        named = f"电力碳足迹因子 {grid['year']} {grid['area']}"
        value = load_grid(grid["family"]).factors.get((int(grid["year"]), grid["area"]))
        return named if value is None else f"{plain(value.amount)} {value.unit}（{named}）"
    words = f"{factor['kgco2e']} kgCO2e/{factor['per']}"
    return f"{words}（{factor['source']}）" if factor.get("source") else words


def _differing_factors(backgrounds: Iterable[Background]) -> str:
    told = [f"{entry.product} {entry.base} / {entry.reporting}" for entry in backgrounds if not entry.same]
    return f"背景因子版本（{'；'.join(told)}）"
