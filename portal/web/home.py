"""The first page of everybody: each kind of account lands on its own."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.domain.periods import today
from portal.domain.sheet import SheetRow
from portal.domain.workflow import RecordState, Section
from portal.extensions import actor, database
from portal.queries.board import PER_PAGE, BoardFilters, board
from portal.queries.dossier_register import waiting_for_signature
from portal.queries.home import IN_HAND, MonthLine, chart_months, officer_home
from portal.queries.home_queue import regulator_home
from portal.queries.home_signing import PER_PAGE as SIGNED_PER_PAGE
from portal.queries.home_signing import ComparedFigure, signing_home
from portal.queries.records import RecordHead, record_head
from portal.services.cells import MonthView, month_view
from portal.services.months import open_months
from portal.web import home_board, home_chart
from portal.web.access import requires, signed_in
from portal.web.downloads import file_download
from portal.web.labels import SUBTOTALS
from portal.web.month_pages import section_pages
from portal.web.month_parts import section_label, template_functions
from portal.web.terms import term

#: Months of a regulator's queue on the first page; the rest is one click away.
QUEUE_SHOWN = 50

blueprint = Blueprint("home", __name__)
blueprint.context_processor(template_functions)


@blueprint.get("/")
@signed_in
def home() -> ResponseReturnValue:
    """The page that this kind of account works from."""
    who = actor()
    if who.kind is None:
        return redirect(url_for("registrations.listing"))
    if who.may(Permission.ORGANISATION_MANAGE):
        return redirect(url_for("organisations.listing"))
    if who.may(Permission.BOARD_VIEW):
        return _steward()
    if who.may(Permission.QUEUE_VIEW):
        return _regulator()
    if who.kind is OrganisationKind.ENTERPRISE and who.may(Permission.RECORD_VIEW):
        return _signatory() if who.roles == {Role.ENTERPRISE_SIGNATORY} else _officer(who)
    return render_template("home/no_role.html")


def _officer(who: Actor) -> str:
    with database().reading() as session:
        page = officer_home(session, who)
    if page.months_to_open:
        with database().writing() as session:
            open_months(session, page.enterprise_id)
        with database().reading() as session:
            page = officer_home(session, who)
    head, view = _month_at_hand(who, page.current)
    strip = home_chart.with_live_figures(page.strip, page.current, view)
    return render_template(
        "home/officer.html",
        page=page,
        head=head,
        view=view,
        nav=[entry for entry in section_pages(head, view) if entry["key"] != "sign"] if head and view else [],
        saved=_last_saved(view) if view else None,
        failure_section=lambda failure: section_label(Section(failure.section)),
        today=today(),
        district=home_board.district_word(page.district),
        scope_word=home_board.scope_word,
        strip=strip,
        chart=home_chart,
    )


def _month_at_hand(who: Actor, line: MonthLine | None) -> tuple[RecordHead | None, MonthView | None]:
    """Head and sheet of the month that is filled in now; no sheet before it was started."""
    if line is None or who.organisation_id is None:
        return None, None
    with database().reading() as session:
        head = record_head(session, who, who.organisation_id, line.month)
        if head.version_id is None or head.state is RecordState.NOT_STARTED:
            return head, None
        return head, month_view(session, head.version_id)


def _last_saved(view: MonthView) -> SheetRow | None:
    """The cell that was saved last, for its person and moment."""
    saved = [row for row in view.sheet.rows() if row.updated_at is not None and row.updated_by]
    return max(saved, key=lambda row: (row.updated_at is not None, row.updated_at), default=None)


def _signatory() -> str:
    with database().reading() as session:
        page = signing_home(session, actor(), request.args.get("page", 1, type=int))
        dossiers = waiting_for_signature(session, actor())
    return render_template(
        "home/signatory.html",
        page=page,
        dossiers=dossiers,
        today=today(),
        per_page=SIGNED_PER_PAGE,
        figure_name=_figure_name,
        page_url=lambda number: url_for("home.home", page=number if number > 1 else None),
    )


def _figure_name(figure: ComparedFigure) -> str:
    names = {
        "total": gettext("企业温室气体排放总量"),
        "output": gettext("%(product)s产量", product=term(figure.name)),
        "intensity": gettext("排放强度"),
    }
    return str(names.get(figure.key) or gettext(SUBTOTALS.get(figure.key, figure.key)))


def _steward() -> str:
    filters = BoardFilters.read(request.args)
    with database().reading() as session:
        found = board(session, actor(), filters)
    return render_template(
        "home/board.html",
        found=found,
        filters=filters,
        counts=home_board.counts(found),
        picks=home_board.picks(found),
        words=home_board,
        today=today(),
        per_page=PER_PAGE,
        switches=home_board.switches(found),
        export_url=home_board.board_url(filters, "home.board_export", page=None),
        page_url=lambda number: home_board.board_url(filters, page=number if number > 1 else None),
    )


@blueprint.get("/board.csv")
@requires(Permission.BOARD_VIEW)
def board_export() -> ResponseReturnValue:
    """What the board shows, all of it, for a spreadsheet."""
    with database().reading() as session:
        found = board(session, actor(), BoardFilters.read(request.args))
    return file_download(home_board.export(found), "text/csv", f"board-{today()}.csv")


def _regulator() -> str:
    with database().reading() as session:
        page = regulator_home(session, actor())
    return render_template(
        "home/queue.html",
        page=page,
        most=len(page.mine) + len(page.others) if "all" in request.args else QUEUE_SHOWN,
        today=today(),
        district_word=home_board.district_word,
    )


@blueprint.get("/chart")
@requires(Permission.RECORD_VIEW)
def chart_table() -> ResponseReturnValue:
    """The twelve months of the chart as a table."""
    who = actor()
    with database().reading() as session:
        enterprise, lines, strip = chart_months(session, who)
    current = next((line for line in lines if line.state in IN_HAND), None)
    _, view = _month_at_hand(who, current)
    return render_template(
        "home/chart_table.html",
        enterprise=enterprise,
        strip=home_chart.with_live_figures(strip, current, view),
        chart=home_chart,
    )
