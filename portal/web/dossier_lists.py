"""Documents across enterprises: the steward's board, the regulator's register with its queue and exports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.domain.access import Permission
from portal.domain.dossiers import DossierState, Standing
from portal.domain.periods import today
from portal.extensions import actor, database
from portal.queries.dossier_lines import DossierLine
from portal.queries.dossier_register import (
    PER_PAGE,
    RegisterFilters,
    clients,
    count_issued,
    dossiers_across,
    issued_register,
    waiting_for_review,
)
from portal.queries.dossiers import due_offers
from portal.reference.dossiers import DossierKind, kinds
from portal.web.access import requires
from portal.web.dossier_hub import due_lines
from portal.web.dossier_page import blueprint
from portal.web.dossier_words import said, subject_words
from portal.web.downloads import table_download
from portal.web.formats import moment
from portal.web.marks import mark_of

LONGEST_SEARCH = 80
#: What the steward's board can be narrowed to.
SHOWN = ("due", "making", "issued", "changed")


@dataclass(frozen=True)
class BoardRow:
    """A document of a client, or one that is due and not begun."""

    enterprise_id: int
    enterprise_name: str
    kind: DossierKind
    subject: str
    line: DossierLine | None
    due_on: date | None
    days_left: int | None
    #: due, making, issued or changed
    part: str


@blueprint.get("/dossiers")
@requires(Permission.BOARD_VIEW)
def board() -> ResponseReturnValue:
    """All clients' documents: what is due first, then what changed, what is in the making, what is issued."""
    wanted = _wanted()
    show = request.args.get("show", "")
    with database().reading() as session:
        mine = clients(session, actor())
        lines = dossiers_across(session, actor())
        offers = {enterprise_id: due_offers(session, actor(), enterprise_id) for enterprise_id, _ in mine}
    rows = list(_board_rows(mine, lines, offers))
    return render_template(
        "dossiers/board.html",
        clients=mine,
        rows=[row for row in rows if _is_wanted(row, wanted, show)],
        wanted=wanted,
        stats=_stats(rows),
        picks=[_kind_pick(wanted), _show_pick(show)],
    )


def _board_rows(
    mine: Sequence[tuple[int, str]], lines: Sequence[DossierLine], offers: dict[int, Any]
) -> Iterable[BoardRow]:
    for enterprise_id, name in mine:
        theirs = [line for line in lines if line.enterprise_id == enterprise_id]
        due = due_lines(offers[enterprise_id], theirs)
        for entry in due:
            yield BoardRow(
                *(enterprise_id, name, entry.kind, entry.subject, entry.line),
                *(entry.due_on, entry.days_left, "due"),
            )
        begun = {entry.line.id for entry in due if entry.line}
        for line in theirs:
            if line.id not in begun:
                yield _board_row(name, line)


def _board_row(name: str, line: DossierLine) -> BoardRow:
    until = line.issued.valid_until if line.issued else None
    days = (until - today()).days if until else None
    return BoardRow(line.enterprise_id, name, line.kind, line.subject, line, until, days, _part(line))


def _part(line: DossierLine) -> str:
    if line.state is not DossierState.ISSUED or line.issued is None:
        return "making"
    changed = (Standing.STALE, Standing.EXPIRING, Standing.EXPIRED)
    return "changed" if line.issued.standing in changed else "issued"


def _is_wanted(row: BoardRow, wanted: RegisterFilters, show: str) -> bool:
    texts = (row.enterprise_name, said(row.kind, "title"), row.subject)
    return (
        (not wanted.q or any(wanted.q.casefold() in text.casefold() for text in texts))
        and (not wanted.kind or row.kind.id == wanted.kind)
        and (show not in SHOWN or row.part == show)
    )


