"""Pages of the quality-control plan: versions, a new plan, reading, comparing, the regulator's decision."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from forms.plans import CreateForm, DecisionForm
from portal.domain.access import Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.periods import Month, today
from portal.extensions import actor, database
from portal.queries.plan_differences import compare_versions
from portal.queries.plan_pages import PlanPage
from portal.queries.plans import version_list
from portal.reference.catalogue import load_catalogue
from portal.services import plans as services
from portal.web import plan_editing as editing
from portal.web import plan_words as words
from portal.web.access import requires
from portal.web.labels import ACQUISITIONS, SECTIONS
from portal.web.terms import term

blueprint = Blueprint("plans", __name__, url_prefix="/enterprises/<int:enterprise_id>/plans")

for rule, view, methods in (
    ("/<int:plan_id>/edit", editing.edit, ["GET"]),
    ("/<int:plan_id>/head", editing.change_head, ["POST"]),
    ("/<int:plan_id>/fill", editing.fill, ["POST"]),
    ("/<int:plan_id>/drawings/<kind>", editing.attach_drawing, ["POST"]),
    ("/<int:plan_id>/streams/new", editing.add_streams, ["GET", "POST"]),
    ("/<int:plan_id>/streams/<int:stream_id>", editing.stream, ["GET", "POST"]),
    ("/<int:plan_id>/streams/<int:stream_id>/name", editing.rename_stream, ["POST"]),
    ("/<int:plan_id>/streams/<int:stream_id>/remove", editing.remove_stream, ["POST"]),
    ("/<int:plan_id>/submit", editing.submit, ["POST"]),
):
    blueprint.add_url_rule(rule, view_func=view, methods=methods)

FIELD_WORDS = {
    "guideline": N_("核算指南"),
    "effective_from": N_("自哪个月起执行"),
    "boundary": N_("核算边界和主要排放设施"),
    "stream": N_("排放源流"),
    "parameter": N_("参数"),
    "name": N_("名称"),
    "item": N_("品种"),
    "unit": N_("单位"),
    "acquisition": N_("获取方式"),
    "meter": N_("计量器具"),
    "frequency": N_("记录频次"),
    "department": N_("负责部门"),
    "source_record": N_("原始记录与台账"),
    "missing_rule": N_("数据缺失处理"),
    "required": N_("是否必填"),
    "slots": N_("支撑材料"),
}


@blueprint.app_template_filter("drawing_name")
def drawing_name(kind: str) -> str:
    """The drawing's name."""
    return str(gettext(words.DRAWING_WORDS[kind]))


@blueprint.app_template_filter("plan_section")
def plan_section(section: Any) -> str:
    """The section's name."""
    return str(gettext(SECTIONS[section]))


@blueprint.app_template_filter("named")
def named(thing: Any, attribute: str = "name") -> str:
    """A thing's name in the reader's language, where it has one in English."""
    locale = get_locale()
    english = getattr(thing, f"{attribute}_en", "") if locale is not None and locale.language == "en" else ""
    return term(str(english or getattr(thing, attribute)))


@blueprint.get("")
@requires(Permission.PLAN_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """All versions, newest first."""
    with database().reading() as session:
        page = version_list(session, actor(), enterprise_id, Month.of(today()))
    return render_template("plans/listing.html", page=page)


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.PLAN_EDIT)
def create(enterprise_id: int) -> ResponseReturnValue:
    """A first plan from the guideline's template: tick what is in use."""
    with database().reading() as session:
        page = version_list(session, actor(), enterprise_id, Month.of(today()))
    if not page.guideline:
        raise Invalid(N_("企业档案里还没有选定核算指南"), path="guideline")
    catalogue = load_catalogue(page.guideline)
    groups = words.item_groups(catalogue)
    form = CreateForm(words.posted(), effective_from=Month.of(today()))
    form.items.choices = [choice for group in groups for choice in group.items]
    if request.method == "POST" and form.validate():
        choices = words.chosen_streams(form)
        try:
            with database().writing() as session:
                plan = services.create_plan(
                    session,
                    actor(),
                    enterprise_id,
                    choices,
                    effective_from=str(form.effective_from.data),
                    boundary=form.data["boundary"],
                )
        except Invalid as error:
            form.refuse(error)
        else:
            flash(
                gettext("已按指南生成 %(count)s 个排放源流，请补齐部门和计量器具", count=len(choices)),
                "success",
            )
            return redirect(url_for("plans.edit", enterprise_id=enterprise_id, plan_id=plan.id), 303)
    status = 422 if request.method == "POST" else 200
    return render_template(
        "plans/create.html",
        page=page,
        form=form,
        groups=groups,
        catalogue=catalogue,
        free_output=words.takes_own_output(catalogue),
    ), status


