"""Pages of draws by lot (双随机): the list, announcing one, drawing, and the log that proves it fair."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.visits import DrawForm
from portal.domain.access import Permission
from portal.domain.canonical import canonical_json
from portal.domain.errors import Invalid
from portal.extensions import actor, database
from portal.queries.draws import draw_list, draw_log, draw_page
from portal.services.draws import (
    DrawPlan,
    announce_draw,
    candidates,
    draw_lots,
    inspectors_of,
    store_seed,
)
from portal.web.access import requires
from portal.web.downloads import file_download

blueprint = Blueprint("draws", __name__, url_prefix="/draws")


@blueprint.get("")
@requires(Permission.DRAW_CONDUCT)
def listing() -> ResponseReturnValue:
    """The draws of the authority."""
    with database().reading() as session:
        draws = draw_list(session, actor())
    return render_template("visits/draws.html", draws=draws)


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.DRAW_CONDUCT)
def add() -> ResponseReturnValue:
    """The lists of enterprises and inspectors, who is left out, how many are drawn."""
    with database().reading() as session:
        enterprises, inspectors = candidates(session, actor()), inspectors_of(session, actor())
    given = request.form if request.method == "POST" else None
    each = min(2, len(inspectors))
    form = DrawForm(given, enterprise_count=min(1, len(enterprises)), inspectors_each=each)
    form.without_enterprises.choices = [(str(one.id), one.name) for one in enterprises]
    form.without_inspectors.choices = [(str(one.id), one.name) for one in inspectors]
    if request.method == "POST" and form.validate():
        plan = DrawPlan(
            title=form.text("title"),
            enterprise_count=int(form.enterprise_count.data or 0),
            inspectors_each=int(form.inspectors_each.data or 0),
            without_enterprises=frozenset(map(int, form.without_enterprises.data or [])),
            without_inspectors=frozenset(map(int, form.without_inspectors.data or [])),
        )
        try:
            with database().writing() as session:
                draw_id = announce_draw(session, actor(), plan).id
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("名单已固定，可以抽取"), "success")
            return redirect(url_for(".show", draw_id=draw_id), 303)
    return render_template(
        "visits/draw_new.html", form=form, enterprises=enterprises, inspectors=inspectors
    ), 422 if form.errors else 200


@blueprint.get("/<int:draw_id>")
@requires(Permission.DRAW_CONDUCT)
def show(draw_id: int) -> ResponseReturnValue:
    """The lists, the seed, the result; the draw is made again at each look and compared."""
    with database().reading() as session:
        page = draw_page(session, actor(), draw_id)
    return render_template(
        "visits/draw.html", page=page, mine=page.authority_id == actor().organisation_id, me=actor().user_id
    )


@blueprint.post("/<int:draw_id>/draw")
@requires(Permission.DRAW_CONDUCT)
def draw(draw_id: int) -> ResponseReturnValue:
    """Store a seed, and only when that is committed draw by it."""
    with database().writing() as session:
        store_seed(session, actor(), draw_id)
    with database().writing() as session:
        draw_lots(session, actor(), draw_id)
    flash(gettext("已抽取，结果和种子都已存档"), "success")
    return redirect(url_for(".show", draw_id=draw_id), 303)


@blueprint.get("/<int:draw_id>/log.json")
@requires(Permission.DRAW_CONDUCT)
def log(draw_id: int) -> ResponseReturnValue:
    """Lists, seed and result as data, to draw again with one's own program."""
    with database().reading() as session:
        found = draw_log(session, actor(), draw_id)
    return file_download(canonical_json(found), "application/json", f"{found['number']}.json")
