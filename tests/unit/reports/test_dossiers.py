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
    cancelled = next(b for b in _blocks("carbon_neutrality", "table") if "注销" in b["caption"])["rows"]
    inventory = next(b for b in _blocks("carbon_neutrality", "table") if b["caption"] == "温室气体清单")
    remaining = Decimal(inventory["rows"][-1][1])
    assert sum(Decimal(row[4]) for row in cancelled) - remaining == Decimal("34.79")
