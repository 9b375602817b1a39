"""Carbon footprint of a product system whose processes may feed each other in loops."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from portal.accounting.data_quality import primary_share, propagated
from portal.accounting.faults import fault, listed
from portal.accounting.footprint_reading import read_system
from portal.accounting.footprint_result import FootprintResult, Uncertainty
from portal.accounting.footprint_system import CO2E, Flow, Origin, Process, System
from portal.accounting.reading import shown
from portal.accounting.solving import UnsolvableError, Uses, runs
from portal.domain.quantities import CONTEXT, convert

N = TypeVar("N", Fraction, Decimal)


def footprint(payload: Mapping[str, Any]) -> FootprintResult:
    """Work out the footprint of ``payload`` (the input of ``portal footprint``).

    Raises InputError, with a stable code and the path of the value, for anything that is wrong in it.
    """
    with localcontext(CONTEXT):
        return footprint_of(read_system(payload))


def footprint_of(system: System) -> FootprintResult:
    """The footprint of a product system; raises InputError where it cannot be solved."""
    with localcontext(CONTEXT):
        makers = _makers(system.processes)
        uses, wanted, amount = _linked(system, makers)
        times = _times(system, uses, wanted, amount)
        if any(isinstance(value, Decimal) for value in times.values()):
            decimals = {place: _decimal(value) for place, value in times.items()}
            return _result(system, _Sums(system, decimals, Decimal), uses, (wanted, amount))
        fractions = {place: Fraction(value) for place, value in times.items()}
        return _result(system, _Sums(system, fractions, Fraction), uses, (wanted, amount))


def _makers(processes: Sequence[Process]) -> dict[str, int]:
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


def _linked(system: System, makers: Mapping[str, int]) -> tuple[Uses, int, Decimal]:
    """Inputs of each process by their maker, in the maker's unit; the maker and amount of the goal."""
    processes = system.processes

    def needed(flow: Flow) -> tuple[int, Decimal]:
        maker = makers.get(flow.product)
        if maker is None:
            raise fault("no_maker", f"{flow.path}.product", product=shown(flow.product))
        made_in = processes[maker].output.unit
        if flow.unit == made_in:
            return maker, flow.amount
        return maker, convert(flow.amount, flow.unit, made_in, path=f"{flow.path}.unit")

    uses = {
        place: [link for link in map(needed, process.inputs) if link[1]]
        for place, process in enumerate(processes)
    }
    return uses, *needed(system.goal)


def _times(
    system: System, uses: Uses, wanted: int, amount: Decimal
) -> dict[int, Fraction] | dict[int, Decimal]:
    """How many runs of each process one functional unit needs."""
    try:
        return runs(uses, [process.attributed for process in system.processes], wanted, amount)
    except UnsolvableError as error:
        names = listed(shown(system.processes[member].id) for member in error.members[:8])
        raise fault("unsolvable", "processes", processes=names) from error


