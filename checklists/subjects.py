"""The subjects of one month: the record, its rows, its evidence slots and its source streams."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from checklists.model import Check
from checklists.values import reader_of
from checklists.vocabulary import ROOTS

#: What a person changes in a row; everything else of it comes from the plan, the ledger or other months.
EDITED: Final = frozenset({"value", "acquisition", "explanation"})


@dataclass(frozen=True)
class Subject:
    """One thing a check is asked about: its code, and the names it adds to the environment."""

    code: str
    env: Mapping[str, object]


@dataclass(frozen=True)
class Place:
    """Where a gap is mended."""

    cell: str = ""
    slot: str = ""
    section: str = ""


Facts = Mapping[str, Any]


def text(holder: object, key: str) -> str:
    """A text of a facts mapping, empty when it is not there."""
    value = holder.get(key) if isinstance(holder, Mapping) else None
    return value if isinstance(value, str) else ""


def items(holder: object, key: str) -> Sequence[object]:
    """A list of a facts mapping, empty when it is not there."""
    value = holder.get(key) if isinstance(holder, Mapping) else None
    return value if isinstance(value, list | tuple) else ()


class Subjects:
    """The subjects of ``facts``, found once and shared by all checks of a run."""

    def __init__(self, facts: Facts) -> None:
        """Index rows by parameter and stream; nothing of ``facts`` is changed."""
        self.roots = {name: facts.get(name) for name in ROOTS if isinstance(facts, Mapping)}
        self.streams = _streams(facts)
        self.by_stream = {subject.code: subject for subject in self.streams}
        self.rows: list[Subject] = []
        self.by_parameter: dict[str, list[Subject]] = {}
        for row in items(facts, "rows"):
            stream = self.by_stream.get(text(row, "stream"))
            env = {"row": row, "stream": stream.env["stream"] if stream else None}
            subject = Subject(text(row, "cell"), env)
            self.rows.append(subject)
            self.by_parameter.setdefault(text(row, "parameter"), []).append(subject)
        self.slots = [Subject(text(slot, "code"), {"slot": slot}) for slot in items(facts, "slots")]

    def of(self, check: Check) -> Sequence[Subject]:
        """The subjects of a check; rows that cannot be meant by its ``applies`` are left out at once."""
        if check.per == "record":
            return (_MONTH,)
        if check.per == "slot":
            return self.slots
        if check.per == "stream":
            return self.streams
        if not check.parameters:
            return self.rows
        # A row that does not say its parameter may be meant by any check.
        wanted = ("", *sorted(check.parameters))
        return [subject for parameter in wanted for subject in self.by_parameter.get(parameter, ())]

    def touched(self, check: Check, cells: Collection[str]) -> Sequence[Subject]:
        """Those subjects of a check whose answer may change with ``cells`` (cells or slot codes)."""
        if check.per == "record":
            return (_MONTH,)
        streams = {cell.rpartition(".")[0] or cell.rpartition(":")[2] for cell in cells}
        if check.per == "stream":
            return [subject for subject in self.of(check) if subject.code in streams]
        if check.per == "slot":
            return [s for s in self.of(check) if s.code in cells or text(s.env["slot"], "cell") in cells]
        if any(path.startswith(("rows", "slots", "totals")) for path in check.reads):
            return self.of(check)
        if any(path.startswith(("stream.rows", "stream.files")) for path in check.reads):
            return [s for s in self.of(check) if text(s.env["row"], "stream") in streams]
        return [subject for subject in self.of(check) if subject.code in cells]

    def place(self, check: Check, subject: Subject) -> Place:
        """Where a gap that ``check`` finds in ``subject`` is mended."""
        kind, _, name = check.points_to.partition(":")
        if kind == "row":
            row = subject.env["row"]
            return Place(cell=text(row, "cell"), section=text(row, "section"))
        if kind == "slot":
            slot = subject.env["slot"]
            return Place(cell=text(slot, "cell"), slot=subject.code, section=text(slot, "section"))
        if kind == "section":
            return Place(section=name)
        rows = items(subject.env["stream"], "rows") if kind == "stream" else [s.env["row"] for s in self.rows]
        key = "parameter" if kind == "stream" else "category"
        found = next((row for row in rows if text(row, key) == name), None)
        if found is not None:
            return Place(cell=text(found, "cell"), section=text(found, "section"))
        if kind == "stream":
            return Place(cell=f"{subject.code}.{name}", section=text(subject.env["stream"], "section"))
        return Place(section=name)


_MONTH: Final = Subject("", {})
_flag = reader_of("flag")


def _streams(facts: Facts) -> list[Subject]:
    """Streams of the month: those of the plan, then those that only the rows know."""
    plan = facts.get("plan") if isinstance(facts, Mapping) else None
    planned = {text(stream, "code"): stream for stream in items(plan, "streams")}
    rows: dict[str, list[object]] = {code: [] for code in planned}
    for row in items(facts, "rows"):
        rows.setdefault(text(row, "stream"), []).append(row)
    files = _files(facts)
    subjects = []
    for code, own in rows.items():
        known: object = planned.get(code)
        first = own[0] if own else {}
        stream = {
            "code": code,
            "name": text(known, "name") or text(first, "stream_name"),
            "item": text(known, "item") or text(first, "item"),
            "category": text(known, "category") or text(first, "category"),
            "section": text(first, "section"),
            "state_of_matter": text(known, "state_of_matter") or None,
            "planned": code in planned if plan is not None else None,
            "rows": own,
            "files": len(files.get(code, ())),
        }
        subjects.append(Subject(code, {"stream": stream}))
    return subjects


def _files(facts: Facts) -> dict[str, set[str]]:
    """Hashes of the files that lie in the slots of each stream."""
    files: dict[str, set[str]] = {}
    for slot in items(facts, "slots"):
        code = text(slot, "cell").rpartition(".")[0] or text(slot, "code").rpartition(":")[2]
        files.setdefault(code, set()).update(text(item, "sha256") for item in items(slot, "evidence"))
    return files
