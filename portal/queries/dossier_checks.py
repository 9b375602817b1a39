"""Whether a dossier is complete: its questions, its kind's check pack, and whether it can be put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from checklists.engine import run
from checklists.loader import load_pack
from checklists.model import Outcome
from portal.domain.errors import DomainError, Failure
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.domain.workflow import FindingState
from portal.dossiers.source import AcceptedMonth, Contents, Source, extra_facts, put_together
from portal.reference.dossiers import Question, QuestionSection


@dataclass(frozen=True)
class OpenQuestion:
    """A required question without an answer, and the part of the document in which it stands."""

    section: QuestionSection
    question: Question


@dataclass(frozen=True)
class ContentCheck:
    """What stands between a draft and a complete dossier."""

    outcomes: tuple[Outcome, ...]
    unanswered: tuple[OpenQuestion, ...]
    #: Why nothing can be put together; None when it can.
    problem: Failure | None
    contents: Contents | None
    required: int

    @property
    def asked(self) -> tuple[Outcome, ...]:
        """The checks that apply."""
        return tuple(outcome for outcome in self.outcomes if outcome.outcome != "not_applicable")

    @property
    def total(self) -> int:
        """Required answers and checks that apply."""
        return self.required + len(self.asked)

    @property
    def done(self) -> int:
        """Of these, those that are given or passed."""
        passed = sum(1 for outcome in self.asked if outcome.outcome == "passed")
        return self.required - len(self.unanswered) + passed

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Everything that keeps it from being complete."""
        found = [
            Failure(
                "unanswered",
                N_("“%(label)s”还没有填"),
                {"label": entry.question.label},
                section=entry.section.id,
                cell=entry.question.key,
            )
            for entry in self.unanswered
        ]
        found += [
            Failure(
                "check", N_("%(check)s：%(message)s"), {"check": outcome.title, "message": outcome.message}
            )
            for outcome in self.outcomes
            if outcome.severity == "blocking" and outcome.is_gap
        ]
        return (*found, *([self.problem] if self.problem is not None else []))

    @property
    def passed(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.failures


def check_contents(source: Source) -> ContentCheck:
    """Ask everything of a dossier as it is now; raises NotFound or PackError for a broken kind only."""
    unanswered = open_questions(source)
    try:
        contents, problem = put_together(source), None
    except DomainError as refused:
        contents = None
        problem = Failure(refused.code, refused.message, refused.params, cell=refused.path)
    facts = facts_of(source, unanswered, contents)
    return ContentCheck(
        outcomes=run(load_pack(source.kind.pack), facts),
        unanswered=unanswered,
        problem=problem,
        contents=contents,
        required=sum(1 for question in source.kind.questions if question.required),
    )


def open_questions(source: Source) -> tuple[OpenQuestion, ...]:
    """The required questions that are blank, or have a row with a blank required column."""
    return tuple(
        OpenQuestion(section, question)
        for section in source.kind.sections
        for question in section.questions
        if question.required and _is_blank(question, source)
    )


def _is_blank(question: Question, source: Source) -> bool:
    if question.kind != "rows":
        return not source.text(question.key).strip()
    needed = [column.key for column in question.columns if column.required]
    rows = source.rows(question.key)
    return not rows or any(not row.get(key, "").strip() for row in rows for key in needed)


def facts_of(source: Source, unanswered: Sequence[OpenQuestion], contents: Contents | None) -> dict[str, Any]:
    """What the content check is told; what is not known is left out."""
    told = {
        "enterprise": _enterprise(source),
        "record": _record(source),
        "dossier": {
            "kind": source.kind.id,
            "subject": source.subject,
            "expected_months": len(source.expected),
            "accepted_months": len(source.months),
            "unanswered": [
                {"section": entry.section.id, "key": entry.question.key, "label": entry.question.label}
                for entry in unanswered
            ],
            **({"figures": len(contents.figures)} if contents is not None else {}),
            "unverified": sum(len(month.content["calculation"]["unverified"]) for month in source.months),
            "open_findings": _open_findings(source),
            **extra_facts(source),
        },
    }
    if source.first is not None:
        told["year"] = _year(source, source.first)
    return told


def _enterprise(source: Source) -> dict[str, Any]:
    facts = source.enterprise
    return {
        "uscc": facts.uscc,
        "name": facts.name,
        "industry_code": facts.industry_code,
        "industry_name": facts.industry_name,
        "ets_member": facts.ets_member,
        "guideline": facts.guideline,
        "legal_representative": facts.legal_representative,
        "address": facts.address,
        "contact_name": facts.contact_name,
        "contact_phone": facts.contact_phone,
        "lists": list(facts.key_unit_lists),
        "permits": [dict(permit) for permit in facts.permits],
        "facilities": [dict(facility) for facility in facts.facilities],
        "outlets": [dict(outlet) for outlet in facts.outlets],
    }


def _record(source: Source) -> dict[str, Any]:
    told: dict[str, Any] = {"today": today(), "version": source.edition}
    if source.last is not None:
        told |= {"month": str(source.last), "first": source.last.first, "last": source.last.last}
    due = due_on(source.kind.due, source.last)
    return told | ({"due_on": due} if due is not None else {})


def due_on(due: tuple[int, int] | None, last: Month | None) -> date | None:
    """The day of the year after the period by which a kind is due; None where no date is set."""
    if due is None or last is None:
        return None
    return date(last.year + 1, *due)


def _year(source: Source, first: Month) -> dict[str, Any]:
    return {
        "year": f"{first.year:04d}",
        "months": _months(source.expected, source.months),
        "previous_months": _months(
            [month.same_last_year() for month in source.expected], source.earlier_months
        ),
        "pollutants": [row for month in source.months for row in _pollutants(month)],
        "open_findings": _open_findings(source),
    }


def _months(expected: Sequence[Month], accepted: Sequence[AcceptedMonth]) -> list[dict[str, Any]]:
    held = {entry.month: entry.content["calculation"] for entry in accepted}
    return [
        {
            "month": str(month),
            "filed": month in held,
            "total": _decimal(held.get(month, {}).get("total")),
            "output": _decimal(held.get(month, {}).get("output", {}).get("amount")),
            "intensity": _decimal(held.get(month, {}).get("intensity")),
        }
        for month in expected
    ]


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _pollutants(month: AcceptedMonth) -> list[dict[str, Any]]:
    return [
        {"month": str(month.month), "item": stream["item"], "value": _decimal(row["value"])}
        for stream in month.content["streams"]
        if stream["category"] == "pollutant"
        for row in stream["rows"]
        if row["key"] == "amount"
    ]


def _open_findings(source: Source) -> int:
    return sum(1 for finding in source.findings if finding.state != FindingState.CLOSED)
