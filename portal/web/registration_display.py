"""Registrations in words: the lists to choose from, and answers as people read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import get_locale, gettext

from portal.domain.registration import Gap, Task, TaskState, asked, rows_of
from portal.domain.registration_questions import CHOICES, FILE_SLOTS, SECTIONS, Question, SectionSpec
from portal.queries.registrations import RegistrationPage
from portal.reference.guidelines import list_guidelines, load_guideline
from portal.reference.industries import industries

Choices = dict[str, list[tuple[str, str]]]


def english() -> bool:
    """Whether the reader has chosen English."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def industry_list() -> list[tuple[str, str]]:
    """Code and name of each industry class in the selection."""
    return [(entry.code, entry.name_en if english() else entry.name) for entry in industries().values()]


def guideline_list() -> list[tuple[str, str]]:
    """Id and title of each accounting guideline."""
    packs = [load_guideline(name) for name in list_guidelines()]
    return [(pack.id, pack.title_en if english() else pack.title) for pack in packs]


def choices_for(page: RegistrationPage, firms: Sequence[tuple[str, str]]) -> Choices:
    """Every list of the application, in the reader's language."""
    fixed = {name: [(key, gettext(text)) for key, text in known.items()] for name, known in CHOICES.items()}
    sites = rows_of(page.sections["sites"].answers)
    outlets = rows_of(page.sections["outlets"].answers)
    return fixed | {
        "guidelines": guideline_list(),
        "firms": list(firms),
        "sites": [(row["id"], row["name"]) for row in sites],
        "outlets": [(row["id"], f"{row['code']} {row['name']}") for row in outlets],
    }


def shown(question: Question, value: Any, choices: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """An answer as people read it; empty when there is none."""
    words = dict(choices.get(question.choices, ()))
    if isinstance(value, list):
        return str(gettext("、")).join(words.get(str(item), str(item)) for item in value)
    text = str(value or "")
    if question.key == "industry_code" and text:
        name = dict(industry_list()).get(text)
        return f"{text} {name}" if name else text
    if text and question.choices in ("sites", "outlets"):
        return words.get(text, str(gettext("（已删去）")))
    return words.get(text, text)


def answer_rows(
    spec: SectionSpec, answers: Mapping[str, Any], choices: Mapping[str, Sequence[tuple[str, str]]]
) -> list[tuple[str, str]]:
    """Label and answer of every question that is raised."""
    return [
        (gettext(question.label), shown(question, answers.get(question.key), choices) or "—")
        for question in spec.questions
        if asked(question, answers) and (question.required or answers.get(question.key))
    ]


def gap_text(gap: Gap) -> str:
    """What is missing or wrong, in a sentence."""
    text: str = gettext(gap.message)
    return text % dict(gap.params) if gap.params else text


def gap_label(key: str, gap: Gap) -> str:
    """What is missing or wrong, with the name of its question before it."""
    names = {**{question.key: question.label for question in SECTIONS[key].questions}, **FILE_SLOTS}
    label = names.get(gap.question)
    colon = ": " if english() else "："
    return f"{gettext(label)}{colon}{gap_text(gap)}" if label else gap_text(gap)


#: The answers that sum a section up once it is complete.
SUMMARIES = {
    "enterprise": ("uscc", "industry_code", "legal_representative"),
    "people": ("signatory_name", "signatory_email"),
    "permit": ("category", "number", "valid_to"),
    "key_units": ("lists",),
    "boundary": ("guideline",),
    "energy": ("kinds",),
    "service": ("mode", "firm_1", "firm_2"),
}
#: So many rows are named, the others counted.
MOST_NAMED = 4


def task_note(page: RegistrationPage, task: Task, choices: Choices) -> str:
    """The grey line under a task: what it waits for, what is there, or what it is about."""
    if task.state is TaskState.LOCKED:
        names = str(gettext("、")).join(gettext(SECTIONS[key].name) for key in task.waits_for)
        return str(gettext("“%(names)s”完成后可开始", names=names))
    section = page.sections[task.spec.key]
    if task.state is TaskState.RETURNED:
        return section.comment
    if task.spec.rows:
        return _rows_note(section.answers) or str(gettext(task.spec.about))
    if task.state is TaskState.COMPLETE and task.spec.key in SUMMARIES:
        questions = {question.key: question for question in task.spec.questions}
        parts = [shown(questions[key], section.answers.get(key), choices) for key in SUMMARIES[task.spec.key]]
        return " · ".join(part for part in parts if part)
    return str(gettext(task.spec.about))


def _rows_note(answers: Mapping[str, Any]) -> str:
    rows = rows_of(answers)
    if not rows:
        return str(gettext("已声明没有")) if answers.get("none") else ""
    names = gettext("、").join(row.get("code") or row.get("name", "") for row in rows[:MOST_NAMED])
    more = " …" if len(rows) > MOST_NAMED else ""
    return str(gettext("%(count)s 行：%(names)s", count=len(rows), names=names)) + more


def task_detail(task: Task) -> str:
    """What stands in the tag behind the word: how many things are wrong, or how far it is."""
    if task.state is TaskState.NEEDS_ATTENTION:
        return str(len(task.gaps))
    if task.state is TaskState.IN_PROGRESS and task.wanted:
        return f"{task.filled}/{task.wanted}"
    return ""
