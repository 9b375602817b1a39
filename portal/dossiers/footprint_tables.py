"""A footprint told in rows, for its page, its report and its exports: every figure is the engine's own.

A footprint is plain data as ``portal.queries.footprint_extras.told_of`` gives it: product, payload, result,
sources. Amounts are decimal texts; shares are per cent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Any

from portal.accounting.footprint_system import Origin
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, convert, rounded

HUNDRED = Decimal(100)
#: Decimals of a figure of one or more kgCO2e; a smaller one gets as many more as it has leading zeros.
DECIMALS = 4
#: How far one input is moved in the sensitivity, in per cent.
SWING = Decimal(10)
#: How many of the largest contributions are shown moving.
MOST_SWINGS = 6
#: Share of the total, in per cent, from which a process counts as a hot spot.
HOT = Decimal(25)
#: Kinds of flows that contribute by a factor; the others let something out themselves.
BY_FACTOR = frozenset({"grid", "factor", "supplier"})
DIRECT = frozenset({"filed", "emission"})
#: Marks of data quality in the order in which they are printed.
MARKS = ("temporal", "geographical", "technological", "completeness", "reliability")
ORIGIN_WORDS: Mapping[str, str] = {
    Origin.FOSSIL: N_("化石温室气体"),
    Origin.BIOGENIC: N_("生物源排放"),
    Origin.LAND_USE: N_("直接土地利用变化"),
    Origin.AIRCRAFT: N_("航空运输"),
    Origin.BIOGENIC_UPTAKE: N_("生物源吸收（不计入总量）"),
}
METHODS: Mapping[str, str] = {"mass": N_("按质量"), "energy": N_("按能量"), "economic": N_("按经济价值")}
NOT_SHARED, OWN = N_("不分配"), N_("直接排放")
_SHOWN = Context(prec=6)
#: Unit that a small amount is shown in.
_LESSER: Mapping[str, str] = {
    "t": "kg", "kg": "g", "MWh": "kWh", "kWh": "Wh", "GJ": "MJ", "10^4Nm3": "Nm3", "10^4m": "m",
    "tkm": "kgkm",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one input or one process's own emissions add to a unit of product, in kgCO2e.

    ``amount`` is per unit of product in ``unit``; None for own emissions, which have no factor.
    """

    id: str
    stage: str
    process: str
    name: str
    amount: Decimal | None
    unit: str
    factor: str
    factor_unit: str
    confidence: str
    source: str
    result: Decimal


def decimals_of(total: Decimal) -> int:
    """How many decimals a footprint is printed with, so that at least four digits stand there."""
    if not total or abs(total) >= 1:
        return DECIMALS
    return DECIMALS - 1 - total.adjusted()


def total_of(footprint: Mapping[str, Any]) -> Decimal:
    """kgCO2e of one unit."""
    return Decimal(footprint["result"]["total_kgco2e"])


