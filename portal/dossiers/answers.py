"""Typed answers read as what they are: a day, an amount, a choice, a table of rows.

An answer that is not what its question asks for raises Invalid, whose path is the question's key and, in a
table, ``key[place].column``. A blank answer is None, "" or no rows; ``needed_*`` refuse it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.dossiers.source import Source
from portal.reference.dossiers import Column, Question

NOTHING = "—"
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Row:
    """One row of a table of answers, its cells checked by the kind of their columns."""

    question: Question
    place: int
    cells: Mapping[str, str]

    def text(self, key: str) -> str:
        """A cell as it was typed; "" when blank."""
        return self.cells.get(key, "").strip()

    def amount(self, key: str) -> Decimal | None:
        """A cell as a number; raises Invalid for anything else."""
        return _amount(self.text(key), self._label(key), self.path(key))

    def choice(self, key: str) -> str:
        """The words of the chosen value; "" when blank."""
        words = {choice.value: choice.label for choice in self._column(key).choices}
        return words.get(self.text(key), "")

    def path(self, key: str) -> str:
        """Where the cell stands."""
        return f"{self.question.key}[{self.place}].{key}"

    def _column(self, key: str) -> Column:
        return next(column for column in self.question.columns if column.key == key)

    def _label(self, key: str) -> str:
        return self._column(key).label


def question(source: Source, key: str) -> Question:
    """The question of this kind with ``key``; raises KeyError for a key that its kind does not ask."""
    for entry in source.kind.questions:
        if entry.key == key:
            return entry
    raise KeyError(key)


def check_answers(source: Source) -> None:
    """Refuse the first answer that is not of the kind that its question asks for."""
    for entry in source.kind.questions:
        _check(source, entry)


def day(source: Source, key: str) -> date | None:
    """A day, or None when blank; raises Invalid."""
    return _day(source.text(key), question(source, key).label, key)


def needed_day(source: Source, key: str) -> date:
    """A day; raises Invalid when blank too."""
    found = day(source, key)
    if found is None:
        raise _unanswered(question(source, key))
    return found


def amount(source: Source, key: str) -> Decimal | None:
    """A number, or None when blank; raises Invalid."""
    return _amount(source.text(key), question(source, key).label, key)


def shown(source: Source, key: str) -> str:
    """A text, or a dash for a blank one."""
    return source.text(key).strip() or NOTHING


def paragraphs(source: Source, key: str) -> list[str]:
    """The lines of an answer, blank ones left out."""
    return [line.strip() for line in source.text(key).splitlines() if line.strip()]


def lines_or_dash(source: Source, key: str) -> list[str]:
    """The lines of an answer, a dash when it is blank."""
    return paragraphs(source, key) or [NOTHING]


def choice(source: Source, key: str) -> str:
    """The words of a chosen value, a dash when none is chosen."""
    words = {entry.value: entry.label for entry in question(source, key).choices}
    return words.get(source.text(key), NOTHING)


def is_yes(source: Source, key: str) -> bool:
    """Whether a yes-no question was answered with yes."""
    return source.text(key) == YES


def told(source: Source, key: str, *, yes: str, no: str) -> str:
    """What a yes or a no means in words; a dash while the question is open."""
    return {YES: yes, NO: no}.get(source.text(key), NOTHING)


def rows(source: Source, key: str) -> tuple[Row, ...]:
    """The rows of a table of answers; wholly blank rows are left out."""
    asked = question(source, key)
    return tuple(
        Row(asked, place, cells)
        for place, cells in enumerate(source.rows(key))
        if any(str(text).strip() for text in cells.values())
    )


def half_filled(source: Source) -> list[dict[str, str]]:
    """Optional tables with a row that lacks a needed cell: section, key and label, as checks read them."""
    return [
        {"section": section.id, "key": asked.key, "label": asked.label}
        for section in source.kind.sections
        for asked in section.questions
        if asked.kind == "rows" and not asked.required and _lacks_cells(source, asked)
    ]


def _lacks_cells(source: Source, asked: Question) -> bool:
    needed = [column.key for column in asked.columns if column.required]
    return any(not row.text(key) for row in rows(source, asked.key) for key in needed)


def _check(source: Source, asked: Question) -> None:
    answer = source.answers.get(asked.key, "")
    if answer == "" or answer == ():
        return
    if (asked.kind == "rows") is isinstance(answer, str):
        raise Invalid(N_("“%(label)s”的答案形式不对"), params={"label": asked.label}, path=asked.key)
    if asked.kind == "rows":
        _check_rows(asked, source.rows(asked.key))
        return
    text = source.text(asked.key)
    _check_text(asked.kind, text, asked.label, asked.key, {entry.value for entry in asked.choices})


def _check_rows(asked: Question, answer: Sequence[Mapping[str, str]]) -> None:
    for place, cells in enumerate(answer):
        if not isinstance(cells, Mapping) or not all(isinstance(text, str) for text in cells.values()):
            path = f"{asked.key}[{place}]"
            raise Invalid(N_("“%(label)s”的答案形式不对"), params={"label": asked.label}, path=path)
        for column in asked.columns:
            text, path = cells.get(column.key, ""), f"{asked.key}[{place}].{column.key}"
            _check_text(column.kind, text, column.label, path, {entry.value for entry in column.choices})


def _check_text(kind: str, text: str, label: str, path: str, allowed: set[str]) -> None:
    if kind == "date":
        _day(text, label, path)
    elif kind == "amount":
        _amount(text, label, path)
    elif kind in {"choice", "yes_no"} and text.strip() not in (allowed or {YES, NO}) | {""}:
        raise Invalid(N_("“%(label)s”只能在给出的选项里选"), params={"label": label}, path=path)


def _day(text: str, label: str, path: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid(N_("“%(label)s”应为日期，如 2026-10-31"), params={"label": label}, path=path) from error


def _amount(text: str, label: str, path: str) -> Decimal | None:
    if not text.strip():
        return None
    wrong = Invalid(N_("“%(label)s”应为数值"), params={"label": label}, path=path)
    try:
        number = Decimal(text.strip())
    except InvalidOperation as error:
        raise wrong from error
    if not number.is_finite():
        raise wrong
    return number


def _unanswered(asked: Question) -> Invalid:
    return Invalid(N_("“%(label)s”还没有回答"), params={"label": asked.label}, path=asked.key)
