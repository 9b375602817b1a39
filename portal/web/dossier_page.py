"""The page of one disclosure or dossier: read once, drawn by every route that comes back to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checklists.model import Outcome
from portal.domain.access import Permission
from portal.domain.dossiers import DossierAction, DossierState, Standing
from portal.domain.errors import DomainError, Failure
from portal.extensions import actor, database, storage
from portal.queries.dossier_checks import ContentCheck
from portal.queries.dossier_footprints import FootprintBehind, footprint_behind
from portal.queries.dossiers import DossierPage, TimelineEntry, dossier_page
from portal.services.dossier_previews import DossierPreview, preview_of
from portal.web.audit import action_word
from portal.web.dossier_words import EVENT_TONES, said, stations, template_words
from portal.web.formats import short_moment
from portal.web.review_display import english
from portal.web.terms import filled

blueprint = Blueprint("dossiers", __name__)
blueprint.app_context_processor(template_words)

#: Most events that the page tells; the trace has them all.
MOST_EVENTS = 12
PLACE = "/enterprises/<int:enterprise_id>/dossiers"
DOSSIER = f"{PLACE}/<int:dossier_id>"


@dataclass(frozen=True)
class Task:
    """A part of the document in the list of its tasks."""

    id: str
    title: str
    url: str
    note: str
    state: str
    detail: str


@dataclass(frozen=True)
class CheckView:
    """What one check of the contents says, in the reader's language."""

    id: str
    outcome: str
    title: str
    message: str
    mend: str
    source: str
    confidence: str
    url: str


def read_page(enterprise_id: int, dossier_id: int) -> DossierPage:
    """The document with all that its page shows; raises NotFound for a foreign one."""
    with database().reading() as session:
        return dossier_page(session, actor(), enterprise_id, dossier_id)


def place_of(page: DossierPage) -> dict[str, Any]:
    """What an address about this document holds."""
    return {"enterprise_id": page.line.enterprise_id, "dossier_id": page.line.id}


def tasks_of(page: DossierPage) -> list[Task]:
    """The parts of the document, each with how far it is."""
    return [_task(page, place) for place in range(len(page.line.kind.sections))]


def _task(page: DossierPage, place: int) -> Task:
    section = page.line.kind.sections[place]
    wanted = [question for question in section.questions if question.required]
    open_keys = {entry.question.key for entry in page.check.unanswered}
    left = sum(1 for question in wanted if question.key in open_keys)
    begun = any(page.answers.get(question.key) for question in section.questions)
    if left:
        state = "in_progress" if begun else "not_started"
    else:
        state = "complete" if wanted or begun else "optional"
    return Task(
        id=section.id,
        title=said(section, "title"),
        url=url_for("dossiers.section", section=section.id, **place_of(page)),
        note=gettext("、").join(said(question, "label") for question in section.questions[:4])
        + ("…" if len(section.questions) > 4 else ""),
        state=state,
        detail=f"{len(wanted) - left}/{len(wanted)}" if state == "in_progress" else "",
    )


def checks_of(page: DossierPage) -> dict[str, Any]:
    """``open``: what failed, cannot be decided or keeps it from being put together; ``passed``.

    ``blocking`` counts those of ``open`` that keep it from being signed.
    """
    views = [_check_view(page, outcome) for outcome in page.check.asked]
    found = [view for view in views if view.outcome != "passed"]
    problem = _problem(page, page.check)
    return {
        "open": [*problem, *sorted(found, key=lambda view: view.outcome != "failed")],
        "passed": [view for view in views if view.outcome == "passed"],
        "blocking": len(problem)
        + sum(1 for outcome in page.check.asked if outcome.is_gap and outcome.severity == "blocking"),
    }


def _check_view(page: DossierPage, outcome: Outcome) -> CheckView:
    en = english()
    return CheckView(
        id=outcome.check_id,
        outcome="noted"
        if outcome.outcome == "failed" and outcome.severity != "blocking"
        else outcome.outcome,
        title=(outcome.title_en if en else outcome.title),
        message=(outcome.message_en if en else outcome.message) or _lacking(outcome),
        mend=(outcome.mend_en if en else outcome.mend),
        source=f"{outcome.source} {outcome.clause}".strip(),
        confidence=outcome.confidence,
        url=_where(page, outcome.section, outcome.page),
    )


def _lacking(outcome: Outcome) -> str:
    return str(gettext("缺少：%(what)s", what=gettext("、").join(outcome.missing))) if outcome.missing else ""


def _where(page: DossierPage, *names: str) -> str:
    """The part of the document that one of ``names`` means; the list of tasks for anything else."""
    sections = {section.id for section in page.line.kind.sections}
    for name in names:
        if name in sections:
            return url_for("dossiers.section", section=name, **place_of(page))
    return url_for("dossiers.show", **place_of(page)) + "#sources" if page.missing else ""


