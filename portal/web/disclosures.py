"""Published disclosures, open to everybody: the list, each as a page, as its PDF and as open data."""

import json
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.domain.documents import read_code
from portal.domain.dossiers import Standing
from portal.domain.errors import NotFound
from portal.extensions import database, limiter, storage
from portal.queries.dossier_lines import IssuedFacts
from portal.queries.published import PER_PAGE, PublishedDocument, published, published_document
from portal.reference.dossiers import kinds
from portal.services.csv_export import csv_bytes
from portal.services.documents import stored_bytes
from portal.web.access import public
from portal.web.disclosure_data import grouped, open_chapters, open_tables, public_json
from portal.web.documents import public_frame
from portal.web.dossier_lists import page_wanted
from portal.web.dossier_words import said
from portal.web.downloads import SANDBOX, file_download, stored_pdf
from portal.web.entering import too_many

blueprint = Blueprint("disclosures", __name__)

LIMIT = "60 per minute"
LONGEST_SEARCH = 80


@blueprint.get("/disclosures")
@public
@limiter.limit(LIMIT, error_message=too_many)
def listing() -> ResponseReturnValue:
    """What enterprises have published; the address holds search, filters and page."""
    wanted: dict[str, Any] = {
        key: request.args.get(key, "")[:LONGEST_SEARCH].strip() for key in ("q", "year", "kind")
    }
    page = page_wanted()
    with database().reading() as session:
        found = published(session, page=page, **wanted)
    return render_template(
        "disclosures/listing.html",
        found=found,
        wanted=wanted,
        page=page,
        per_page=PER_PAGE,
        picks=_picks(found.years, wanted),
        url_for_page=lambda number: url_for(
            ".listing", **{k: v for k, v in wanted.items() if v}, page=number
        ),
        **public_frame("disclosures"),
    )


def _given(name: str) -> str:
    return request.args.get(name, "")[:LONGEST_SEARCH].strip()


def _picks(years: tuple[str, ...], wanted: dict[str, str]) -> list[dict[str, Any]]:
    every = ("", gettext("全部"))
    return [
        {
            "name": "year",
            "label": gettext("年份"),
            "value": wanted["year"],
            "options": [every, *((year, year) for year in years)],
        },
        {
            "name": "kind",
            "label": gettext("种类"),
            "value": wanted["kind"],
            "options": [every, *((kind.id, said(kind, "title")) for kind in kinds() if kind.public)],
        },
    ]


@blueprint.get("/disclosures/<code>")
@public
@limiter.limit(LIMIT, error_message=too_many)
def show(code: str) -> ResponseReturnValue:
    """One published document: its figures, its chapters, what became of it."""
    found = _find(code, withdrawn=True)
    shown = _issued(found).standing is not Standing.WITHDRAWN
    return render_template(
        "disclosures/show.html",
        line=found.line,
        uscc=found.uscc,
        successor_code=found.successor_code,
        figures=_figures(found) if shown else [],
        chapters=open_chapters(found.content["data"]) if shown else (),
        grouped=grouped,
        **public_frame("disclosures"),
    )


@blueprint.get("/disclosures/<code>/document.pdf")
@public
@limiter.limit(LIMIT, error_message=too_many)
def file(code: str) -> ResponseReturnValue:
    """The issued file itself, byte for byte."""
    issued = _issued(_find(code))
    content = stored_bytes(storage(), issued.storage_key, issued.sha256)
    return stored_pdf(content, f"{issued.number}.pdf", issued.sha256)


@blueprint.get("/disclosures/<code>/data.json")
@public
@limiter.limit(LIMIT, error_message=too_many)
def data(code: str) -> ResponseReturnValue:
    """Headline figures and tables of the frozen content as JSON; figures stay decimal texts."""
    found = _find(code)
    told = public_json(found.content, _about(found))
    body = json.dumps(told, ensure_ascii=False, indent=1, default=str).encode()
    return _download(body, "application/json", f"{_issued(found).number}.json")


@blueprint.get("/disclosures/<code>/figures.csv")
@public
@limiter.limit(LIMIT, error_message=too_many)
def figures(code: str) -> ResponseReturnValue:
    """The headline figures as CSV."""
    found = _find(code)
    head = [gettext("代码"), gettext("名称"), gettext("数值"), gettext("单位")]
    rows = ([figure["key"], figure["name"], figure["value"], figure["unit"]] for figure in _figures(found))
    return _download(csv_bytes(head, rows), "text/csv", f"{_issued(found).number}-figures.csv")


@blueprint.get("/disclosures/<code>/tables/<table>.csv")
@public
@limiter.limit(LIMIT, error_message=too_many)
def table(code: str, table: str) -> ResponseReturnValue:
    """One table of the document as CSV."""
    found = _find(code)
    chosen = next((one for one in open_tables(found.content["data"]) if one.key == table), None)
    if chosen is None:
        raise NotFound
    body = csv_bytes(chosen.head, chosen.rows)
    return _download(body, "text/csv", f"{_issued(found).number}-{chosen.key}.csv")


def _find(code: str, *, withdrawn: bool = False) -> PublishedDocument:
    """The published document with this code; one that was withdrawn only where ``withdrawn`` is asked for."""
    known = read_code(code[:LONGEST_SEARCH])
    with database().reading() as session:
        found = published_document(session, known) if known else None
    if found is None or (_issued(found).standing is Standing.WITHDRAWN and not withdrawn):
        raise NotFound
    return found


def _figures(found: PublishedDocument) -> list[dict[str, Any]]:
    return [
        {
            "key": figure["key"],
            "name": figure["name"],
            "value": Decimal(str(figure["value"])),
            "unit": figure["unit"],
        }
        for figure in found.content.get("figures", ())
    ]


def _issued(found: PublishedDocument) -> IssuedFacts:
    """The issued document: a published one always has it."""
    if found.line.issued is None:
        raise NotFound
    return found.line.issued


def _about(found: PublishedDocument) -> dict[str, Any]:
    line, issued = found.line, _issued(found)
    return {
        "number": issued.number,
        "code": issued.code,
        "kind": line.kind.id,
        "title": line.kind.title,
        "enterprise": line.enterprise_name,
        "uscc": found.uscc,
        "subject": line.subject,
        "edition": line.edition,
        "issued_at": issued.issued_at.isoformat(),
        "standing": issued.standing.value,
        "sha256": issued.sha256,
        "content_sha256": found.content_sha256,
    }


def _download(body: bytes, kind: str, name: str) -> Response:
    answer = file_download(body, kind, name)
    answer.headers["Content-Security-Policy"] = SANDBOX
    return answer
