"""Which check packs are asked about a month."""

from functools import cache

from checklists.loader import load_pack, pack_ids
from checklists.model import CheckPack, Occasion
from portal.domain.sheet import Sheet

#: The pack that every month is asked first, whatever its guideline.
FIRST = "carbon-data-quality"
#: What is asked of a month: the month itself, and the plan that it is filed under.
OCCASIONS: tuple[Occasion, ...] = ("month", "plan")


def packs_for(sheet: Sheet) -> tuple[CheckPack, ...]:
    """The packs that apply to a month by its guideline: the common one, its sector's, its plan's."""
    return shipped_packs(sheet.guideline)


@cache
def shipped_packs(guideline: str) -> tuple[CheckPack, ...]:
    """The newest shipped packs with checks that apply to months accounted by ``guideline``."""
    packs = [load_pack(pack_id) for pack_id in pack_ids()]
    asked = [
        pack for pack in packs if pack.checks and pack.occasion in OCCASIONS and pack.applies_to(guideline)
    ]
    return tuple(sorted(asked, key=lambda pack: (pack.id != FIRST, pack.id)))
