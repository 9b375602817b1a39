"""What a claim of neutrality rests on: a base document, its residual emissions, and what was cancelled.

``Source.extras`` holds ``bases`` (issued documents with their signed figures) and ``credits``, as
``portal/queries/neutrality_extras.py`` reads them. Figures are in tCO2e.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from portal.domain.errors import DomainError, Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT
from portal.dossiers import answers
from portal.dossiers.answers import Row
from portal.dossiers.source import Source

#: Kinds that a claim can rest on, and the headline figure that it takes from each.
BASES: Mapping[str, str] = {
    "emission_report": "total",
    "carbon_management": "total",
    "carbon_footprint": "total",
}
FOOTPRINT = "carbon_footprint"
_KG_PER_TONNE = Decimal(1000)


@dataclass(frozen=True)
class Base:
    """The issued document that the claim rests on; ``good`` while it holds."""

    kind: str
    title: str
    subject: str
    number: str
    sha256: str
    issued_on: str
    good: bool
    figure: Decimal
    unit: str


@dataclass(frozen=True)
class Cancelled:
    """One cancelled credit; ``proof`` is the file's name and hash, None where there is none."""

    kind: str
    registry: str
    project_id: str
    project: str
    methodology: str
    vintage: int
    serials: str
    quantity: Decimal
    cancelled_on: str
    beneficiary: str
    proof: tuple[str, str] | None


@dataclass(frozen=True)
class Balance:
    """What is left against what was cancelled."""

    base: Base
    residual: Decimal
    credits: tuple[Cancelled, ...]

    @property
    def cancelled(self) -> Decimal:
        """tCO2e of all credits."""
        return cancelled_of(self.credits)

    @property
    def surplus(self) -> Decimal:
        """What was cancelled beyond the residual emissions; negative where it does not cover them."""
        return self.cancelled - self.residual


def balance_of(source: Source) -> Balance:
    """Residual emissions and cancellations.

    Raises Invalid without exactly one base document of a kind that a claim can rest on, where the base
    holds no such figure or is of another year, and for a footprint without an amount of product.
    """
    base = base_of(source)
    return Balance(base, _residual(source, base), credits_of(source))


def base_of(source: Source) -> Base:
    """The one base document; raises as ``balance_of``."""
    fitting = [entry for entry in source.extras.get("bases", ()) if entry["kind"] in BASES]
    if len(fitting) != 1:
        raise Invalid(
            N_("要以一份已签发的年度排放报告、碳管理报告或产品碳足迹为依据，现在选了 %(count)s 份"),
            params={"count": len(fitting)},
            path="bases",
        )
    entry = fitting[0]
    if entry["kind"] != FOOTPRINT and entry["subject"] != source.year:
        raise Invalid(
            N_("所依据的%(title)s是 %(subject)s 年度的，与本材料的年度不同"),
            params={"title": entry["title"], "subject": entry["subject"]},
            path="bases",
        )
    if source.about and entry["kind"] != FOOTPRINT:
        raise Invalid(
            N_("“%(name)s”的碳中和要以它自己的碳足迹为依据，%(title)s是整个企业的"),
            params={"name": source.about, "title": entry["title"]},
            path="bases",
        )
    figure = next((one for one in entry["figures"] if one["key"] == BASES[entry["kind"]]), None)
    if figure is None:
        raise Invalid(N_("所依据的%(title)s里没有排放总量"), params={"title": entry["title"]}, path="bases")
    return Base(
        **{key: entry[key] for key in ("kind", "title", "subject", "number", "sha256", "issued_on", "good")},
        figure=Decimal(figure["value"]),
        unit=figure["unit"],
    )


def credits_of(source: Source) -> tuple[Cancelled, ...]:
    """The credits that were given to this document."""
    return tuple(Cancelled(**entry) for entry in source.extras.get("credits", ()))


def cancelled_of(found: Sequence[Cancelled]) -> Decimal:
    """tCO2e of credits."""
    return sum((credit.quantity for credit in found), Decimal(0))


def reduction_of(row: Row) -> Decimal | None:
    """Base less actual of a measure in tCO2e; None where one of them is blank."""
    base, actual = row.amount("base"), row.amount("actual")
    return None if base is None or actual is None else base - actual


def same_name(one: str, other: str) -> bool:
    """Whether two writings are one name: widths and blanks do not count."""
    return _folded(one) == _folded(other)


def facts(source: Source) -> Mapping[str, Any]:
    """Residual, cancelled, what is not proven or not ours, reductions, whether the base holds."""
    found = credits_of(source)
    told: dict[str, Any] = {
        "cancelled": cancelled_of(found),
        "unproven": Decimal(sum(credit.proof is None for credit in found)),
        "foreign_beneficiaries": Decimal(
            sum(not same_name(credit.beneficiary, source.enterprise.name) for credit in found)
        ),
        "claimed_sold": Decimal(
            sum(
                row.get("fate") == "sold" and row.get("claimed") == "yes"
                for row in source.rows("green_power")
            )
        ),
        "base_valid": False,
    }
    try:
        told["reductions"] = Decimal(
            sum((reduction_of(row) or 0) > 0 for row in answers.rows(source, "reductions"))
        )
        told["base_valid"] = base_of(source).good
        told["residual"] = balance_of(source).residual
    except DomainError:
        pass  # what cannot be read is not known; the assembler says why
    return told


def _residual(source: Source, base: Base) -> Decimal:
    if base.kind != FOOTPRINT:
        return base.figure
    quantity = answers.amount(source, "product_quantity")
    if quantity is None or quantity <= 0:
        raise Invalid(N_("依据是产品碳足迹，请填写声明碳中和的产品数量"), path="product_quantity")
    with localcontext(CONTEXT):
        return base.figure * quantity / _KG_PER_TONNE


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
