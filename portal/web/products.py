"""Pages of products: the list, one product, entering it, working its footprint out, the result."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from forms.base import BaseForm
from forms.products import ProductForm
from portal.domain.access import Permission
from portal.domain.errors import DomainError, InputError, Invalid
from portal.domain.products import BOUNDARY_WORDS, DETAILS, Boundary
from portal.domain.quantities import rounded
from portal.dossiers import footprint_tables as tables
from portal.extensions import actor, database
from portal.queries.footprint_extras import told_of
from portal.queries.products import (
    Compared,
    FootprintFacts,
    ProductPage,
    compared,
    footprint_of,
    product_list,
    product_page,
)
from portal.services import products as services
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.product_places import Place, place_of
from reports import dossier_drawing

blueprint = Blueprint("products", __name__, url_prefix="/enterprises/<int:enterprise_id>/products")


@blueprint.app_template_filter("boundary_words")
def boundary_words(boundary: str) -> str:
    """From where to where, in the reader's language."""
    return str(gettext(BOUNDARY_WORDS[Boundary(boundary)]))


@blueprint.get("")
@requires(Permission.DOCUMENT_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """The products of an enterprise with their newest footprint."""
    with database().reading() as session:
        page = product_list(session, actor(), enterprise_id)
    return render_template("products/listing.html", page=page, decimals=tables.decimals_of)


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.PRODUCT_EDIT)
def add(enterprise_id: int) -> ResponseReturnValue:
    """Enter a product, then go on to its system."""
    form = ProductForm(request.form or None)
    if request.method == "POST" and form.validate():

        def save() -> int:
            with database().writing() as session:
                return services.add_product(session, actor(), enterprise_id, _data(form)).id

        product_id = attempt(form, save)
        if product_id is not None:
            flash(gettext("已登记产品，请接着建立产品系统"), "success")
            place: dict[str, Any] = {"enterprise_id": enterprise_id, "product_id": product_id}
            return redirect(url_for("product_systems.edit", **place), 303)
    context = {"page": None, "details": tuple(DETAILS), "enterprise_id": enterprise_id}
    return render_template("products/edit.html", form=form, **context), 422 if form.errors else 200


@blueprint.route("/<int:product_id>/edit", methods=["GET", "POST"])
@requires(Permission.PRODUCT_EDIT)
def edit(enterprise_id: int, product_id: int) -> ResponseReturnValue:
    """Correct a product; footprints keep what they were worked out for."""
    page = read_page(enterprise_id, product_id)
    form = ProductForm(request.form or None, data=_values(page))
    if request.method == "POST" and form.validate():

        def save() -> int:
            version = int(form["row_version"].data or 0)
            with database().writing() as session:
                return services.change_product(
                    session, actor(), enterprise_id, product_id, version, _data(form)
                ).id

        if attempt(form, save) is not None:
            flash(gettext("已保存"), "success")
            return to_product(page)
    context = {"page": page, "details": tuple(DETAILS), "enterprise_id": enterprise_id}
    return render_template("products/edit.html", form=form, **context), 422 if form.errors else 200


@blueprint.get("/<int:product_id>")
@requires(Permission.DOCUMENT_VIEW)
def show(enterprise_id: int, product_id: int) -> ResponseReturnValue:
    """One product: its system, its footprints."""
    return _show(read_page(enterprise_id, product_id), None)


@blueprint.post("/<int:product_id>/calculate")
@requires(Permission.PRODUCT_EDIT)
def calculate(enterprise_id: int, product_id: int) -> ResponseReturnValue:
    """Work the newest system out; what is wrong in it is shown with a link to its place."""
    page = read_page(enterprise_id, product_id)
    try:
        with database().writing() as session:
            kept = services.calculate_footprint(session, actor(), enterprise_id, product_id).footprint
            footprint_id = kept.id if kept is not None else None
    except (Invalid, InputError) as error:
        return _show(page, error), 422
    if footprint_id is None:
        flash(gettext("已开始模拟计算，完成后结果出现在本页"), "success")
        return to_product(page)
    flash(gettext("已算出碳足迹"), "success")
    return redirect(url_for(".footprint", enterprise_id=enterprise_id, footprint_id=footprint_id), 303)


@blueprint.get("/<int:product_id>/calculation")
@requires(Permission.DOCUMENT_VIEW)
def calculation(enterprise_id: int, product_id: int) -> ResponseReturnValue:
    """Where the calculation stands, as the part of a page that asks again by itself."""
    page = read_page(enterprise_id, product_id)
    if not request.headers.get("HX-Request"):
        return to_product(page)
    return render_template("products/_calculation.html", page=page)


