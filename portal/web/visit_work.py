"""The questions of a visit on a phone: the page, taking answers and photos, the worker for no network."""

import secrets
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from portal.domain.access import Permission
from portal.domain.errors import DomainError, Invalid, Refused
from portal.domain.messages import N_
from portal.domain.visits import InspectionState
from portal.extensions import actor, database, settings, storage
from portal.queries.visits import VisitPage, find_photo, may_conduct, visit_page
from portal.services.visit_answers import AnswerSent, PhotoSent, add_photo, give_answer, remove_photo
from portal.web.access import public, requires
from portal.web.errors import STATUS, message_of, wants_json
from portal.web.evidence import SANDBOX
from portal.web.formats import short_moment

blueprint = Blueprint("visit_work", __name__)

PLACE = "/enterprises/<int:enterprise_id>/visits/<int:visit_id>"


@blueprint.get("/visit-worker.js")
@public
def worker() -> ResponseReturnValue:
    """The service worker; it lies at the root, since it serves pages below /enterprises/."""
    answer = current_app.send_static_file("js/visit-worker.js")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@blueprint.get(f"{PLACE}/walk")
@requires(Permission.VISIT_CONDUCT)
def work(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """All questions of the visit in one page, so that it works on without a network."""
    page = _page(enterprise_id, visit_id)
    if page.state is not InspectionState.OPEN:
        return redirect(url_for("visits.show", enterprise_id=enterprise_id, visit_id=visit_id), 303)
    return render_template(
        "visits/work.html",
        page=page,
        place={"enterprise_id": enterprise_id, "visit_id": visit_id},
        user_id=actor().user_id,
        english=str(get_locale()) == "en",
        new_key=lambda: secrets.token_urlsafe(18),
        most_mb=settings().max_upload_mb,
    )


@blueprint.post(f"{PLACE}/answers")
@requires(Permission.VISIT_CONDUCT)
def answer(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """Take one answer; the same one sent again is answered again and counted once."""
    form = request.form
    value = "na" if form.get("na") else form.get("value", "")
    sent = AnswerSent(
        question=form.get("question", "")[:120],
        value=value,
        note=form.get("note", ""),
        key=form.get("key", "")[:80],
        device=form.get("device", ""),
        age_ms=_age(),
    )
    try:
        with database().writing() as session:
            taken = give_answer(session, actor(), enterprise_id, visit_id, sent)
            stale, repeated = taken.stale, taken.repeated
    except DomainError as error:
        return _refused(error)
    page = _page(enterprise_id, visit_id)
    if not wants_json():
        return _back(page, sent.question)
    item = page.sheet.item(sent.question)
    given = item.given if item else None
    return jsonify(
        ok=True,
        stale=stale,
        repeated=repeated,
        outcome=item.outcome if item else "open",
        severity=(item.severity or "") if item else "",
        value=given.value if given else "",
        note=given.note if given else "",
        by=gettext("%(name)s %(when)s", name=given.by, when=short_moment(given.at)) if given else "",
    )


@blueprint.post(f"{PLACE}/photos")
@requires(Permission.VISIT_CONDUCT)
def photo(enterprise_id: int, visit_id: int) -> ResponseReturnValue:
    """Take one photo, once."""
    file = request.files.get("file")
    question = request.form.get("question", "")[:120]
    try:
        if file is None or not file.filename:
            _page(enterprise_id, visit_id)  # who may not answer learns that first
            raise Invalid(N_("请选择要上传的文件"), path="file")
        sent = PhotoSent(
            question=question,
            stream=file.stream,  # type: ignore[arg-type]  # werkzeug types it more widely
            filename=file.filename,
            key=request.form.get("key", "")[:80],
            age_ms=_age(),
        )
        with database().writing() as session:
            row = add_photo(
                session,
                storage(),
                actor(),
                enterprise_id,
                visit_id,
                sent,
                most_bytes=settings().max_upload_bytes,
            )
            photo_id = row.id
    except DomainError as error:
        return _refused(error)
    if not wants_json():
        return _back(_page(enterprise_id, visit_id), question)
    place: dict[str, Any] = {"enterprise_id": enterprise_id, "visit_id": visit_id, "photo_id": photo_id}
    return jsonify(ok=True, url=url_for(".photo_file", **place), remove_url=url_for(".photo_remove", **place))


@blueprint.get(f"{PLACE}/photos/<int:photo_id>")
@requires(Permission.VISIT_VIEW)
def photo_file(enterprise_id: int, visit_id: int, photo_id: int) -> ResponseReturnValue:
    """The photo as it was taken."""
    with database().reading() as session:
        found = find_photo(session, actor(), enterprise_id, visit_id, photo_id)
    return Response(
        storage().get(found.storage_key),
        mimetype=found.media_type,
        headers={"Content-Security-Policy": SANDBOX, "Cache-Control": "private, no-store"},
    )


@blueprint.post(f"{PLACE}/photos/<int:photo_id>/remove")
@requires(Permission.VISIT_CONDUCT)
def photo_remove(enterprise_id: int, visit_id: int, photo_id: int) -> ResponseReturnValue:
    """Take a photo out of the visit."""
    page = _page(enterprise_id, visit_id)
    question = next((one.question for one in page.photos if one.id == photo_id), "")
    with database().writing() as session:
        remove_photo(session, actor(), enterprise_id, visit_id, photo_id)
    return jsonify(ok=True) if wants_json() else _back(page, question)


def _page(enterprise_id: int, visit_id: int) -> VisitPage:
    with database().reading() as session:
        page = visit_page(session, actor(), enterprise_id, visit_id)
    if not may_conduct(actor(), page):
        raise Refused(N_("只有开展这次检查的单位能这样做"))
    return page


def _age() -> int:
    """How long ago it was given, in milliseconds, as the browser says."""
    return request.form.get("age_ms", 0, type=int)


def _back(page: VisitPage, question: str) -> ResponseReturnValue:
    """For a browser without scripts: to the same question."""
    place: dict[str, Any] = {"enterprise_id": page.enterprise_id, "visit_id": page.id}
    return redirect(url_for(".work", **place, _anchor=f"q-{question.replace(':', '-')}"), 303)


def _refused(error: DomainError) -> ResponseReturnValue:
    """Scripts get the reason as JSON with the status of the error; other browsers get its page."""
    if not wants_json():
        raise error
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
    body = jsonify(ok=False, code=error.code, field=error.path, message=message_of(error))
    return body, 422 if isinstance(error, Invalid) else status
