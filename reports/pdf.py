"""From a report's data to the bytes of an archivable PDF.

WeasyPrint costs a second to import, so it is imported on first use; a worker calls
``warm_up`` before it forks.
"""

import gc
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError
from markupsafe import Markup

from portal.domain.errors import PackError
from portal.domain.messages import N_
from reports import charts, filters, line_art, qr
from reports.document import REPORTS, Attachment, Report, list_reports, load_report, load_sample, need
from reports.fonts import SANS, SERIF, FontFiles, missing_characters, prepare_fonts

VARIANT = "pdf/a-3a"
_LOG = logging.getLogger(__name__)
_PRINTING = Lock()  # Pango's font map is not safe in two threads at once


@dataclass(frozen=True)
class _Press:
    """What is loaded once and used for every document of a process."""

    fonts: FontFiles
    font_config: Any
    face_sheet: Any


def render_pdf(
    report: str,
    data: Mapping[str, object],
    attachments: Sequence[Attachment] = (),
    *,
    font_cache: Path,
    watermark: str | None = None,
) -> bytes:
    """Print the report ``report`` as PDF/A-3a with tags.

    ``data`` has the shape of the report's ``sample.toml``; ``document.issued_at`` (ISO 8601 with offset)
    becomes the creation date, so the same data give the same bytes. ``attachments`` are embedded as they are.
    ``watermark`` marks every page of a preview. Raises NotFound for an unknown report and PackError when the
    data lack a key or the report asks for anything outside its folder.
    """
    import weasyprint
    from weasyprint.urls import FatalURLFetchingError

    from reports.fetcher import ATTACHMENT_SCHEME, ClosedFetcher
    from reports.page import ReportPage

    loaded = load_report(report)
    html = render_html(loaded, data, watermark=watermark)
    moment = issued_at(data)
    with _PRINTING:
        press = _press(font_cache)
        _warn_of_missing_characters(report, html, font_cache)
        fetcher = ClosedFetcher(loaded.folder, press.fonts.paths(), attachments)
        embedded = [
            weasyprint.Attachment(
                url=f"{ATTACHMENT_SCHEME}:{position}",
                url_fetcher=fetcher,
                name=attachment.name,
                description=attachment.description,
                created=moment,
                modified=moment,
                relationship=attachment.relationship,
            )
            for position, attachment in enumerate(attachments)
        ]
        page = ReportPage(string=html, base_url=f"{loaded.folder.as_uri()}/", url_fetcher=fetcher)
        try:
            return _written(
                page,
                stylesheets=[press.face_sheet, *_sheets(loaded, font_cache)],
                font_config=press.font_config,
                attachments=embedded,
            )
        except FatalURLFetchingError as refused:
            raise PackError(N_("报告要取文件夹以外的内容：%(what)s"), params={"what": refused}) from refused


def _written(page: Any, **options: Any) -> bytes:
    with warnings.catch_warnings():
        # WeasyPrint leaves its colour profile open until the file object is collected.
        warnings.simplefilter("ignore", ResourceWarning)
        return bytes(
            page.write_pdf(finisher=_name_attachments_once, pdf_variant=VARIANT, pdf_tags=True, **options)
        )


def _name_attachments_once(_document: Any, pdf: Any) -> None:
    """WeasyPrint enters each associated file twice in the catalogue; each belongs there once."""
    associated = pdf.catalog.get("AF", [])
    associated[:] = list(dict.fromkeys(associated))


def render_html(report: Report, data: Mapping[str, object], *, watermark: str | None = None) -> str:
    """The page source that goes to the printer; raises PackError when the data lack a key."""
    view = import_module(f"reports.{report.name}.view").view(data)
    template = _environment().get_template(f"{report.name}/template.html")
    moment = issued_at(data).isoformat().replace("+00:00", "Z")
    try:
        return template.render(view, report=report, created=moment, watermark=watermark)
    except UndefinedError as missing:
        raise PackError(N_("报告数据缺少 %(key)s"), params={"key": missing.message}) from missing


def render_sample(report: str, font_cache: Path, watermark: str | None = None) -> bytes:
    """The report printed from its own sample data, for eyes and for tests."""
    return render_pdf(report, load_sample(report), font_cache=font_cache, watermark=watermark)


def warm_up(font_cache: Path) -> None:
    """Import the printer, cut and load the fonts, parse the style sheets and templates, for good."""
    from reports.page import read_own_sheet

    with _PRINTING:
        _press(font_cache)
        read_own_sheet()
        for report in list_reports():
            _sheets(report, font_cache)
            _environment().get_template(f"{report.name}/template.html")
            import_module(f"reports.{report.name}.view")
    # All this stays: going through it again and again for garbage took a tenth of each report's time, and
    # would copy its memory in every fork.
    gc.collect()
    gc.freeze()


def issued_at(data: Mapping[str, object]) -> datetime:
    """The moment that the document bears, in UTC; raises PackError when it is missing or has no offset."""
    text = str(need(data, "document.issued_at"))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise PackError(N_("签发时刻 %(text)s 写法不对"), params={"text": text}) from wrong
    if moment.tzinfo is None:
        raise PackError(N_("签发时刻 %(text)s 没有时区"), params={"text": text})
    return moment.astimezone(UTC).replace(microsecond=0)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(REPORTS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters.FILTERS)
    environment.globals.update(charts=charts, line_art=line_art.landscape, qr_code=qr.qr_code, Markup=Markup)
    return environment


@lru_cache(maxsize=2)
def _press(font_cache: Path) -> _Press:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    from reports.fetcher import ClosedFetcher

    fonts = prepare_fonts(font_cache)
    faces = (
        (SANS, 400, fonts.sans_regular),
        (SANS, 700, fonts.sans_bold),
        (SERIF, 400, fonts.serif_regular),
    )
    sheet = "".join(
        f'@font-face{{font-family:"{family}";font-weight:{weight};src:url("{path.resolve().as_uri()}")}}'
        for family, weight, path in faces
    )
    font_config = FontConfiguration()
    fetcher = ClosedFetcher(REPORTS, fonts.paths())
    return _Press(
        fonts, font_config, weasyprint.CSS(string=sheet, font_config=font_config, url_fetcher=fetcher)
    )


@lru_cache(maxsize=32)
def _sheets(report: Report, font_cache: Path) -> tuple[Any, ...]:
    import weasyprint

    from reports.fetcher import ClosedFetcher

    press = _press(font_cache)
    fetcher = ClosedFetcher(REPORTS, press.fonts.paths())
    return tuple(
        weasyprint.CSS(
            string=path.read_text(encoding="utf-8"),
            base_url=f"{path.parent.as_uri()}/",
            font_config=press.font_config,
            url_fetcher=fetcher,
        )
        for path in (REPORTS / "parts" / "print.css", report.folder / "print.css")
    )


def _warn_of_missing_characters(report: str, html: str, font_cache: Path) -> None:
    if missing := missing_characters(html, font_cache):
        _LOG.warning("report %s has characters that its fonts lack: %s", report, " ".join(missing))
