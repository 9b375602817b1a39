"""The letter of an authority: one page for a short case, nothing left out of a long one."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from portal.domain.errors import PackError
from reports.document import load_sample
from reports.notice.view import view
from reports.pdf import render_pdf, render_sample
from tests.unit.reports.conftest import page_texts


@pytest.fixture
def sample() -> Any:
    return deepcopy(load_sample("notice"))


def test_a_short_letter_is_one_page_with_all_its_parts(font_cache: Path) -> None:
    (page,) = page_texts(render_sample("notice", font_cache))
    bare = page.replace(" ", "")
    for words in (
        *("示例市生态环境局文件", "示环碳退〔2026〕47号", "示例钢铁有限公司：", "一、支撑材料不全。"),
        *("二、数据与台账不一致。", "118,460.25", "请于2026年11月9日前", "附件：审核意见及差异明细（2页）"),
        *(
            "2026年10月30日",
            "抄送：示例市南示例区生态环境分局，示例环保管家有限公司。",
            "—1—",
            "核验码N3TP-88KC",
        ),
    ):
        assert words in bare, words


def test_a_long_letter_runs_on_and_closes_on_its_last_page(sample: Any, font_cache: Path) -> None:
    item = sample["letter"]["items"][0]
    sample["letter"]["items"] = [{**item, "head": f"第{place}处不符"} for place in range(1, 13)]
    pages = [
        text.replace(" ", "") for text in page_texts(render_pdf("notice", sample, font_cache=font_cache))
    ]
    assert len(pages) > 1
    text = "".join(pages)
    assert all(f"第{place}处不符" in text for place in range(1, 13))
    assert "十二、" in text
    assert "办公室" in pages[-1]
    assert "（盖章处）" in pages[-1]
    assert f"—{len(pages)}—" in pages[-1]


def test_what_may_be_missing_leaves_no_trace(sample: Any, font_cache: Path) -> None:
    letter, document = sample["letter"], sample["document"]
    letter |= {"reference": "", "attachments": [], "copies": []}
    for key in ("verify_code", "verify_url", "footer_note"):
        del document[key]
    (page,) = page_texts(render_pdf("notice", sample, font_cache=font_cache, watermark="文稿　未印发"))
    bare = page.replace(" ", "")
    assert "附件" not in bare
    assert "抄送" not in bare
    assert "核验码" not in bare
    assert "文稿" in bare


def test_a_long_name_of_an_authority_stays_on_its_line(sample: Any) -> None:
    sample["letter"]["authority"] = "示例市示例经济技术开发区生态环境保护综合管理局"
    made = view(sample)
    assert made["masthead_size"] * len(made["masthead"]) <= 156


def test_a_missing_part_or_a_wrong_day_is_refused(sample: Any) -> None:
    broken = deepcopy(sample)
    del broken["letter"]["addressee"]
    with pytest.raises(PackError, match=r"letter\.addressee"):
        view(broken)
    sample["letter"]["dated"] = "三十日"
    with pytest.raises(PackError, match="三十日"):
        view(sample)
