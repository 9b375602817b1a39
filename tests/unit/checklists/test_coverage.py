"""The coverage names every item of the five lists once, and only checks and questions that exist."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from checklists.coverage import FILE, CoveredList, faults, load_coverage
from checklists.loader import load_pack, pack_ids
from portal.domain.errors import PackError

LISTED = tomllib.loads((Path(__file__).parent / "listed_items.toml").read_text(encoding="utf-8"))
PACKS = [load_pack(pack_id) for pack_id in pack_ids()]
CHECKS = [check.id for pack in PACKS for check in pack.checks]
QUESTIONS = [question.id for pack in PACKS for question in pack.questions]


def test_every_item_of_the_lists_is_named_once_and_none_is_left_out() -> None:
    named = {covered.id: [item.id for item in covered.items] for covered in load_coverage()}
    assert {name: sorted(ids) for name, ids in named.items()} == {n: sorted(i) for n, i in LISTED.items()}
    assert [len(LISTED[name]) for name in ("verification", "carbon-steward", "inspection")] == [214, 82, 64]


def test_the_coverage_names_only_what_exists() -> None:
    assert list(faults(load_coverage(), CHECKS, QUESTIONS)) == []


def test_a_check_that_is_gone_and_an_item_named_twice_are_told() -> None:
    lists = load_coverage()
    wrong = list(faults((lists[0], lists[1]), [], QUESTIONS))
    assert "data-quality QP-01: no check CK-QP-001" in wrong
    assert "data-quality QP-01: named twice" in list(faults((_twice(lists[0]),), CHECKS, QUESTIONS))


def _twice(covered: CoveredList) -> CoveredList:
    """The list with its first item once more."""
    return replace(covered, items=(*covered.items, covered.items[0]))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('reason = "COAL"', 'reason = "LAZY"', "P1.reason"),
        ('reason = "COAL"', "checks = []", "P1"),
        ('about = "按指标判断煤种"', 'wording = "按指标判断煤种"', "P1.wording"),
    ],
)
def test_a_wrong_entry_is_told_with_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    head, name, tail = text.partition('id = "P1"')
    path = tmp_path / "coverage.toml"
    path.write_text(head + name + tail.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as wrong:
        load_coverage(path)
    assert wrong.value.path == key
