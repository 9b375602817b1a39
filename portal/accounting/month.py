"""The figures of a month: every cell's value, where it comes from, and the emissions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from portal.accounting.calculation import calculate
from portal.accounting.conservative import Correction
from portal.accounting.lines import Result
from portal.accounting.meter_correction import correction, meter_of
from portal.accounting.streams import StreamValues, derived, payload
from portal.domain.errors import InputError
from portal.domain.quantities import rounded
from portal.domain.sheet import Sheet, SheetRow, SheetStream
from portal.domain.workflow import Acquisition
from portal.reference.catalogue import Catalogue, ParameterEntry, StreamKind, load_catalogue
from portal.reference.factors import load_grid
from portal.reference.guidelines import Guideline, load_guideline

GRID_FAMILY = "mee-average"
GRID_AREA = "浙江"
#: Set of global warming potentials for guidelines that count other gases than CO2.
GWP_SET = "AR5"
#: decimals of a corrected figure that goes into a stock identity; as many as a cell may have
_DECIMALS = 8
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
    #: Cells whose figure was corrected for its meter, by cell; ``values`` keeps what was measured.
    corrections: Mapping[str, Correction] = field(default_factory=dict)

    def value(self, stream: str, key: str) -> Decimal | None:
        """A cell's value; blank is None."""
        return self.values.get(f"{stream}.{key}")


def figures(sheet: Sheet) -> Figures:
    """Work out every cell of the sheet and its emissions.

    A version that is no longer worked on keeps the values that were settled when it was signed.
    """
    catalogue = load_catalogue(sheet.guideline)
    guideline = load_guideline(sheet.guideline)
    values: dict[str, Decimal | None] = {}
    origins: dict[str, Origin] = {}
    corrections: dict[str, Correction] = {}
    streams = []
    for stream in sheet.streams:
        kind = catalogue.kind_of(stream.category, stream.item)
        corrected = _corrections(stream)
        found = _stream_values(stream, kind, catalogue, corrected, working=sheet.working)
        for key, (value, origin) in found.items():
            values[f"{stream.code}.{key}"], origins[f"{stream.code}.{key}"] = value, origin
        corrections.update({f"{stream.code}.{key}": entry for key, entry in corrected.items()})
        streams.append(_for_payload(stream, kind, found, corrected))
    request, blank = payload(catalogue, streams, **_context(guideline))
    result, faults = _count(request)
    if result is not None:
        for line in result.lines:
            if f"{line.id}.emission" in values:
                values[f"{line.id}.emission"] = line.emission
    return Figures(values, origins, result, (*blank, *faults), faults, catalogue, corrections)


def _count(request: Mapping[str, Any]) -> tuple[Result | None, dict[str, InputError]]:
    """Calculate what can be; a stream that cannot is left out and named, not the whole month."""
    if not request["activities"]:
        return None, {}
    try:
        return calculate(request), {}
    except InputError:
        good, faults = [], {}
        for activity in request["activities"]:
            try:
                calculate({**request, "activities": [activity]})
            except InputError as error:
                faults[activity["id"]] = error
            else:
                good.append(activity)
        return (calculate({**request, "activities": good}) if good else None), faults


def carried_opening(stream: SheetStream, row: SheetRow, entry: ParameterEntry | None) -> Decimal | None:
    """Opening stock as last month's closing stock; None when there is no month before to carry from."""
    if entry is None or not entry.carried_from:
        return None
    source = stream.row(entry.carried_from)
    return source.previous if source is not None else None


def entry_of(kind: StreamKind | None, key: str) -> ParameterEntry | None:
    """The catalogue's entry for a row; None for rows that the guideline does not know."""
    return kind.parameter(key) if kind is not None else None


def _corrections(stream: SheetStream) -> dict[str, Correction]:
    """What the stream's rows become that are corrected for their meters, by parameter."""
    found = {}
    for row in stream.rows:
        meter = meter_of(row)
        if meter is not None and row.stored is not None:
            found[row.key] = correction(row.stored, meter, stream.category, row.unit)
    return found


def _stream_values(
    stream: SheetStream,
    kind: StreamKind | None,
    catalogue: Catalogue,
    corrected: Mapping[str, Correction],
    *,
    working: bool,
) -> dict[str, tuple[Decimal | None, Origin]]:
    found: dict[str, tuple[Decimal | None, Origin]] = {}
    for row in stream.rows:
        found[row.key] = _value(stream, row, entry_of(kind, row.key), catalogue, working=working)
    if kind is not None and working:
        known = {key: value for key, (value, _) in found.items()}
        known.update({key: _as_used(entry) for key, entry in corrected.items()})
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
    carried = carried_opening(stream, row, entry)
    if carried is not None:
        return (carried if working else row.stored), Origin.CARRIED
    if row.acquisition is Acquisition.DEFAULT:
        default = catalogue.default(stream.category, stream.item, row.key)
        if default is not None:
            return (default.amount if working else row.stored), Origin.DEFAULT
    return row.stored, Origin.TYPED


def _as_used(entry: Correction) -> Decimal:
    """A corrected figure as it goes into a stock identity."""
    return rounded(entry.corrected, _DECIMALS).normalize() if entry.corrected else entry.corrected


def _for_payload(
    stream: SheetStream,
    kind: StreamKind | None,
    found: Mapping[str, tuple[Decimal | None, Origin]],
    corrected: Mapping[str, Correction],
) -> StreamValues:
    """The stream for ``calculate``: a corrected amount goes with its meter, so that its line explains it."""
    values = {key: value for key, (value, _) in found.items()}
    meters = {}
    for row in stream.rows:
        if row.key not in corrected:
            continue
        entry = entry_of(kind, row.key)
        meter = meter_of(row)
        if meter is not None and entry is not None and (entry.feeds or stream.category == "output"):
            meters[row.key] = meter
        else:
            values[row.key] = _as_used(corrected[row.key])
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
