"""Sharing a process between its products, and turning filed months into a process of a product system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from portal.accounting.faults import fault
from portal.accounting.footprint_system import Allocation
from portal.accounting.lines import plain
from portal.accounting.reading import Fields, shown
from portal.accounting.spreads import read_choice
from portal.domain.quantities import convert

_ALLOCATION = frozenset({"method", "basis"})
_BASIS = frozenset({"product", "amount", "unit"})


class Method(StrEnum):
    """What the products of one process are weighed by."""

    MASS = "mass"
    ENERGY = "energy"
    ECONOMIC = "economic"


#: unit that the basis is shown in
_UNITS = {Method.MASS: "t", Method.ENERGY: "GJ", Method.ECONOMIC: "元"}


def read_allocation(process: Fields, product: str) -> Allocation | None:
    """The ``allocation`` of a process: {"method", "basis": [{"product", "amount", "unit"}, …]}.

    The basis names every product of the process, among them ``product``, with its mass, heat or value.
    """
    if process.values.get("allocation") is None:
        return None
    fields = Fields(process.values["allocation"], process.at("allocation"), _ALLOCATION)
    method = read_choice(fields, "method", Method)
    basis: dict[str, Decimal] = {}
    for place, values in enumerate(fields.entries("basis")):
        entry = Fields(values, fields.at(f"basis[{place}]"), _BASIS)
        name = entry.text("product")
        if name in basis:
            raise fault("duplicate_id", entry.at("product"), id=shown(name))
        given = entry.positive("amount") if name == product else entry.amount("amount")
        basis[name] = convert(given, entry.text("unit"), _UNITS[method], path=entry.at("unit"))
    if product not in basis:
        raise fault("missing_value", fields.at("basis"), key=shown(product))
    return Allocation(method, product, MappingProxyType(basis), _UNITS[method])


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
    return format(value, "f")


def allocation_json(allocation: Allocation) -> dict[str, Any]:
    """An allocation as the command prints it."""
    return {
        "method": allocation.method,
        "unit": allocation.unit,
        "basis": {name: _text(amount) for name, amount in allocation.basis.items()},
        "share": _share(allocation),
    }


def _share(allocation: Allocation) -> str:
    share = allocation.share
    return plain(Decimal(share.numerator) / Decimal(share.denominator))
