"""What each side does with one finding: a route an act, all by the same way."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import CombinedMultiDict

from forms import findings as forms
from portal.domain.access import Permission
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.extensions import actor, settings, storage
from portal.queries.finding_pages import FindingPage
from portal.services import finding_requests, finding_waivers, findings
from portal.services.uploads import Upload
from portal.web.access import requires
from portal.web.finding_page import blueprint, do, read_page


@blueprint.post("/findings/<int:finding_id>/response")
@requires(Permission.FINDING_RESPOND)
def respond(finding_id: int) -> ResponseReturnValue:
    """Say what was done, with files."""
    form = forms.ResponseForm(CombinedMultiDict([request.files, request.form]))

    def act(session: Any) -> None:
        answers = {"yes": True, "no": False}
        findings.respond(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            text=form.text("body"),
            addressed=answers.get(str(form.data["addressed"])),
            done_on=form.data["done_on"],
            uploads=_uploads(form),
            storage=storage(),
            most_bytes=settings().max_upload_bytes,
        )

    return do(read_page(finding_id), "response", form, act, gettext("回应已送出"))


@blueprint.post("/findings/<int:finding_id>/recheck")
@requires(Permission.FINDING_VIEW)
def recheck(finding_id: int) -> ResponseReturnValue:
    """Run the check again on the data of now."""
    form = forms.RecheckForm(request.form)
    return do(
        read_page(finding_id),
        "recheck",
        form,
        lambda session: findings.recheck(session, actor(), finding_id, form.data["row_version"]),
        gettext("已用当前数据重跑检查，结果见时间线"),
    )


@blueprint.post("/findings/<int:finding_id>/comment")
@requires(Permission.FINDING_VIEW)
def comment(finding_id: int) -> ResponseReturnValue:
    """Leave a word."""
    form = forms.CommentForm(request.form)
    return do(
        read_page(finding_id),
        "comment",
        form,
        lambda session: findings.comment(
            session, actor(), finding_id, form.data["row_version"], form.text("comment")
        ),
        gettext("留言已保存"),
    )


@blueprint.post("/findings/<int:finding_id>/close")
@requires(Permission.FINDING_CLOSE)
def close(finding_id: int) -> ResponseReturnValue:
    """Close it."""
    form = forms.CloseForm(request.form)
    return do(
        read_page(finding_id),
        "close",
        form,
        lambda session: findings.close(
            session, actor(), finding_id, form.data["row_version"], form.text("comment")
        ),
        gettext("差距已关闭"),
    )


@blueprint.post("/findings/<int:finding_id>/return")
@requires(Permission.FINDING_CLOSE)
def send_back(finding_id: int) -> ResponseReturnValue:
    """Send the response back."""
    form = forms.ReturnResponseForm(request.form)
    return do(
        read_page(finding_id),
        "return",
        form,
        lambda session: findings.return_response(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            form.text("comment"),
            form.data["due_on"],
        ),
        gettext("回应已退回企业"),
    )


@blueprint.post("/findings/<int:finding_id>/dismissal")
@requires(Permission.FINDING_CLOSE)
def dismiss(finding_id: int) -> ResponseReturnValue:
    """Set it aside as a false alarm."""
    form = forms.DismissForm(request.form)
    return do(
        read_page(finding_id),
        "dismiss",
        form,
        lambda session: findings.dismiss(
            session, actor(), finding_id, form.data["row_version"], form.text("reason")
        ),
        gettext("已按误报撤销"),
    )


@blueprint.post("/findings/<int:finding_id>/look-back")
@requires(Permission.FINDING_CLOSE)
def look_back(finding_id: int) -> ResponseReturnValue:
    """Say whether the mending has held."""
    form = forms.LookBackForm(request.form)

    def act(session: Any) -> None:
        findings.look_back(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            holds=form.data["holds"] == "yes",
            comment=form.text("comment"),
        )

    return do(read_page(finding_id), "look_back", form, act, gettext("回头看的结果已记录"))


@blueprint.post("/findings/<int:finding_id>/waiver")
@requires(Permission.FINDING_WAIVE)
def waive(finding_id: int) -> ResponseReturnValue:
    """Let it rest until a day, alone or with the same check in other months."""
    page, form = read_page(finding_id), forms.WaiveForm(request.form)

    def act(session: Any) -> None:
        finding_waivers.waive(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            form.data["until"],
            form.text("reason"),
            _scope(form, page),
        )

    return do(page, "waive", form, act, gettext("已豁免；到期后自动恢复为未关闭"))


@blueprint.post("/findings/<int:finding_id>/waiver/ask")
@requires(Permission.FINDING_RESPOND)
def ask_waiver(finding_id: int) -> ResponseReturnValue:
    """Ask for a waiver."""
    form = forms.AskWaiverForm(request.form)

    def act(session: Any) -> None:
        finding_waivers.ask_waiver(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            form.data["until"],
            form.text("reason"),
        )

    return do(read_page(finding_id), "ask_waiver", form, act, gettext("豁免申请已送出；同意之前差距仍然有效"))


@blueprint.post("/findings/<int:finding_id>/waiver/refusal")
@requires(Permission.FINDING_WAIVE)
def refuse_waiver(finding_id: int) -> ResponseReturnValue:
    """Refuse the waiver."""
    form = forms.RefuseWaiverForm(request.form)
    return do(
        read_page(finding_id),
        "refuse_waiver",
        form,
        lambda session: finding_waivers.refuse_waiver(
            session, actor(), finding_id, form.data["row_version"], form.text("comment")
        ),
        gettext("没有同意豁免，企业已收到通知"),
    )


@blueprint.post("/findings/<int:finding_id>/extension/ask")
@requires(Permission.FINDING_RESPOND)
def ask_extension(finding_id: int) -> ResponseReturnValue:
    """Ask for more time."""
    form = forms.AskExtensionForm(request.form)

    def act(session: Any) -> None:
        finding_requests.ask_extension(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            form.data["extend_to"],
            form.text("reason"),
        )

    return do(read_page(finding_id), "ask_extension", form, act, gettext("延期申请已送出；同意之前期限不变"))


@blueprint.post("/findings/<int:finding_id>/extension/decision")
@requires(Permission.FINDING_CLOSE)
def decide_extension(finding_id: int) -> ResponseReturnValue:
    """Grant more time, or not."""
    form = forms.DecideExtensionForm(request.form)

    def act(session: Any) -> None:
        finding_requests.decide_extension(
            session,
            actor(),
            finding_id,
            form.data["row_version"],
            granted=form.data["granted"] == "yes",
            comment=form.text("comment"),
        )

    return do(read_page(finding_id), "decide_extension", form, act, gettext("答复已送出"))


def _scope(form: forms.WaiveForm, page: FindingPage) -> finding_waivers.WaiverScope | None:
    if form.data["reach"] not in {"stream", "check"}:
        return None
    first, last = form.data["month_from"], form.data["month_to"]
    if first is None or last is None:
        raise Invalid(N_("请写明豁免的起止月份"), path="month_from")
    stream = page.line.stream if form.data["reach"] == "stream" else ""
    return finding_waivers.WaiverScope(first, last, stream)


def _uploads(form: forms.ResponseForm) -> list[Upload]:
    files = [file for file in form.data["file"] or [] if file and file.filename]
    return [
        Upload(file.stream, file.filename or "", form.data["period_from"], form.data["period_to"])
        for file in files
    ]
