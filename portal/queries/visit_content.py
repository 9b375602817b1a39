"""What is signed: everything that a visit found, as plain data in one canonical form."""

from typing import Any

from checklists.questions import NOT_APPLICABLE, Question
from portal.domain.canonical import canonical_json
from portal.domain.periods import today
from portal.domain.workflow import Severity
from portal.queries.visit_sheet import Item, Tally
from portal.queries.visits import PhotoView, VisitPage
from portal.reference.rectification import load_rectification

FORMAT = "visit-1"
#: How answers that every question can have are written, in both languages.
WORDS = {"yes": ("是", "Yes"), "no": ("否", "No"), NOT_APPLICABLE: ("不适用", "Not applicable")}


def visit_content(page: VisitPage) -> dict[str, Any]:
    """The content of a visit as both sides sign it.

    Decimals are text, moments ISO 8601 in UTC. Days by which gaps are to be mended follow from their
    severity and today (portal.reference.rectification).
    """
    return {
        "format": FORMAT,
        "number": page.number,
        "kind": page.kind,
        "enterprise": {"name": page.enterprise, "uscc": page.uscc},
        "visitor": page.visitor,
        "engagement": page.engagement,
        "draw": page.draw,
        "visited_on": page.visited_on,
        "opened_at": page.opened_at,
        "opened_by": page.opened_by,
        "scope": page.scope,
        "accompanied_by": page.accompanied_by,
        "packs": _packs(page),
        "score": {
            "points": page.sheet.total.points,
            "conclusion": page.sheet.conclusion,
            "previous": page.previous.points if page.previous else None,
            "previous_on": page.previous.visited_on if page.previous else None,
            "total": _tally(page.sheet.total),
            "areas": [_tally(area) for area in page.sheet.areas],
        },
        "answers": [_answer(item) for item in page.sheet.shown],
        "gaps": [_gap(item) for item in page.sheet.gaps],
        "photos": [_photo(photo) for photo in page.photos],
    }


def content_text(page: VisitPage) -> str:
    """The content in its one canonical form: what is hashed, signed and kept."""
    return canonical_json(visit_content(page))


def answer_words(question: Question, value: str, *, english: bool = False) -> str:
    """An answer as a reader sees it: the chosen option's text, a figure with its unit."""
    if value in WORDS and (question.answer_type == "yes_no" or value == NOT_APPLICABLE):
        return WORDS[value][english]
    for option in question.options:
        if option.code == value:
            return option.text_en if english else option.text
    return f"{value} {question.unit}".strip() if value else ""


def _packs(page: VisitPage) -> list[dict[str, Any]]:
    packs = {item.pack.id: item.pack for item in page.sheet.items}
    return [
        {
            "id": pack.id,
            "version": pack.version,
            "title": pack.title,
            "legal_status": pack.legal_status,
            "source": pack.source,
            "questions": len(pack.questions),
        }
        for pack in packs.values()
    ]


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "title": tally.title,
        "asked": tally.asked,
        "applicable": tally.applicable,
        "met": tally.met,
        "gaps": tally.gaps,
        "noted": tally.noted,
        "not_applicable": tally.not_applicable,
        "open": tally.open,
        "points": tally.points,
    }


def _answer(item: Item) -> dict[str, Any]:
    question = item.question
    return {
        "key": item.key,
        "id": question.id,
        "area": item.pack.area(question.area).title,
        "text": question.text,
        "clause": question.clause,
        "source": question.source,
        "confidence": question.confidence,
        "weight": question.weight,
        "value": item.value,
        "words": answer_words(question, item.value),
        "outcome": item.outcome,
        "note": item.given.note if item.given else "",
        "given_at": item.given.at if item.given and item.value else None,
        "given_by": item.given.by if item.given and item.value else "",
    }


def _gap(item: Item) -> dict[str, Any]:
    severity = Severity(item.severity or "note")
    return {
        "key": item.key,
        "severity": severity,
        "due_on": load_rectification().due_on(severity, today()),
        "measures": [measure.text for measure in item.question.measures],
    }


def _photo(photo: PhotoView) -> dict[str, Any]:
    return {
        "question": photo.question,
        "filename": photo.filename,
        "sha256": photo.sha256,
        "size": photo.size,
        "taken_at": photo.taken_at,
        "taken_by": photo.taken_by,
    }
