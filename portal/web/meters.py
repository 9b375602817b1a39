"""Pages of meters: the ledger, one meter, its calibrations."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from forms.base import BaseForm
from forms.meters import CalibrationForm, ChangeMeterForm, MeterForm, RetireForm
from portal.domain.access import Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.periods import today
from portal.extensions import actor, database, settings, storage
from portal.queries.meters import RESULTS, STANDINGS, MeterPage, meter_kinds, meter_list, meter_page
from portal.services import meters as services
from portal.web.access import requires

blueprint = Blueprint("meters", __name__, url_prefix="/enterprises/<int:enterprise_id>/meters")

OTHER_KIND = "other"
STANDING_WORDS = {
    "expired": N_("已过期"),
    "expiring": N_("即将到期"),
    "uncalibrated": N_("没有校准记录"),
    "valid": N_("有效"),
    "retired": N_("已停用"),
}
RESULT_WORDS = {"pass": N_("合格"), "over_class": N_("超差"), "fail": N_("不合格")}
#: A month without a word of its own here is shown by its record's state.
STANDING_MARKS = {
    "expired": "overdue",
    "expiring": "needs_attention",
    "uncalibrated": "needs_attention",
    "valid": "complete",
    "retired": "optional",
}


@blueprint.app_template_filter("meter_kind")
def meter_kind(key: str) -> str:
    """The kind's name in the reader's language; what no guideline names stays as it was written."""
    kind = meter_kinds().get(key)
    if kind is None:
        return str(gettext("其他")) if key == OTHER_KIND else key
    return kind.name_en if _english() else kind.name


@blueprint.app_template_filter("accuracy")
def accuracy(value: Decimal | None) -> str:
    """2.0 级; at least one digit after the point, as on the nameplate."""
    if value is None:
        return "—"
    shown = value if value != value.to_integral() else value.quantize(Decimal("0.1"))
    return str(gettext("%(grade)s 级", grade=format(shown, "f")))


@blueprint.get("")
@requires(Permission.METER_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """The ledger with search and filter; the address holds both."""
    search = request.args.get("q", "")[:80]
    standing = request.args.get("standing", "")
    standing = standing if standing in STANDINGS else ""
    with database().reading() as session:
        page = meter_list(session, actor(), enterprise_id, search=search, standing=standing)
    return render_template(
        "meters/listing.html",
        page=page,
        search=search,
        standing=standing,
        standings=[(key, gettext(STANDING_WORDS[key])) for key in STANDINGS],
        marks=STANDING_MARKS,
    )


@blueprint.get("/<int:meter_id>")
@requires(Permission.METER_VIEW)
def show(enterprise_id: int, meter_id: int) -> ResponseReturnValue:
    """One meter with its history."""
    return render_template("meters/show.html", page=_page(enterprise_id, meter_id), **_words())


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.METER_EDIT)
def add(enterprise_id: int) -> ResponseReturnValue:
    """Enter a meter."""
    form = MeterForm(_posted(), valid_from=today())
    form.type.choices = _kind_choices()
    if request.method == "POST" and form.validate():

        def save() -> int:
            with database().writing() as session:
                return services.add_meter(session, actor(), enterprise_id, _meter_data(form)).id

        meter_id = _try(form, save)
        if meter_id is not None:
            flash(gettext("已登记计量器具 %(code)s，请接着登记它的校准", code=form.code.data), "success")
            return redirect(
                url_for("meters.calibration", enterprise_id=enterprise_id, meter_id=meter_id), 303
            )
    return _form_page("meters/edit.html", form, enterprise_id=enterprise_id, page=None)


@blueprint.route("/<int:meter_id>/edit", methods=["GET", "POST"])
@requires(Permission.METER_EDIT)
def edit(enterprise_id: int, meter_id: int) -> ResponseReturnValue:
    """Correct the ledger's entry."""
    page = _page(enterprise_id, meter_id)
    form = ChangeMeterForm(_posted(), obj=page)
    form.type.choices = _kind_choices(page.type)
    if request.method == "POST" and form.validate():

        def save() -> int:
            with database().writing() as session:
                return services.change_meter(
                    session,
                    actor(),
                    enterprise_id,
                    meter_id,
                    _meter_data(form),
                    row_version=form.data["row_version"],
                ).id

        if _try(form, save) is not None:
            flash(gettext("已保存 %(code)s", code=form.code.data), "success")
            return redirect(url_for("meters.show", enterprise_id=enterprise_id, meter_id=meter_id), 303)
    return _form_page("meters/edit.html", form, enterprise_id=enterprise_id, page=page)


