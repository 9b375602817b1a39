"""Boards of findings: everybody's board of gaps, the regulator's statistics; each table as a file too."""

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission
from portal.domain.errors import NotFound
from portal.extensions import actor, database
from portal.queries.finding_statistics import statistics
from portal.queries.gap_board import GapBoard, gap_board
from portal.queries.home_queue import regulator_home
from portal.web.access import requires
from portal.web.downloads import table_download
from portal.web.finding_display import texts_of
from portal.web.review_display import english, section_names
from portal.web.statistic_tables import Table, board_tables, statistic_tables
from portal.web.trend_chart import trend_chart

blueprint = Blueprint("statistics", __name__)


@blueprint.get("/findings/board")
@requires(Permission.FINDING_VIEW)
def board() -> ResponseReturnValue:
    """Gaps by due date and section, how they came and went, what to do first; by client."""
    found = _board()
    return render_template(
        "statistics/board.html",
        found=found,
        tables=board_tables(found),
        chart=trend_chart(found.trend),
        english=english(),
        section_names=section_names(),
        texts_of=texts_of,
    )


@blueprint.get("/findings/board/<table>.<any(csv, xlsx):ending>")
@requires(Permission.FINDING_VIEW)
def board_file(table: str, ending: str) -> ResponseReturnValue:
    """One table of the board as a file."""
    return _file(board_tables(_board()), table, ending)


@blueprint.get("/statistics")
@requires(Permission.STATISTICS_VIEW)
def regulator() -> ResponseReturnValue:
    """Findings by district, industry, check and firm; who repeats; the queue by risk."""
    return render_template("statistics/regulator.html", tables=_tables())


@blueprint.get("/statistics/<table>.<any(csv, xlsx):ending>")
@requires(Permission.STATISTICS_VIEW)
def table_file(table: str, ending: str) -> ResponseReturnValue:
    """One table of the statistics as a file."""
    return _file(_tables(), table, ending)


def _board() -> GapBoard:
    with database().reading() as session:
        return gap_board(session, actor())


def _tables() -> list[Table]:
    with database().reading() as session:
        found = statistics(session, actor())
        home = regulator_home(session, actor())
    ranking = sorted((*home.mine, *home.others), key=lambda entry: -entry.points)
    return statistic_tables(found, ranking)


def _file(tables: list[Table], key: str, ending: str) -> Response:
    table = next((one for one in tables if one.key == key), None)
    if table is None:
        raise NotFound
    return table_download(ending, key, table.title, table.head, table.plain_rows())
