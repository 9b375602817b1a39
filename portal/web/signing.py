"""Reading before signing, the signature, the receipt, taking back."""

import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from forms.records import ReasonForm
from forms.signing import SignForm
from portal.domain.access import Permission
from portal.domain.errors import GuardFailed, Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.domain.periods import Month, now
from portal.domain.sheet import Totals
from portal.domain.workflow import RecordState
from portal.extensions import actor, database
from portal.queries.documents import document_state
from portal.queries.records import RecordHead, record_head, timeline
from portal.queries.signing import find_receipt, sign_page
from portal.services.cells import MonthView, month_view
from portal.services.evaluations import current_hash
from portal.services.signing import agree_statement, open_statement, recall, sign
from portal.web.access import requires
from portal.web.errors import message_of
from portal.web.labels import SUBTOTALS
from portal.web.month_parts import template_functions
from portal.web.terms import filled, term

blueprint = Blueprint("signing", __name__, url_prefix="/enterprises/<int:enterprise_id>/records/<month>")
blueprint.context_processor(template_functions)


@dataclass(frozen=True)
class Compared:
    """A figure of the month beside last month's and last year's."""

    name: str
    unit: str
    digits: int
    now: Decimal | None
    previous: Decimal | None
    last_year: Decimal | None
    headline: bool = False


@blueprint.route("/sign", methods=["GET", "POST"], endpoint="sign")
@requires(Permission.RECORD_SIGN)
def sign_month(enterprise_id: int, month: str) -> ResponseReturnValue:
    """The figures, the explanations, the statements, the signature."""
    head = _head(enterprise_id, month)
    if head.state is not RecordState.READY_FOR_SIGNOFF:
        return _elsewhere(head)
    form = SignForm(request.form, row_version=head.row_version, idempotency_key=secrets.token_urlsafe(24))
    status = 200
    if request.method == "POST":
        if form.validate():
            number = _try_to_sign(head, form)
            if number is not None:
                return redirect(
                    url_for(".receipt", enterprise_id=enterprise_id, month=month, number=number), 303
                )
        status = 422
    with database().reading() as session:
        view = month_view(session, head.version_id or 0)
        page = sign_page(session, actor(), head.record_id, head.version_id or 0)
        story = timeline(session, head.record_id, limit=6)
        fingerprint = current_hash(session, view.sheet, view.figures)
    return render_template(
        "signing/sign.html",
        head=head,
        view=view,
        page=page,
        story=story,
        form=form,
        agreed=set(request.form.getlist("agree")),
        compared=compared(view),
        fingerprint=fingerprint,
    ), status


def _try_to_sign(head: RecordHead, form: SignForm) -> int | None:
    """Sign; None when it was refused, with the reason on the form or flashed."""
    pressed_at = now()
    try:
        with database().writing() as session:
            for key in request.form.getlist("agree"):
                agree_statement(session, actor(), head.record_id, key)
            snapshot = sign(
                session,
                actor(),
                head.record_id,
                int(form.row_version.data or 0),
                password=form.password.data or "",
                code=form.text("code"),
                idempotency_key=form.text("idempotency_key"),
                pressed_at=pressed_at,
            )
            return int(snapshot.version.number)
    except Invalid as error:
        form.refuse(error)
    except (GuardFailed, Refused) as error:
        reasons = (
            [filled(failure.message, failure.params) for failure in error.failures]
            if isinstance(error, GuardFailed)
            else []
        )
        flash(gettext("；").join([message_of(error), *reasons]), "error")
    return None


@blueprint.post("/statements")
@requires(Permission.RECORD_SIGN)
def statement_opened(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Note that a statement was opened."""
    head = _head(enterprise_id, month)
    if head.state is not RecordState.READY_FOR_SIGNOFF:
        raise NotFound
    with database().writing() as session:
        open_statement(session, actor(), head.record_id, request.form.get("statement", ""))
    if request.headers.get("X-CSRFToken"):
        return "", 204
    return redirect(url_for(".sign", enterprise_id=enterprise_id, month=month), 303)


@blueprint.get("/receipts/<int:number>")
@requires(Permission.RECORD_VIEW)
def receipt(enterprise_id: int, month: str, number: int) -> ResponseReturnValue:
    """The receipt of a version; the PDF joins it when it is ready."""
    with database().reading() as session:
        found = find_receipt(session, actor(), enterprise_id, Month.parse(month), number)
        view = month_view(session, found.version_id)
        state = document_state(session, found.version_id)
    return render_template(
        "signing/receipt.html",
        receipt=found,
        view=view,
        document=state.document,
        job=state.job,
        place={"enterprise_id": enterprise_id, "version_id": found.version_id},
    )


@blueprint.post("/recall")
@requires(Permission.RECORD_SIGN)
def recall_month(enterprise_id: int, month: str) -> ResponseReturnValue:
    """Take a submitted month back before its review begins."""
    head = _head(enterprise_id, month)
    form = ReasonForm(request.form)
    if not form.validate():
        flash(gettext(N_("请写明理由")), "error")
    else:
        with database().writing() as session:
            recall(session, actor(), head.record_id, form.version(), form.text("reason"))
        flash(gettext("已撤回，可以修改后重新签署"), "success")
    return redirect(url_for("records.month", enterprise_id=enterprise_id, month=month), 303)


def compared(view: MonthView) -> list[Compared]:
    """Sub-totals, total, output and intensity beside last month's and last year's."""
    result = view.figures.result
    if result is None:
        return []
    before, year = view.sheet.previous, view.sheet.last_year
    rows = [
        Compared(
            gettext(SUBTOTALS.get(key, key)),
            result.unit,
            2,
            value,
            before.subtotals.get(key) if before else None,
            year.subtotals.get(key) if year else None,
        )
        for key, value in result.subtotals.items()
    ]
    rows.append(
        Compared(
            gettext("企业温室气体排放总量"),
            result.unit,
            2,
            result.total,
            before.total if before else None,
            year.total if year else None,
            headline=True,
        )
    )
    if result.output_amount is not None:
        rows.append(_output(view, before, year))
        rows.append(
            Compared(
                gettext("排放强度"),
                result.intensity_unit or "",
                4,
                result.intensity,
                before.intensity if before else None,
                year.intensity if year else None,
            )
        )
    return rows


def _output(view: MonthView, before: Totals | None, year: Totals | None) -> Compared:
    result = view.figures.result
    return Compared(
        gettext("%(product)s产量", product=term(result.output_item if result else "")),
        (result.output_unit if result else "") or "",
        2,
        result.output_amount if result else None,
        before.output if before else None,
        year.output if year else None,
    )


def _head(enterprise_id: int, month: str) -> RecordHead:
    with database().reading() as session:
        return record_head(session, actor(), enterprise_id, Month.parse(month))


def _elsewhere(head: RecordHead) -> ResponseReturnValue:
    """A month that is not to be signed now: its receipt when it was, else the month itself."""
    place: dict[str, Any] = {"enterprise_id": head.enterprise_id, "month": str(head.month)}
    if head.version_id is not None and request.method == "POST":
        with database().reading() as session:
            number = month_view(session, head.version_id).sheet.version_number
            try:
                find_receipt(session, actor(), head.enterprise_id, head.month, number)
            except NotFound:
                return redirect(url_for("records.month", **place), 303)
        return redirect(url_for(".receipt", number=number, **place), 303)
    return redirect(url_for("records.month", **place), 303)
