"""What every printed report must be: archivable, tagged, closed, the same each time."""

import gc
import hashlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import weasyprint
from weasyprint.urls import FatalURLFetchingError

from portal.domain.errors import NotFound, PackError
from reports.document import REPORTS, load_report
from reports.fetcher import ClosedFetcher
from reports.pdf import issued_at, render_html, render_pdf, render_sample, warm_up
from tests.unit.reports.conftest import ATTACHMENTS, page_texts
from tests.unit.reports.months import steel_month

_PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
_IMPORTS = (
    "import sys; import reports.pdf, reports.charts;"
    "print('weasyprint' in sys.modules, 'uharfbuzz' in sys.modules)"
)
_AGAIN = (
    "import sys, hashlib; from pathlib import Path; from reports.pdf import render_sample;"
    "print(hashlib.sha256(render_sample('monthly_report', Path(sys.argv[1]))).hexdigest())"
)


def _python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=REPORTS.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_file_declares_pdf_a_3a(opened: pikepdf.Pdf) -> None:
    with opened.open_metadata() as metadata:
        assert metadata[f"{_PDFA}part"] == "3"
        assert metadata[f"{_PDFA}conformance"] == "A"
    assert opened.Root.OutputIntents[0].DestOutputProfile is not None
    assert not opened.is_encrypted


def test_the_file_is_tagged_and_in_chinese(opened: pikepdf.Pdf) -> None:
    assert opened.Root.Lang == "zh-CN"
    assert opened.Root.MarkInfo.Marked
    kinds = _structure_kinds(opened.Root.StructTreeRoot)
    assert {"/H1", "/Table", "/TH", "/TD", "/P"} <= kinds


def test_title_and_dates_come_from_the_data(opened: pikepdf.Pdf) -> None:
    title = str(opened.docinfo["/Title"]).replace("\N{NO-BREAK SPACE}", " ")
    assert title == "月度碳数据质量报告 示例钢铁有限公司 2026 年 10 月"
    assert str(opened.docinfo["/CreationDate"]).startswith("D:20261118084207")
    assert str(opened.docinfo["/ModDate"]).startswith("D:20261118084207")


def test_attachments_are_embedded_byte_for_byte(opened: pikepdf.Pdf) -> None:
    assert set(opened.attachments) == {attachment.name for attachment in ATTACHMENTS}
    for attachment in ATTACHMENTS:
        kept = opened.attachments[attachment.name]
        assert kept.get_file().read_bytes() == attachment.content
        assert kept.get_file().mime_type == attachment.media_type
        assert kept.obj.AFRelationship == "/Data"
    assert len(opened.Root.AF) == len(ATTACHMENTS)


def test_every_font_is_embedded_and_bold_is_its_own_face(opened: pikepdf.Pdf) -> None:
    faces = {}
    for page in opened.pages:
        for font in page.Resources.Font.values():
            descendant = font.DescendantFonts[0]
            embedded = {"/FontFile2", "/FontFile3"} & set(descendant.FontDescriptor.keys())
            faces[str(descendant.BaseFont).partition("+")[2]] = bool(embedded)
    assert faces == {"Noto-Sans-SC": True, "Noto-Sans-SC-Bold": True, "Noto-Serif-SC": True}


def test_the_same_data_give_the_same_bytes(steel_pdf: bytes, font_cache: Path) -> None:
    again = render_pdf("monthly_report", steel_month(), ATTACHMENTS, font_cache=font_cache)
    assert again == steel_pdf


def test_another_process_gives_the_same_bytes(font_cache: Path) -> None:
    here = hashlib.sha256(render_sample("monthly_report", font_cache)).hexdigest()
    assert _python(_AGAIN, str(font_cache)) == here


def test_importing_the_reports_does_not_import_the_printer() -> None:
    assert _python(_IMPORTS) == "False False"


def test_warming_up_twice_is_harmless(font_cache: Path) -> None:
    warm_up(font_cache)
    warm_up(font_cache)


