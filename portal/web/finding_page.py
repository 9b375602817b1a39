"""The page of one finding: read, shown beside the list, acted on; shared by the routes of its acts."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms import findings as forms
from forms.base import BaseForm
from portal.extensions import actor, database, settings
from portal.queries.finding_pages import FindingPage, finding_page
from portal.queries.findings import Filters, FindingList, finding_list
from portal.web.acting import attempt, failure_text
from portal.web.finding_display import life_steps, list_words, measures_of, story_items, texts_of
from portal.web.pattern_pictures import pattern_picture

blueprint = Blueprint("findings", __name__)

#: Name of an act → its form; the page lays out those that this reader may do.
FORMS: dict[str, type[BaseForm]] = {
    "response": forms.ResponseForm,
    "recheck": forms.RecheckForm,
    "close": forms.CloseForm,
    "return": forms.ReturnResponseForm,
    "waive": forms.WaiveForm,
    "ask_waiver": forms.AskWaiverForm,
    "refuse_waiver": forms.RefuseWaiverForm,
    "ask_extension": forms.AskExtensionForm,
    "decide_extension": forms.DecideExtensionForm,
    "dismiss": forms.DismissForm,
    "comment": forms.CommentForm,
    "look_back": forms.LookBackForm,
}


def read_list() -> FindingList:
    """The list that the address asks for."""
    with database().reading() as session:
        return finding_list(session, actor(), Filters.read(request.args))


def read_page(finding_id: int) -> FindingPage:
    """One finding."""
    with database().reading() as session:
        return finding_page(session, actor(), finding_id)


def do(
    page: FindingPage, name: str, form: BaseForm, act: Callable[[Any], object], said: str
) -> ResponseReturnValue:
    """Do the act and go back to the finding; with what was typed where it was refused."""
    done = attempt(form, act)
    if done.ok:
        flash(said, "success")
        filters = Filters.read(request.args).arguments()
        return redirect(url_for("findings.detail", finding_id=page.line.id, **filters), 303)
    return show(page, {name: form}, [failure_text(failure) for failure in done.failures], 422)


def show(
    page: FindingPage,
    given: dict[str, BaseForm] | None = None,
    failures: list[str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The finding beside the list; ``given`` is the form that was refused."""
    found = read_list()
    shown = {name: form(data=_proposed(page, name)) for name, form in FORMS.items()} | (given or {})
    return (
        render_template(
            "findings/listing.html",
            found=found,
            page=page,
            forms=shown,
            opened=next(iter(given), "") if given else "",
            failures=failures or [],
            steps=life_steps(page),
            story=story_items(page),
            texts=texts_of(page.line),
            measures=measures_of(page),
            picture=pattern_picture(page.line.texts.get("picture") or {}, texts_of(page.line)["title"]),
            most_mb=settings().max_upload_mb,
            **list_words(found),
        ),
        status,
    )


def _proposed(page: FindingPage, name: str) -> dict[str, Any]:
    """What stands in a form before anybody typed: the row's version, the finding's month, what was asked."""
    values: dict[str, Any] = {"row_version": page.row_version}
    month, asked = page.line.month, page.asked.get("waiver")
    if name == "response" and month is not None:
        values |= {"period_from": month.first, "period_to": month.last}
    if name == "waive":
        values |= {"month_from": month, "month_to": month, "until": asked.until if asked else None}
    return values
