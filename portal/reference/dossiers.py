"""Kinds of disclosures and dossiers as data: what each asks for, by which clause, how long it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.domain.errors import NotFound
from portal.reference.loader import Source, Table, names, open_pack, read_sources, source_of

FAMILY = "dossiers"
GROUPS = ("disclosure", "report", "certification")
SUBJECTS = ("year", "quarter", "month", "event", "product", "period")
QUESTION_KINDS = ("text", "lines", "amount", "date", "choice", "yes_no", "rows")
CELL_KINDS = ("text", "amount", "date", "choice")
#: Which accepted months a kind rests on: every month of its period, those that there are, or none.
MONTHS = ("all", "some", "none")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose: what is stored and what is read."""

    value: str
    label: str
    label_en: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a question of rows."""

    key: str
    label: str
    label_en: str
    kind: str
    choices: tuple[Choice, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Something that the accepted months cannot tell and a person must."""

    key: str
    label: str
    label_en: str
    hint: str
    hint_en: str
    kind: str
    unit: str
    required: bool
    choices: tuple[Choice, ...]
    columns: tuple[Column, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class QuestionSection:
    """A part of the document with its questions."""

    id: str
    title: str
    title_en: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class DossierKind:
    """A kind of document: its id is its report's folder and its assembler's module."""

    id: str
    title: str
    title_en: str
    group: str
    subject: str
    #: Such as ED in HZ-ED-2025-0137-E1.
    prefix: str
    months: str
    #: Whether an authority reviews it before it is issued, and whether the public may read it.
    reviewed: bool
    public: bool
    #: How long an issued one holds, in months; None for ever.
    validity_months: int | None
    surveillance_months: int | None
    #: Check pack of its content check.
    pack: str
    #: Kinds on whose issued documents it may rest.
    bases: tuple[str, ...]
    #: Day of the year after by which it is due, as (month, day); None when no date is set.
    due: tuple[int, int] | None
    note: str
    note_en: str
    source: Source
    sections: tuple[QuestionSection, ...]
    #: Whether a year may be about something by name: 2026, and beside it 2026 and an event's name.
    named: bool

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in order."""
        return tuple(question for section in self.sections for question in section.questions)


@lru_cache(maxsize=32)
def load_kind(name: str) -> DossierKind:
    """One kind; raises NotFound for an unknown name, PackError for a wrong file."""
    if name not in names(FAMILY):
        raise NotFound
    return read_kind(name)


def read_kind(name: str, *, data: Path | None = None) -> DossierKind:
    """The same, read from the file anew, or from another folder of packs; raises PackError."""
    top, _ = open_pack(FAMILY, name, data=data)
    sources = read_sources(top)
    due = top.table("due") if top.has("due") else None
    kind = DossierKind(
        id=name,
        title=top.text("title"),
        title_en=top.text("title_en"),
        group=top.word("group", GROUPS),
        subject=top.word("subject", SUBJECTS),
        prefix=top.text("prefix"),
        months=top.word("months", MONTHS),
        reviewed=top.flag("reviewed"),
        public=top.flag("public"),
        validity_months=top.optional_integer("validity_months"),
        surveillance_months=top.optional_integer("surveillance_months"),
        pack=top.text("pack"),
        bases=top.texts("bases"),
        due=(due.integer("month"), due.integer("day")) if due else None,
        note=top.text("note", ""),
        note_en=top.text("note_en", ""),
        source=source_of(top, sources, "basis"),
        sections=tuple(_section(table, sources) for table in top.tables("sections")),
        named=top.flag("named", default=False),
    )
    if due:
        due.close()
    top.close()
    return kind


def kinds() -> tuple[DossierKind, ...]:
    """All kinds, in the order of their groups."""
    found = [load_kind(name) for name in names(FAMILY)]
    return tuple(sorted(found, key=lambda kind: (GROUPS.index(kind.group), kind.prefix)))


def _section(table: Table, sources: Mapping[str, Source]) -> QuestionSection:
    section = QuestionSection(
        id=table.text("id"),
        title=table.text("title"),
        title_en=table.text("title_en"),
        questions=tuple(_question(entry, sources) for entry in table.tables("questions")),
    )
    table.close()
    return section


def _question(table: Table, sources: Mapping[str, Source]) -> Question:
    question = Question(
        key=table.text("key"),
        label=table.text("label"),
        label_en=table.text("label_en"),
        hint=table.text("hint", ""),
        hint_en=table.text("hint_en", ""),
        kind=table.word("kind", QUESTION_KINDS),
        unit=table.text("unit", ""),
        required=table.flag("required", default=True),
        choices=tuple(_choice(entry) for entry in table.tables("choices")),
        columns=tuple(_column(entry) for entry in table.tables("columns")),
        source=source_of(table, sources),
    )
    table.close()
    return question


def _column(table: Table) -> Column:
    column = Column(
        key=table.text("key"),
        label=table.text("label"),
        label_en=table.text("label_en"),
        kind=table.word("kind", CELL_KINDS, "text"),
        choices=tuple(_choice(entry) for entry in table.tables("choices")),
        required=table.flag("required", default=True),
    )
    table.close()
    return column


def _choice(table: Table) -> Choice:
    choice = Choice(table.text("value"), table.text("label"), table.text("label_en"))
    table.close()
    return choice