def _stats(rows: Sequence[BoardRow]) -> list[dict[str, Any]]:
    def count(part: str) -> int:
        return sum(1 for row in rows if row.part == part)

    late = sum(1 for row in rows if row.part == "due" and (row.days_left or 0) < 0)
    changed = count("changed")
    return [
        {
            "label": gettext("应完成"),
            "value": count("due"),
            "unit": gettext("其中逾期 %(count)s 份", count=late) if late else "",
            "tone": "red" if late else "",
            "url": url_for(".board", show="due"),
        },
        {"label": gettext("编制中"), "value": count("making"), "url": url_for(".board", show="making")},
        {
            "label": gettext("依据已更正或将到期"),
            "value": changed,
            "tone": "amber" if changed else "",
            "url": url_for(".board", show="changed"),
        },
        {"label": gettext("已签发"), "value": count("issued"), "url": url_for(".board", show="issued")},
    ]


@blueprint.get("/dossiers/register")
@requires(Permission.DOSSIER_REVIEW)
def register() -> ResponseReturnValue:
    """What waits for review, and every issued document; the address holds filters and page."""
    wanted = _wanted()
    page = page_wanted()
    with database().reading() as session:
        lines = issued_register(session, actor(), wanted, page)
        total = count_issued(session, actor(), wanted)
        waiting = waiting_for_review(session, actor())
    kept: dict[str, Any] = {
        key: value
        for key, value in (("q", wanted.q), ("kind", wanted.kind), ("standing", wanted.standing))
        if value
    }
    return render_template(
        "dossiers/register.html",
        lines=lines,
        total=total,
        page=page,
        per_page=PER_PAGE,
        waiting=waiting,
        wanted=wanted,
        kept=kept,
        picks=[_kind_pick(wanted), _standing_pick(wanted)],
        url_for_page=lambda number: url_for(".register", **kept, page=number),
    )


@blueprint.get("/dossiers/register.<any(csv, xlsx):ending>")
@requires(Permission.DOSSIER_REVIEW)
def register_file(ending: str) -> ResponseReturnValue:
    """What the register shows with these filters, all pages of it."""
    with database().reading() as session:
        lines = issued_register(session, actor(), _wanted())
    head, rows = _export_head(), [_export_row(line) for line in lines]
    return table_download(ending, "register", gettext("签发登记"), head, rows)


def _export_head() -> list[str]:
    return [
        *(gettext("编号"), gettext("种类"), gettext("主题"), gettext("版次"), gettext("企业")),
        *(gettext("状态"), gettext("签发时间"), gettext("有效期至"), gettext("核验码")),
        *(gettext("文件 SHA-256"), gettext("撤销理由")),
    ]


def _export_row(line: DossierLine) -> list[object]:
    issued = line.issued
    if issued is None:
        return []
    return [
        *(issued.number, said(line.kind, "title"), subject_words(line.subject), line.edition),
        *(line.enterprise_name, mark_of(issued.standing.value, "document").word),
        *(moment(issued.issued_at), issued.valid_until, issued.code, issued.sha256, issued.reason),
    ]


def page_wanted() -> int:
    """The page that the address asks for; the first one for what is no page."""
    given = request.args.get("page", "")
    return max(1, int(given)) if given.isascii() and given.isdecimal() and len(given) < 6 else 1


def _wanted() -> RegisterFilters:
    given = {key: request.args.get(key, "")[:LONGEST_SEARCH].strip() for key in ("q", "kind", "standing")}
    return RegisterFilters(**given)


def _kind_pick(wanted: RegisterFilters) -> dict[str, Any]:
    options = [("", gettext("全部")), *((kind.id, said(kind, "title")) for kind in kinds())]
    return {"name": "kind", "label": gettext("种类"), "value": wanted.kind, "options": options}


def _standing_pick(wanted: RegisterFilters) -> dict[str, Any]:
    options = [
        ("", gettext("全部")),
        *((standing.value, mark_of(standing.value, "document").word) for standing in Standing),
    ]
    return {"name": "standing", "label": gettext("状态"), "value": wanted.standing, "options": options}


def _show_pick(show: str) -> dict[str, Any]:
    words = (gettext("应完成"), gettext("编制中"), gettext("已签发"), gettext("依据已更正或将到期"))
    options = [("", gettext("全部")), *zip(SHOWN, words, strict=True)]
    return {"name": "show", "label": gettext("显示"), "value": show, "options": options}
