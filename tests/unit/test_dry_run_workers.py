"""Months asked in processes of their own answer as they do here, in their order."""

import pytest

from checklists.drafts import library_draft, put_entry
from checklists.loader import load_pack
from checklists.stored import deflate_facts
from checklists.toml_text import toml_text
from portal.services.dry_run_workers import WORTH_IT, asked_in_processes

PARENT = library_draft("carbon-data-quality")
TEXT = toml_text(PARENT)


def stricter() -> str:
    """A draft whose first row check fails wherever it is asked."""
    check = next(one for one in PARENT["checks"] if one["per"] == "row" and one.get("expression"))
    return toml_text(put_entry(PARENT, "checks", {**check, "expression": "1 == 2", "cases": []}, check["id"]))


def test_processes_answer_as_one_does_and_in_the_order_of_the_chunks() -> None:
    base = load_pack("carbon-data-quality").base
    rows = base["rows"]
    months = [deflate_facts({**base, "rows": rows[: len(rows) - less]}) for less in range(7)]
    chunks = [months[:2], months[2:3], [], months[3:6], months[6:]]
    texts = (stricter(), TEXT)
    alone = list(asked_in_processes(texts, chunks, len(months)))
    assert sum(len(month.changed) for chunk in alone for month in chunk) > 3
    assert list(asked_in_processes(texts, chunks, WORTH_IT)) == alone


def test_a_process_that_dies_is_noticed(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((EOFError, ConnectionError)):
        list(asked_in_processes((TEXT, TEXT), [[b"no facts"]], WORTH_IT))
    assert "zlib.error" in capfd.readouterr().err
