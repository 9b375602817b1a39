"""The record of a visit in print."""

import copy
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import PackError
from reports.document import load_sample
from reports.pdf import render_pdf
from reports.visit_report.view import gaps_lead, view
from tests.unit.reports.conftest import page_texts


@pytest.fixture
def data() -> dict[str, Any]:
    return copy.deepcopy(load_sample("visit_report"))


def test_the_sample_prints_score_gap_signatures_and_fingerprints(
    data: dict[str, Any], font_cache: Path
) -> None:
    pages = page_texts(render_pdf("visit_report", data, font_cache=font_cache))
    assert len(pages) == 2
    assert "55.6" in pages[0]
    assert "需整改" in pages[0]
    assert "HZ-VS-20261112-0061" in pages[0]
    assert "GAP-2026-0121" in pages[0]
    assert "对事实无异议" in pages[1]
    assert "08172b34c6e5b8d3" in pages[1]


def test_what_was_not_looked_at_says_so(data: dict[str, Any], font_cache: Path) -> None:
    data["answers"][0] |= {"outcome": "open", "words": "", "given_at": "", "given_by": ""}
    data["score"] |= {"points": "", "previous": "", "previous_on": ""}
    data["photos"], data["gaps"] = [], []
    pages = page_texts(render_pdf("visit_report", data, font_cache=font_cache))
    assert "没有可比的上次检查" in pages[0]
    assert "未检查" in pages[-1]
    assert "没有照片" in pages[-1]


def test_a_refused_signature_is_named(data: dict[str, Any]) -> None:
    data["signatures"][1] |= {"declined": True, "opinion": "负责人拒签"}
    shown = view(data)["signatures"][1]
    assert (shown["role"], shown["opinion"]) == ("企业拒绝签字", "负责人拒签")


def test_an_inspection_has_another_title_and_no_contract(data: dict[str, Any]) -> None:
    data["visit"] |= {"kind": "inspection", "draw": "HZ-DR-20261101-0002"}
    shown = view(data)
    assert (shown["title"], shown["is_service"]) == ("现场检查记录", False)


@pytest.mark.parametrize(
    ("points", "previous", "change"),
    [
        ("55.6", "92.4", "\N{MINUS SIGN}36.8"),
        ("94.8", "92.4", "+2.4"),
        ("92.4", "92.4", "0.0"),
        ("", "92.4", ""),
    ],
)
def test_the_change_against_the_last_visit_has_a_sign(
    data: dict[str, Any], points: str, previous: str, change: str
) -> None:
    data["score"] |= {"points": points, "previous": previous}
    assert view(data)["change"] == change


def test_the_lead_counts_what_was_found() -> None:
    total = {"met": 59, "not_applicable": 19, "open": 0, "gaps": 0}
    assert gaps_lead(total).startswith("这次检查没有发现不符合项；59 题符合")
    assert gaps_lead({**total, "gaps": 2, "open": 3}).startswith(
        "两项不符合已当场告知企业陪同人员；3 题未检查"
    )


@pytest.mark.parametrize("key", ["score", "signatures", "visit"])
def test_a_missing_part_is_named(data: dict[str, Any], key: str) -> None:
    del data[key]
    with pytest.raises(PackError):
        view(data)