@blueprint.route("/<int:meter_id>/retire", methods=["GET", "POST"])
@requires(Permission.METER_EDIT)
def retire(enterprise_id: int, meter_id: int) -> ResponseReturnValue:
    """Ask for the last day of use, then take the meter out of use."""
    page = _page(enterprise_id, meter_id)
    form = RetireForm(_posted(), row_version=page.row_version, last_day=today())
    if request.method == "POST" and form.validate():

        def save() -> int:
            with database().writing() as session:
                return services.retire_meter(
                    session,
                    actor(),
                    enterprise_id,
                    meter_id,
                    row_version=form.data["row_version"],
                    last_day=form.data["last_day"],
                ).id

        if _try(form, save) is not None:
            flash(gettext("%(code)s 已停用，历史记录保留", code=page.code), "success")
            return redirect(url_for("meters.listing", enterprise_id=enterprise_id), 303)
    return _form_page("meters/retire.html", form, enterprise_id=enterprise_id, page=page)


@blueprint.route("/<int:meter_id>/calibrations/new", methods=["GET", "POST"])
@requires(Permission.METER_EDIT)
def calibration(enterprise_id: int, meter_id: int) -> ResponseReturnValue:
    """Enter a calibration with its certificate."""
    page = _page(enterprise_id, meter_id)
    form = CalibrationForm(CombinedMultiDict([request.files, request.form]))
    form.result.choices = _result_choices(page)
    if request.method == "POST" and form.validate():

        def save() -> int:
            with database().writing() as session:
                return services.add_calibration(
                    session,
                    storage(),
                    actor(),
                    enterprise_id,
                    meter_id,
                    _calibration_data(form),
                    form.certificate.data.stream,
                    form.certificate.data.filename or "",
                    most_bytes=settings().max_upload_bytes,
                ).id

        if _try(form, save) is not None:
            flash(gettext("已登记 %(code)s 的校准，用到它的月份需要重新评估", code=page.code), "success")
            return redirect(url_for("meters.show", enterprise_id=enterprise_id, meter_id=meter_id), 303)
    return _form_page(
        "meters/calibration.html",
        form,
        enterprise_id=enterprise_id,
        page=page,
        errors=_summary(form),
        most_mb=settings().max_upload_mb,
        **_words(),
    )


def _page(enterprise_id: int, meter_id: int) -> MeterPage:
    with database().reading() as session:
        return meter_page(session, actor(), enterprise_id, meter_id)


def _posted() -> MultiDict[str, str] | None:
    """What was sent; None before anything was, so that the form shows what is there already."""
    return request.form if request.method == "POST" else None


def _form_page(template: str, form: BaseForm, **context: Any) -> ResponseReturnValue:
    status = 422 if request.method == "POST" else 200
    return render_template(template, form=form, **context), status


def _try(form: BaseForm, save: Callable[[], int]) -> int | None:
    try:
        return save()
    except Invalid as error:
        form.refuse(error)
        return None


def _summary(form: CalibrationForm) -> list[tuple[str, str]]:
    """Lines of the error summary: they name the field, since they stand away from it."""
    lines = []
    for field in form:
        if not field.errors:
            continue
        message = str(field.errors[0])
        if field.name == "certificate" and not field.data:
            message = gettext(CalibrationForm.SUMMARY_NO_FILE)
        elif str(field.label.text) in message:
            pass  # it names the field itself
        elif field.name in CalibrationForm.SUMMARY:
            message = gettext(CalibrationForm.SUMMARY[field.name], message=message)
        else:
            message = gettext("%(label)s：%(message)s", label=field.label.text, message=message)
        lines.append((field.id, message))
    return lines


def _kind_choices(held: str = "") -> list[tuple[str, str]]:
    choices = [("", gettext("请选择"))]
    choices += [(key, kind.name_en if _english() else kind.name) for key, kind in meter_kinds().items()]
    choices.append((OTHER_KIND, gettext("其他")))
    if held and held not in dict(choices):
        choices.append((held, held))
    return choices


def _result_choices(page: MeterPage) -> list[tuple[str, str]]:
    words = {key: gettext(text) for key, text in RESULT_WORDS.items()}
    if page.accuracy_class is not None:
        words["pass"] = gettext("合格，符合 %(grade)s", grade=accuracy(page.accuracy_class))
    return [(key, words[key]) for key in RESULTS]


def _words() -> dict[str, Any]:
    return {
        "results": {key: gettext(text) for key, text in RESULT_WORDS.items()},
        "standings": {key: gettext(text) for key, text in STANDING_WORDS.items()},
        "marks": STANDING_MARKS,
    }


def _meter_data(form: MeterForm) -> services.MeterData:
    names = ("code", "name", "type", "model", "location", "accuracy_class", "valid_from")
    return services.MeterData(**{name: form.data[name] for name in names})


def _calibration_data(form: CalibrationForm) -> services.CalibrationData:
    names = ("calibrated_on", "valid_until", "result", "max_error", "body", "certificate_number", "remark")
    return services.CalibrationData(**{name: form.data[name] for name in names})


def _english() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "en"
