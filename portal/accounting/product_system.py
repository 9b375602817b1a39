"""A product system as people enter it, turned into the input of ``portal footprint``.

A system is a table of texts: ``goal`` (key of the process that makes the product), ``gwp``, ``runs`` and
``seed`` of a simulation (blank: none), ``excluded``, ``cut_offs`` (what, reason, share in per cent) and
``processes``. A process has ``key``, ``name``, ``stage``, ``words``, ``output_name``, ``output_amount`` or
``output_month``, ``output_unit``, ``filed`` (yes: it lets out what the months filed), ``measured``, the
allocation ``method`` with ``own``, ``whole``, ``basis_unit`` and ``basis_source``, ``marks`` of data quality
from 1 to 5 (best), ``inputs`` and ``emissions``. An input has ``name``, ``amount`` or ``month`` (a cell
``S-02.amount`` or ``bought.electricity``), ``unit``, ``source``, ``measured``, and where its footprint comes
from: ``from`` is process (``maker``), grid (``grid``: family/year/area), supplier (``supplier``: id) or
factor (``factor`` in kgCO2e ``per`` unit, ``factor_source``); ``gsd`` is its spread.

Every factor becomes a process of its own in the stage that uses it, so that the engine itself tells what
each stage and each input contributes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Any

from portal.accounting.filed import filed_process
from portal.accounting.footprint_system import QUALITY_DIMENSIONS
from portal.accounting.lines import plain
from portal.accounting.product_months import BOUGHT, MonthFigures, bought_in, monthly_amounts
from portal.accounting.product_rows import (
    GIVEN,
    SupplierFactor,
    factor_of,
    row_amount,
    row_positive,
    row_spread,
)
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, convert, unit

#: A mark of 5 is the best to people, 1 to the engine.
TURNED = 6
_PLACE = re.compile(r"processes\[(\d+)\](?:\.(inputs|emissions)\[(\d+)\])?(.*)")
_PER_CENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is asked for: the product, how much of it, from where to where, by which rules."""

    product: str
    amount: Decimal
    unit: str
    boundary: str
    rules: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """The engine's input, what each of its figures was taken from, and where each stands in the system."""

    payload: Mapping[str, Any]
    #: One a figure: id, process, name, stage, kind, amount, unit, month, factor, source, confidence …
    flows: tuple[Mapping[str, Any], ...]
    #: Path of each process of the payload in the system, by its place.
    places: tuple[str, ...]
    #: Paths of inputs and emissions, by process and kind.
    rows: Mapping[tuple[int, str], tuple[str, ...]]

    def place_of(self, path: str) -> str:
        """Where a path of the engine's input stands in the system as it was entered."""
        found = _PLACE.fullmatch(path)
        if found is None:
            return path
        which, kind, row, rest = int(found[1]), found[2], found[3], found[4]
        rows = self.rows.get((which, kind or ""), ())
        if kind and int(row) < len(rows):
            return f"{rows[int(row)]}{rest}"
        return f"{self.places[which]}{rest}"


