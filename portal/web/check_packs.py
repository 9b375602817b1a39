"""Pages of check packs: the list, one version, its differences, and its way to publication."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checklists.toml_text import toml_value
from forms.base import BaseForm
from forms.check_packs import HeadForm, MoveForm, SendBackForm, WithdrawForm
from portal.domain.access import Permission
from portal.domain.errors import GuardFailed, Invalid
from portal.domain.periods import Month
from portal.extensions import actor, database
from portal.queries.check_packs import VersionPage, pack_list, shipped_page, stored_text, version_page
from portal.queries.dry_runs import dry_run_view
from portal.services import check_pack_publishing as publishing
from portal.services import check_packs as services
from portal.web import check_pack_editing as editing
from portal.web import check_pack_runs as runs
from portal.web import check_pack_words as words
from portal.web.access import requires
from portal.web.downloads import file_download
from portal.web.terms import filled

blueprint = Blueprint("check_packs", __name__, url_prefix="/check-packs")

for rule, view, methods in (
    ("/versions/<int:pack_version_id>/checks/new", editing.add_check, ["GET", "POST"]),
    ("/versions/<int:pack_version_id>/checks/<check_id>", editing.edit_check, ["GET", "POST"]),
    ("/versions/<int:pack_version_id>/checks/<check_id>/remove", editing.remove_check, ["POST"]),
    ("/versions/<int:pack_version_id>/questions/new", editing.add_question, ["GET", "POST"]),
    ("/versions/<int:pack_version_id>/questions/<question_id>", editing.edit_question, ["GET", "POST"]),
    ("/versions/<int:pack_version_id>/questions/<question_id>/remove", editing.remove_question, ["POST"]),
    ("/versions/<int:pack_version_id>/reading", editing.reading, ["POST"]),
    ("/versions/<int:pack_version_id>/trial", editing.trial, ["POST"]),
    ("/versions/<int:pack_version_id>/names", editing.names, ["GET"]),
    ("/versions/<int:pack_version_id>/dry-run", runs.dry_run, ["GET"]),
    ("/versions/<int:pack_version_id>/dry-run", runs.start_dry_run, ["POST"]),
    ("/versions/<int:pack_version_id>/dry-run/progress", runs.dry_run_progress, ["GET"]),
):
    blueprint.add_url_rule(rule, view_func=view, methods=methods)

for name, table in (
    ("pack_state", words.STATES),
    ("pack_occasion", words.OCCASIONS),
    ("pack_outcome", words.OUTCOMES),
    ("pack_change", words.CHANGES),
    ("pack_kind", words.KINDS),
    ("pack_action", words.ACTIONS),
    ("pack_key", words.KEYS),
):
    blueprint.add_app_template_filter(lambda code, table=table: words.word(table, code), name)
blueprint.add_app_template_filter(words.place_word, "place_word")
blueprint.add_app_template_filter(words.datum_word, "path_words")


@blueprint.app_template_filter("pack_value")
def pack_value(value: Any) -> str:
    """A value of a pack as its author sees it; a blank one as a dash."""
    if value is None:
        return "—"
    return value if isinstance(value, str) else toml_value(value)


@blueprint.get("")
@requires(Permission.CHECK_PACK_VIEW)
def listing() -> ResponseReturnValue:
    """All packs: what holds now, what comes, what is being written."""
    with database().reading() as session:
        packs = pack_list(session, actor())
    return render_template("check_packs/listing.html", packs=packs, **_words())


@blueprint.get("/packs/<pack_id>/<pack_version>")
@requires(Permission.CHECK_PACK_VIEW)
def shipped(pack_id: str, pack_version: str) -> ResponseReturnValue:
    """A shipped version."""
    page = shipped_page(actor(), pack_id, pack_version)
    return render_template("check_packs/show.html", page=page, run=None, failures=[], forms={}, **_words())


@blueprint.post("/packs/<pack_id>/<pack_version>/copy")
@requires(Permission.CHECK_PACK_WRITE)
def copy(pack_id: str, pack_version: str) -> ResponseReturnValue:
    """Begin a draft from a version."""
    with database().writing() as session:
        draft = services.copy_pack(session, actor(), pack_id, pack_version)
        draft_id, number = draft.id, draft.version
    flash(gettext("已复制为草稿 %(version)s，改动在发布之前不影响任何企业", version=number), "success")
    return _to(draft_id)


@blueprint.get("/versions/<int:pack_version_id>")
@requires(Permission.CHECK_PACK_VIEW)
def show(pack_version_id: int) -> ResponseReturnValue:
    """One version with its checks, cases, dry-run and what stands between it and publication."""
    return _version(pack_version_id)


@blueprint.get("/versions/<int:pack_version_id>/differences")
@requires(Permission.CHECK_PACK_VIEW)
def differences(pack_version_id: int) -> ResponseReturnValue:
    """What has changed since the version that it was copied from."""
    return render_template("check_packs/differences.html", page=_page(pack_version_id), **_words())


@blueprint.get("/versions/<int:pack_version_id>/file")
@requires(Permission.CHECK_PACK_VIEW)
def file(pack_version_id: int) -> ResponseReturnValue:
    """The version as its TOML file."""
    with database().reading() as session:
        name, text = stored_text(session, actor(), pack_version_id)
    return file_download(text, "application/toml", f"{name}.toml")


@blueprint.post("/versions/<int:pack_version_id>/head")
@requires(Permission.CHECK_PACK_WRITE)
def head(pack_version_id: int) -> ResponseReturnValue:
    """Say what has changed and from which month it holds."""
    form = HeadForm(request.form)

    def change(session: Any, row_version: int) -> None:
        services.change_head(
            session,
            actor(),
            pack_version_id,
            row_version,
            note=form.given("note"),
            effective_from=str(form.data["effective_from"]),
        )

    return _move(pack_version_id, form, "head", change, gettext("已保存"))


@blueprint.post("/versions/<int:pack_version_id>/propose")
@requires(Permission.CHECK_PACK_WRITE)
def propose(pack_version_id: int) -> ResponseReturnValue:
    """Hand it to a second person."""

    def move(session: Any, row_version: int) -> None:
        publishing.propose(session, actor(), pack_version_id, row_version)

    return _move(
        pack_version_id, MoveForm(request.form), "propose", move, gettext("已送复核，须由另一人发布")
    )


@blueprint.post("/versions/<int:pack_version_id>/take-back")
@requires(Permission.CHECK_PACK_WRITE)
def take_back(pack_version_id: int) -> ResponseReturnValue:
    """Go on working on it."""

    def move(session: Any, row_version: int) -> None:
        publishing.take_back(session, actor(), pack_version_id, row_version)

    return _move(
        pack_version_id, MoveForm(request.form), "take_back", move, gettext("已撤回送审，可以继续修改")
    )


@blueprint.post("/versions/<int:pack_version_id>/discard")
@requires(Permission.CHECK_PACK_WRITE)
def discard(pack_version_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    form = MoveForm(request.form)
    form.validate()
    with database().writing() as session:
        services.discard_draft(session, actor(), pack_version_id, form.data["row_version"] or 0)
    flash(gettext("草稿已作废"), "success")
    return redirect(url_for("check_packs.listing"), 303)


@blueprint.post("/versions/<int:pack_version_id>/publish")
@requires(Permission.CHECK_PACK_PUBLISH)
def publish(pack_version_id: int) -> ResponseReturnValue:
    """Put it in force; another person than its authors."""

    def move(session: Any, row_version: int) -> None:
        publishing.publish(session, actor(), pack_version_id, row_version)

    return _move(pack_version_id, MoveForm(request.form), "publish", move, gettext("已发布"))


@blueprint.post("/versions/<int:pack_version_id>/send-back")
@requires(Permission.CHECK_PACK_PUBLISH)
def send_back(pack_version_id: int) -> ResponseReturnValue:
    """Say what is to be changed."""
    form = SendBackForm(request.form)

    def move(session: Any, row_version: int) -> None:
        publishing.send_back(session, actor(), pack_version_id, row_version, form.given("comment"))

    return _move(pack_version_id, form, "send_back", move, gettext("已退回修改"))


@blueprint.post("/versions/<int:pack_version_id>/withdraw")
@requires(Permission.CHECK_PACK_PUBLISH)
def withdraw(pack_version_id: int) -> ResponseReturnValue:
    """Take it out of force."""
    form = WithdrawForm(request.form)

    def move(session: Any, row_version: int) -> None:
        publishing.withdraw(session, actor(), pack_version_id, row_version, form.given("reason"))

    return _move(pack_version_id, form, "withdraw", move, gettext("已撤回，已存证的月份仍用它"))


def _move(
    version_id: int, form: BaseForm, name: str, move: Callable[[Any, int], None], done: str
) -> ResponseReturnValue:
    """Do a move and go back to the version; what stands in its way is shown on the page."""
    if not form.validate():
        return _version(version_id, {name: form}, 422)
    try:
        with database().writing() as session:
            move(session, form.data["row_version"])
    except Invalid as error:
        form.refuse(error)
        return _version(version_id, {name: form}, 422)
    except GuardFailed as refused:
        flash(gettext("还不能这样做，请先处理下列事项"), "error")
        return _version(version_id, status=409, failures=refused)
    flash(done, "success")
    return _to(version_id)


def _version(
    version_id: int,
    given: dict[str, BaseForm] | None = None,
    status: int = 200,
    failures: GuardFailed | None = None,
) -> ResponseReturnValue:
    page = _page(version_id)
    with database().reading() as session:
        run = dry_run_view(session, actor(), version_id)
        found = (
            failures.failures if failures else publishing.standing_in_the_way(session, actor(), version_id)
        )
    head = HeadForm(
        row_version=page.row_version,
        note=page.row.note,
        effective_from=Month.parse(page.row.effective_from),
    )
    forms = {
        "head": head,
        "move": MoveForm(row_version=page.row_version),
        "send_back": SendBackForm(row_version=page.row_version),
        "withdraw": WithdrawForm(row_version=page.row_version),
    } | (given or {})
    return render_template(
        "check_packs/show.html",
        page=page,
        run=run,
        failures=[filled(failure.message, failure.params) for failure in found],
        own=any(failure.code == "own_draft" for failure in found),
        forms=forms,
        errors=[form for form in (given or {}).values() if form.errors],
        **_words(),
    ), status


def _page(version_id: int) -> VersionPage:
    with database().reading() as session:
        return version_page(session, actor(), version_id)


def _to(version_id: int) -> ResponseReturnValue:
    return redirect(url_for("check_packs.show", pack_version_id=version_id), 303)


def _words() -> dict[str, Any]:
    return {
        "state_tones": words.STATE_TONES,
        "state_symbols": words.STATE_SYMBOLS,
        "outcome_tones": words.OUTCOME_TONES,
        "outcome_symbols": words.OUTCOME_SYMBOLS,
        "english": words.is_english(),
    }
