"""Inputs that are right, for tests that then spoil one thing."""

from typing import Any

STEEL = "CETS-AG-03.01-V01-2024"
OTHER = "industry-other-2015"
ZHEJIANG = {"family": "mee-average", "year": 2023, "area": "浙江"}


def steel(*activities: dict[str, Any], **top: Any) -> dict[str, Any]:
    """A steel month with the given activities."""
    return {"guideline": STEEL, "activities": list(activities), **top}


def other(*activities: dict[str, Any], **top: Any) -> dict[str, Any]:
    """A month of other industry with the given activities."""
    return {"guideline": OTHER, "gwp": "AR5", "grid": ZHEJIANG, "activities": list(activities), **top}


def coal(**changed: Any) -> dict[str, Any]:
    """A line of bituminous coal."""
    return {"id": "c", "category": "fuel", "item": "烟煤", "amount": "100", "unit": "t", **changed}


def water(**changed: Any) -> dict[str, Any]:
    """A line of wastewater."""
    line = {"id": "w", "category": "wastewater", "volume": "1000", "unit": "m3"}
    return {**line, "cod_in": "2", "cod_out": "1", "mcf": "0.5", **changed}


def without(values: dict[str, Any], key: str) -> dict[str, Any]:
    """The same without one key."""
    return {name: value for name, value in values.items() if name != key}


def process(name: str, **changed: Any) -> dict[str, Any]:
    """A process that makes one kilogram of what it is called after, from nothing."""
    return {
        "id": name,
        "output": {"product": name, "amount": "1", "unit": "kg"},
        "inputs": [],
        "emissions": [{"gas": "CO2", "amount": "1", "unit": "kg"}],
        **changed,
    }


def system(*processes: dict[str, Any], **top: Any) -> dict[str, Any]:
    """A product system for one kilogram of "a"."""
    unit = {"product": "a", "amount": "1", "unit": "kg"}
    return {"functional_unit": unit, "gwp": "AR6", "processes": list(processes), **top}


def flow(product: str, amount: str = "1", unit: str = "kg") -> dict[str, str]:
    """One input of a process."""
    return {"product": product, "amount": amount, "unit": unit}
