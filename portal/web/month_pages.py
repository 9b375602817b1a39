"""How a month is put on its pages: section list, displays of derived cells, messages, totals."""

from decimal import Decimal
from typing import Any

from flask import get_template_attribute, url_for
from flask_babel import get_locale, gettext
from markupsafe import Markup

from checklists.model import Outcome
from portal.accounting.explain import Explanation, explain
from portal.domain.access import Permission
from portal.domain.sheet import SheetRow, SheetSection
from portal.domain.workflow import Decision, RecordState, Section, VersionStanding
from portal.extensions import actor
from portal.queries.records import RecordHead
from portal.services.cells import MonthView, Progress
from portal.web.formats import change, number, unit
from portal.web.labels import SECTIONS, SUBTOTALS
from portal.web.terms import term

#: States in which a month lies with its signatory or beyond.
HANDED_OVER = frozenset(RecordState) - {RecordState.NOT_STARTED, RecordState.DRAFT}


def section_tag(progress: Progress, view: MonthView) -> Markup:
    """The tag of a section, with what is done of what there is."""
    tag = get_template_attribute("components/tags.html", "tag")
    entry = view.sheet.section(progress.section)
    if entry is not None and _returned(entry):
        return Markup(tag("returned"))  # noqa: S704 - our own macro escapes
    if not view.sheet.working:
        return Markup(tag("complete"))  # noqa: S704 - our own macro escapes
    detail = str(progress.problems) if progress.state == "needs_attention" else ""
    if progress.state == "in_progress":
        detail = f"{progress.done}/{progress.total}"
    return Markup(tag(progress.state, detail))  # noqa: S704 - our own macro escapes


def _returned(entry: SheetSection) -> bool:
    """Sent back and not answered yet, in this version or in the one that amends it."""
    unanswered = bool(entry.return_comment) and entry.editable and not entry.response
    return entry.decision is Decision.RETURN or unanswered


def section_pages(head: RecordHead, view: MonthView, active: Section | None = None) -> list[dict[str, Any]]:
    """Entries of the section list at the left of the month."""
    tag = get_template_attribute("components/tags.html", "tag")
    place: dict[str, Any] = {"enterprise_id": head.enterprise_id, "month": str(head.month)}
    entries = [
        {
            "key": progress.section.value,
            "label": gettext(SECTIONS[progress.section]),
            "url": url_for("records.section", section=progress.section.value, **place),
            "active": progress.section is active,
            "tag": section_tag(progress, view),
            "progress": progress,
        }
        for progress in view.progress
    ]
    handed_over = head.state in HANDED_OVER
    if head.state is RecordState.READY_FOR_SIGNOFF and actor().may(Permission.RECORD_SIGN):
        target = url_for("signing.sign", **place)
    elif handed_over and view.sheet.standing not in {VersionStanding.WORKING, VersionStanding.RECALLED}:
        target = url_for("signing.receipt", number=view.sheet.version_number, **place)
    else:
        target = ""
    entries.append(
        {
            "key": "sign",
            "label": gettext("签署"),
            "url": target,
            "active": False,
            "tag": Markup(tag(head.state.value if handed_over else "locked")),  # noqa: S704 - our own macro
        }
    )
    return entries


def display(row: SheetRow, value: Decimal | None) -> str:
    """A cell's figure as it is shown: with its digits, or as many as were typed when there are more."""
    if value is None:
        return ""
    exponent = value.as_tuple().exponent
    typed = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return number(value, max(row.digits, typed) if not row.derived else row.digits)


def derived_displays(view: MonthView) -> dict[str, str]:
    """Displays of all cells that nobody types."""
    return {
        row.cell: display(row, view.figures.values[row.cell]) or "—"
        for row in view.sheet.rows()
        if view.figures.origins[row.cell] != "typed"
    }


def explanations(view: MonthView) -> dict[str, Explanation]:
    """How the emission of each stream came about, in the reader's language."""
    if view.figures.result is None:
        return {}
    language = "en" if str(get_locale()) == "en" else "zh"
    return {line.id: explain(line, language) for line in view.figures.result.lines}


def outcome_message(outcome: Outcome) -> Markup:
    """What a check says, as the line under its cell."""
    macro = get_template_attribute("components/month.html", "cell_message")
    english = str(get_locale()) == "en"
    mend = term(outcome.mend_en if english else outcome.mend)
    return Markup(  # noqa: S704 - our own macro escapes
        macro(
            outcome.severity,
            term(outcome.message_en if english else outcome.message),
            mend + gettext("（") + outcome.clause + gettext("）"),
            outcome.check_id,
        )
    )


def cell_messages(view: MonthView) -> dict[str, str]:
    """What the checks say under each cell."""
    return {
        row.cell: "".join(outcome_message(outcome) for outcome in view.said(row.cell))
        for row in view.sheet.rows()
    }


def cell_state(view: MonthView, cell: str) -> str:
    """``blocking`` when a blocking check fails on this cell's value."""
    return "blocking" if any(outcome.severity == "blocking" for outcome in view.said(cell)) else ""


def totals(view: MonthView) -> dict[str, str]:
    """The running total and its parts."""
    result = view.figures.result
    if result is None:
        return {"total": "—", "unrounded": "—", "intensity": "—", "output": "—", "month": "—", "year": "—"}
    parts = {f"subtotal-{key}": number(value, 2) for key, value in result.subtotals.items()}
    complete = not view.figures.blank
    previous, last_year = view.sheet.previous, view.sheet.last_year
    return parts | {
        "total": number(result.reported_total, 0),
        "unrounded": number(result.total, 2),
        "intensity": "—" if result.intensity is None or not complete else number(result.intensity, 4),
        "output": "—" if result.output_amount is None else number(result.output_amount),
        "month": change(result.total, previous.total) if previous and complete else "—",
        "year": change(result.total, last_year.total) if last_year and complete else "—",
    }


def subtotal_rows(view: MonthView) -> list[tuple[str, str, str]]:
    """(key, label, figure) of each category that the month has."""
    result = view.figures.result
    return [
        (key, gettext(SUBTOTALS.get(key, key)), number(value, 2))
        for key, value in (result.subtotals.items() if result else ())
    ]


def shares(view: MonthView, count: int = 6) -> list[tuple[str, str, int]]:
    """(name, figure, per cent of the largest) of the largest sources."""
    result = view.figures.result
    if result is None:
        return []
    lines = sorted((line for line in result.lines if line.emission > 0), key=lambda line: -line.emission)
    if not lines:
        return []
    names = {stream.code: stream.name for stream in view.sheet.streams}
    return [
        (
            term(names.get(line.id, line.item)),
            number(line.emission, 0),
            int(100 * line.emission / lines[0].emission),
        )
        for line in lines[:count]
    ]


def live_parts(view: MonthView) -> dict[str, Any]:
    """What an answer to a saved cell carries besides the cell itself."""
    return {
        "totals": totals(view),
        "messages": cell_messages(view),
        "states": {row.cell: cell_state(view, row.cell) for row in view.sheet.rows()},
        "section_tags": {progress.section.value: section_tag(progress, view) for progress in view.progress},
        "live": {
            "left": gettext("还差 %(count)s 件事", count=len(view.readiness.all)),
            "sources": get_template_attribute("records/_sources.html", "source_bars")(shares(view)),
        },
    }


def emission_unit(view: MonthView) -> Markup:
    """The unit of the month's emissions, with its subscript."""
    return unit(view.figures.result.unit if view.figures.result else "tCO2")
