"""What may be chosen in a plan: ways of obtaining a parameter, kinds of meters, items in use."""

from decimal import Decimal

from portal.domain.workflow import Acquisition
from portal.reference.catalogue import Catalogue, ParameterEntry


def entry_of(catalogue: Catalogue, category: str, item: str, key: str) -> ParameterEntry | None:
    """The catalogue's entry for a parameter of a stream; None for the portal's own rows."""
    kind = catalogue.kind_of(category, item)
    return kind.parameter(key) if kind is not None else None


def allowed_acquisitions(catalogue: Catalogue, category: str, item: str, key: str) -> tuple[str, ...]:
    """Ways in which the guideline lets this parameter of this item be obtained; empty when it names none.

    An item that the guideline ties to its default (coke's calorific value) leaves only that.
    """
    entry = entry_of(catalogue, category, item, key)
    if entry is None:
        return ()
    found = catalogue.item(category, item)
    if found is not None and key in found.default_only:
        return (Acquisition.DEFAULT.value,)
    return tuple(
        way
        for way in entry.acquisitions
        if way != Acquisition.DEFAULT
        or _has_default(catalogue, category, item, key)
        or len(entry.acquisitions) == 1
    )


def usual_acquisition(catalogue: Catalogue, category: str, item: str, entry: ParameterEntry) -> Acquisition:
    """The way that a new plan starts with: the catalogue's own, where the item allows it."""
    allowed = allowed_acquisitions(catalogue, category, item, entry.key)
    return Acquisition(entry.acquisition if entry.acquisition in allowed else allowed[0])


def _has_default(catalogue: Catalogue, category: str, item: str, key: str) -> bool:
    return catalogue.default(category, item, key) is not None


def needs_meter(catalogue: Catalogue, category: str, item: str, key: str, acquisition: str) -> bool:
    """Whether a row obtained this way needs a meter: it is measured and the guideline names meters for it."""
    entry = entry_of(catalogue, category, item, key)
    return entry is not None and acquisition == Acquisition.MEASURED and bool(entry.meters)


def required_class(
    catalogue: Catalogue, category: str, item: str, key: str, meter_type: str
) -> Decimal | None:
    """Accuracy class that the guideline asks of a meter of this type here; None where it names none."""
    entry = entry_of(catalogue, category, item, key)
    return entry.required_class(meter_type) if entry is not None else None
