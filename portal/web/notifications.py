"""A person's notices: list, following one, marking as read."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.extensions import actor, database
from portal.queries.notifications import Notice, notice_page
from portal.services import notifications
from portal.web.access import signed_in
from portal.web.entering import safe_next
from portal.web.terms import filled

blueprint = Blueprint("notifications", __name__)


@blueprint.get("/notifications")
@signed_in
def listing() -> ResponseReturnValue:
    """Newest first; the address holds page and filter."""
    only_unread = request.args.get("unread") == "1"
    number = min(request.args.get("page", 1, type=int), 100_000)
    with database().reading() as session:
        page = notice_page(session, actor(), number, only_unread=only_unread)

    def url_for_page(at: int) -> str:
        return url_for("notifications.listing", page=at, unread="1" if only_unread else None)

    return render_template(
        "notifications/listing.html",
        page=page,
        text_of=text_of,
        only_unread=only_unread,
        url_for_page=url_for_page,
    )


@blueprint.post("/notifications/<int:notification_id>/read")
@signed_in
def read(notification_id: int) -> ResponseReturnValue:
    """Mark as read and go where it leads."""
    with database().writing() as session:
        link = notifications.mark_read(session, actor(), notification_id)
    return redirect(safe_next(link, url_for("notifications.listing")), 303)


@blueprint.post("/notifications/read")
@signed_in
def read_all() -> ResponseReturnValue:
    """Mark all as read."""
    with database().writing() as session:
        count = notifications.mark_all_read(session, actor())
    flash(gettext("已标为已读：%(count)s 条", count=count), "success")
    return redirect(url_for("notifications.listing"), 303)


def text_of(notice: Notice) -> str:
    """The notice in the reader's language, with its values put in."""
    return filled(notice.text, notice.params)
