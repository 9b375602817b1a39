"""All built-in packs in one list, and the check that every one of them loads."""

from collections.abc import Callable
from dataclasses import dataclass

from portal.domain.errors import PackError
from portal.reference.catalogue import list_catalogues, load_catalogue
from portal.reference.conservative import list_corrections, load_corrections
from portal.reference.deadlines import list_deadlines, load_deadlines
from portal.reference.factors import list_grids, list_gwps, load_grid, load_gwp
from portal.reference.guidelines import list_guidelines, load_guideline

_FAMILIES: dict[str, tuple[Callable[[], tuple[str, ...]], Callable[[str], object]]] = {
    "guidelines": (list_guidelines, load_guideline),
    "catalogue": (list_catalogues, load_catalogue),
    "grid": (list_grids, load_grid),
    "gwp": (list_gwps, load_gwp),
    "conservative": (list_corrections, load_corrections),
    "deadlines": (list_deadlines, load_deadlines),
}


@dataclass(frozen=True, slots=True)
class PackState:
    """One pack and what is wrong with it; an empty ``error`` means that it loads."""

    family: str
    id: str
    error: str


def check_packs() -> tuple[PackState, ...]:
    """Load every built-in pack."""
    return tuple(
        PackState(family, name, _error(load, name))
        for family, (listing, load) in _FAMILIES.items()
        for name in listing()
    )


def _error(load: Callable[[str], object], name: str) -> str:
    try:
        load(name)
    except PackError as error:
        return str(error)
    return ""