@dataclass(slots=True)
class _Making:
    """The payload while it grows."""

    months: Sequence[MonthFigures]
    suppliers: Mapping[int, SupplierFactor]
    products: Mapping[str, str]
    processes: list[dict[str, Any]] = field(default_factory=list)
    flows: list[dict[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    rows: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)


def resolve(
    system: Mapping[str, Any],
    goal: Goal,
    months: Sequence[MonthFigures],
    suppliers: Mapping[int, SupplierFactor],
) -> Resolved:
    """The input of ``footprint`` for ``goal``; raises Invalid or InputError with the path in ``system``."""
    entries = system["processes"]
    products = _products(entries, system.get("goal", ""), goal.product)
    making = _Making(months, suppliers, products)
    with localcontext(CONTEXT):
        for place, entry in enumerate(entries):
            _process(making, entry, f"processes[{place}]")
    payload: dict[str, Any] = {
        "functional_unit": {"product": goal.product, "amount": plain(goal.amount), "unit": goal.unit},
        "gwp": system.get("gwp") or "AR6",
        "boundary": goal.boundary,
        "rules": goal.rules,
        "cut_offs": [_cut_off(entry, f"cut_offs[{n}]") for n, entry in enumerate(system.get("cut_offs", ()))],
        "processes": making.processes,
    }
    if system.get("runs"):
        payload["uncertainty"] = {"runs": system["runs"], "seed": system.get("seed") or "0"}
    return Resolved(payload, tuple(making.flows), tuple(making.places), making.rows)


def _products(entries: Sequence[Mapping[str, Any]], goal: str, product: str) -> dict[str, str]:
    """What each process makes, by its key; the last one makes the product unless ``goal`` names another."""
    if not entries:
        raise Invalid(N_("产品系统里还没有过程，请先加一个"), path="processes")
    keys = [entry["key"] for entry in entries]
    wanted = goal or keys[-1]
    if wanted not in keys:
        raise Invalid(N_("产出本产品的过程不在产品系统里，请重新选择"), path="goal")
    return {
        entry["key"]: product if entry["key"] == wanted else f"{entry['key']} {entry['output_name']}"
        for entry in entries
    }


def _process(making: _Making, entry: Mapping[str, Any], path: str) -> None:
    key, stage = entry["key"], entry.get("stage") or entry["name"]
    made_in = unit(entry["output_unit"], path=f"{path}.output_unit").symbol
    output, monthly = _output(making, entry, made_in, path)
    allocation = _allocation(entry, making.products[key], output, made_in, path)
    process: dict[str, Any] = {
        "id": key,
        "name": entry["name"],
        "stage": stage,
        "output": {"product": making.products[key], "amount": plain(output), "unit": made_in},
        "inputs": [],
        "emissions": [],
    }
    if allocation:
        process["allocation"] = allocation
    if entry.get("marks"):
        process["quality"] = _quality(entry["marks"], path)
    which = len(making.processes)
    making.processes.append(process)
    making.places.append(path)
    making.flows.append(_made(entry, stage, output, made_in, monthly, allocation))
    _emissions(making, which, entry, path)
    input_paths: list[str] = []
    for place, row in enumerate(entry.get("inputs", ())):
        before = len(process["inputs"])
        _input(making, process, row, f"{path}.inputs[{place}]", f"{key}.{place + 1}")
        input_paths += [f"{path}.inputs[{place}]"] * (len(process["inputs"]) - before)
    making.rows[which, "inputs"] = tuple(input_paths)


def _output(
    making: _Making, entry: Mapping[str, Any], made_in: str, path: str
) -> tuple[Decimal, tuple[tuple[str, Decimal], ...]]:
    if entry.get("output_month"):
        monthly = monthly_amounts(
            _needed(making, path), entry["output_month"], made_in, f"{path}.output_month"
        )
        return sum((amount for _, amount in monthly), Decimal(0)), monthly
    return row_positive(entry, "output_amount", path), ()


def _made(
    entry: Mapping[str, Any],
    stage: str,
    output: Decimal,
    made_in: str,
    monthly: Sequence[tuple[str, Decimal]],
    allocation: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What a process makes, and how much of it the product bears."""
    said = {
        "id": entry["key"],
        "process": entry["key"],
        "name": entry["name"],
        "stage": stage,
        "kind": "output",
        "product": entry["output_name"],
        "words": entry.get("words", ""),
        "amount": plain(output),
        "unit": made_in,
        "month": entry.get("output_month", ""),
        "monthly": _texts(monthly),
        "source": entry.get("output_source", ""),
        "marks": {key: mark for key, mark in entry.get("marks", {}).items() if mark},
    }
    if allocation:
        own, whole = Decimal(entry.get("own") or output), Decimal(entry["whole"])
        said |= {
            "method": entry["method"],
            "own": plain(own),
            "whole": plain(whole),
            "basis_unit": entry["basis_unit"],
            "basis_source": entry.get("basis_source", ""),
            "share": plain(own / whole),
        }
    return said


def _allocation(
    entry: Mapping[str, Any], product: str, output: Decimal, made_in: str, path: str
) -> dict[str, Any] | None:
    if not entry.get("method"):
        return None
    symbol = unit(entry.get("basis_unit") or made_in, path=f"{path}.basis_unit").symbol
    if entry.get("own"):
        own = row_positive(entry, "own", path)
    else:
        own = convert(output, made_in, symbol, path=f"{path}.basis_unit")
    whole = row_positive(entry, "whole", path)
    if own > whole:
        raise Invalid(N_("本产品的分配基数大于全部产品的，请检查"), path=f"{path}.own")
    return {
        "method": entry["method"],
        "basis": [
            {"product": product, "amount": plain(own), "unit": symbol},
            {"product": "其他产品", "amount": plain(whole - own), "unit": symbol},
        ],
    }


def _quality(marks: Mapping[str, str], path: str) -> dict[str, str]:
    turned = {}
    for name in QUALITY_DIMENSIONS:
        mark = marks.get(name, "")
        if mark not in {"1", "2", "3", "4", "5"}:
            raise Invalid(N_("数据质量五项都要打分，1 至 5，5 最好"), path=f"{path}.marks")
        turned[name] = str(TURNED - int(mark))
    return turned


def _emissions(making: _Making, which: int, entry: Mapping[str, Any], path: str) -> None:
    process, found = making.processes[which], []
    stage = process["stage"]
    if entry.get("filed"):
        found = _filed(making, process, entry, path)
    if found or entry.get("measured"):
        process["primary"] = True
    paths = [path] * len(found)
    for place, row in enumerate(entry.get("emissions", ())):
        where = f"{path}.emissions[{place}]"
        emission = {key: row[key] for key in ("gas", "unit", "origin", "source") if row.get(key)}
        emission["amount"] = plain(row_amount(row, "amount", where))
        found.append(emission | row_spread(row))
        paths.append(where)
        making.flows.append(
            {"id": entry["key"], "process": entry["key"], "name": row["gas"], "stage": stage}
            | {"kind": "emission", "amount": emission["amount"], "unit": row["unit"], "month": ""}
            | {"source": row.get("source", ""), "origin": row.get("origin") or "fossil"}
            | {"confidence": GIVEN}
        )
    process["emissions"] = found
    making.rows[which, "emissions"] = tuple(paths)


def _filed(
    making: _Making, process: Mapping[str, Any], entry: Mapping[str, Any], path: str
) -> list[dict[str, Any]]:
    """What the months let out on the site; all energy that they bought must stand among the inputs."""
    months = _needed(making, path)
    used = {row.get("month") for row in entry.get("inputs", ())}
    for reference in bought_in(months):
        if reference not in used:
            raise Invalid(
                N_("月度记录里有外购的%(what)s，请在这个过程的投入里补上它的足迹因子"),
                params={"what": reference.removeprefix(BOUGHT)},
                path=f"{path}.inputs",
            )
    output = process["output"]
    filed = [month.filed() for month in months]
    made = filed_process(entry["key"], process["stage"], output["product"], output["unit"], filed)
    emissions: list[dict[str, Any]] = made["emissions"]
    totals: dict[str, Decimal] = {}
    for emission in emissions:
        totals[emission["gas"]] = totals.get(emission["gas"], Decimal(0)) + Decimal(emission["amount"])
    making.flows += [
        {"id": entry["key"], "process": entry["key"], "name": gas, "stage": process["stage"], "kind": "filed"}
        | {"amount": plain(total), "unit": "t", "month": "filed", "origin": "fossil", "confidence": GIVEN}
        | {"monthly": [[e["source"], e["amount"]] for e in emissions if e["gas"] == gas], "source": ""}
        for gas, total in totals.items()
    ]
    return emissions


def _input(making: _Making, process: dict[str, Any], row: Mapping[str, Any], path: str, key: str) -> None:
    symbol = unit(row["unit"], path=f"{path}.unit").symbol
    if row.get("month"):
        monthly = monthly_amounts(_needed(making, path), row["month"], symbol, f"{path}.month")
    else:
        monthly = ((row.get("source", ""), row_amount(row, "amount", path)),)
    primary = bool(row.get("month") or row.get("measured"))
    flow = {
        "id": key,
        "process": process["id"],
        "name": row["name"],
        "stage": process["stage"],
        "kind": row["from"],
        "amount": plain(sum((amount for _, amount in monthly), Decimal(0))),
        "unit": symbol,
        "month": row.get("month", ""),
        "monthly": _texts(monthly) if row.get("month") else [],
        "amount_source": row.get("source", ""),
        "primary": primary,
    }
    product = _maker(making, process, row, path, key, primary) | flow
    making.flows.append({name: value for name, value in product.items() if name != "product"})
    process["inputs"] += [
        {"product": product["product"], "amount": plain(amount), "unit": symbol}
        | ({"source": said} if said else {})
        | (row_spread(row) if row["from"] == "process" else {})
        for said, amount in monthly
    ]


def _maker(
    making: _Making, process: Mapping[str, Any], row: Mapping[str, Any], path: str, key: str, primary: bool
) -> dict[str, Any]:
    """The product that an input takes, and where its footprint is from; makes a process for a factor."""
    if row["from"] == "process":
        if row.get("maker") not in making.products:
            raise Invalid(N_("请选择产出它的过程"), path=f"{path}.maker")
        return {"product": making.products[row["maker"]], "maker": row["maker"]}
    factor, per, said = factor_of(row, path, making.suppliers)
    product = f"{key} {row['name']}"
    made: dict[str, Any] = {
        "id": key,
        "name": row["name"],
        "stage": process["stage"],
        "output": {"product": product, "amount": "1", "unit": per},
        "inputs": [],
        "factor": factor | row_spread(row),
        "primary": primary,
    }
    if "quality" in process:
        made["quality"] = process["quality"]
    making.processes.append(made)
    making.places.append(path)
    return {"product": product, **said}


def _needed(making: _Making, path: str) -> Sequence[MonthFigures]:
    if not making.months:
        raise Invalid(N_("数据期间没有已受理的月度记录"), path=path)
    return making.months


def _cut_off(entry: Mapping[str, str], path: str) -> dict[str, str]:
    said = {"what": entry["what"], "reason": entry["reason"]}
    if entry.get("share"):
        said["share"] = plain(row_amount(entry, "share", path) / _PER_CENT)
    return said


def _texts(monthly: Sequence[tuple[str, Decimal]]) -> list[list[str]]:
    return [[said, plain(amount)] for said, amount in monthly]
