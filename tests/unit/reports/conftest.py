"""Fonts and printed samples, made once for all tests of reports."""

import io
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from reports.document import Attachment
from reports.pdf import render_pdf, render_sample
from tests.unit.reports.months import steel_month

ATTACHMENTS = (
    Attachment(
        "HZ-MR-202610-0137-V2.json",
        "application/json",
        json.dumps({"total": "1214057.49", "名称": "示例"}, ensure_ascii=False).encode(),
        "冻结数据",
    ),
    Attachment("HZ-MR-202610-0137-V2.xlsx", "application/vnd.example.sheet", bytes(range(256)) * 40),
)


@pytest.fixture(scope="session")
def font_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.fixture(scope="session")
def steel_pdf(font_cache: Path) -> bytes:
    return render_pdf("monthly_report", steel_month(), ATTACHMENTS, font_cache=font_cache)


@pytest.fixture
def opened(steel_pdf: bytes) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(steel_pdf)) as pdf:
        yield pdf


@cache
def printed_sample(name: str, font_cache: Path) -> bytes:
    """The printed sample of a report; several tests look at the same one."""
    return render_sample(name, font_cache)


def page_texts(content: bytes) -> list[str]:
    """The text of each page, with every kind of blank as one space."""
    document = pypdfium2.PdfDocument(content)
    try:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    finally:
        document.close()
