"""Files as answers: names that every browser keeps, and documents that run nothing."""

import time_machine

from portal.web.downloads import SANDBOX, XLSX, file_download, preview_pdf, stored_pdf, table_download


def test_a_file_is_saved_under_its_name_and_kept_by_no_cache() -> None:
    answer = file_download("[]", "application/json", "DR-2026-0001.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="DR-2026-0001.json"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.mimetype == "application/json"


def test_a_chinese_name_and_a_quotation_mark_reach_the_browser_whole() -> None:
    assert file_download(b"", XLSX, "粗钢.xlsx").headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''%E7%B2%97%E9%92%A2.xlsx"
    )
    assert '""' not in file_download(b"", XLSX, '"; x="y.xlsx').headers["Content-Disposition"]


@time_machine.travel("2026-11-22T18:00:00Z")
def test_a_table_is_named_after_the_day_in_shanghai_and_comes_in_two_kinds() -> None:
    comma, book = (
        table_download(ending, "board", "看板", ["名称"], [["示例"]]) for ending in ("csv", "xlsx")
    )
    assert comma.headers["Content-Disposition"] == 'attachment; filename="board-2026-11-23.csv"'
    assert comma.get_data(as_text=True).splitlines()[1:] == ["示例"]
    assert book.headers["Content-Disposition"] == 'attachment; filename="board-2026-11-23.xlsx"'
    assert (book.mimetype, book.get_data()[:2]) == (XLSX, b"PK")


def test_an_issued_document_carries_its_hash_and_a_preview_opens_in_the_browser() -> None:
    issued, preview = stored_pdf(b"%PDF", "HZ-1.pdf", "ab" * 32), preview_pdf(b"%PDF", "preview.pdf")
    assert issued.headers["X-Document-SHA256"] == "ab" * 32
    assert issued.headers["Content-Security-Policy"] == SANDBOX
    assert preview.headers["Content-Disposition"] == 'inline; filename="preview.pdf"'
