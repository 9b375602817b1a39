"""Rows of a product system: an amount, a spread, and the factor that an input is counted with."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.accounting.faults import fault
from portal.accounting.lines import plain
from portal.accounting.reading import number
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import unit
from portal.reference.factors import load_grid

UNVERIFIED, GIVEN = "unverified", "given"
#: The only family of grid factors that a footprint may use.
GRID = "mee-footprint"
#: A factor as the engine takes it, the unit that it is per, and what is said about it.
Found = tuple[dict[str, Any], str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class SupplierFactor:
    """A supplier's footprint: kgCO2e for ``amount`` of ``unit`` (our symbol), and where it is from."""

    kilograms: Decimal
    amount: Decimal
    unit: str
    source: str


def row_amount(row: Mapping[str, Any], key: str, path: str) -> Decimal:
    """A number that must be there and must not be negative; raises InputError."""
    text = row.get(key, "")
    if text == "":
        raise fault("missing_value", f"{path}.{key}", key=key)
    found = number(text, f"{path}.{key}")
    if found < 0:
        raise fault("negative", f"{path}.{key}", key=key, given=text)
    return found


def row_positive(row: Mapping[str, Any], key: str, path: str) -> Decimal:
    """A number greater than zero; raises InputError."""
    found = row_amount(row, key, path)
    if not found:
        raise fault("out_of_range", f"{path}.{key}", key=key, given="0", wanted=N_("大于 0"))
    return found


def row_spread(row: Mapping[str, Any]) -> dict[str, Any]:
    """The spread of a row as the engine takes it; nothing where none is given."""
    return {"uncertainty": {"distribution": "lognormal", "gsd": row["gsd"]}} if row.get("gsd") else {}


def factor_of(row: Mapping[str, Any], path: str, suppliers: Mapping[int, SupplierFactor]) -> Found:
    """The factor that an input is counted with; raises Invalid or InputError with the path of the row.

    A factor that a person typed is unverified until somebody has compared it with its source.
    """
    if row["from"] == "grid":
        return _grid(row, path)
    if row["from"] == "supplier":
        return _supplier(row, path, suppliers)
    return _typed(row, path)


def _grid(row: Mapping[str, Any], path: str) -> Found:
    family, _slash, rest = row.get("grid", "").partition("/")
    year, _slash, area = rest.partition("/")
    if not (year.isdecimal() and area):
        raise Invalid(N_("请选择电力足迹因子"), path=f"{path}.grid")
    grid = {"family": family, "year": int(year), "area": area}
    said = {"factor": "", "factor_unit": "kgCO2e/kWh", "source": "", "confidence": UNVERIFIED}
    # What is not there is refused by the engine, with the nearest that is.
    value = load_grid(GRID).factors.get((int(year), area)) if family == GRID else None
    if value is not None:
        said |= {"factor": plain(value.amount), "source": str(value.source), "confidence": value.confidence}
        said["factor_name"] = f"{year} {area}"
    return {"grid": grid, "per": "kWh"}, "kWh", said


def _supplier(row: Mapping[str, Any], path: str, suppliers: Mapping[int, SupplierFactor]) -> Found:
    chosen = str(row.get("supplier", ""))
    supplier = suppliers.get(int(chosen)) if chosen.isdecimal() else None
    if supplier is None:
        raise Invalid(N_("请选择供应商足迹；它可能不属于本企业"), path=f"{path}.supplier")
    factor = plain(supplier.kilograms / supplier.amount)
    said = {"factor": factor, "factor_unit": f"kgCO2e/{supplier.unit}", "source": supplier.source}
    return (
        {"kgco2e": factor, "per": supplier.unit, "source": supplier.source},
        supplier.unit,
        said | {"confidence": GIVEN, "supplier": chosen},
    )


def _typed(row: Mapping[str, Any], path: str) -> Found:
    if not row.get("factor_source"):
        raise Invalid(N_("自己填的因子要写明来源"), path=f"{path}.factor_source")
    factor = plain(row_amount(row, "factor", path))
    per = unit(row.get("per") or row["unit"], path=f"{path}.per").symbol
    said = {"factor": factor, "factor_unit": f"kgCO2e/{per}", "source": row["factor_source"]}
    return (
        {"kgco2e": factor, "per": per, "source": row["factor_source"]},
        per,
        said | {"confidence": UNVERIFIED},
    )
