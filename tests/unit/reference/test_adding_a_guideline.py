"""The page on adding a guideline, followed to the letter with the pack that stands on it."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from portal.accounting.calculation import calculate_under
from portal.accounting.streams import StreamValues, payload
from portal.reference.catalogue import Catalogue, read_catalogue
from portal.reference.guidelines import ALTERNATIVES, CONSTANTS, METHODS, Guideline, read_guideline
from portal.reference.packs import check_packs

PAGE = (Path(__file__).parents[3] / "docs" / "adding-a-guideline.md").read_text(encoding="utf-8")


@pytest.fixture
def packs(tmp_path: Path) -> tuple[Guideline, Catalogue]:
    for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        file = tmp_path / text.splitlines()[0].removeprefix("# ")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    guideline = read_guideline("example-lime-2030", data=tmp_path)
    return guideline, read_catalogue(guideline, data=tmp_path)


def test_a_month_can_be_counted_by_the_pack_of_the_page(packs: tuple[Guideline, Catalogue]) -> None:
    guideline, catalogue = packs
    streams = [
        StreamValues("c", "fuel", "示例煤", "t", {"purchased": Decimal(130), "sold": Decimal(10)}),
        StreamValues("l", "carbonate", "石灰石", "t", {"amount": Decimal(500)}),
        StreamValues("o", "output", "石灰", "t", {"amount": Decimal(280)}),
    ]
    made, blank = payload(catalogue, streams)
    assert blank == ()
    result = calculate_under(guideline, made)
    # 120 × 20 × 0.025 × 0.95 × 44/12 = 209.00; 500 × 1 × 0.440 × 0.98 = 215.60
    assert [line.emission for line in result.lines] == [Decimal("209.00"), Decimal("215.60")]
    assert result.total == Decimal("424.60")
    assert result.intensity == Decimal("1.5164")  # 424.60 / 280 = 1.516428…


def test_the_packs_of_the_page_pass_the_check(packs: tuple[Guideline, Catalogue], tmp_path: Path) -> None:
    states = check_packs(tmp_path)
    assert {state.family for state in states} == {"guidelines", "catalogue"}
    assert [state for state in states if state.error] == []


def test_the_page_names_every_category_and_method_and_constant() -> None:
    for category, methods in METHODS.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{category}` |"))
        assert all(f"`{method}`" in row for method in methods)
        assert all(f"`{key}`" in row for key in CONSTANTS.get(category, {}))
    for category, methods in ALTERNATIVES.items():
        assert f"`{category}` by" in PAGE
        assert all(f"`{method}`" in PAGE for method in methods)
