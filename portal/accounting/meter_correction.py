"""Which activity data of a month a meter's calibration calls to correct, and what they become.

What is corrected is the activity data (CETS-VG-01.01-V02-2026 3.4.1.1): the consumption where it follows from
receipts and stocks; the stock account itself stays as it was measured. What is stored with the metered value
is the standing of its meter (the ``meter`` of ``portal calculate``), not a number.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.accounting.conservative import Correction
from portal.accounting.lines import Input
from portal.accounting.measurement import by_meter, kind_of_figure
from portal.domain.periods import Month
from portal.domain.sheet import SheetCalibration, SheetRow, SheetStream
from portal.domain.workflow import Acquisition
from portal.reference.catalogue import ParameterEntry, StreamKind
from portal.reference.conservative import DEFAULT

#: parameters that say how much there was; nothing else is corrected for its meter
AMOUNTS = frozenset({"purchased", "consumed", "amount", "volume"})
#: rules by which an amount follows from receipts
_FOLLOWS = frozenset({"stock_identity", "net_purchase"})
PASSED, OVER_CLASS = "pass", "over_class"


def standing(row: SheetRow, entry: ParameterEntry | None, month: Month) -> dict[str, Any] | None:
    """The ``meter`` of a row as its certificates are now; None where nothing is corrected.

    None for rows without a meter, not measured or no amounts, and where no accuracy class is required.
    """
    if row.meter is None or row.derived or row.key not in AMOUNTS:
        return None
    if row.acquisition is not Acquisition.MEASURED:
        return None
    required = entry.required_class(row.meter.type) if entry is not None else None
    required = required if required is not None else row.meter.accuracy_class
    if required is None:
        return None
    return {
        "required_class": format(required, "f"),
        "from": month.first.isoformat(),
        "to": month.last.isoformat(),
        "calibrations": _certificates(row.meter.calibrations),
    }


def _certificates(calibrations: Sequence[SheetCalibration]) -> list[dict[str, str]]:
    """Certificates that cover days: passed ones, and those over class whose error is known."""
    found = []
    for entry in sorted(calibrations, key=lambda entry: (entry.calibrated_on, entry.valid_until)):
        known = {"on": entry.calibrated_on.isoformat(), "until": entry.valid_until.isoformat()}
        if entry.result == OVER_CLASS and entry.max_error is not None:
            found.append({**known, "actual_class": format(abs(entry.max_error), "f")})
        elif entry.result == PASSED:
            found.append(known)
    return found


def stored_form(meter: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept with the value: the standing of the meter and the rules that it was made under."""
    return {"rules": DEFAULT, "meter": dict(meter)}


def meter_of(row: SheetRow) -> Mapping[str, Any] | None:
    """The standing that was kept with the value; None where it is not corrected."""
    if row.correction is None or row.stored is None:
        return None
    meter: Mapping[str, Any] = row.correction["meter"]
    return meter


def corrected_key(kind: StreamKind, key: str) -> str:
    """The parameter that is corrected for the meter of parameter ``key``: itself, or what follows from it."""
    derived = next((entry.key for entry in kind.parameters if entry.rule in _FOLLOWS), key)
    return derived if key == "purchased" else key


def correction(value: Decimal, meter: Mapping[str, Any], category: str, unit: str) -> Correction:
    """What ``value`` of a stream of ``category`` becomes under the standing of its meter."""
    measured = Input("amount", "", value, unit, value, unit)
    found = by_meter(measured, meter, "meter", kind_of_figure(category)).correction
    if found is None:
        raise ValueError("a meter always gives a correction")
    return found


def offered(
    stream: SheetStream, row: SheetRow, kind: StreamKind | None, month: Month, value: Decimal | None
) -> Correction | None:
    """The correction of ``value`` that the row's meter calls for now; None where it changes nothing."""
    entry = kind.parameter(row.key) if kind is not None else None
    meter = standing(row, entry, month)
    if meter is None or row.stored is None or value is None or value < 0:
        return None
    found = correction(value, meter, stream.category, row.unit)
    return found if any(part.factor != 1 for part in found.parts) else None
