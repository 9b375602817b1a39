"""What changed from one version of a plan to another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.queries.access import require
from portal.queries.plans import load_plan, plan_content

HEAD_FIELDS = ("guideline", "effective_from", "boundary")
STREAM_FIELDS = ("name", "item")
ROW_FIELDS = (
    *("unit", "acquisition", "meter", "frequency", "department"),
    *("source_record", "missing_rule", "required", "slots"),
)


@dataclass(frozen=True)
class Difference:
    """One change; ``kind`` is added, removed or changed, ``field`` the thing that changed."""

    kind: str
    stream: str
    parameter: str
    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """All changes from version ``old_number`` to ``new_number``."""

    old_id: int
    old_number: int
    new_id: int
    new_number: int
    reason: str
    differences: tuple[Difference, ...]

    @property
    def added(self) -> int:
        """How many streams are new."""
        return sum(item.kind == "added" and not item.parameter for item in self.differences)

    @property
    def removed(self) -> int:
        """How many streams are gone."""
        return sum(item.kind == "removed" and not item.parameter for item in self.differences)


def compare_versions(
    session: Session, actor: Actor, enterprise_id: int, old_id: int, new_id: int
) -> Comparison:
    """Compare two versions of one enterprise, the older number first; raises NotFound."""
    require(session, actor, Permission.PLAN_VIEW, enterprise_id)
    old, new = load_plan(session, enterprise_id, old_id), load_plan(session, enterprise_id, new_id)
    if old.number > new.number:
        old, new = new, old
    return Comparison(
        old_id=old.id,
        old_number=old.number,
        new_id=new.id,
        new_number=new.number,
        reason=new.reason,
        differences=tuple(differences(plan_content(old), plan_content(new))),
    )


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    """Changes between two contents as ``plan_content`` gives them; streams are matched by code."""
    yield from _changed("", "", HEAD_FIELDS, old, new)
    before, after = _by(old["streams"], "code"), _by(new["streams"], "code")
    for code in dict.fromkeys((*before, *after)):
        label = f"{code} {(after.get(code) or before[code])['name']}"
        if code not in after:
            yield Difference("removed", label, "", "stream", before[code]["item"], "")
        elif code not in before:
            yield Difference("added", label, "", "stream", "", after[code]["item"])
        else:
            yield from _stream(label, before[code], after[code])


def _stream(label: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    yield from _changed(label, "", STREAM_FIELDS, old, new)
    before, after = _by(old["parameters"], "key"), _by(new["parameters"], "key")
    for key in dict.fromkeys((*before, *after)):
        name = (after.get(key) or before[key])["name"]
        if key not in after:
            yield Difference("removed", label, name, "parameter", before[key]["unit"], "")
        elif key not in before:
            yield Difference("added", label, name, "parameter", "", after[key]["unit"])
        else:
            yield from _changed(label, name, ROW_FIELDS, before[key], after[key])


def _changed(
    stream: str, parameter: str, names: Sequence[str], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in names:
        if old[name] != new[name]:
            yield Difference("changed", stream, parameter, name, _text(old[name]), _text(new[name]))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "；".join(slot["title"] for slot in value)
    return str(value)


def _by(items: Sequence[Mapping[str, Any]], key: str) -> dict[str, Mapping[str, Any]]:
    return {item[key]: item for item in items}
