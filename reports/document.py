"""What a report is: a folder with a template, a style sheet, its metadata and a sample."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.domain.errors import NotFound, PackError
from portal.domain.messages import N_

REPORTS = Path(__file__).resolve().parent
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")


@dataclass(frozen=True)
class Attachment:
    """A file carried inside the PDF; ``relationship`` is a PDF AFRelationship."""

    name: str
    media_type: str
    content: bytes
    description: str = ""
    relationship: str = "Data"


@dataclass(frozen=True)
class RequiredContent:
    """One thing that a standard wants to see in the report, and the heading under which it stands."""

    text: str
    clause: str
    chapter: str


@dataclass(frozen=True)
class Report:
    """Metadata of one report, read from its ``report.toml``."""

    name: str
    title: str
    subject: str
    folder: Path
    contents: tuple[RequiredContent, ...]


def list_reports() -> tuple[Report, ...]:
    """All reports of the house, by name."""
    return tuple(load_report(path.parent.name) for path in sorted(REPORTS.glob("*/report.toml")))


def load_report(name: str) -> Report:
    """Read the metadata of the report ``name``.

    Raises NotFound when there is no such report, PackError when its file lacks a key.
    """
    folder = REPORTS / name
    if _NAME.fullmatch(name) is None or not (folder / "report.toml").is_file():
        raise NotFound(N_("没有名为 %(name)s 的报告"), params={"name": name})
    metadata = tomllib.loads((folder / "report.toml").read_text(encoding="utf-8"))
    try:
        contents = tuple(
            RequiredContent(text=item["text"], clause=item["clause"], chapter=item["chapter"])
            for item in metadata["contents"]
        )
        return Report(name, metadata["title"], metadata["subject"], folder, contents)
    except KeyError as missing:
        raise PackError(
            N_("%(file)s 缺少 %(key)s"), params={"file": f"{name}/report.toml", "key": missing.args[0]}
        ) from missing


def load_sample(name: str) -> dict[str, object]:
    """The sample data of a report: the same shape that every caller must give.

    Raises NotFound when there is no such report.
    """
    return tomllib.loads((load_report(name).folder / "sample.toml").read_text(encoding="utf-8"))


def need(data: Mapping[str, object], path: str) -> object:
    """The value at a dotted path; raises PackError naming the path when the data lack it."""
    value: object = data
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            raise PackError(N_("报告数据缺少 %(key)s"), params={"key": path}, path=path)
        value = value[key]
    return value
