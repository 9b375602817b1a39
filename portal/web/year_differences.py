"""Why a year's sum of months and the year worked out anew differ: a part of the yearly page, and a page."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission
from portal.domain.periods import today
from portal.extensions import actor, database
from portal.queries.year_differences import year_differences
from portal.web.access import requires

blueprint = Blueprint("year_differences", __name__, url_prefix="/enterprises/<int:enterprise_id>/year")


@blueprint.get("/differences")
@requires(Permission.RECORD_VIEW)
def show(enterprise_id: int) -> ResponseReturnValue:
    """The differences by line; the yearly page fetches the table alone."""
    chosen = request.args.get("year", type=int, default=today().year)
    year = min(max(chosen, 2000), today().year + 1)
    with database().reading() as session:
        page = year_differences(session, actor(), enterprise_id, year)
    name = "_year_differences.html" if request.headers.get("HX-Request") else "year_differences.html"
    return render_template(f"records/{name}", page=page)
