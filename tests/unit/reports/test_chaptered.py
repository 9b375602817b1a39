"""Documents of a cover and chapters: each says what its standard wants, and nothing breaks its lines."""

from copy import deepcopy
from pathlib import Path

import pytest

from portal.domain.errors import PackError
from reports.chaptered import view
from reports.document import list_reports, load_report, load_sample
from tests.unit.reports.conftest import page_texts, printed_sample

CHAPTERED = [report.name for report in list_reports() if "cover" in load_sample(report.name)]


@pytest.mark.parametrize("name", CHAPTERED)
def test_the_cover_names_the_document_its_owner_and_its_facts(name: str, font_cache: Path) -> None:
    sample = load_sample(name)
    cover = sample["cover"]
    assert isinstance(cover, dict)
    pages = page_texts(printed_sample(name, font_cache))
    assert load_report(name).title in pages[0]
    for _, value in cover["facts"]:
        assert " ".join(value.split()) in pages[0]
    if result := cover.get("result"):
        assert result["value"] in pages[0]
    for content in load_report(name).contents:
        assert any(content.chapter in page for page in pages[1:])


def test_a_cover_without_its_facts_is_refused() -> None:
    sample = deepcopy(load_sample("carbon_market_disclosure"))
    assert isinstance(sample["cover"], dict)
    del sample["cover"]["facts"]
    with pytest.raises(PackError) as raised:
        view(sample)
    assert raised.value.path == "cover.facts"
