"""Page, PDF, command and printed result show the same digits of a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from portal.accounting.calculation import calculate
from portal.accounting.command import run_explain
from portal.accounting.explain import explain, figure
from portal.accounting.lines import plain
from portal.reference.guidelines import load_guideline
from portal.services.calculations import line_detail
from portal.services.monthly_report_lines import calculation_part
from portal.web.month_parts import formula_lines

CASES = Path(__file__).parents[2] / "cases" / "calculations"
MONTHS = (
    "steel-month",
    "dyeing-mill-month",
    "other-recovery",
    "other-measured-carbon",
    "steel-late-calibration",
)


def read(name: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))["input"]
    return case


@pytest.mark.parametrize("name", MONTHS)
def test_the_report_prints_the_emissions_that_are_explained(name: str) -> None:
    result = calculate(read(name))
    part = calculation_part({"calculation": result.as_json()}, load_guideline(result.guideline))
    printed = {line["id"]: line for group in part["groups"] for line in group["lines"]}
    assert {key: line["emission"] for key, line in printed.items()} == {
        line.id: plain(line.emission) for line in result.lines
    }
    for line in result.lines:
        assert printed[line.id]["amount"] == plain(line.inputs[0].used)
        assert explain(line).emission == figure(line.emission)


@pytest.mark.parametrize("name", MONTHS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_says_what_the_page_shows(name: str, language: str) -> None:
    text, code = run_explain(json.dumps(read(name)), language)
    assert code == 0
    for line in calculate(read(name)).lines:
        said = explain(line, language)
        assert said.as_text() in text
        for shown, term in zip(formula_lines(said), said.terms, strict=True):
            assert (shown["value"], shown["unit"]) == (term.value, term.unit)
            assert f"= {shown['value']} {shown['unit']}".rstrip() in said.as_text()


@pytest.mark.parametrize("name", MONTHS)
def test_what_is_kept_with_a_signed_month_is_what_was_explained(name: str) -> None:
    for line in calculate(read(name)).lines:
        kept = line_detail(line)["explanation"]
        for language in ("zh", "en"):
            said = explain(line, language)
            assert (kept[language]["numbers"], kept[language]["emission"]) == (said.numbers, said.emission)
            assert [term["value"] for term in kept[language]["terms"]] == [term.value for term in said.terms]
