"""Functions that the month's templates call: words, links and displays of single parts."""

import json
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup, escape

from checklists.model import Outcome
from portal.accounting.explain import Explanation
from portal.accounting.meter_correction import corrected_key, offered
from portal.domain.errors import Failure
from portal.domain.sheet import SheetRow, SheetSlot, SheetStream
from portal.domain.workflow import Section, Severity
from portal.queries.records import RecordHead, TimelineEntry
from portal.services.cells import MonthView
from portal.web.formats import number, short_moment
from portal.web.labels import SECTIONS, SEVERITIES, SEVERITY_EFFECTS, SUBTOTALS, action_label
from portal.web.month_pages import (
    cell_state,
    display,
    emission_unit,
    outcome_message,
    shares,
    subtotal_rows,
    totals,
)
from portal.web.terms import filled, term


def template_functions() -> dict[str, Any]:
    """All of them, by the names that templates use."""
    return {
        "cell_display": display,
        "cell_said": cell_said,
        "cell_state": cell_state,
        "default_source": default_source,
        "derivation": derivation,
        "emission_unit": emission_unit,
        "failure_link": failure_link,
        "failure_text": failure_text,
        "formula_lines": formula_lines,
        "gaps_of": gaps_of,
        "grouped_gaps": grouped_gaps,
        "meter_correction": meter_correction,
        "next_open": next_open,
        "outcome_link": outcome_link,
        "section_label": section_label,
        "severity_effect": severity_effect,
        "severity_label": severity_label,
        "shares": shares,
        "slot_files": slot_files,
        "story_items": story_items,
        "stream_kind": stream_kind,
        "subtotal_rows": subtotal_rows,
        "totals_of": totals,
    }


def _english() -> bool:
    return str(get_locale()) == "en"


def section_label(section: Section) -> str:
    """The section's name."""
    return str(gettext(SECTIONS[section]))


def severity_label(level: str) -> str:
    """The severity's name."""
    return str(gettext(SEVERITIES[Severity(level)]))


def severity_effect(level: str) -> str:
    """What the severity does to signing."""
    return str(gettext(SEVERITY_EFFECTS[Severity(level)]))


def stream_kind(view: MonthView, stream: SheetStream) -> str:
    """What kind of stream it is, as the guideline's catalogue says."""
    kind = view.figures.catalogue.kind_of(stream.category, stream.item)
    if kind is not None:
        return kind.name_en if _english() else kind.name
    return str(gettext(SUBTOTALS[stream.category])) if stream.category in SUBTOTALS else ""


def derivation(view: MonthView, stream: SheetStream, row: SheetRow) -> str:
    """How a derived cell comes about, in words."""
    kind = view.figures.catalogue.kind_of(stream.category, stream.item)
    entry = kind.parameter(row.key) if kind else None
    if entry is None:
        return ""
    return entry.derivation_en if _english() else entry.derivation


def default_source(view: MonthView, stream: SheetStream, row: SheetRow) -> Markup:
    """Source and confidence of a default value."""
    value = view.figures.catalogue.default(stream.category, stream.item, row.key)
    if value is None:
        return Markup('<span class="quiet">—</span>')
    word = {
        "official": gettext("官方"),
        "transcribed": gettext("转录"),
        "unverified": gettext("未经核实"),
    }[value.confidence]
    tone = "amber" if value.confidence == "unverified" else "sub"
    return Markup('<span lang="zh-CN">{}</span> <span class="sub {}">{}</span>').format(
        value.source.clause, tone, word
    )


def cell_said(view: MonthView, cell: str) -> Markup:
    """What the checks say under a cell."""
    return Markup("").join(outcome_message(outcome) for outcome in view.said(cell))


def slot_files(head: RecordHead, slot: SheetSlot) -> list[tuple[str, str]]:
    """(name, address) of the files in a slot."""
    return [
        (
            file.filename,
            url_for("evidence.download", enterprise_id=head.enterprise_id, evidence_id=file.id),
        )
        for file in slot.files
    ]


def formula_lines(said: Explanation) -> list[dict[str, Any]]:
    """The terms of a formula as the pop-over shows them."""
    return [
        {
            "name": f"{part.name} {part.symbol}",
            "value": part.value,
            "unit": part.unit,
            "source": " · ".join(text for text in (part.source, part.confidence_text) if text),
        }
        for part in said.terms
    ]


