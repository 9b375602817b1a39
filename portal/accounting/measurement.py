"""How a number was measured: by which meter, in which batches, on which basis, with which proof."""

from dataclasses import replace
from decimal import Decimal

from portal.accounting.bases import BASES, as_received
from portal.accounting.conservative import Calibration, correct
from portal.accounting.faults import fault, listed
from portal.accounting.lines import Input
from portal.accounting.means import Batch, weighted_mean
from portal.accounting.names import NAMES
from portal.accounting.reading import Fields, shown
from portal.domain.messages import N_
from portal.domain.quantities import convert
from portal.reference.green_power import load_proofs
from portal.reference.loader import Value

_METER = frozenset({"required_class", "from", "to", "calibrations"})
_CALIBRATION = frozenset({"on", "until", "actual_class"})
_BATCH = frozenset({"amount", "net_calorific_value", "carbon_content"})
_PROOF = frozenset({"proof", "reference", "amount", "unit"})

#: pack of the proofs that are taken; without one of them nothing counts as green
_PROOFS = "2026"
#: categories whose larger amount would make less of the emissions or of the intensity
_LOWERED = frozenset({"output", "product", "ch4_recovery", "co2_recovery"})
_LONGEST_PERIOD = 366


def kind_of_figure(category: str) -> str:
    """Which way a figure of ``category`` is corrected: what is used up, what is made or taken off down."""
    return "production" if category in _LOWERED else "activity"


def by_meter(measured: Input, values: object, path: str, kind: str) -> Input:
    """The amount corrected day by day for how its meter was calibrated (``meter`` of an activity).

    ``kind`` is ``activity`` or ``production``. Classes are in per cent (0.5 means 0.5 %).
    """
    fields = Fields(values, path, _METER)
    first, last = fields.day("from"), fields.day("to")
    days = (last - first).days + 1
    if not 1 <= days <= _LONGEST_PERIOD:
        raise fault("out_of_range", fields.at("to"), key="to", given=str(last), wanted=f"{first} … +366 d")
    correction = correct(
        measured.converted,
        first=first,
        last=last,
        calibrations=_calibrations(fields),
        required_class=fields.percent("required_class"),
        kind=kind,
    )
    return replace(measured, correction=correction)


def _calibrations(fields: Fields) -> list[Calibration]:
    """Certificates of the meter; an empty list says that it has none."""
    found = []
    for place, values in enumerate(fields.entries("calibrations", empty=True)):
        entry = Fields(values, f"{fields.at('calibrations')}[{place}]", _CALIBRATION)
        done, until = entry.day("on"), entry.day("until")
        if until < done:
            raise fault("out_of_range", entry.at("until"), key="until", given=str(until), wanted=f"≥ {done}")
        actual = entry.percent("actual_class") if entry.has("actual_class") else None
        found.append(Calibration(done, until, actual))
    return found


def by_batch(fields: Fields, key: str, default: Value | None) -> tuple[Decimal, str]:
    """The mean of ``key`` over the batches, weighted by what was received, and how it came about.

    A batch without a test takes the pack's default (CETS-VG-01.01-V02-2026 table 8); with none it is an
    error. The note is empty where no batch was tested.
    """
    if fields.has(key):
        raise fault("given_twice", fields.at(key), key=key, other="batches")
    batches = []
    untested = 0
    for place, values in enumerate(fields.entries("batches")):
        batch = Fields(values, f"{fields.at('batches')}[{place}]", _BATCH)
        amount = batch.amount("amount")
        if batch.has(key):
            batches.append(Batch(amount, batch.positive(key)))
            continue
        if default is None:
            raise fault("missing_value", batch.at(key), key=key)
        untested += 1
        batches.append(Batch(amount, default.amount))
    if untested == len(batches):
        return Decimal(0), ""
    mean = weighted_mean(batches)
    if mean is None:
        raise fault("out_of_range", fields.at("batches"), key="batches", given="0", wanted=N_("大于 0"))
    tested = len(batches) - untested
    note = f"{tested} 批实测按量加权" + (f"，{untested} 批未检测取缺省值" if untested else "")
    return mean, note


def carbon_as_received(fields: Fields, key: str, unit: str) -> Input:
    """Measured carbon, brought from its basis to as received (``ar``, ``ad``, ``d``, ``daf``).

    Moisture and ash in per cent: ``moisture`` as received, ``moisture_ad`` air-dried, ``ash`` dry.
    """
    value = fields.positive(key)
    basis = fields.text("basis") if fields.has("basis") else "ar"
    if basis not in BASES:
        raise fault("unknown_basis", fields.at("basis"), basis=shown(basis), known=listed(BASES))
    needed = {name: fields.percent(name) for name in BASES[basis]}
    if value > 1 and unit == "tC/t":
        raise fault("out_of_range", fields.at(key), key=key, given=shown(value), wanted=N_("在 0 与 1 之间"))
    name = NAMES[key]
    return Input(key, name, value, f"{unit} {basis}", as_received(value, basis, **needed), f"{unit} ar")


def proven(fields: Fields, key: str, unit: str) -> Input:
    """Green power with its proofs, in ``unit``; an entry without a proof and its number is refused."""
    known = [proof.code for proof in load_proofs(_PROOFS)]
    total = Decimal(0)
    for place, values in enumerate(fields.entries(key)):
        entry = Fields(values, f"{fields.at(key)}[{place}]", _PROOF)
        proof = entry.text("proof")
        if proof not in known:
            raise fault("unknown_proof", entry.at("proof"), proof=shown(proof), known=listed(known))
        entry.text("reference")
        given_unit = entry.text("unit")
        total += convert(entry.amount("amount"), given_unit, unit, path=entry.at("unit"))
    return Input(key, NAMES[key], total, unit, total, unit)
