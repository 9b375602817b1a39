"""Pages of a product's system: its period and omissions, and a table for each process."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.base import BaseForm
from forms.dossiers import ADD, REMOVE, RowsField
from forms.products import (
    FACTOR,
    ProcessChoices,
    ProcessForm,
    SystemForm,
    process_form,
    process_values,
    say_in_language,
)
from portal.domain.access import Permission
from portal.domain.errors import NotFound
from portal.domain.periods import Month, today
from portal.extensions import actor, database
from portal.queries.product_inputs import month_references, supplier_factors
from portal.queries.products import ProductPage, SystemFacts
from portal.reference.factors import load_grid
from portal.services import products as services
from portal.web.access import requires
from portal.web.products import attempt, read_page, to_product

blueprint = Blueprint(
    "product_systems",
    __name__,
    url_prefix="/enterprises/<int:enterprise_id>/products/<int:product_id>/system",
)

#: Family of grid factors that a footprint may use, and how many years of it are offered.
_GRID = "mee-footprint"
_NEW = "new"


@blueprint.route("", methods=["GET", "POST"])
@requires(Permission.PRODUCT_EDIT)
def edit(enterprise_id: int, product_id: int) -> ResponseReturnValue:
    """The period, what is left out, the simulation."""
    page = read_page(enterprise_id, product_id)
    form = SystemForm(request.form or None, data=_values(page.system))
    say_in_language(form)
    processes = list(page.system.payload["processes"]) if page.system else []
    form.goal.choices = [("", gettext("最后一个过程")), *((one["key"], one["name"]) for one in processes)]
    if _changes_rows(form):
        return render_template("products/system.html", page=page, form=form)
    if request.method == "POST" and form.validate():
        months = str(form.data["first_month"]), str(form.data["last_month"])
        if _save(page, form, form.payload(processes), *months, note=form.given("note")) is not None:
            flash(gettext("已保存产品系统"), "success")
            return to_product(page)
    return render_template("products/system.html", page=page, form=form), 422 if form.errors else 200


@blueprint.route("/processes/<key>", methods=["GET", "POST"])
@requires(Permission.PRODUCT_EDIT)
def process(enterprise_id: int, product_id: int, key: str) -> ResponseReturnValue:
    """One process with its inputs and emissions; ``new`` for one more."""
    page = read_page(enterprise_id, product_id)
    system = _needed(page)
    processes = list(system.payload["processes"])
    place = _place_in(processes, key)
    values = process_values(processes[place]) if place is not None else {"key": _next_key(processes)}
    choices = _choices(page, system, values["key"]).with_held(values)
    form = process_form(choices, request.form or None, data={"row_version": system.row_version, **values})
    if not _changes_rows(form) and request.method == "POST" and form.validate():
        made = form.process_data() | {"key": values["key"]}
        if place is None:
            processes.append(made)
        else:
            processes[place] = made
        if _save_processes(page, form, system, processes) is not None:
            flash(gettext("已保存过程“%(name)s”", name=made["name"]), "success")
            return to_product(page)
    return _process_page(page, form, key, typed=choices)


@blueprint.post("/processes/<key>/remove")
@requires(Permission.PRODUCT_EDIT)
def remove(enterprise_id: int, product_id: int, key: str) -> ResponseReturnValue:
    """Take a process out of the system."""
    page = read_page(enterprise_id, product_id)
    system = _needed(page)
    processes = list(system.payload["processes"])
    place = _place_in(processes, key)
    if place is None:
        raise NotFound
    gone = processes.pop(place)
    payload = dict(system.payload) | {"processes": processes}
    if payload.get("goal") == gone["key"]:
        payload["goal"] = ""
    version = request.form.get("row_version", -1, type=int)
    data = services.SystemData(system.first_month, system.last_month, payload, system.note)
    with database().writing() as session:
        services.save_system(session, actor(), enterprise_id, product_id, version, data)
    flash(gettext("已删去过程“%(name)s”", name=gone["name"]), "success")
    return to_product(page)


def _process_page(
    page: ProductPage, form: ProcessForm, key: str, *, typed: ProcessChoices
) -> ResponseReturnValue:
    status = 422 if form.errors else 200
    return render_template("products/process.html", page=page, form=form, key=key, choices=typed), status


def _save_processes(
    page: ProductPage, form: BaseForm, system: SystemFacts, processes: list[dict[str, Any]]
) -> int | None:
    payload = dict(system.payload) | {"processes": processes}
    return _save(page, form, payload, system.first_month, system.last_month, note=system.note)


def _save(
    page: ProductPage, form: BaseForm, payload: dict[str, Any], first: str, last: str, *, note: str
) -> int | None:
    def save() -> int:
        version = int(form["row_version"].data or 0)
        data = services.SystemData(first, last, payload, note)
        with database().writing() as session:
            return services.save_system(session, actor(), page.enterprise_id, page.id, version, data).id

    return attempt(form, save)


def _values(system: SystemFacts | None) -> dict[str, Any]:
    if system is None:
        last = Month.of(today()).previous()
        return {"row_version": 0, "first_month": last.plus(-11), "last_month": last, "seed": None}
    payload = system.payload
    return {
        "row_version": system.row_version,
        "first_month": Month.parse(system.first_month),
        "last_month": Month.parse(system.last_month),
        "goal": payload.get("goal", ""),
        "excluded": "\n".join(payload.get("excluded", ())),
        "cut_offs": payload.get("cut_offs", ()),
        "runs": _whole(payload.get("runs")),
        "seed": _whole(payload.get("seed")),
        "note": system.note,
    }


def _whole(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _changes_rows(form: BaseForm) -> bool:
    """Whether a button of a table was pressed; the table then has a row more or less, nothing is kept."""
    added, removed = request.form.get(ADD, ""), request.form.get(REMOVE, "")
    if request.method != "POST" or not (added or removed):
        return False
    name, _, number = removed.rpartition("-")
    for field in form:
        if isinstance(field, RowsField) and field.name in {added, name}:
            field.change(field.name == added, int(number) if number.isdecimal() else None)
    return True


def _needed(page: ProductPage) -> SystemFacts:
    if page.system is None:
        raise NotFound
    return page.system


def _place_in(processes: list[dict[str, Any]], key: str) -> int | None:
    """Place of the process; None for a new one; raises NotFound for an unknown one."""
    if key == _NEW:
        return None
    for place, entry in enumerate(processes):
        if entry["key"] == key:
            return place
    raise NotFound


def _next_key(processes: list[dict[str, Any]]) -> str:
    numbers = [int(entry["key"][1:]) for entry in processes if entry["key"][1:].isdecimal()]
    return f"P{max(numbers, default=0) + 1}"


def _choices(page: ProductPage, system: SystemFacts, key: str) -> ProcessChoices:
    with database().reading() as session:
        months = month_references(session, page.enterprise_id, system.first_month, system.last_month)
        suppliers = supplier_factors(session, page.enterprise_id)
    grid = load_grid(_GRID)
    return ProcessChoices(
        months=[
            (one.key, gettext("月度记录：%(what)s（%(unit)s）", what=gettext(one.words), unit=one.unit))
            for one in months
        ],
        footprints=[
            (FACTOR, gettext("自填因子（未核实）")),
            *(
                (f"process:{one['key']}", gettext("本系统的过程：%(name)s", name=one["name"]))
                for one in system.payload["processes"]
                if one["key"] != key
            ),
            *(
                (
                    f"grid:{_GRID}/{year}/{area}",
                    gettext("电力碳足迹因子 %(year)s %(area)s", year=year, area=area),
                )
                for year, area in grid.factors
            ),
            *(
                (
                    f"supplier:{number}",
                    gettext("供应商足迹：%(source)s", source=one.source.partition(" PACT ")[0]),
                )
                for number, one in suppliers.items()
            ),
        ],
    )
