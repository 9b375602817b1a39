"""Products and product systems: the words that their rows and forms share."""

from collections.abc import Mapping
from enum import StrEnum

from portal.domain.messages import N_


class Boundary(StrEnum):
    """From where to where a footprint counts."""

    CRADLE_TO_GATE = "cradle_to_gate"
    CRADLE_TO_GRAVE = "cradle_to_grave"


BOUNDARY_WORDS: Mapping[Boundary, str] = {
    Boundary.CRADLE_TO_GATE: N_("摇篮到大门"),
    Boundary.CRADLE_TO_GRAVE: N_("摇篮到坟墓"),
}
