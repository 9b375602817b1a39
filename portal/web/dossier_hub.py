"""What the hub of an enterprise's documents shows, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.dossiers import DossierState, Standing
from portal.domain.periods import Month, today
from portal.queries.dossier_lines import Comparison, DossierLine
from portal.queries.dossiers import DossiersPage, Offer
from portal.reference.dossiers import GROUPS, DossierKind

#: Within so many days a due document stands among what is to be done.
SOON_DAYS = 150


@dataclass(frozen=True)
class DueLine:
    """A document with a date by which it is due, begun or not."""

    kind: DossierKind
    subject: str
    missing: tuple[Month, ...]
    due_on: date
    days_left: int
    line: DossierLine | None


@dataclass(frozen=True)
class Hub:
    """The parts of the page."""

    enterprise_id: int
    enterprise_name: str
    due: tuple[DueLine, ...]
    stale: tuple[tuple[DossierLine, Comparison | None], ...]
    drafts: tuple[DossierLine, ...]
    issued: tuple[DossierLine, ...]
    expiring: tuple[tuple[DossierLine, int], ...]
    possible: tuple[tuple[str, tuple[Offer, ...]], ...]

    @property
    def comparing(self) -> bool:
        """Whether the difference of a stale document is still being worked out."""
        return any(comparison is None for _, comparison in self.stale)


def hub_of(page: DossiersPage) -> Hub:
    """Sort the enterprise's documents and what it may prepare into the parts of the page."""
    issued = tuple(line for line in page.dossiers if line.issued is not None)
    begun = {(line.kind.id, line.subject) for line in page.dossiers}
    open_offers = [
        offer for offer in page.offers if offer.kind.named or (offer.kind.id, offer.subject) not in begun
    ]
    return Hub(
        enterprise_id=page.enterprise_id,
        enterprise_name=page.enterprise_name,
        due=due_lines(page.offers, page.dossiers),
        stale=tuple(
            (line, page.comparisons.get(line.id))
            for line in issued
            if line.issued and line.issued.standing is Standing.STALE
        ),
        drafts=tuple(line for line in page.dossiers if line.state is not DossierState.ISSUED),
        issued=issued,
        expiring=expiring_lines(issued),
        possible=tuple(
            (group, offers)
            for group in GROUPS
            if (offers := tuple(offer for offer in open_offers if offer.kind.group == group))
        ),
    )


def due_lines(offers: Sequence[Offer], dossiers: Sequence[DossierLine]) -> tuple[DueLine, ...]:
    """What is due soon or late and not issued yet, the nearest date first."""
    found = []
    for offer in offers:
        line = next(
            (one for one in dossiers if one.kind.id == offer.kind.id and one.subject == offer.subject), None
        )
        if offer.due_on is None or (line is not None and line.issued is not None):
            continue
        days = (offer.due_on - today()).days
        if days <= SOON_DAYS:
            found.append(DueLine(offer.kind, offer.subject, offer.missing, offer.due_on, days, line))
    return tuple(sorted(found, key=lambda due: due.due_on))


def expiring_lines(issued: Sequence[DossierLine]) -> tuple[tuple[DossierLine, int], ...]:
    """Documents whose validity ends soon or has ended, with the days left, the nearest first."""
    ends = [
        (line, (line.issued.valid_until - today()).days)
        for line in issued
        if line.issued
        and line.issued.valid_until
        and line.issued.standing in (Standing.EXPIRING, Standing.EXPIRED)
    ]
    return tuple(sorted(ends, key=lambda end: end[1]))