def _problem(page: DossierPage, check: ContentCheck) -> list[CheckView]:
    """Why nothing can be put together, as if it were a check that failed."""
    if check.problem is None:
        return []
    text = filled(check.problem.message, check.problem.params)
    url = _where(page, _section_with(page, check.problem.cell))
    title = gettext("按现在的内容还不能成文")
    return [CheckView("", "failed", title, text, "", "", "official", url)]


def _section_with(page: DossierPage, cell: str) -> str:
    """The part in which a question stands; ``cell`` may go on into a table: ``outlets[0].code``."""
    key = cell.partition("[")[0]
    for section in page.line.kind.sections:
        if any(question.key == key for question in section.questions):
            return section.id
    return ""


def failure_links(page: DossierPage, failures: Sequence[Failure]) -> list[dict[str, str]]:
    """Each reason in the reader's language, with the part where it can be mended."""
    return [
        {
            "text": filled(failure.message, failure.params),
            "url": _where(page, failure.section or _section_with(page, failure.cell)),
        }
        for failure in failures
    ]


def acts_of(page: DossierPage) -> set[str]:
    """What this reader may do with the document as it stands."""
    line, may = page.line, actor().may
    edits, signs, reviews = (
        may(Permission.DOSSIER_EDIT),
        may(Permission.DOSSIER_SIGN),
        may(Permission.DOSSIER_REVIEW),
    )
    table: dict[DossierState, tuple[tuple[str, bool], ...]] = {
        DossierState.DRAFT: ((DossierAction.SAVE, edits),),
        DossierState.COMPLETE: ((DossierAction.SIGN, signs), (DossierAction.REOPEN, edits or signs)),
        DossierState.SIGNED: (
            (DossierAction.SUBMIT, signs and line.kind.reviewed),
            (DossierAction.ISSUE, signs and not line.kind.reviewed),
            (DossierAction.REOPEN, signs),
        ),
        DossierState.SUBMITTED: ((DossierAction.APPROVE, reviews), (DossierAction.RETURN, reviews)),
        DossierState.REVIEWED: ((DossierAction.ISSUE, signs),),
        DossierState.ISSUED: (("edit", edits),),
    }
    return {str(act) for act, allowed in table[line.state] if allowed}


def show(page: DossierPage, *, failures: Sequence[Failure] = (), status: int = 200) -> ResponseReturnValue:
    """Draw the page, with what kept an act from being done."""
    tasks = tasks_of(page)
    open_tasks = [task for task in tasks if task.state in ("in_progress", "not_started")]
    return render_template(
        "dossiers/show.html",
        page=page,
        tasks=tasks,
        go_on=open_tasks[0] if open_tasks else None,
        checks=checks_of(page),
        way=stations(page.line.kind, page.line.state),
        acts=acts_of(page),
        preview=preview_for(page),
        behind=_footprint_of(page),
        answered=page.check.required - len(page.check.unanswered),
        required=page.check.required,
        problem=_stale_problem(page),
        may_withdraw=may_withdraw(page),
        failures=failure_links(page, failures),
        story=[_happened(entry) for entry in page.timeline[:MOST_EVENTS]],
    ), status


def _happened(entry: TimelineEntry) -> dict[str, str]:
    who = " · ".join(word for word in (entry.actor, entry.organisation) if word)
    return {
        "title": action_word(entry.action),
        "when": short_moment(entry.at),
        "where": gettext("第 %(number)s 版次", number=entry.edition),
        "text": " ".join(word for word in (who, entry.comment) if word),
        "tone": EVENT_TONES.get(entry.action, ""),
    }


def preview_for(page: DossierPage) -> DossierPreview | None:
    """Where the preview stands; None for what is issued or cannot be put together yet."""
    if page.line.state is DossierState.ISSUED:
        return None
    try:
        with database().reading() as session:
            return preview_of(session, storage(), actor(), page.line.enterprise_id, page.line.id)
    except DomainError:
        return None


def _footprint_of(page: DossierPage) -> FootprintBehind | None:
    with database().reading() as session:
        return footprint_behind(session, actor(), page.line.enterprise_id, page.line.id)


def _stale_problem(page: DossierPage) -> str:
    comparison = page.comparison
    return filled(comparison.problem, comparison.problem_params) if comparison and comparison.problem else ""


def may_withdraw(page: DossierPage) -> bool:
    """Whether this reader may withdraw the issued document."""
    issued = page.line.issued
    allowed = actor().may(Permission.DOSSIER_SIGN) or actor().may(Permission.DOSSIER_REVIEW)
    return allowed and issued is not None and issued.standing is not Standing.WITHDRAWN
