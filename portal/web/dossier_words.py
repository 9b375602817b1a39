"""Disclosures and dossiers in the reader's language: kinds, subjects, questions, steps."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from forms.dossiers import Asked, AskedColumn
from portal.domain.dossiers import DossierState
from portal.domain.errors import NotFound
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.queries.dossier_lines import DossierLine
from portal.reference.dossiers import Choice, DossierKind, Question, QuestionSection
from portal.web.formats import month as month_words
from portal.web.review_display import english

GROUPS: Mapping[str, str] = {
    "disclosure": N_("信息披露"),
    "report": N_("核算与质量报告"),
    "certification": N_("认证材料"),
}
GROUP_SYMBOLS: Mapping[str, str] = {"disclosure": "world", "report": "report", "certification": "certificate"}
#: What a subject is called in the form that asks for it, and how it is written.
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "year": (N_("年度"), N_("写成 2026 的样子")),
    "quarter": (N_("季度"), N_("写成 2026-Q3 的样子")),
    "month": (N_("月份"), N_("写成 2026-10 的样子")),
    "event": (N_("事项名称"), N_("这次披露的是什么事，如一份决定书的名称")),
    "product": (N_("期间"), N_("起止月份，写成 2025-11/2026-10 的样子")),
    "period": (N_("期间"), N_("起止月份，写成 2025-11/2026-10 的样子")),
}
#: Beside the year of a kind that may be about something by name.
NAMED = N_("写成 2026 的样子；一个产品或一次活动另做一份，年度后空一格写它的名称，如 2026 示例展会")
#: The stations of a document that nobody reviews, and of one that is reviewed.
WAY = (DossierState.DRAFT, DossierState.COMPLETE, DossierState.SIGNED, DossierState.ISSUED)
REVIEWED_WAY = (
    *(DossierState.DRAFT, DossierState.COMPLETE, DossierState.SIGNED),
    *(DossierState.SUBMITTED, DossierState.REVIEWED, DossierState.ISSUED),
)
STATIONS: Mapping[DossierState, str] = {
    DossierState.DRAFT: N_("填写"),
    DossierState.COMPLETE: N_("内容完成"),
    DossierState.SIGNED: N_("签署"),
    DossierState.SUBMITTED: N_("送审"),
    DossierState.REVIEWED: N_("审核"),
    DossierState.ISSUED: N_("签发"),
}
#: Colours of what happened to a document.
EVENT_TONES: Mapping[str, str] = {
    "dossier.signed": "green",
    "dossier.approved": "green",
    "dossier.issued": "green",
    "dossier.returned": "amber",
    "dossier.stale": "amber",
    "dossier.expiry_told": "amber",
    "dossier.reopened": "amber",
    "dossier.withdrawn": "red",
}
_YEAR, _QUARTER = re.compile(r"\d{4}"), re.compile(r"(\d{4})-Q([1-4])")
_NAMED_YEAR = re.compile(r"(\d{4}) (\D.*)")
_MONTH, _SPAN = re.compile(r"\d{4}-\d{2}"), re.compile(r"(\d{4}-\d{2})/(\d{4}-\d{2})")


def said(entry: Any, name: str) -> str:
    """A text of a pack in the reader's language: ``said(kind, "title")``."""
    text = str(getattr(entry, f"{name}_en")) if english() else ""
    return text or str(getattr(entry, name))


def subject_words(subject: str) -> str:
    """2026年, 2026年第3季度, 2026年10月, a span of months; anything else as it was written."""
    if _YEAR.fullmatch(subject):
        return str(gettext("%(year)s年", year=subject))
    if match := _QUARTER.fullmatch(subject):
        return str(gettext("%(year)s年第%(number)s季度", year=match[1], number=match[2]))
    if _MONTH.fullmatch(subject):
        return month_words(subject)
    if match := _SPAN.search(subject):
        before = subject[: match.start()].strip(" ·")
        span = gettext("%(first)s至%(last)s", first=month_words(match[1]), last=month_words(match[2]))
        return f"{before} · {span}" if before else span
    if match := _NAMED_YEAR.fullmatch(subject):
        return f"{gettext('%(year)s年', year=match[1])} · {match[2]}"
    return subject


def base_words(line: DossierLine) -> str:
    """A document on which another may rest, in one line."""
    number = line.issued.number if line.issued else ""
    return f"{said(line.kind, 'title')} · {subject_words(line.subject)} · {number}"


def months_words(months: tuple[Month, ...]) -> str:
    """Several months in one line."""
    return str(gettext("、")).join(month_words(month) for month in months)


def asked(question: Question) -> Asked:
    """A question as its form shows it."""
    return Asked(
        key=question.key,
        label=said(question, "label"),
        hint=said(question, "hint"),
        kind=question.kind,
        required=question.required,
        choices=_choices(question.choices),
        columns=tuple(
            AskedColumn(
                column.key, said(column, "label"), column.kind, column.required, _choices(column.choices)
            )
            for column in question.columns
        ),
    )


def _choices(choices: tuple[Choice, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((choice.value, said(choice, "label")) for choice in choices)


def section_of(kind: DossierKind, name: str) -> QuestionSection:
    """A part of the document; raises NotFound."""
    found = next((section for section in kind.sections if section.id == name), None)
    if found is None:
        raise NotFound
    return found


def stations(kind: DossierKind, state: DossierState) -> list[dict[str, Any]]:
    """The way of a document, where it stands marked."""
    way = REVIEWED_WAY if kind.reviewed else WAY
    here = way.index(state) if state in way else 0
    done = state is DossierState.ISSUED
    return [
        {
            "name": gettext(STATIONS[station]),
            "state": "done" if place < here or done else "now" if place == here else "later",
        }
        for place, station in enumerate(way)
    ]


def template_words() -> dict[str, object]:
    """What the templates of this feature call."""
    return {
        "said": said,
        "subject_words": subject_words,
        "months_words": months_words,
        "base_words": base_words,
        "group_names": {key: gettext(name) for key, name in GROUPS.items()},
        "group_symbols": GROUP_SYMBOLS,
    }
