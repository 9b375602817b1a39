"""How pages look: nothing outside the sheet, no heading left behind, none half empty, room for names."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from reports.document import list_reports, load_sample
from reports.pdf import render_pdf
from tests.unit.reports.conftest import page_texts, printed_sample

_WIDE, _TALL = 595.3, 841.9  # points of A4
_FOOT = 62.0  # points: the bottom margin, where the foot of a page stands
_HALF = _FOOT + 703.0 / 2  # points: the middle of a page's text
_NAME = "湖州示例绿色纺织印染整理与再生纤维新材料科技发展（集团）股份有限责任公司南浔分公司"
#: Documents of chapters that follow one another, and the first page that holds a chapter.
_FLOWING = {
    "annual_disclosure": 3,
    "carbon_footprint": 1,
    "carbon_management": 1,
    "carbon_neutrality": 1,
    "emission_report": 1,
    "quality_report": 1,
    "reduction_product": 1,
    "visit_report": 0,
}

Line = tuple[float, float, float, float, str]


def _pages(content: bytes) -> list[list[Line]]:
    """The pieces of text of each page: left, bottom, right, top and words."""
    document = pypdfium2.PdfDocument(content)
    try:
        return [list(_pieces(page.get_textpage())) for page in document]
    finally:
        document.close()


def _pieces(text: Any) -> Iterator[Line]:
    for place in range(text.count_rects()):
        box = text.get_rect(place)
        yield (*box, text.get_text_bounded(*box).strip())


def _headings(content: bytes) -> list[tuple[int, float, str]]:
    """Page, top edge and words of each heading of the outline."""
    document = pypdfium2.PdfDocument(content)
    try:
        found = []
        for mark in document.get_toc():
            target = mark.get_dest()
            found.append((target.get_index(), target.get_view()[1][1], mark.get_title()))
        return found
    finally:
        document.close()


def _above_the_foot(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line[1] > _FOOT and line[4]]


def _renamed(data: Any, name: str) -> Any:
    """``data`` with every enterprise of the sample called ``name``."""
    if isinstance(data, dict):
        return {key: _renamed(value, name) for key, value in data.items()}
    if isinstance(data, list):
        return [_renamed(value, name) for value in data]
    short = ("示例钢铁有限公司", "示例纺织科技有限公司", "示例环保管家有限公司")
    if isinstance(data, str):
        for word in short:
            data = data.replace(word, name)
    return data


@pytest.mark.parametrize("name", [report.name for report in list_reports()])
def test_the_pages_of_each_sample_are_well_filled_and_keep_heads_with_their_text(
    name: str, font_cache: Path
) -> None:
    content = printed_sample(name, font_cache)
    pages = _pages(content)
    for left, bottom, right, top, words in (line for page in pages for line in page if line[4]):
        assert left >= 0, words
        assert bottom >= 0, words
        assert right <= _WIDE, words
        assert top <= _TALL, words
    for place, head, words in _headings(content):
        assert any(line[3] < head - 18 for line in _above_the_foot(pages[place])), f"{words} ends a page"
    for page in pages[1:]:
        last = min(_above_the_foot(page), key=lambda line: line[1])
        assert not last[4].startswith(("表 ", "图 ")), f"{last[4]} ends a page"
    for page in pages[_FLOWING.get(name, len(pages)) : -1]:
        assert min(line[1] for line in _above_the_foot(page)) < _HALF


def test_a_long_name_leaves_the_efficiency_sheet_one_page_with_its_issuer(font_cache: Path) -> None:
    data = _renamed(deepcopy(load_sample("carbon_efficiency")), _NAME)
    data["document"]["verify_code"] = "7K2M-4QXD-9RWT-B3HE"
    (page,) = page_texts(render_pdf("carbon_efficiency", data, font_cache=font_cache))
    assert "示例市碳效评价中心" in page
    assert "2026-04-20" in page
    assert "7K2M-4QXD-9RWT-B3HE" in page


@pytest.mark.parametrize(
    ("name", "last", "below"),
    [
        ("monthly_report", "文件编号", "回执号"),
        ("emission_report", "文件编号", "年度温室气体排放量"),
    ],
)
def test_long_names_on_a_cover_stay_above_what_follows_them(
    name: str, last: str, below: str, font_cache: Path
) -> None:
    data = _renamed(deepcopy(load_sample(name)), _NAME)
    if "cover" in data:
        data["cover"]["facts"][0][1] = _NAME
        data["cover"]["facts"][4][1] = f"示例编制人（{_NAME}协助）"
    cover = _pages(render_pdf(name, data, font_cache=font_cache))[0]
    foot = next(line[1] for line in cover if last in line[4])
    head = next(line[3] for line in cover if below in line[4])
    assert foot > head


def test_a_table_of_sixty_rows_repeats_its_head_and_does_not_leave_its_sum_alone(font_cache: Path) -> None:
    data: Any = deepcopy(load_sample("emission_report"))
    table = data["chapters"][1]["sections"][0]["blocks"][0]
    *months, total = table["rows"]
    table["rows"] = [*(months * 5), total]
    pages = page_texts(render_pdf("emission_report", data, font_cache=font_cache))
    held = [page for page in pages if "HZ-2026-" in page and "回执号" in page]
    assert len(held) > 1
    end = next(page for page in held if "合计 40,365.79" in page)
    assert end.count("HZ-2026-") > 1


def test_a_table_without_rows_says_so(font_cache: Path) -> None:
    data: Any = deepcopy(load_sample("ad_hoc_disclosure"))
    data["chapters"][2]["sections"][0]["blocks"][0]["rows"] = []
    pages = page_texts(render_pdf("ad_hoc_disclosure", data, font_cache=font_cache))
    assert "措施 完成日期 状态 无" in pages[-1]
