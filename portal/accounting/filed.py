"""Filed months as a process of a product system: every figure keeps the month that it was filed in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import Any

from portal.accounting.faults import fault
from portal.accounting.inventory import INDIRECT, METHANE, RELEASED, potential_of
from portal.accounting.lines import Line, Result, plain
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, rounded

_AMOUNT = "amount"
_DECIMALS = 30


@dataclass(frozen=True, slots=True)
class FiledMonth:
    """What an enterprise filed for one month, as far as a footprint needs it.

    ``emissions`` are tonnes of each gas let out on the site (direct only; purchased power and heat are
    ``inputs``), ``inputs`` amounts with their units by product, ``output`` the amount made of the product
    in ``FiledProcess.unit``. ``record`` says which filed version the figures are of.
    """

    month: str
    record: str
    emissions: Mapping[str, Decimal]
    inputs: Mapping[str, tuple[Decimal, str]]
    output: Decimal


def filed_month(month: str, record: str, result: Result, output: Decimal) -> FiledMonth:
    """A month as it was calculated, unrounded: what its lines let out, and the energy that was bought.

    Bought energy becomes inputs named after their category (``electricity``, ``heat``, ``steam``,
    ``hot_water``), so that the footprint counts it by its own factors. What left in products or was
    recovered is taken off its gas. Raises Invalid where that leaves less than nothing.
    """
    emissions: dict[str, Decimal] = {}
    inputs: dict[str, tuple[Decimal, str]] = {}
    with localcontext(CONTEXT):
        for line in result.lines:
            if line.category in INDIRECT:
                bought = next(entry for entry in line.inputs if entry.key == _AMOUNT)
                before, _ = inputs.get(line.category, (Decimal(0), ""))
                inputs[line.category] = (before + bought.converted, bought.converted_unit)
                continue
            gas, tonnes = _let_out(line)
            emissions[gas] = emissions.get(gas, Decimal(0)) + tonnes
    for gas, tonnes in emissions.items():
        if tonnes < 0:
            raise Invalid(N_("扣除产品固碳或回收后为负，不能作为碳足迹的投入"), path=f"{month}.{gas}")
    return FiledMonth(month, record, MappingProxyType(emissions), MappingProxyType(inputs), output)


def _let_out(line: Line) -> tuple[str, Decimal]:
    """Gas and tonnes of one line."""
    if line.category in METHANE:
        return "CH4", line.unrounded / potential_of(line)
    if line.category in RELEASED:
        return line.item, line.unrounded / potential_of(line)
    return "CO2", line.unrounded


def filed_process(
    process_id: str,
    stage: str,
    product: str,
    unit: str,
    months: Sequence[FiledMonth],
    allocation: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A process of ``portal footprint``'s input, made of filed months; every figure keeps its month.

    ``allocation`` is passed on as it is ({"method", "basis"}), its basis being for the same months.
    Raises InputError ``empty_list`` without months, ``duplicate_id`` for a month given twice.
    """
    if not months:
        raise fault("empty_list", "months", key="months")
    for place, entry in enumerate(months):
        if entry.month in [other.month for other in months[:place]]:
            raise fault("duplicate_id", f"months[{place}].month", id=entry.month)
    process: dict[str, Any] = {
        "id": process_id,
        "stage": stage,
        "output": {
            "product": product,
            "amount": _text(sum((entry.output for entry in months), Decimal(0))),
            "unit": unit,
        },
        "inputs": [
            {"product": name, "amount": _text(amount), "unit": its_unit, "source": _record(entry)}
            for entry in months
            for name, (amount, its_unit) in entry.inputs.items()
        ],
        "emissions": [
            {"gas": gas, "amount": _text(amount), "unit": "t", "source": _record(entry)}
            for entry in months
            for gas, amount in entry.emissions.items()
        ],
        "primary": True,
    }
    return process if allocation is None else {**process, "allocation": dict(allocation)}


def _record(entry: FiledMonth) -> str:
    return f"{entry.month} {entry.record}".strip()


def _text(value: Decimal) -> str:
    """As an input takes it: at most 28 digits, at most 30 of them after the point."""
    return plain(rounded(value, _DECIMALS) if int(value.as_tuple().exponent) < -_DECIMALS else value)