@dataclass(frozen=True)
class ShownCorrection:
    """What a meter makes of the activity data: corrected figure, clause, and whether it was taken over."""

    figure: str
    clause: str
    applied: bool


def meter_correction(view: MonthView, stream: SheetStream, row: SheetRow) -> ShownCorrection | None:
    """The correction for a row's meter: the one taken over, else the one that the meter calls for now."""
    taken = view.figures.corrections.get(row.cell)
    kind = view.figures.catalogue.kind_of(stream.category, stream.item)
    value = view.figures.value(stream.code, corrected_key(kind, row.key)) if kind is not None else None
    found = taken or offered(stream, row, kind, view.sheet.month, value)
    if found is None:
        return None
    clause = next((part.clause for part in found.parts if part.factor != 1), found.parts[0].clause)
    return ShownCorrection(number(found.corrected, row.digits), clause, taken is not None)


def gaps_of(view: MonthView, level: str) -> list[Outcome]:
    """All gaps of one severity, in the order of the sections."""
    return [outcome for found in view.gaps.values() for outcome in found if outcome.severity == level]


def grouped_gaps(view: MonthView, level: str) -> list[tuple[Outcome, list[Outcome]]]:
    """The gaps of one severity, check by check: the first one, and those of the same check beside it."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in gaps_of(view, level):
        groups.setdefault(outcome.check_id, []).append(outcome)
    return [(first, others) for first, *others in groups.values()]


def next_open(nav: list[dict[str, Any]]) -> dict[str, Any]:
    """The first section in which something is left to do; the first one when nothing is."""
    sections = [entry for entry in nav if entry["key"] != "sign"]
    return next((entry for entry in sections if not entry["progress"].complete), sections[0])


def failure_text(failure: Failure) -> str:
    """Why a month cannot be handed over yet."""
    detail = failure.params.get("detail")
    if failure.code == "finding" and isinstance(detail, dict):
        return term(str(detail["message_en" if _english() else "message"]))
    return filled(failure.message, failure.params)


def failure_link(head: RecordHead, failure: Failure) -> Markup:
    """Where a reason can be mended."""
    place: dict[str, Any] = {"enterprise_id": head.enterprise_id, "month": str(head.month)}
    if failure.code in {"not_evaluated", "evaluation_stale"}:
        url, words = url_for("records.evaluation", **place), gettext("去评估")
    elif failure.section:
        url = url_for("records.section", section=failure.section, **place) + _anchor(failure.cell)
        words = gettext("去%(section)s", section=section_label(Section(failure.section)))
    else:
        url, words = url_for("records.evaluation", **place), gettext("查看")
    return Markup('<a class="btn btn-small" href="{}">{}</a>').format(url, words)


def outcome_link(head: RecordHead, outcome: Outcome) -> Markup:
    """The cell or slot that a gap points to."""
    place: dict[str, Any] = {"enterprise_id": head.enterprise_id, "month": str(head.month)}
    if outcome.slot:
        url = url_for("records.section", section="evidence", **place) + f"#slot-{outcome.slot}"
    elif outcome.section:
        url = url_for("records.section", section=outcome.section, **place) + _anchor(outcome.cell)
    else:
        url = url_for("records.month", **place)
    return Markup('<a class="btn btn-small" href="{}">{}</a>').format(url, gettext("去这一格"))


def _anchor(cell: str) -> str:
    return f"#cell-{cell}" if cell else ""


def story_items(story: list[TimelineEntry]) -> list[dict[str, Any]]:
    """A month's timeline as the macro takes it, newest first."""
    items = []
    for entry in story:
        detail = json.loads(entry.detail)
        actor = entry.actor or gettext("系统")
        if entry.on_behalf:
            actor = gettext("%(name)s（%(firm)s）代办", name=actor, firm=entry.organisation)
        items.append(
            {
                "title": action_label(entry.action),
                "when": short_moment(entry.at),
                "when_after": True,
                "where": escape(actor),
                "text": detail.get("reason", ""),
                "tone": _tone(entry.action),
            }
        )
    return items


def _tone(action: str) -> str:
    if action in {"record.return", "record.reopen", "record.disagree", "record.refuse_restatement"}:
        return "amber"
    return "green" if action in {"record.sign", "record.accept", "record.agree"} else ""
