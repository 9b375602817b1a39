"""The samples of the three reports are what their assemblers make: same chapters, same columns, same keys."""

from dataclasses import replace
from typing import Any

import pytest

from portal.dossiers.source import Source, assembler
from portal.services.demo_dossiers import demo_answers
from reports.document import load_sample
from tests.factories.dossiers import dyeing_source, steel_source
from tests.unit.dossiers.test_quality_report import extras_of


def _outline(data: Any) -> list[tuple[str, str, list[list[str]]]]:
    """Chapters, sections and the columns of their tables."""
    return [
        (chapter["title"], section["title"], [_columns(block) for block in section["blocks"]])
        for chapter in data["chapters"]
        for section in chapter["sections"]
    ]


def _columns(block: Any) -> list[str]:
    return [column["label"] for column in block["columns"]] if block["kind"] == "table" else []


def _made(kind: str, source: Source) -> Any:
    return assembler(kind)(source).data


def test_the_yearly_reports_sample_is_what_is_assembled() -> None:
    source = dyeing_source("emission_report", answers=demo_answers("emission_report", "dyeing"))
    assert _outline(load_sample("emission_report")) == _outline(_made("emission_report", source))


def test_the_quality_reports_sample_has_the_chapters_that_are_assembled() -> None:
    answers = demo_answers("quality_report", "steel")
    source = steel_source("quality_report", subject="2026-Q3", answers=answers)
    made = _made("quality_report", replace(source, extras=extras_of(source)))
    sample: Any = load_sample("quality_report")
    assert [(chapter, section) for chapter, section, _ in _outline(sample)] == [
        (chapter, section) for chapter, section, _ in _outline(made)
    ]


@pytest.mark.parametrize("table", ["enterprise", "result", "limits"])
def test_the_efficiency_sheets_sample_has_the_keys_that_are_assembled(table: str) -> None:
    source = dyeing_source("carbon_efficiency", answers=demo_answers("carbon_efficiency", "dyeing"))
    made = _made("carbon_efficiency", source)
    sample: Any = load_sample("carbon_efficiency")
    assert set(made[table]) == set(sample[table])
    assert set(made) - {"energy"} == set(sample) - {"document"}
