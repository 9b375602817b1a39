"""Pages of a draft's dry-run: asking for it, its progress, who would newly fail and who no longer."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.domain.access import Permission
from portal.extensions import actor, database
from portal.queries.check_packs import version_page
from portal.queries.dry_runs import PER_PAGE, ChangeList, changed_answers, dry_run_view
from portal.services.dry_runs import request_dry_run
from portal.web import check_pack_words as words
from portal.web.access import requires

DIRECTIONS = {"new": True, "gone": False}


@requires(Permission.CHECK_PACK_VIEW)
def dry_run(pack_version_id: int) -> ResponseReturnValue:
    """The newest run with its counts and every answer that would change; the address holds the filters."""
    filters = {
        name: request.args.get(name, "")[:60] for name in ("check_id", "district", "industry", "direction")
    }
    page_number = request.args.get("page", 1, int)
    with database().reading() as session:
        page = version_page(session, actor(), pack_version_id)
        run = dry_run_view(session, actor(), pack_version_id, filters["check_id"])
        found = ChangeList((), 0)
        if run is not None:
            found = changed_answers(
                session,
                actor(),
                run.id,
                check_id=filters["check_id"],
                district=filters["district"],
                industry=filters["industry"],
                is_new=DIRECTIONS.get(filters["direction"]),
                page=max(1, min(page_number, 10_000)),
            )
    return render_template(
        "check_packs/dry_run.html",
        page=page,
        run=run,
        found=found,
        filters=filters,
        page_number=page_number,
        per_page=PER_PAGE,
        url_for_page=lambda number: url_for(
            "check_packs.dry_run", pack_version_id=pack_version_id, **{**filters, "page": number}
        ),
        english=words.is_english(),
    )


@requires(Permission.CHECK_PACK_WRITE)
def start_dry_run(pack_version_id: int) -> ResponseReturnValue:
    """Ask for a run; its job goes to a worker."""
    with database().writing() as session:
        request_dry_run(session, actor(), pack_version_id)
    flash(gettext("已开始试运行，完成后自动出现结果"), "success")
    check_id = request.form.get("check_id", "")[:40]
    if check_id:
        return redirect(
            url_for("check_packs.edit_check", pack_version_id=pack_version_id, check_id=check_id), 303
        )
    return redirect(url_for("check_packs.show", pack_version_id=pack_version_id), 303)


@requires(Permission.CHECK_PACK_VIEW)
def dry_run_progress(pack_version_id: int) -> ResponseReturnValue:
    """The card of the newest run, which asks for itself again while the run is under way."""
    check_id = request.args.get("check_id", "")[:60]
    with database().reading() as session:
        page = version_page(session, actor(), pack_version_id)
        run = dry_run_view(session, actor(), pack_version_id, check_id)
        found = ChangeList((), 0)
        if run is not None and check_id:
            found = changed_answers(session, actor(), run.id, check_id=check_id, per_page=5)
    return render_template(
        "check_packs/_dry_run_card.html",
        page=page,
        run=run,
        check_id=check_id,
        examples=found,
        english=words.is_english(),
    )
