"""What the tests of documents share: their tables by caption, the demo's answers, a document's own stamp."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from portal.domain.canonical import canonical_json
from portal.dossiers.source import Answer
from portal.services import demo_dossiers
from reports.document import load_report, load_sample
from reports.pdf import render_html, render_pdf
from tests.unit.reports.conftest import page_texts

#: The year of the factory's documents, and the day on which their answers are read.
YEAR, DAY = 2026, date(2026, 11, 20)


def demo_answers(kind: str, place: str) -> Mapping[str, Answer]:
    """The answers that the demo gives for an example enterprise (steel, dyeing), about the factory's year."""
    return demo_dossiers.demo_answers(kind, place, year=YEAR, day=DAY)


def blocks(data: Mapping[str, Any]) -> dict[str, Any]:
    """The captioned blocks of a document by their caption."""
    return {
        block["caption"]: block
        for chapter in data["chapters"]
        for section in chapter["sections"]
        for block in section["blocks"]
        if "caption" in block
    }


def titles(data: Mapping[str, Any]) -> list[str]:
    """The chapters' titles."""
    return [chapter["title"] for chapter in data["chapters"]]


def words(data: Mapping[str, Any]) -> str:
    """Everything that a document says, as one text."""
    return json.dumps(data, ensure_ascii=False)


def stamped(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with what a document gets when it is issued."""
    return {**data, "document": load_sample(kind)["document"]}


def printed(kind: str, data: Mapping[str, Any], font_cache: Path) -> str:
    """The text of the printed document."""
    return " ".join(page_texts(render_pdf(kind, stamped(kind, data), font_cache=font_cache)))


def is_rebuilt_from_json(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether the frozen JSON gives the same pages as the data themselves."""
    report, whole = load_report(kind), stamped(kind, data)
    return render_html(report, json.loads(canonical_json(whole))) == render_html(report, whole)


def tables(data: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    """All tables of a document by their caption."""
    return {
        block["caption"]: block["rows"]
        for chapter in data["chapters"]
        for section in chapter["sections"]
        for block in section["blocks"]
        if block["kind"] == "table"
    }