class _Sums(Generic[N]):
    """Contributions of every process, added up exactly in the kind of number that the runs are in."""

    def __init__(self, system: System, times: Mapping[int, N], number: Callable[[Decimal], N]) -> None:
        self._number: Callable[[Decimal], N] = number
        self._nothing: N = number(Decimal(0))
        self.times: Mapping[int, N] = times
        self.by_process: dict[str, N] = {}
        self.by_stage: dict[str, N] = {}
        self.by_gas: dict[str, N] = {}
        self.by_origin: dict[str, N] = {}
        self.by_origin_gas: dict[str, dict[str, N]] = {}
        self.scaling: dict[str, N] = {}
        self.inventory: dict[str, N] = {}
        for place, process in enumerate(system.processes):
            self._take(system, process, times.get(place, self._nothing))

    def _take(self, system: System, process: Process, times: N) -> None:
        own = self._number(process.burden(system.gwp)) * times
        self.scaling[process.id] = times
        self.by_process[process.id] = own
        self._add(self.by_stage, process.stage, own)
        if process.background is not None:
            amount = self._number(process.background.amount) * times
            self._add(self.inventory, CO2E, amount)
            self._add(self.by_gas, CO2E, amount)
            self._originate(Origin.FOSSIL, CO2E, amount)
        for emission in process.emissions:
            amount = self._number(emission.amount) * times
            weighted = amount * self._number(system.gwp.values[emission.gas].amount)
            if emission.origin is Origin.BIOGENIC_UPTAKE:
                self._originate(emission.origin, emission.gas, -weighted)
            else:
                self._add(self.inventory, emission.gas, amount)
                self._add(self.by_gas, emission.gas, weighted)
                self._originate(emission.origin, emission.gas, weighted)

    def _originate(self, origin: Origin, gas: str, weighted: N) -> None:
        self._add(self.by_origin, origin, weighted)
        self._add(self.by_origin_gas.setdefault(origin, {}), gas, weighted)

    def _add(self, sums: dict[str, N], key: str, amount: N) -> None:
        sums[key] = sums.get(key, self._nothing) + amount

    @property
    def total(self) -> Decimal:
        """The sum over all processes."""
        return _decimal(sum(self.by_process.values(), self._nothing))


def _result(
    system: System, sums: _Sums[Fraction] | _Sums[Decimal], uses: Uses, goal: tuple[int, Decimal]
) -> FootprintResult:
    by_process = _decimals(sums.by_process)
    return FootprintResult(
        total=sums.total,
        by_process=by_process,
        by_stage=_decimals(sums.by_stage),
        by_gas=_decimals(sums.by_gas),
        by_origin=_decimals(sums.by_origin),
        by_origin_gas=MappingProxyType(
            {origin: _decimals(gases) for origin, gases in sums.by_origin_gas.items()}
        ),
        scaling=_decimals(sums.scaling),
        inventory=_decimals(sums.inventory),
        product=system.goal.product,
        amount=system.goal.amount,
        unit=system.goal.unit,
        gwp=system.gwp.id,
        packs=MappingProxyType({system.gwp.id: system.gwp.sha256}),
        boundary=system.boundary,
        rules=system.rules,
        allocations=MappingProxyType(
            {process.id: process.allocation for process in system.processes if process.allocation}
        ),
        cut_offs=system.cut_offs,
        quality=propagated(system.processes, by_process),
        primary_share=primary_share(system.processes, by_process),
        uncertainty=_simulated(system, uses, sums.times, goal),
        sources=_sources(system.processes),
        unverified=_unverified(system),
    )


def _simulated(
    system: System, uses: Uses, needed_at_all: Collection[int], goal: tuple[int, Decimal]
) -> Uncertainty | None:
    if system.simulation is None:
        return None
    # numpy takes half a second to import; only a simulation and large loops need it.
    from portal.accounting.uncertainty import simulated

    return simulated(system, system.simulation, uses, needed_at_all, goal)


def _sources(processes: Sequence[Process]) -> Mapping[str, tuple[str, ...]]:
    """Where the figures of each process were taken from, each source once."""
    found = {}
    for process in processes:
        said = [entry.source for entry in process.inputs]
        said += [entry.source for entry in process.emissions]
        if process.background is not None:
            said.append(process.background.source)
        if any(said):
            found[process.id] = tuple(dict.fromkeys(filter(None, said)))
    return MappingProxyType(found)


def _unverified(system: System) -> tuple[str, ...]:
    """Processes that an unverified factor or potential touched."""
    return tuple(
        process.id
        for process in system.processes
        if (process.background is not None and process.background.confidence == "unverified")
        or any(system.gwp.values[entry.gas].confidence == "unverified" for entry in process.emissions)
    )


def _decimal(value: Fraction | Decimal) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value.numerator) / Decimal(value.denominator)


def _decimals(values: Mapping[str, Fraction] | Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    return MappingProxyType({key: _decimal(value) for key, value in values.items()})
