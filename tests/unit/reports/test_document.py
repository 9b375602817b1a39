"""Reports are found by name and complete."""

from pathlib import Path

import pytest

from portal.domain.errors import NotFound, PackError
from reports.document import list_reports, load_report, load_sample, need
from reports.pdf import render_html, render_sample
from tests.unit.reports.conftest import page_texts


def test_every_report_has_its_files_and_a_sample_that_prints(font_cache: Path) -> None:
    names = [report.name for report in list_reports()]
    assert "monthly_report" in names
    for report in list_reports():
        assert {"template.html", "print.css", "report.toml", "sample.toml", "view.py"} <= {
            path.name for path in report.folder.iterdir()
        }
        assert page_texts(render_sample(report.name, font_cache))


def test_every_required_content_has_its_chapter_in_the_template() -> None:
    for report in list_reports():
        html = render_html(report, load_sample(report.name))
        assert report.contents
        for content in report.contents:
            assert content.clause
            title = content.chapter.split(" ", 1)[-1]
            assert title == "封面" or title in html


def test_an_unknown_report_is_not_found() -> None:
    with pytest.raises(NotFound):
        load_report("weekly")
    with pytest.raises(NotFound):
        load_sample("../monthly_report")


def test_a_missing_key_is_named_by_its_path() -> None:
    assert need({"a": {"b": ""}}, "a.b") == ""
    with pytest.raises(PackError, match=r"a\.c"):
        need({"a": {"b": ""}}, "a.c")
    with pytest.raises(PackError, match=r"a\.b\.c"):
        need({"a": {"b": ""}}, "a.b.c")
