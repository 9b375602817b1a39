"""The yearly disclosure: all contents of the law in its own order, with page numbers that are true."""

from collections import defaultdict
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import PackError
from reports.annual_disclosure.view import view
from reports.document import load_report, load_sample
from reports.pdf import render_pdf
from tests.unit.reports.conftest import page_texts


@pytest.fixture(scope="module")
def pages(font_cache: Path) -> list[str]:
    sample = load_sample("annual_disclosure")
    return page_texts(render_pdf("annual_disclosure", sample, font_cache=font_cache))


@pytest.fixture
def disclosure() -> dict[str, Any]:
    return deepcopy(load_sample("annual_disclosure"))


def test_every_chapter_stands_on_the_page_that_the_contents_name(pages: list[str]) -> None:
    contents = next(page for page in pages if "目录" in page)
    for content in load_report("annual_disclosure").contents:
        after = contents[contents.index(content.chapter) + len(content.chapter) :]
        named = int(next(word for word in after.split() if word.isdigit()))
        assert content.chapter in pages[named - 1], content.chapter


def test_the_carbon_chapter_tells_reported_from_verified(pages: list[str]) -> None:
    chapter = next(page for page in pages if "5.1 年度实际排放量与配额清缴" in page)
    for words in ("12,903,511", "13,181,650", "排放量连续三年下降", "2025-12-08", "待核定", "CETS-AG-03.01"):
        assert words in chapter


def test_the_signers_and_the_blank_place_for_the_seal_are_there(pages: list[str]) -> None:
    page = pages[1]
    for words in ("承诺", "示例负责人", "（盖章处）", "2026-03-06 10:12"):
        assert words in page


def test_the_sums_of_the_sample_are_the_sums_of_its_outlets(disclosure: dict[str, Any]) -> None:
    sections = next(c for c in disclosure["chapters"] if c["title"].startswith("污染物"))["sections"]
    block = next(b for s in sections for b in s["blocks"] if b["kind"] == "permits" and "sums" in b)
    actual: dict[str, Decimal] = defaultdict(Decimal)
    for row in block["rows"]:
        actual[row["pollutant"]] += Decimal(row["actual"])
    assert {row["pollutant"]: Decimal(row["actual"]) for row in block["sums"]} == actual


def test_a_missing_statement_and_a_wrong_day_are_named(disclosure: dict[str, Any]) -> None:
    disclosure["disclosure"]["prepared_on"] = "03/06"
    with pytest.raises(PackError, match="03/06"):
        view(disclosure)
    del disclosure["statement"]["commitment"]
    with pytest.raises(PackError) as raised:
        view(disclosure)
    assert raised.value.path == "statement.commitment"
