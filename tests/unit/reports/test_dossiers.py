"""The samples of dossiers hold together: what is printed large is the sum of what is printed small."""

from decimal import Decimal
from typing import Any

from reports.document import load_sample


def _blocks(name: str, kind: str) -> list[dict[str, Any]]:
    chapters: Any = load_sample(name)["chapters"]
    return [
        block for chapter in chapters for part in chapter["sections"] for block in part["blocks"]
        if block["kind"] == kind
    ]  # fmt: skip


def test_each_line_of_the_footprint_is_its_amount_times_its_factor() -> None:
    table = next(block for block in _blocks("carbon_footprint", "table") if "单元过程" in block["caption"])
    *lines, total = table["rows"]
    for line in lines:
        assert round(Decimal(line[2]) * Decimal(line[4]), 4) == Decimal(line[7])
    assert sum(Decimal(line[7]) for line in lines) == Decimal(total[7])


def test_the_stages_of_the_footprint_add_up_to_its_total() -> None:
    stages = _blocks("carbon_footprint", "stages")[0]
    assert sum(Decimal(value) for _, value in stages["rows"]) == Decimal(stages["total"])


def test_the_reduction_is_the_difference_of_its_two_footprints() -> None:
    rows = next(b for b in _blocks("reduction_product", "table") if b["caption"] == "两期碳足迹")["rows"]
    before, after = (Decimal(row[2]) for row in rows)
    cover: Any = load_sample("reduction_product")["cover"]
    assert cover["result"]["value"] == f"{(before - after) / before * 100:.2f} %"


def test_what_is_cancelled_covers_what_remains() -> None:
    found = {block["caption"]: block["rows"] for block in _blocks("carbon_neutrality", "table")}
    *cancelled, whole = found["已注销的信用与碳汇"]
    remaining = Decimal(found["量化结果的来源"][0][3])
    assert sum(Decimal(row[5]) for row in cancelled) == Decimal(whole[5])
    cover: Any = load_sample("carbon_neutrality")["cover"]
    assert cover["result"]["value"] == str(Decimal(whole[5]) - remaining)


def test_the_categories_of_the_inventory_add_up_to_its_total() -> None:
    found = {block["caption"]: block["rows"] for block in _blocks("carbon_management", "table")}
    *categories, whole = found["类别与显著性"]
    assert sum(Decimal(row[1]) for row in categories if row[1] != "—") == Decimal(whole[1])