@blueprint.get("/<int:plan_id>")
@requires(Permission.PLAN_VIEW)
def version(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """Read a version, section by section."""
    return render_template("plans/version.html", page=editing.any_page(enterprise_id, plan_id))


@blueprint.post("/<int:plan_id>/clone")
@requires(Permission.PLAN_EDIT)
def clone(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """Copy a version that rules or ruled into a new draft."""
    with database().writing() as session:
        plan = services.clone_plan(session, actor(), enterprise_id, plan_id)
    flash(gettext("已复制成第 %(number)s 版草稿，请写明修订原因和执行月份", number=plan.number), "success")
    return redirect(url_for("plans.edit", enterprise_id=enterprise_id, plan_id=plan.id), 303)


@blueprint.post("/<int:plan_id>/discard")
@requires(Permission.PLAN_EDIT)
def discard(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """Throw a draft away that was never submitted."""
    with database().writing() as session:
        services.discard_plan(session, actor(), enterprise_id, plan_id, row_version=_row_version())
    flash(gettext("草稿已删除"), "success")
    return redirect(url_for("plans.listing", enterprise_id=enterprise_id), 303)


@blueprint.get("/<int:plan_id>/compare/<int:other_id>")
@requires(Permission.PLAN_VIEW)
def compare(enterprise_id: int, plan_id: int, other_id: int) -> ResponseReturnValue:
    """What changed between two versions, the older one first."""
    with database().reading() as session:
        comparison = compare_versions(session, actor(), enterprise_id, other_id, plan_id)
    fields = {key: gettext(text) for key, text in FIELD_WORDS.items()}
    ways = {way.value: gettext(text) for way, text in ACQUISITIONS.items()}
    page = editing.any_page(enterprise_id, plan_id)
    return render_template("plans/compare.html", page=page, comparison=comparison, fields=fields, ways=ways)


@blueprint.get("/<int:plan_id>/review")
@requires(Permission.PLAN_APPROVE)
def review(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """A submitted version with the regulator's decision beside it."""
    page = editing.any_page(enterprise_id, plan_id)
    return _review_page(page, DecisionForm(data={"row_version": page.row_version, "comment": ""}))


@blueprint.post("/<int:plan_id>/decision")
@requires(Permission.PLAN_APPROVE)
def decide(enterprise_id: int, plan_id: int) -> ResponseReturnValue:
    """Approve a submitted version, or return it with a comment."""
    form = DecisionForm(request.form)
    approves = request.form.get("decision") == "approve"
    if form.validate():
        verb = services.approve_plan if approves else services.return_plan
        try:
            with database().writing() as session:
                verb(
                    session,
                    actor(),
                    enterprise_id,
                    plan_id,
                    row_version=form.data["row_version"],
                    comment=form.data["comment"],
                )
        except Invalid as error:
            form.refuse(error)
        else:
            done = gettext("方案已批准") if approves else gettext("方案已退回，企业会收到您的意见")
            flash(done, "success")
            return redirect(url_for("plans.version", enterprise_id=enterprise_id, plan_id=plan_id), 303)
    return _review_page(editing.any_page(enterprise_id, plan_id), form, status=422)


def _review_page(page: PlanPage, form: DecisionForm, status: int = 200) -> ResponseReturnValue:
    differences = 0
    if page.previous_id is not None:
        with database().reading() as session:
            found = compare_versions(session, actor(), page.enterprise_id, page.previous_id, page.id)
        differences = len(found.differences)
    lacks = words.lacks_of(page)
    return render_template(
        "plans/review.html", page=page, form=form, differences=differences, lacks=lacks
    ), status


def _row_version() -> int:
    return request.form.get("row_version", 0, type=int)
