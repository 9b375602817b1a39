"""What a footprint in the PACT format says, as values; shared by reading and telling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from portal.domain.quantities import CONTEXT


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell about a file: a stable code, where (JSON pointer), and a sentence with its values."""

    code: str
    pointer: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it is stored beside the footprint."""
        params = {key: str(value) for key, value in self.params.items()}
        return {"code": self.code, "path": self.pointer, "message": self.message, "params": params}


@dataclass(frozen=True, slots=True)
class SupplierFacts:
    """What a file says, as far as the portal uses it; figures are kgCO2e per declared unit amount."""

    pact_id: str
    spec_version: str
    active: bool
    preceding: tuple[str, ...]
    supplier: str
    product: str
    unit: str
    #: Our symbol of the unit; "" where the portal has none (such as megabit second).
    symbol: str
    amount: Decimal
    excluding_uptake: Decimal
    including_uptake: Decimal
    period_from: datetime
    period_to: datetime
    valid_until: datetime
    geography: str
    #: Per cent.
    primary_share: Decimal | None
    #: The whole file, bare numbers as texts.
    raw: Mapping[str, Any]

    @property
    def per_unit(self) -> Decimal:
        """kgCO2e per one declared unit without biogenic uptake: what a product system takes."""
        with localcontext(CONTEXT):
            return self.excluding_uptake / self.amount


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a file: ``facts`` are None where it has errors."""

    facts: SupplierFacts | None
    errors: tuple[Note, ...]
    warnings: tuple[Note, ...]
