"""From a letter's data (see sample.toml) to what its template prints."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.domain.errors import PackError
from portal.domain.messages import N_
from reports.document import need
from reports.messages import chinese

_REQUIRED = (
    *("document.number", "document.snapshot_sha256", "letter.authority", "letter.title", "letter.addressee"),
    *("letter.opening", "letter.items", "letter.closing", "letter.dated", "letter.office"),
)
#: Millimetres between the margins, over which the masthead's letters are spread at the most.
_WIDTH = 156
#: A day that the authority's office writes in.
_OPEN_DAY = "　　年　月　日"
_LARGEST = 14.5  #: size of the masthead's letters in millimetres


def view(data: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template names; raises PackError for a missing key or a day that is none."""
    for path in _REQUIRED:
        need(data, path)
    letter, document = data["letter"], data["document"]
    masthead = f"{letter['authority']}文件"
    return {
        "document": {"verify_url": "", "verify_code": "", **document},
        "masthead": masthead,
        "masthead_size": round(min(_LARGEST, _WIDTH / len(masthead)), 2),
        "reference": letter.get("reference", ""),
        "title_lines": letter["title"],
        "addressee": letter["addressee"],
        "opening": letter["opening"],
        "items": [
            {"number": chinese(place), "head": item["head"].rstrip("。"), "text": item["text"]}
            for place, item in enumerate(letter["items"], start=1)
        ],
        "closing": letter["closing"],
        "attachments": letter.get("attachments", ()),
        "authority": letter["authority"],
        "dated": day_words(letter["dated"]),
        "printed_on": day_words(letter["printed_on"]) if letter.get("printed_on") else _OPEN_DAY,
        "copies": "，".join(letter.get("copies", ())),
        "office": letter["office"],
        "footer_note": document.get("footer_note", ""),
    }


def day_words(text: str) -> str:
    """``2026-10-30`` as ``2026年10月30日``."""
    try:
        found = date.fromisoformat(text)
    except ValueError as wrong:
        raise PackError(N_("报告数据有写错的值：%(what)s"), params={"what": text}) from wrong
    return f"{found.year}年{found.month}月{found.day}日"
