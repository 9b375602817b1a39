"""No official figure can move: each is as printed, and each, changed by one in its last place, is noticed."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from portal.domain.errors import PackError
from portal.reference.entries import READERS, Entry, read_entries
from portal.reference.loader import DATA
from portal.reference.packs import pack_ids
from tests.unit.reference.printed import is_figure, objections, printed_values

PRINTED = printed_values()
INDEPENDENT = {"parameters", "guidelines", "grid", "gwp", "penalties", "deadlines"}
_NUMBER = re.compile(r"^([\w-]+) = (-?\d+(?:\.\d+)?)\s*(?:#.*)?$")
_RULE = re.compile(r'^rule = "(.*?)(\d)(\D*)"$')


def official(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    """The official figures of a pack by their places."""
    return {entry.key: entry for entry in entries if entry.confidence == "official" and is_figure(entry)}


HOLDING = [
    (family, name)
    for family, name in pack_ids()
    if family in READERS and official(read_entries(family, name))
]


def mutated(line: str) -> str | None:
    """The line with its figure changed by one in the last place; None where it holds no figure."""
    if found := _NUMBER.match(line):
        value = Decimal(found[2])
        return f"{found[1]} = {value + Decimal(1).scaleb(int(value.as_tuple().exponent)):f}"
    if found := _RULE.match(line):
        return f'rule = "{found[1]}{int(found[2]) ^ 1}{found[3]}"'
    return None


def mutations(family: str, text: str) -> Iterator[str]:
    """The pack once for each figure in it, with that figure changed.

    Where the tables of a pack do not lean on one another, only the changed one stays in it: that is quicker.
    """
    head, *tables = re.split(r"\n(?=\[\[)", text)
    if family not in INDEPENDENT:
        head, tables = text, []
    for changed in _changed(head):
        yield "\n".join([changed, *tables])
    for table in tables:
        for changed in _changed(table):
            yield f"{head}\n{changed}\n"


def _changed(text: str) -> Iterator[str]:
    lines = text.splitlines()
    for place, line in enumerate(lines):
        changed = mutated(line)
        if changed is not None:
            yield "\n".join([*lines[:place], changed, *lines[place + 1 :]])


@pytest.mark.parametrize(("family", "name"), HOLDING)
def test_every_official_figure_is_as_printed(family: str, name: str) -> None:
    assert objections(family, name, read_entries(family, name), PRINTED) == set()


@pytest.mark.parametrize(("family", "name"), HOLDING)
def test_every_changed_official_figure_is_noticed(family: str, name: str, tmp_path: Path) -> None:
    entries = official(read_entries(family, name))
    for needed in {family, "guidelines"}:
        (tmp_path / needed).mkdir()
    if family == "catalogue":
        (tmp_path / "guidelines" / f"{name}.toml").write_bytes(
            (DATA / "guidelines" / f"{name}.toml").read_bytes()
        )
    noticed: set[str] = set()
    for text in mutations(family, (DATA / family / f"{name}.toml").read_text("utf-8")):
        (tmp_path / family / f"{name}.toml").write_text(text, "utf-8")
        try:
            changed = read_entries(family, name, data=tmp_path)
        except PackError:
            continue
        moved = {
            key
            for key, entry in official(changed).items()
            if key not in entries or entry.amount != entries[key].amount
        }
        assert moved <= objections(family, name, changed, PRINTED)
        noticed |= moved
    assert noticed >= set(entries)


def test_every_printed_value_is_held_by_a_pack() -> None:
    held = {(family, name) for family, name in pack_ids()}
    assert {(family, name) for family, name, _ in PRINTED} <= held
