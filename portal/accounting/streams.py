"""From a month's typed values to the activities that ``calculate`` counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from portal.accounting.stock import consumed, net_purchase
from portal.reference.catalogue import Catalogue, StreamKind


@dataclass(frozen=True, slots=True)
class StreamValues:
    """One source stream of one month: its item and the values of its parameters, blank as None.

    ``meters`` holds the standing of the meter of amounts that are corrected for it.
    """

    code: str
    category: str
    item: str
    unit: str
    values: Mapping[str, Decimal | None]
    acquisitions: Mapping[str, str] = field(default_factory=dict)
    meters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def derived(kind: StreamKind, values: Mapping[str, Decimal | None]) -> dict[str, Decimal | None]:
    """Values of the derived amounts of a stream (``consumed``); None while a part is blank."""
    found: dict[str, Decimal | None] = {}
    for entry in kind.parameters:
        if entry.rule == "stock_identity":
            found[entry.key] = consumed(
                opening=values.get("opening_stock"),
                purchased=values.get("purchased"),
                sold=values.get("sold"),
                closing=values.get("closing_stock"),
            )
        elif entry.rule == "net_purchase":
            found[entry.key] = net_purchase(purchased=values.get("purchased"), sold=values.get("sold"))
    return found


def activity(catalogue: Catalogue, stream: StreamValues) -> dict[str, Any] | None:
    """The activity of one stream for ``calculate``; None while a required value is blank or not counted.

    A value obtained by default is left out, so that the pack's own value is used with its source.
    """
    kind = catalogue.kind_of(stream.category, stream.item)
    if kind is None or not kind.counted:
        return None
    values = {**stream.values, **derived(kind, stream.values)}
    made: dict[str, Any] = {"id": stream.code, "category": stream.category, "unit": stream.unit}
    if catalogue.item(stream.category, stream.item) is not None and _has_table(stream.category):
        made["item"] = stream.item
    for entry in kind.parameters:
        if not entry.feeds:
            continue
        if stream.acquisitions.get(entry.key, entry.acquisition) == "default" and _known(
            catalogue, stream, entry.key
        ):
            continue
        value = values.get(entry.key)
        if value is None:
            if entry.required:
                return None
            continue
        made[entry.feeds] = format(value, "f")
        if entry.key in stream.meters:
            made["meter"] = dict(stream.meters[entry.key])
    return made


def payload(
    catalogue: Catalogue,
    streams: Sequence[StreamValues],
    *,
    grid: Mapping[str, Any] | None = None,
    gwp: str | None = None,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The input of ``calculate`` for a month, and the codes of the counted streams that are still blank."""
    activities, blank = [], []
    for stream in streams:
        made = activity(catalogue, stream)
        if made is not None:
            activities.append(made)
        elif _is_counted(catalogue, stream):
            blank.append(stream.code)
    found: dict[str, Any] = {"guideline": catalogue.guideline, "activities": activities}
    if grid is not None:
        found["grid"] = dict(grid)
    if gwp is not None:
        found["gwp"] = gwp
    output = next((s for s in streams if s.category == "output" and s.values.get("amount") is not None), None)
    if output is not None:
        amount = output.values["amount"]
        found["output"] = {"item": output.item, "amount": str(amount), "unit": output.unit}
        if "amount" in output.meters:
            found["output"]["meter"] = dict(output.meters["amount"])
    return found, tuple(blank)


def _has_table(category: str) -> bool:
    return category in {"fuel", "process", "carbonate", "product", "refrigerant"}


def _known(catalogue: Catalogue, stream: StreamValues, key: str) -> bool:
    return catalogue.default(stream.category, stream.item, key) is not None


def _is_counted(catalogue: Catalogue, stream: StreamValues) -> bool:
    kind = catalogue.kind_of(stream.category, stream.item)
    return kind is not None and kind.counted
