"""Figures of filed months as a product system refers to them: cells, energy bought, what was let out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from portal.accounting.filed import FiledMonth, filed_month
from portal.accounting.inventory import INDIRECT
from portal.accounting.lines import Result
from portal.accounting.printed import read_result
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import convert

#: Reference to energy bought, as the months' calculations counted it: ``bought.electricity``.
BOUGHT = "bought."


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One accepted month; ``record`` says which version, ``cells`` are amount and unit by ``S-02.amount``."""

    month: str
    record: str
    result: Result
    cells: Mapping[str, tuple[Decimal, str]]

    def filed(self) -> FiledMonth:
        """Its direct emissions and bought energy; raises Invalid where a gas is less than nothing."""
        return filed_month(self.month, self.record, self.result, Decimal(0))


def month_figures(month: str, record: str, content: Mapping[str, Any]) -> MonthFigures:
    """A month from the snapshot that was signed."""
    cells = {
        f"{stream['code']}.{row['key']}": (Decimal(row["value"]), row["unit"])
        for stream in content["streams"]
        for row in stream["rows"]
        if row["value"] is not None
    }
    return MonthFigures(month, record, read_result(content["calculation"]), MappingProxyType(cells))


def monthly_amounts(
    months: Sequence[MonthFigures], reference: str, unit: str, path: str
) -> tuple[tuple[str, Decimal], ...]:
    """What a reference is in each month, in ``unit``, with the month and its version.

    Raises Invalid for a month that does not hold it, InputError where the units do not convert.
    """
    return tuple(
        (f"{entry.month} {entry.record}".strip(), _amount(entry, reference, unit, path)) for entry in months
    )


def _amount(entry: MonthFigures, reference: str, unit: str, path: str) -> Decimal:
    if reference.startswith(BOUGHT):
        found = entry.filed().inputs.get(reference.removeprefix(BOUGHT))
    else:
        found = entry.cells.get(reference)
    if found is None:
        raise Invalid(
            N_("%(month)s 的月度记录里没有 %(reference)s"),
            params={"month": entry.month, "reference": reference},
            path=path,
        )
    return convert(found[0], found[1], unit, path=path)


def bought_in(months: Sequence[MonthFigures]) -> tuple[str, ...]:
    """Kinds of energy that the months bought, as references."""
    found = {line.category for entry in months for line in entry.result.lines if line.category in INDIRECT}
    return tuple(f"{BOUGHT}{name}" for name in sorted(found))
