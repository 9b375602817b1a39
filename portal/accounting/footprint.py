"""Carbon footprint of a product system whose processes may feed each other in loops, exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from difflib import get_close_matches
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from portal.accounting.faults import fault, listed
from portal.accounting.lines import plain
from portal.accounting.reading import Fields, shown
from portal.accounting.solving import UnsolvableError, runs
from portal.domain.quantities import CONTEXT, convert, unit
from portal.reference.factors import GwpSet, list_gwps, load_gwp

_TOP = frozenset({"functional_unit", "gwp", "processes"})
_FLOW = frozenset({"product", "amount", "unit"})
_PROCESS = frozenset({"id", "name", "stage", "output", "inputs", "emissions", "factor"})
_EMISSION = frozenset({"gas", "amount", "unit"})
_FACTOR = frozenset({"kgco2e", "per"})

#: stage of a process that names none
UNSTAGED = "—"
#: what a background factor brings, in the inventory
CO2E = "CO2e"


@dataclass(frozen=True, slots=True)
class FootprintResult:
    """The footprint of one functional unit, in kgCO2e, cut three ways."""

    total: Decimal
    by_process: Mapping[str, Decimal]
    by_stage: Mapping[str, Decimal]
    scaling: Mapping[str, Decimal]
    inventory: Mapping[str, Decimal]
    product: str
    amount: Decimal
    unit: str
    gwp: str
    packs: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """The result as the command prints it: every number a decimal text."""
        printed: dict[str, Any] = {
            "functional_unit": {
                "product": self.product,
                "amount": plain(self.amount),
                "unit": self.unit,
            },
            "gwp": self.gwp,
            "total_kgco2e": plain(self.total),
        }
        for key in ("by_process", "by_stage", "scaling", "inventory"):
            printed[key] = {name: plain(value) for name, value in getattr(self, key).items()}
        printed["packs"] = dict(self.packs)
        return printed


@dataclass(frozen=True, slots=True)
class _Flow:
    product: str
    amount: Decimal
    unit: str
    path: str


@dataclass(frozen=True, slots=True)
class _Process:
    id: str
    stage: str
    output: _Flow
    inputs: tuple[_Flow, ...]
    gases: Mapping[str, Decimal]
    background: Decimal


def footprint(payload: Mapping[str, Any]) -> FootprintResult:
    """Work out the footprint of ``payload`` (the input of ``portal footprint``).

    Raises InputError, with a stable code and the path of the value, for anything that is wrong in it.
    """
    fields = Fields(payload, "", _TOP)
    gwp = _gwp(fields)
    goal = _flow(fields.required("functional_unit"), "functional_unit")
    with localcontext(CONTEXT):
        processes = _processes(fields, gwp)
        makers = _makers(processes)
        scaling = _scaling(processes, makers, goal)
        return _summed(processes, scaling, goal, gwp)


def _gwp(fields: Fields) -> GwpSet:
    name = fields.text("gwp")
    if name not in list_gwps():
        raise fault("unknown_pack", "gwp", pack=shown(name), known=listed(list_gwps()))
    return load_gwp(name)


def _flow(values: object, path: str, *, positive: bool = True) -> _Flow:
    fields = Fields(values, path, _FLOW)
    product = fields.text("product")
    amount = fields.positive("amount") if positive else fields.amount("amount")
    return _Flow(product, amount, unit(fields.text("unit"), path=f"{path}.unit").symbol, path)


def _processes(fields: Fields, gwp: GwpSet) -> tuple[_Process, ...]:
    found: dict[str, _Process] = {}
    for place, values in enumerate(fields.entries("processes")):
        process = _process(values, f"processes[{place}]", gwp)
        if process.id in found:
            raise fault("duplicate_id", f"processes[{place}].id", id=shown(process.id))
        found[process.id] = process
    return tuple(found.values())


def _process(values: object, path: str, gwp: GwpSet) -> _Process:
    fields = Fields(values, path, _PROCESS)
    process_id = fields.text("id")
    output = _flow(fields.required("output"), f"{path}.output")
    if fields.has("name"):
        fields.text("name")
    if not any(fields.values.get(key) is not None for key in ("inputs", "emissions", "factor")):
        raise fault("missing_value", f"{path}.inputs", key="inputs")
    return _Process(
        process_id,
        fields.text("stage") if fields.has("stage") else UNSTAGED,
        output,
        tuple(
            _flow(entry, f"{path}.inputs[{place}]", positive=False)
            for place, entry in enumerate(_listed(fields, "inputs"))
        ),
        _gases(fields, path, gwp),
        _background(fields, path, output),
    )


def _listed(fields: Fields, key: str) -> Sequence[Any]:
    return fields.entries(key, empty=True) if fields.values.get(key) is not None else ()


def _gases(fields: Fields, path: str, gwp: GwpSet) -> dict[str, Decimal]:
    """Kilograms of each gas that one run lets out."""
    found: dict[str, Decimal] = {}
    for place, values in enumerate(_listed(fields, "emissions")):
        where = f"{path}.emissions[{place}]"
        emission = Fields(values, where, _EMISSION)
        gas = emission.text("gas")
        if gas not in gwp.values:
            nearest = get_close_matches(gas[:40], gwp.values, 3, 0.3)
            raise fault("unknown_gas", f"{where}.gas", gwp=gwp.id, gas=shown(gas), nearest=listed(nearest))
        amount = convert(emission.amount("amount"), emission.text("unit"), "kg", path=f"{where}.unit")
        found[gas] = found.get(gas, Decimal(0)) + amount
    return found


def _background(fields: Fields, path: str, output: _Flow) -> Decimal:
    """Kilograms of CO2e that a background factor adds to one run."""
    if fields.values.get("factor") is None:
        return Decimal(0)
    factor = Fields(fields.values["factor"], f"{path}.factor", _FACTOR)
    value, per = factor.amount("kgco2e"), factor.text("per")
    return value * convert(output.amount, output.unit, per, path=f"{path}.factor.per")


def _makers(processes: Sequence[_Process]) -> dict[str, int]:
    makers: dict[str, int] = {}
    for place, process in enumerate(processes):
        product = process.output.product
        if product in makers:
            raise fault(
                "two_makers",
                f"{process.output.path}.product",
                product=shown(product),
                first=shown(processes[makers[product]].id),
                second=shown(process.id),
            )
        makers[product] = place
    return makers


def _maker(makers: Mapping[str, int], flow: _Flow) -> int:
    if flow.product not in makers:
        raise fault("no_maker", f"{flow.path}.product", product=shown(flow.product))
    return makers[flow.product]


def _scaling(processes: Sequence[_Process], makers: Mapping[str, int], goal: _Flow) -> list[Fraction]:
    """How many runs of each process one functional unit needs."""

    def needed(flow: _Flow) -> tuple[int, Fraction]:
        maker = _maker(makers, flow)
        amount = convert(flow.amount, flow.unit, processes[maker].output.unit, path=f"{flow.path}.unit")
        return maker, Fraction(amount)

    uses = {
        place: [(maker, amount) for maker, amount in map(needed, process.inputs) if amount]
        for place, process in enumerate(processes)
    }
    output = [Fraction(process.output.amount) for process in processes]
    wanted, amount = needed(goal)
    try:
        times = runs(uses, output, wanted, amount)
    except UnsolvableError as error:
        names = listed(shown(processes[member].id) for member in error.members[:8])
        raise fault("unsolvable", "processes", processes=names) from error
    return [times.get(place, Fraction(0)) for place in range(len(processes))]


def _summed(
    processes: Sequence[_Process], scaling: Sequence[Fraction], goal: _Flow, gwp: GwpSet
) -> FootprintResult:
    by_process: dict[str, Fraction] = {}
    by_stage: dict[str, Fraction] = {}
    inventory: dict[str, Fraction] = {}
    for process, times in zip(processes, scaling, strict=True):
        own = Fraction(process.background)
        if process.background:
            inventory[CO2E] = inventory.get(CO2E, Fraction(0)) + own * times
        for gas, amount in process.gases.items():
            own += Fraction(amount) * Fraction(gwp.values[gas].amount)
            inventory[gas] = inventory.get(gas, Fraction(0)) + Fraction(amount) * times
        by_process[process.id] = own * times
        by_stage[process.stage] = by_stage.get(process.stage, Fraction(0)) + own * times
    return FootprintResult(
        total=_decimal(sum(by_process.values(), Fraction(0))),
        by_process=_decimals(by_process),
        by_stage=_decimals(by_stage),
        scaling=_decimals({process.id: times for process, times in zip(processes, scaling, strict=True)}),
        inventory=_decimals(inventory),
        product=goal.product,
        amount=goal.amount,
        unit=goal.unit,
        gwp=gwp.id,
        packs=MappingProxyType({gwp.id: gwp.sha256}),
    )


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _decimals(values: Mapping[str, Fraction]) -> Mapping[str, Decimal]:
    return MappingProxyType({key: _decimal(value) for key, value in values.items()})
