"""What a document is made from, and what comes out: plain data between the database and the printer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib import import_module
from typing import Any

from portal.domain.errors import DomainError
from portal.domain.periods import Month
from portal.reference.dossiers import DossierKind

#: An answer is text, or for a question of rows a table of texts by column. Blank is "".
Answer = str | Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class AcceptedMonth:
    """One accepted month: the snapshot that was signed, with what tells where it came from."""

    month: Month
    record_id: int
    version_id: int
    version: int
    sha256: str
    receipt_number: str
    #: The signed snapshot as it was read from its canonical JSON: every figure a decimal text.
    content: Mapping[str, Any]


@dataclass(frozen=True)
class EnterpriseFacts:
    """The enterprise as its file says: names, numbers, what it consists of on the last day of the period."""

    name: str
    uscc: str
    district: str
    legal_representative: str
    address: str
    industry_code: str
    industry_name: str
    contact_name: str
    contact_phone: str
    ets_member: bool
    guideline: str
    key_unit_lists: tuple[str, ...]
    #: number, category, valid_from, valid_to
    permits: tuple[Mapping[str, Any], ...]
    #: code, name, purpose, model, outlet
    facilities: tuple[Mapping[str, Any], ...]
    #: code, name, medium
    outlets: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class FindingFacts:
    """A finding of the period: what it was about and what became of it."""

    number: str
    title: str
    severity: str
    state: str
    clause: str
    month: str
    closed_on: date | None


@dataclass(frozen=True)
class Source:
    """All that an assembler may read."""

    kind: DossierKind
    enterprise: EnterpriseFacts
    #: 2026, 2026-Q3, 2026-10, or what the kind's subject is called otherwise.
    subject: str
    edition: int
    first: Month | None
    last: Month | None
    months: tuple[AcceptedMonth, ...]
    #: The same months a year earlier, as far as they are accepted.
    earlier_months: tuple[AcceptedMonth, ...]
    findings: tuple[FindingFacts, ...]
    answers: Mapping[str, Answer]
    prepared_on: date
    #: What only this kind reads, by name; see the kind's module.
    extras: Mapping[str, Any] = field(default_factory=dict)
    #: Number that the document will bear, such as HZ-ED-2025-0137-E1.
    number: str = ""
    #: Why the extras could not be read; nothing is put together then. None when they could.
    refusal: DomainError | None = None

    @property
    def year(self) -> str:
        """The year of a kind about years; without the name that may stand beside it."""
        return self.subject.partition(" ")[0]

    @property
    def about(self) -> str:
        """The name beside the year, such as an event's; "" where the year is the enterprise's own."""
        return self.subject.partition(" ")[2]

    @property
    def expected(self) -> tuple[Month, ...]:
        """All months of the period, accepted or not."""
        if self.first is None or self.last is None:
            return ()
        months = [self.first]
        while months[-1] < self.last:
            months.append(months[-1].next())
        return tuple(months)

    @property
    def missing(self) -> tuple[Month, ...]:
        """Months of the period without an accepted record."""
        held = {entry.month for entry in self.months}
        return tuple(month for month in self.expected if month not in held)

    def text(self, key: str) -> str:
        """A typed answer, "" when blank."""
        answer = self.answers.get(key, "")
        return answer if isinstance(answer, str) else ""

    def rows(self, key: str) -> Sequence[Mapping[str, str]]:
        """The rows of an answer that is a table; none when blank."""
        answer = self.answers.get(key, ())
        return () if isinstance(answer, str) else answer


@dataclass(frozen=True)
class Figure:
    """A headline figure of a document: compared when one of its sources is restated."""

    key: str
    name: str
    name_en: str
    value: Decimal
    unit: str


@dataclass(frozen=True)
class Contents:
    """What an assembler returns.

    ``data`` is the report's data (see its sample.toml) without ``document`` and without signatures' times:
    those are stamped when it is signed and issued. ``figures`` are its headline figures, unrounded.
    """

    data: Mapping[str, Any]
    figures: tuple[Figure, ...]


def assembler(kind: str) -> Callable[[Source], Contents]:
    """The function that makes the contents of a kind."""
    found: Callable[[Source], Contents] = import_module(f"portal.dossiers.{kind}").assemble
    return found


def put_together(source: Source) -> Contents:
    """The contents of the source's kind; raises what its assembler raises, or why there are no extras."""
    if source.refusal is not None:
        raise source.refusal
    return assembler(source.kind.id)(source)


def extra_facts(source: Source) -> Mapping[str, Any]:
    """What the kind tells its content check beyond answers and months."""
    module = import_module(f"portal.dossiers.{source.kind.id}")
    tell: Callable[[Source], Mapping[str, Any]] = getattr(module, "facts", lambda _source: {})
    return tell(source)
