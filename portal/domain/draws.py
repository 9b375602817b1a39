"""Drawing enterprises and inspectors by lot (双随机) so that anyone can recompute the draw.

The lists are announced and their fingerprint is kept. Then a seed is taken from the system's randomness
and stored; then everybody on a list gets the number SHA-256(seed ‖ ":" ‖ purpose ‖ ":" ‖ id), all as
UTF-8 text and the result as 64 hex digits, and the smallest numbers are drawn. Nobody can know an order
before the seed, and nobody can get another order from the same seed.
"""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.errors import Invalid
from portal.domain.messages import N_

ALGORITHM: Final = "sha256-order-1"
SEED_BYTES = 32
MOST_LISTED = 5000


@dataclass(frozen=True)
class Listed:
    """An enterprise or a person on an announced list; ``id`` is what the lot is drawn with."""

    id: int
    name: str
    #: Unified social credit code of an enterprise; empty for a person.
    uscc: str = ""


@dataclass(frozen=True)
class Announced:
    """What is announced before the draw: both lists and how many are drawn of each."""

    enterprises: tuple[Listed, ...]
    inspectors: tuple[Listed, ...]
    enterprise_count: int
    inspectors_each: int

    def as_json(self) -> dict[str, Any]:
        """Plain data, the lists in the order of their ids."""
        return {
            "algorithm": ALGORITHM,
            "enterprise_count": self.enterprise_count,
            "inspectors_each": self.inspectors_each,
            "enterprises": [[one.id, one.uscc, one.name] for one in _by_id(self.enterprises)],
            "inspectors": [[one.id, one.name] for one in _by_id(self.inspectors)],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Announced":
        """Read what ``as_json`` wrote."""
        return cls(
            tuple(Listed(one[0], one[2], one[1]) for one in data["enterprises"]),
            tuple(Listed(one[0], one[1]) for one in data["inspectors"]),
            int(data["enterprise_count"]),
            int(data["inspectors_each"]),
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON of the announcement."""
        return sha256_text(canonical_json(self.as_json()))


@dataclass(frozen=True)
class Drawn:
    """An enterprise that was drawn, its number, and who inspects it."""

    place: int
    enterprise: Listed
    lot: str
    inspectors: tuple[tuple[Listed, str], ...]


def new_seed() -> str:
    """64 hex digits from the system's randomness."""
    return secrets.token_hex(SEED_BYTES)


def lot_of(seed: str, purpose: str, identity: int) -> str:
    """The lot of one candidate, 64 hex digits; also what ``printf … | sha256sum`` gives."""
    return hashlib.sha256(f"{seed}:{purpose}:{identity}".encode()).hexdigest()


def check_announcement(announced: Announced) -> None:
    """Raise Invalid (with the field) when nothing could be drawn fairly from these lists."""
    if not 1 <= announced.enterprise_count <= len(announced.enterprises):
        raise Invalid(
            N_("抽取的企业数应在 1 到 %(most)s 之间"),
            params={"most": len(announced.enterprises)},
            path="enterprise_count",
        )
    if not 1 <= announced.inspectors_each <= len(announced.inspectors):
        raise Invalid(
            N_("每家的检查人数应在 1 到 %(most)s 之间"),
            params={"most": len(announced.inspectors)},
            path="inspectors_each",
        )
    if len(announced.enterprises) > MOST_LISTED:
        raise Invalid(N_("名单最多 %(most)s 家"), params={"most": MOST_LISTED}, path="enterprises")
    for listed, path in ((announced.enterprises, "enterprises"), (announced.inspectors, "inspectors")):
        if len({one.id for one in listed}) != len(listed):
            raise Invalid(N_("名单中有重复的对象"), path=path)


def draw(announced: Announced, seed: str) -> tuple[Drawn, ...]:
    """Draw: the enterprises with the smallest lots, and for each of them inspectors by lots of its own."""
    drawn = _smallest(seed, "enterprise", announced.enterprises, announced.enterprise_count)
    return tuple(
        Drawn(
            place=place,
            enterprise=enterprise,
            lot=lot,
            inspectors=_smallest(
                seed, f"inspector:{enterprise.id}", announced.inspectors, announced.inspectors_each
            ),
        )
        for place, (enterprise, lot) in enumerate(drawn, 1)
    )


def _smallest(
    seed: str, purpose: str, candidates: Sequence[Listed], count: int
) -> tuple[tuple[Listed, str], ...]:
    lots = sorted((lot_of(seed, purpose, one.id), one.id, one) for one in candidates)
    return tuple((one, lot) for lot, _, one in lots[:count])


def result_json(drawn: Iterable[Drawn]) -> list[dict[str, Any]]:
    """What was drawn, as plain data for storing and comparing."""
    return [
        {
            "place": one.place,
            "enterprise": one.enterprise.id,
            "lot": one.lot,
            "inspectors": [[person.id, lot] for person, lot in one.inspectors],
        }
        for one in drawn
    ]


def _by_id(listed: Iterable[Listed]) -> list[Listed]:
    return sorted(listed, key=lambda one: one.id)
