"""Which check packs are asked about a month."""

from functools import cache

from sqlalchemy.orm import Session

from checklists.loader import load_pack, pack_ids
from checklists.model import CheckPack, Occasion
from portal.domain.sheet import Sheet
from portal.queries.packs_in_force import packs_in_force

#: The pack that every month is asked first, whatever its guideline.
FIRST = "carbon-data-quality"
#: What is asked of a month: the month itself, and the plan that it is filed under.
OCCASIONS: tuple[Occasion, ...] = ("month", "plan")


def packs_for(session: Session, sheet: Sheet) -> tuple[CheckPack, ...]:
    """The packs that apply to a month by its guideline: the common one, its sector's, its plan's.

    Each in the version that holds for this month, which a regulator may have published.
    """
    asked = [pack.id for pack in shipped_packs(sheet.guideline)]
    return packs_in_force(session, asked, str(sheet.month), sheet.record_id)


@cache
def shipped_packs(guideline: str) -> tuple[CheckPack, ...]:
    """The newest shipped packs with checks that apply to months accounted by ``guideline``."""
    packs = [load_pack(pack_id) for pack_id in pack_ids()]
    asked = [
        pack for pack in packs if pack.checks and pack.occasion in OCCASIONS and pack.applies_to(guideline)
    ]
    return tuple(sorted(asked, key=lambda pack: (pack.id != FIRST, pack.id)))
