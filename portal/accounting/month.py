"""The figures of a month: every cell's value, where it comes from, and the emissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.accounting.calculation import calculate
from portal.accounting.conservative import Correction
from portal.accounting.lines import Result
from portal.accounting.meter_correction import corrected_key, correction, meter_of
from portal.accounting.streams import StreamValues, derived, payload
from portal.domain.errors import InputError
from portal.domain.sheet import Sheet, SheetRow, SheetStream
from portal.domain.workflow import Acquisition
from portal.reference.catalogue import Catalogue, ParameterEntry, StreamKind, load_catalogue
from portal.reference.factors import load_grid
from portal.reference.guidelines import Guideline, load_guideline

GRID_FAMILY = "mee-average"
GRID_AREA = "浙江"
#: Set of global warming potentials for guidelines that count other gases than CO2.
GWP_SET = "AR5"
_OTHER_GASES = ("wastewater", "ch4_recovery", "refrigerant", "sf6")


class Origin(StrEnum):
    """Where a cell's value comes from."""

    TYPED = "typed"
    CARRIED = "carried"
    DERIVED = "derived"
    DEFAULT = "default"


@dataclass(frozen=True)
class Figures:
    """What a month amounts to so far.

    ``values`` and ``origins`` are by cell (``S-02.purchased``); ``result`` is None while no counted
    stream is complete; ``blank`` names the counted streams that still lack a usable value.
    """

    values: Mapping[str, Decimal | None]
    origins: Mapping[str, Origin]
    result: Result | None
    blank: tuple[str, ...]
    #: Streams whose values cannot be calculated with, such as a negative consumption, and why.
    faults: Mapping[str, InputError]
    catalogue: Catalogue
    #: Activity data corrected for a meter, by the cell with the meter; ``values`` keeps what was measured.
    corrections: Mapping[str, Correction] = field(default_factory=dict)

    def value(self, stream: str, key: str) -> Decimal | None:
        """A cell's value; blank is None."""
        return self.values.get(f"{stream}.{key}")


def figures(sheet: Sheet) -> Figures:
    """Work out every cell of the sheet and its emissions.

    A version that is no longer worked on keeps the values that were settled when it was signed, and what
    was allowed then stays allowed.
    """
    catalogue = load_catalogue(sheet.guideline)
    guideline = load_guideline(sheet.guideline)
    values: dict[str, Decimal | None] = {}
    origins: dict[str, Origin] = {}
    corrections: dict[str, Correction] = {}
    streams = []
    for stream in sheet.streams:
        kind = catalogue.kind_of(stream.category, stream.item)
        found = _stream_values(stream, kind, catalogue, working=sheet.working)
        for key, (value, origin) in found.items():
            values[f"{stream.code}.{key}"], origins[f"{stream.code}.{key}"] = value, origin
        meters = _meters(stream, kind)
        for key, (cell, meter) in meters.items():
            value = found[key][0] if key in found else None
            if value is not None and value >= 0:
                corrections[cell] = correction(value, meter, stream.category, stream.rows[0].unit)
        streams.append(_for_payload(stream, found, {key: meter for key, (_, meter) in meters.items()}))
    request, blank = payload(catalogue, streams, **_context(guideline))
    result, faults = _count(request, allow_unverified=sheet.allow_unverified or not sheet.working)
    if result is not None:
        for line in result.lines:
            if f"{line.id}.emission" in values:
                values[f"{line.id}.emission"] = line.emission
    return Figures(values, origins, result, (*blank, *faults), faults, catalogue, corrections)


def _count(
    request: Mapping[str, Any], *, allow_unverified: bool
) -> tuple[Result | None, dict[str, InputError]]:
    """Calculate what can be; a stream that cannot is left out and named, not the whole month."""
    if not request["activities"]:
        return None, {}
    try:
        return calculate(request, allow_unverified=allow_unverified), {}
    except InputError:
        good, faults = [], {}
        for activity in request["activities"]:
            try:
                calculate({**request, "activities": [activity]}, allow_unverified=allow_unverified)
            except InputError as error:
                faults[activity["id"]] = error
            else:
                good.append(activity)
        rest = {**request, "activities": good}
        return (calculate(rest, allow_unverified=allow_unverified) if good else None), faults


