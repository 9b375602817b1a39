"""Answers that a browser saves or shows as a file."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from flask import Response

from portal.domain.periods import today
from portal.services.csv_export import csv_bytes
from portal.services.xlsx_export import xlsx_bytes

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: A downloaded document is only saved: nothing in it may run or fetch.
SANDBOX = "default-src 'none'; sandbox"


def file_download(body: bytes | str, kind: str, name: str) -> Response:
    """A file to be saved under ``name``; ``kind`` is its media type."""
    return _file(body, kind, "attachment", name)


def table_download(
    ending: str, stem: str, title: str, head: Sequence[str], rows: Iterable[Sequence[object]]
) -> Response:
    """A table as it is today: ``ending`` csv, or xlsx with one sheet named ``title``."""
    name = f"{stem}-{today()}.{ending}"
    if ending == "csv":
        return file_download(csv_bytes(head, rows), "text/csv", name)
    return file_download(xlsx_bytes(title, head, rows), XLSX, name)


def stored_pdf(body: bytes, name: str, sha256: str) -> Response:
    """An issued document to be saved; its hash goes along, for who wants to compare."""
    answer = file_download(body, "application/pdf", name)
    answer.headers.update({"Content-Security-Policy": SANDBOX, "X-Document-SHA256": sha256})
    return answer


def preview_pdf(body: bytes, name: str) -> Response:
    """A print that the browser shows; ``name`` is what it is called when it is saved."""
    return _file(body, "application/pdf", "inline", name)


def _file(body: bytes | str, kind: str, disposition: str, name: str) -> Response:
    plain = quote(name)
    told = f'filename="{name}"' if plain == name else f"filename*=UTF-8''{plain}"
    return Response(
        body,
        mimetype=kind,
        headers={"Content-Disposition": f"{disposition}; {told}", "Cache-Control": "private, no-store"},
    )
