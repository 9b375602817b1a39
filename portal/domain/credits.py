"""Carbon credits and sinks (碳信用、碳汇): their kinds, and serial numbers as they are compared.

A serial is what stands before its last digits and the number that these digits are. A block runs from one
number to another; only its last digits may differ. Two writings of one serial (full-width letters, small
letters, other strokes, leading zeros) are one serial.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.errors import Invalid
from portal.domain.messages import N_

#: Digits that a number of 64 bits always holds.
MOST_DIGITS = 18
LONGEST = 200
_BETWEEN = re.compile(r"[\W_]+")
_ENDING = re.compile(rf"^(.*?)(\d{{1,{MOST_DIGITS}}})$", re.ASCII)


class CreditKind(StrEnum):
    """What kind of credit it is (certification dossiers, 碳中和 抵消: CCER/VCS/GS/碳汇)."""

    CCER = "ccer"
    VCS = "vcs"
    GS = "gs"
    SINK = "sink"
    OTHER = "other"


#: Kinds whose units all stand in one registry; of the others the registry's own name decides.
ONE_REGISTRY = frozenset({CreditKind.CCER, CreditKind.VCS, CreditKind.GS})


@dataclass(frozen=True, slots=True)
class SerialBlock:
    """Serials as they are compared: ``series`` before the number, and the numbers from first to last."""

    series: str
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many serials it holds."""
        return self.last - self.first + 1

    def overlaps(self, other: "SerialBlock") -> bool:
        """Whether a serial stands in both."""
        return self.series == other.series and self.first <= other.last and self.last >= other.first


def folded_serial(text: str) -> str:
    """A serial's text as it is compared: ``ex－2024 / 000001`` is ``EX-2024-000001``."""
    return _BETWEEN.sub("-", unicodedata.normalize("NFKC", text).upper()).strip("-")


def registry_key(kind: CreditKind, registry: str) -> str:
    """What tells one registry from another: the kind where it has but one, else the folded name.

    A registry that is named by its kind (``VCS``) is that kind's, whatever kind was chosen.
    """
    if kind in ONE_REGISTRY:
        return kind.value.upper()
    return "".join(unicodedata.normalize("NFKC", registry).upper().split())


def read_serials(first: str, last: str = "") -> SerialBlock:
    """The block from ``first`` to ``last``; one serial when ``last`` is blank.

    Raises Invalid (path ``serial_from`` or ``serial_to``) for a text without letters and digits, for ends
    that differ before their last digits, and for a block that runs backwards.
    """
    series, number = _split(first, "serial_from")
    if not last.strip():
        return SerialBlock(series, number, number)
    end_series, end = _split(last, "serial_to")
    if end_series != series or not _ENDING.match(folded_serial(last)):
        raise Invalid(N_("起止序列号只能末尾的数字不同，请按登记簿的写法填全"), path="serial_to")
    if end < number:
        raise Invalid(N_("结束序列号不能小于起始序列号"), path="serial_to")
    return SerialBlock(series, number, end)


def _split(text: str, path: str) -> tuple[str, int]:
    folded = folded_serial(text)
    if not folded or max(len(text), len(folded)) > LONGEST:
        raise Invalid(N_("请填写登记簿上的序列号"), path=path)
    ending = _ENDING.match(folded)
    return (ending[1], int(ending[2])) if ending else (folded, 0)