def carried_opening(stream: SheetStream, entry: ParameterEntry | None) -> Decimal | None:
    """Opening stock as last month's closing stock; None when there is no month before to carry from."""
    if entry is None or not entry.carried_from:
        return None
    source = stream.row(entry.carried_from)
    return source.previous if source is not None else None


def entry_of(kind: StreamKind | None, key: str) -> ParameterEntry | None:
    """The catalogue's entry for a row; None for rows that the guideline does not know."""
    return kind.parameter(key) if kind is not None else None


def _meters(stream: SheetStream, kind: StreamKind | None) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """Parameters to be corrected: the cell with the meter, and how the meter stands."""
    found = {}
    for row in stream.rows:
        meter = meter_of(row)
        if meter is not None and kind is not None:
            found[corrected_key(kind, row.key)] = (row.cell, meter)
    return found


def _stream_values(
    stream: SheetStream, kind: StreamKind | None, catalogue: Catalogue, *, working: bool
) -> dict[str, tuple[Decimal | None, Origin]]:
    found: dict[str, tuple[Decimal | None, Origin]] = {}
    for row in stream.rows:
        found[row.key] = _value(stream, row, entry_of(kind, row.key), catalogue, working=working)
    if kind is not None and working:
        known = {key: value for key, (value, _) in found.items()}
        # A plan without a row for sales says that none of it is ever sold.
        known.setdefault("sold", Decimal(0))
        for key, value in derived(kind, known).items():
            if key in found:
                found[key] = (value, Origin.DERIVED)
    return found


def _value(
    stream: SheetStream,
    row: SheetRow,
    entry: ParameterEntry | None,
    catalogue: Catalogue,
    *,
    working: bool,
) -> tuple[Decimal | None, Origin]:
    if row.derived:
        return row.stored, Origin.DERIVED
    carried = carried_opening(stream, entry)
    if carried is not None:
        return (carried if working else row.stored), Origin.CARRIED
    if row.acquisition is Acquisition.DEFAULT:
        default = catalogue.default(stream.category, stream.item, row.key)
        if default is not None:
            return (default.amount if working else row.stored), Origin.DEFAULT
    return row.stored, Origin.TYPED


def _for_payload(
    stream: SheetStream,
    found: Mapping[str, tuple[Decimal | None, Origin]],
    meters: Mapping[str, Mapping[str, Any]],
) -> StreamValues:
    values = {key: value for key, (value, _) in found.items()}
    values.setdefault("sold", Decimal(0))
    return StreamValues(
        code=stream.code,
        category=stream.category,
        item=stream.item,
        unit=amount_unit(stream),
        values=values,
        acquisitions={row.key: row.acquisition.value for row in stream.rows},
        meters=meters,
    )


def amount_unit(stream: SheetStream) -> str:
    """Unit of the stream's amounts: that of the row which states how much there was."""
    for key in ("consumed", "amount", "volume"):
        row = stream.row(key)
        if row is not None:
            return row.unit
    return stream.rows[0].unit if stream.rows else ""


def _context(guideline: Guideline) -> dict[str, Any]:
    """Grid factor and warming potentials, for the guidelines that need them."""
    context: dict[str, Any] = {}
    if guideline.counts("electricity"):
        years = [year for year, area in load_grid(GRID_FAMILY).factors if area == GRID_AREA]
        context["grid"] = {"family": GRID_FAMILY, "year": max(years), "area": GRID_AREA}
    if any(guideline.counts(category) for category in _OTHER_GASES):
        context["gwp"] = GWP_SET
    return context
