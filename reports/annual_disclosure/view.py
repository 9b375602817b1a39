"""From the yearly disclosure's data (see sample.toml) to what its template prints."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.domain.errors import PackError
from portal.domain.messages import N_
from reports.blocks import chapters
from reports.columns import cover_is_crammed
from reports.document import need

_REQUIRED = (
    "document.number", "document.snapshot_sha256", "document.verify_url", "enterprise.name",
    "enterprise.uscc", "disclosure.year", "disclosure.categories", "statement.commitment",
    "statement.signers", "chapters",
)  # fmt: skip


def view(data: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template names; raises PackError for a missing key or an unknown word."""
    for path in _REQUIRED:
        need(data, path)
    disclosure = data["disclosure"]
    try:
        prepared_on = date.fromisoformat(disclosure["prepared_on"])
        due_on = date.fromisoformat(disclosure["due_on"]) if disclosure.get("due_on") else None
    except ValueError as wrong:
        raise PackError(N_("报告数据有写错的值：%(what)s"), params={"what": wrong}) from wrong
    enterprise, year = data["enterprise"], str(disclosure["year"])
    facts = [
        ("企业名称", enterprise["name"]),
        ("统一社会信用代码", enterprise["uscc"]),
        ("报告期间", f"{year} 年 1 月 1 日至 12 月 31 日"),
        ("披露类别", "；".join(disclosure["categories"])),
        ("编制日期", _day_words(prepared_on) + _due_words(due_on)),
        ("文件编号", data["document"]["number"]),
    ]
    return {
        "document": data["document"],
        "owner": enterprise["name"],
        "year": year,
        "period": f"{year} 年度",
        "facts": facts,
        "is_crammed": cover_is_crammed(value for _, value in facts),
        "basis": disclosure["basis"],
        "statement": data["statement"],
        "result": None,
        "signatures": (),
        "terms": [(term["word"], term["meaning"]) for term in data.get("terms", ())],
        "chapters": chapters(data["chapters"]),
        "left_out": disclosure.get("left_out", ()),
        "appendices": [(entry["name"], entry["title"]) for entry in data.get("appendices", ())],
        "footer_note": data["document"].get("footer_note", ""),
    }


def _day_words(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def _due_words(day: date | None) -> str:
    return f"（披露时限 {_day_words(day)}）" if day else ""
