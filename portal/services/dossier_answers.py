"""Reading answers to a dossier's questions, each by the kind of its question."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from portal.domain.errors import Invalid
from portal.domain.figures import parse_decimal
from portal.domain.messages import N_
from portal.domain.periods import FIRST_YEAR, LAST_YEAR
from portal.dossiers.source import Answer
from portal.reference.dossiers import Choice, Column, DossierKind, Question

LONGEST_TEXT, LONGEST_LINES, MOST_ROWS = 500, 8000, 500
#: As many digits as a regulated figure ever has.
_MOST_INTEGER_DIGITS, _MOST_DECIMALS = 18, 12
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YES_NO = ("yes", "no")


def read_answers(kind: DossierKind, given: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers as they are stored: amounts as plain decimal text, blank as "" or no rows.

    Raises Invalid with path ``key``, or ``key.row.column`` for a cell (rows count from 0).
    """
    questions = {question.key: question for question in kind.questions}
    for key in given:
        if key not in questions:
            raise Invalid(N_("没有这一项：%(key)s"), params={"key": key[:60]}, path=key[:60])
    return {key: _read(questions[key], answer) for key, answer in given.items()}


def _read(question: Question, answer: Answer) -> Answer:
    if question.kind == "rows":
        if isinstance(answer, str):
            raise Invalid(N_("这一项要逐行填"), path=question.key)
        return _read_rows(question, answer)
    if not isinstance(answer, str):
        raise Invalid(N_("这一项只能填一个值"), path=question.key)
    return _read_text(question.kind, question.choices, answer, question.key)


def _read_rows(question: Question, rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Rows without those that are blank all through."""
    if len(rows) > MOST_ROWS:
        raise Invalid(N_("最多 %(most)s 行"), params={"most": MOST_ROWS}, path=question.key)
    columns = {column.key: column for column in question.columns}
    read = [_read_row(columns, row, f"{question.key}.{place}") for place, row in enumerate(rows)]
    return [row for row in read if any(row.values())]


def _read_row(columns: Mapping[str, Column], row: Mapping[str, str], path: str) -> dict[str, str]:
    for key in row:
        if key not in columns:
            raise Invalid(N_("没有这一项：%(key)s"), params={"key": key[:60]}, path=path)
    return {
        key: _read_text(column.kind, column.choices, row.get(key, ""), f"{path}.{key}")
        for key, column in columns.items()
    }


def _read_text(kind: str, choices: Sequence[Choice], answer: str, path: str) -> str:
    text = answer.replace("\0", "").strip()  # PostgreSQL keeps no text with it
    if not text:
        return ""
    if kind == "amount":
        return _amount(text, path)
    if kind == "date":
        return _day(text, path)
    if kind in ("choice", "yes_no"):
        known = YES_NO if kind == "yes_no" else tuple(choice.value for choice in choices)
        if text not in known:
            raise Invalid(N_("请从列出的选项中选一个"), path=path)
        return text
    longest = LONGEST_LINES if kind == "lines" else LONGEST_TEXT
    if len(text) > longest:
        raise Invalid(N_("最多 %(most)s 字"), params={"most": longest}, path=path)
    return text if kind == "lines" else " ".join(text.split())


def _amount(text: str, path: str) -> str:
    try:
        read = parse_decimal(text, integer_digits=_MOST_INTEGER_DIGITS, decimals=_MOST_DECIMALS)
    except Invalid as error:
        raise Invalid(error.message, params=error.params, path=path) from error
    return "" if read is None else format(read, "f")


def _day(text: str, path: str) -> str:
    if not _DAY.fullmatch(text):
        raise Invalid(N_("日期要写成 2026-03-15 的样子"), path=path)
    try:
        read = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(N_("没有这一天"), path=path) from error
    if not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise Invalid(N_("年份不对，请检查"), path=path)
    return read.isoformat()