@blueprint.get("/footprints/<int:footprint_id>")
@requires(Permission.DOCUMENT_VIEW)
def footprint(enterprise_id: int, footprint_id: int) -> ResponseReturnValue:
    """A result: stages, contributions, origins, uncertainty, sensitivity, sources; beside an earlier one."""
    other = request.args.get("with", type=int)
    with database().reading() as session:
        facts = footprint_of(session, actor(), enterprise_id, footprint_id)
        page = product_page(session, actor(), enterprise_id, facts.product_id)
        earlier = footprint_of(session, actor(), enterprise_id, other) if other else None
    beside = compared(facts, earlier) if earlier else None
    return render_template("products/footprint.html", page=page, **_result(facts, beside))


def read_page(enterprise_id: int, product_id: int) -> ProductPage:
    """The product's page; raises NotFound for another enterprise's."""
    with database().reading() as session:
        return product_page(session, actor(), enterprise_id, product_id)


def to_product(page: ProductPage) -> ResponseReturnValue:
    """Back to the product."""
    return redirect(url_for("products.show", enterprise_id=page.enterprise_id, product_id=page.id), 303)


def attempt(form: BaseForm, save: Callable[[], int]) -> int | None:
    """What ``save`` gave; a refusal is put on its field."""
    try:
        return save()
    except (Invalid, InputError) as error:
        form.refuse(error)
        return None


def _show(page: ProductPage, error: DomainError | None) -> str:
    place: Place | None = None
    if error is not None:
        place = place_of(page, error.path)
    return render_template(
        "products/show.html",
        page=page,
        error=message_of(error) if error else "",
        place=place,
        decimals=tables.decimals_of,
    )


def _result(facts: FootprintFacts, beside: Compared | None) -> dict[str, Any]:
    footprint = told_of(facts)
    total = tables.total_of(footprint)
    digits = tables.decimals_of(total)
    return {
        "facts": facts,
        "total": total,
        "digits": digits,
        "unit": footprint["result"]["functional_unit"],
        "stage_bars": _stage_bars(footprint, total, digits),
        "boundary": _boundary(footprint),
        "contributions": tables.contributions(footprint),
        "months": tables.from_months(footprint),
        "origins": tables.origins(footprint),
        "quality": tables.quality_rows(footprint),
        "swings": [(name, Decimal(low), Decimal(high)) for name, low, high in tables.swing_rows(footprint)],
        "typed": tables.typed_factors(footprint),
        "expanded": tables.expanded(footprint),
        "short": tables.short,
        "small": tables.small,
        "share": tables.share,
        "beside": beside,
    }


def _stage_bars(footprint: dict[str, Any], total: Decimal, digits: int) -> Markup:
    stages = [
        dossier_drawing.Stage(
            tables.clipped(name, 7),
            rounded(value, digits),
            value / total * 100 if total else Decimal(0),
        )
        for name, value in tables.stages(footprint)
    ]
    return dossier_drawing.stage_bars(stages, rounded(total, digits), digits, title=gettext("各生命周期阶段"))


def _boundary(footprint: dict[str, Any]) -> Markup:
    words = boundary_words(footprint["product"]["boundary"])
    return dossier_drawing.boundary(
        tables.boundary_processes(footprint),
        footprint["sources"].get("excluded", ()),
        title=gettext("系统边界图"),
        caption=words,
    )


def _data(form: ProductForm) -> services.ProductData:
    texts = ("name", "model", "unit", "unit_words", "hs_code", "cn_code", "rules", "place", "description")
    return services.ProductData(
        **{key: form.given(key) for key in texts},
        unit_amount=form.data["unit_amount"],
        functional=form.given("kind") == "functional",
        mass=form.data["mass"],
        boundary=Boundary(form.given("boundary")),
        country=form.given("country").upper(),
        details=form.details(),
    )


def _values(page: ProductPage) -> dict[str, Any]:
    facts = page.facts
    values: dict[str, Any] = {**facts, **facts["details"], "row_version": page.row_version}
    values["kind"] = "functional" if facts["functional"] else "declared"
    values["unit_amount"] = Decimal(facts["unit_amount"])
    values["mass"] = Decimal(facts["mass"]) if facts["mass"] else None
    return values