def short(value: Decimal) -> str:
    """An amount to six digits, without an exponent and without zeros at its end."""
    text = format(_SHOWN.plus(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def clipped(text: str, most: int) -> str:
    """A name as it fits into a drawing."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def small(value: Decimal, unit: str) -> str:
    """An amount with its unit, in a smaller one where it would begin with zeros."""
    lesser = _LESSER.get(unit)
    if lesser and abs(value) < Decimal("0.1"):
        value, unit = convert(value, unit, lesser), lesser
    return f"{short(value)} {unit}"


def share(part: Decimal, whole: Decimal, digits: int = 1) -> str:
    """Per cent of a whole; nothing where the whole is zero."""
    with localcontext(CONTEXT):
        return format(rounded(part / whole * HUNDRED, digits), "f") if whole else ""


def flows(footprint: Mapping[str, Any], *kinds: str) -> Iterator[Mapping[str, Any]]:
    """The flows of these kinds, in the order of the system."""
    return (flow for flow in footprint["sources"]["flows"] if flow["kind"] in kinds)


def stages(footprint: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
    """Life-cycle stages in the order of the system."""
    return [(name, Decimal(text)) for name, text in footprint["result"]["by_stage"].items()]


def contributions(footprint: Mapping[str, Any]) -> list[Contribution]:
    """Every input with a factor and every process with emissions of its own; they add up to the total."""
    result, names = footprint["result"], process_names(footprint)
    found: list[Contribution] = []
    told: set[str] = set()
    for flow in flows(footprint, *BY_FACTOR, *DIRECT):
        own = flow["kind"] in DIRECT
        if own and flow["id"] in told:
            continue
        told.add(flow["id"])
        found.append(
            Contribution(
                id=flow["id"],
                stage=flow["stage"],
                process=names[flow["process"]],
                name=OWN if own else flow["name"],
                amount=None if own else Decimal(result["scaling"][flow["id"]]),
                unit="" if own else flow["factor_unit"].partition("/")[2],
                factor="" if own else flow["factor"],
                factor_unit="" if own else flow["factor_unit"],
                confidence=flow["confidence"],
                source=_direct_source(footprint, flow["id"]) if own else flow["source"],
                result=Decimal(result["by_process"][flow["id"]]),
            )
        )
    return found


def _direct_source(footprint: Mapping[str, Any], process: str) -> str:
    said = [
        "月度记录" if flow["kind"] == "filed" else flow["source"]
        for flow in flows(footprint, *DIRECT)
        if flow["id"] == process
    ]
    return "；".join(dict.fromkeys(filter(None, said)))


def process_names(footprint: Mapping[str, Any]) -> dict[str, str]:
    """Names of the processes that people entered, by key."""
    return {flow["id"]: flow["name"] for flow in flows(footprint, "output")}


@dataclass(frozen=True, slots=True)
class FromMonths:
    """A figure taken from filed months: the whole of the site, how it is shared, what one unit gets."""

    name: str
    process: str
    total: Decimal
    unit: str
    method: str
    share: str
    per_unit: Decimal
    monthly: tuple[tuple[str, str], ...]


def from_months(footprint: Mapping[str, Any]) -> list[FromMonths]:
    """Everything that was taken from months, with its allocation."""
    made = {flow["id"]: flow for flow in flows(footprint, "output")}
    scaling, found = footprint["result"]["scaling"], []
    for flow in footprint["sources"]["flows"]:
        if not flow.get("month"):
            continue
        process = made[flow["process"]]
        total = Decimal(flow["amount"])
        with localcontext(CONTEXT):
            per_unit = total * Decimal(scaling[flow["process"]])
        found.append(
            FromMonths(
                name=flow.get("product") or flow["name"],
                process=process["name"],
                total=total,
                unit=flow["unit"],
                method=METHODS.get(process.get("method", ""), NOT_SHARED),
                share=short(Decimal(process.get("share", "1"))),
                per_unit=per_unit,
                monthly=tuple((month, amount) for month, amount in flow["monthly"]),
            )
        )
    return found


def process_totals(footprint: Mapping[str, Any]) -> dict[str, Decimal]:
    """What each process adds with its factors, by key."""
    totals = dict.fromkeys(process_names(footprint), Decimal(0))
    for name, text in footprint["result"]["by_process"].items():
        totals[name.partition(".")[0]] += Decimal(text)
    return totals


def quality_rows(footprint: Mapping[str, Any]) -> list[list[str]]:
    """Name, five marks (5 is best), their mean and the share of the total, for each marked process."""
    totals, total = process_totals(footprint), total_of(footprint)
    rows = []
    for flow in flows(footprint, "output"):
        marks = [flow["marks"].get(name, "") for name in MARKS]
        if not all(marks):
            continue
        mean = sum(map(Decimal, marks), Decimal(0)) / len(marks)
        rows.append([flow["name"], *marks, format(rounded(mean, 1), "f"), share(totals[flow["id"]], total)])
    return rows


def swing_rows(footprint: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """How far the total moves, in per cent, when each of the largest contributions moves by ten per cent."""
    total = total_of(footprint)
    largest = sorted(contributions(footprint), key=lambda entry: abs(entry.result), reverse=True)
    rows = []
    for entry in largest[:MOST_SWINGS]:
        if not entry.result or not total:
            continue
        with localcontext(CONTEXT):
            moved = rounded(entry.result / total * SWING, 2)
        name = entry.process + entry.name if entry.amount is None else entry.name
        rows.append((f"{clipped(name, 9)} ±{SWING} %", format(-moved, "f"), format(moved, "f")))
    return rows


def origins(footprint: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
    """Fossil, biogenic, land use, aircraft and uptake apart; what is not there is zero."""
    held = footprint["result"]["by_origin"]
    return [
        (words, Decimal(held.get(str(origin), "0")))
        for origin, words in ORIGIN_WORDS.items()
        if origin is not Origin.BIOGENIC_UPTAKE or str(origin) in held
    ]


def typed_factors(footprint: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Inputs whose factor a person typed: nobody has verified it."""
    return [flow for flow in flows(footprint, *BY_FACTOR) if flow["confidence"] == "unverified"]


def boundary_processes(footprint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The processes as ``reports.dossier_drawing.boundary`` takes them; hot ones add a quarter or more."""
    totals, total = process_totals(footprint), total_of(footprint)
    made = list(flows(footprint, "output"))
    drawn = []
    for place, flow in enumerate(made, 1):
        hot = bool(total) and totals[flow["id"]] / total * HUNDRED >= HOT
        drawn.append(
            {
                "name": clipped(f"{place} {flow['name']}", 15),
                "words": clipped(flow["words"], 18),
                "hot": hot,
                "inputs": _drawn_inputs(footprint, flow["id"]),
                "outputs": _drawn_outputs(footprint, flow, last=place == len(made)),
            }
        )
    return drawn


def _drawn_inputs(footprint: Mapping[str, Any], process: str) -> list[list[str]]:
    """The three inputs that add most."""
    own = [entry for entry in contributions(footprint) if entry.id.partition(".")[0] == process]
    by_factor = sorted((entry for entry in own if entry.amount is not None), key=lambda entry: -entry.result)
    return [
        [clipped(entry.name, 11), small(entry.amount or Decimal(0), entry.unit)] for entry in by_factor[:3]
    ]


def _drawn_outputs(footprint: Mapping[str, Any], flow: Mapping[str, Any], *, last: bool) -> list[list[str]]:
    drawn = []
    if any(entry["id"] == flow["id"] for entry in flows(footprint, *DIRECT)):
        drawn.append(["直接排放", "现场"])
    if flow.get("method"):
        drawn.append(["其他产品", METHODS[flow["method"]]])
    if last:
        unit = footprint["result"]["functional_unit"]
        drawn.append([clipped(flow["product"], 10), f"{unit['amount']} {unit['unit']}"])
    return drawn


def uncertainty_words(footprint: Mapping[str, Any]) -> Sequence[str]:
    """What the simulation gave, in two sentences; none where none was run."""
    said = footprint["result"].get("uncertainty")
    if not said:
        return []
    low, high = said["percentiles"]["2.5"], said["percentiles"]["97.5"]
    words = [
        f"蒙特卡洛 {said['runs']:,} 次，种子 {said['seed']}：均值 {said['mean']}，"
        f"95 % 区间 {low} 至 {high} kgCO2e。",
        f"扩展不确定度 ±{expanded(footprint)} %（k = 2，两倍标准差除以均值）。",
    ]
    if said["failed"]:
        words.append(f"其中 {said['failed']:,} 次抽样无解，未计入。")
    return words


def expanded(footprint: Mapping[str, Any]) -> str:
    """Twice the standard deviation over the mean, in per cent; nothing where none was simulated."""
    said = footprint["result"].get("uncertainty")
    return share(2 * Decimal(said["deviation"]), Decimal(said["mean"])) if said else ""