def test_what_warming_up_loads_is_no_longer_searched_for_garbage(font_cache: Path) -> None:
    gc.unfreeze()
    warm_up(font_cache)
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert frozen > 10_000


def test_markup_in_the_data_stays_text(font_cache: Path) -> None:
    month = steel_month()
    month["enterprise"]["name"] = "<script>alert(1)</script>有限公司"
    month["findings"][0]["description"] = "<img src=http://127.0.0.1/x> & <b>粗</b>"
    month["groups"][0]["lines"][0]["item"] = "<i>无烟煤</i>"
    month["timeline"][0]["actor"] = "<b>"
    html = render_html(load_report("monthly_report"), month)
    for markup in ("<script", "<img", "<b>粗", "<i>无"):
        assert markup not in html
    text = " ".join(page_texts(render_pdf("monthly_report", month, font_cache=font_cache)))
    assert "<script>alert(1)</script>有限公司" in text


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/logo.png",
        "https://example.org/a.css",
        "ftp://example.org/a",
        "data:text/plain,x",
        "file:///etc/passwd",
        "file://other/etc/passwd",
        (REPORTS / "pdf.py").as_uri(),
        f"{(REPORTS / 'monthly_report').as_uri()}/../pdf.py",
        f"{(REPORTS / 'monthly_report').as_uri()}/%2e%2e/pdf.py",
        f"{(REPORTS / 'monthly_report').as_uri()}/absent.svg",
    ],
)
def test_the_fetcher_refuses_what_is_not_the_reports_own(address: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        ClosedFetcher(REPORTS / "monthly_report", []).fetch(address)


def test_the_fetcher_refuses_a_link_that_leads_outside(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "logo.svg").symlink_to("/etc/passwd")
    with pytest.raises(FatalURLFetchingError):
        ClosedFetcher(folder, []).fetch((folder / "logo.svg").as_uri())


def test_the_fetcher_serves_the_reports_folder_and_the_fonts(tmp_path: Path) -> None:
    folder, font = tmp_path / "report", tmp_path / "face.ttf"
    folder.mkdir()
    (folder / "图 1.svg").write_bytes(b"<svg/>")
    font.write_bytes(b"face")
    fetcher = ClosedFetcher(folder, [font])
    assert fetcher.fetch((folder / "图 1.svg").as_uri()).read() == b"<svg/>"
    assert fetcher.fetch(font.as_uri()).read() == b"face"


def test_a_page_that_asks_for_an_outside_address_is_not_printed(tmp_path: Path) -> None:
    page = weasyprint.HTML(
        string='<img src="http://127.0.0.1/x.png">', url_fetcher=ClosedFetcher(tmp_path, [])
    )
    with pytest.raises(FatalURLFetchingError):
        page.write_pdf()


@pytest.mark.parametrize("name", ["absent", "../secrets", "parts", ""])
def test_an_unknown_report_is_not_found(name: str, font_cache: Path) -> None:
    with pytest.raises(NotFound):
        render_pdf(name, steel_month(), font_cache=font_cache)


@pytest.mark.parametrize("moment", ["", "gestern", "2026-11-18T16:42:07"])
def test_a_moment_of_issue_without_offset_is_refused(moment: str) -> None:
    with pytest.raises(PackError):
        issued_at({"document": {"issued_at": moment}})


def test_the_moment_of_issue_is_read_in_utc() -> None:
    assert issued_at(steel_month()).isoformat() == "2026-11-18T08:42:07+00:00"


def test_the_file_reads_back_without_repairs(steel_pdf: bytes) -> None:
    with pikepdf.open(io.BytesIO(steel_pdf)) as pdf:
        assert pdf.check_pdf_syntax() == []


def _structure_kinds(node: Any) -> set[str]:
    kinds = {str(node.S)} if "/S" in node else set()
    children = node.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary):
            kinds |= _structure_kinds(child)
    return kinds
