"""The view of documents that are a cover and chapters of blocks, with nothing of their own.

Such a document's data hold ``document``, a ``cover`` (owner, period, line under the title, facts as pairs of
name and value, and where it has one a ``result``: name, value, unit, remark), ``chapters`` as
``reports.blocks`` reads them, and ``signatures``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.blocks import chapters
from reports.columns import cover_is_crammed
from reports.document import need

_NUMBER = "文件编号"
_REQUIRED = (
    "document.number", "document.snapshot_sha256", "document.verify_url", "document.kind", "cover.owner",
    "cover.period", "cover.line", "cover.facts", "chapters",
)  # fmt: skip


def view(data: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that ``parts/chaptered.html`` names; raises PackError for a missing key or unknown word."""
    for path in _REQUIRED:
        need(data, path)
    cover = data["cover"]
    facts = _with_number(cover["facts"], data["document"]["number"])
    return {
        "document": data["document"],
        "owner": cover["owner"],
        "period": cover["period"],
        "cover_line": cover["line"],
        "facts": facts,
        "is_crammed": cover_is_crammed(value for _, value in facts),
        "result": cover.get("result"),
        "chapters": chapters(data["chapters"]),
        "signatures": data.get("signatures", ()),
        "footer_note": data["document"].get("footer_note", ""),
    }


def _with_number(facts: Sequence[Sequence[str]], number: str) -> list[Sequence[str]]:
    """The cover's facts and, where they lack it, the number that the document got when it was issued."""
    held = list(facts)
    said = any(name == _NUMBER or value == number for name, value in held)
    return held if said else [*held, (_NUMBER, number)]
