"""Letters that ask an enterprise for mending: a draft for the authority's own way of issuing documents."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.access import Permission
from portal.domain.errors import NotFound
from portal.extensions import actor, database, storage
from portal.queries.notices import About
from portal.services.notices import Notice, notice_bytes, notice_of, request_notice
from portal.web.access import requires
from portal.web.downloads import preview_pdf

blueprint = Blueprint("notices", __name__, url_prefix="/enterprises/<int:enterprise_id>/notices")

PLACE = "/<about>/<int:subject_id>"


@blueprint.get(PLACE)
@requires(Permission.FINDING_CLOSE)
def show(enterprise_id: int, about: str, subject_id: int) -> ResponseReturnValue:
    """Where the draft stands; the part that changes asks again by itself."""
    template = "notices/_draft.html" if request.headers.get("HX-Request") else "notices/show.html"
    place = {"enterprise_id": enterprise_id, "about": about, "subject_id": subject_id}
    return render_template(template, notice=_notice(enterprise_id, about, subject_id), place=place)


@blueprint.post(PLACE)
@requires(Permission.FINDING_CLOSE)
def request_one(enterprise_id: int, about: str, subject_id: int) -> ResponseReturnValue:
    """Have the letter printed as it would be today."""
    with database().writing() as session:
        request_notice(session, actor(), enterprise_id, _about(about), subject_id)
    return _to_page(enterprise_id, about, subject_id)


@blueprint.get(f"{PLACE}/notice.pdf")
@requires(Permission.FINDING_CLOSE)
def file(enterprise_id: int, about: str, subject_id: int) -> ResponseReturnValue:
    """The printed draft; the page that asks for it while there is none."""
    found = _notice(enterprise_id, about, subject_id)
    if not found.ready:
        return _to_page(enterprise_id, about, subject_id)
    return preview_pdf(notice_bytes(storage(), found), f"{found.number}.pdf")


def _notice(enterprise_id: int, about: str, subject_id: int) -> Notice:
    with database().reading() as session:
        return notice_of(session, storage(), actor(), enterprise_id, _about(about), subject_id)


def _to_page(enterprise_id: int, about: str, subject_id: int) -> ResponseReturnValue:
    there = url_for(".show", enterprise_id=enterprise_id, about=about, subject_id=subject_id)
    return redirect(there, 303)


def _about(word: str) -> About:
    try:
        return About(word)
    except ValueError as error:
        raise NotFound from error
