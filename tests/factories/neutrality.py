"""What a claim of neutrality rests on, without a database: an issued base document and cancelled credits."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.dossiers.source import Answer, Contents, Source
from tests.factories.dossiers import DYEING, dyeing_source

PROOF = ("示例注销证明.pdf", "b1" * 32)


def base_document(kind: str, contents: Contents, **changes: Any) -> dict[str, Any]:
    """An issued document with the figures of ``contents``, as ``neutrality_extras`` reads one."""
    return {
        "kind": kind,
        "title": "年度温室气体排放报告" if kind == "emission_report" else "碳管理报告",
        "subject": "2026",
        "number": "HZ-YR-2026-0002-E1",
        "sha256": "a0" * 32,
        "issued_on": "2027-03-02",
        "good": True,
        "figures": [
            {"key": figure.key, "value": str(figure.value), "unit": figure.unit}
            for figure in contents.figures
        ],
        **changes,
    }


def cancelled(quantity: str, **changes: Any) -> dict[str, Any]:
    """A cancelled lot of an invented forest, proven and for the dyeing mill."""
    return {
        "kind": "sink",
        "registry": "示例登记簿",
        "project_id": "EX-P-0007",
        "project": "示例竹林经营碳汇项目",
        "methodology": "示例方法学 V1",
        "vintage": 2024,
        "serials": "EX-2024-000001 至 EX-2024-030000",
        "quantity": Decimal(quantity),
        "cancelled_on": "2026-12-30",
        "beneficiary": DYEING.name,
        "proof": PROOF,
        **changes,
    }


def neutrality_source(
    answers: Mapping[str, Answer], bases: Sequence[Mapping[str, Any]], *credits_given: Mapping[str, Any]
) -> Source:
    """What a neutrality dossier of the dyeing mill in 2026 is made from."""
    extras = {"bases": list(bases), "credits": list(credits_given)}
    return dyeing_source("carbon_neutrality", answers=dict(answers), extras=extras)
