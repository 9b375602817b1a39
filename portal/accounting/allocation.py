"""Sharing a process between its products by mass, energy or economic value."""

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
