"""The subjects of one month: the record, its rows, its evidence slots and its source streams."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from checklists.model import Check
from checklists.values import Unknown, Value, environment, is_unknown, taker
from checklists.vocabulary import ROOTS

Facts = Mapping[str, Any]


class Place(NamedTuple):
    """Where a gap is mended."""

    cell: str = ""
    slot: str = ""
    section: str = ""
    page: str = ""


@dataclass(frozen=True)
class Subject:
    """One thing a check is asked about: its code, the names it adds to the environment, its own place."""

    code: str
    env: Mapping[str, Value]
    place: Place


#: What a person changes in a row; everything else of it comes from the plan, the ledger or other months.
EDITED: Final = frozenset({"value", "acquisition", "explanation"})

_STRAY: Final = Unknown(("row.stream",))
_UNCLEAR: Final = Unknown(("plan.streams",))
_MONTH: Final = Subject("", {}, Place())
_NO_STREAM: Final = taker("map:stream", "stream")({})


def text(holder: Value, key: str) -> str:
    """A text of a mapping, empty when it is not known."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def items(holder: Value, key: str) -> Sequence[Value]:
    """A list of a mapping, empty when it is not known."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else ()


class Subjects:
    """The subjects of ``facts``, found once and shared by all checks of a run."""

    def __init__(self, facts: Facts, roots: Mapping[str, Value] | None = None) -> None:
        """Read the facts by their kinds and index rows; nothing of ``facts`` is changed.

        ``roots`` are the same facts read before, where months by the thousand are kept so.
        """
        self.roots = environment(facts) if roots is None else roots
        self.streams = _streams(self.roots)
        by_code = {subject.code: subject.env["stream"] for subject in self.streams}
        self.rows: list[Subject] = []
        self.by_parameter: dict[str, list[Subject]] = {}
        for row in items(self.roots, "rows"):
            place = Place(cell=text(row, "cell"), section=text(row, "section"))
            env = {"row": row, "stream": by_code.get(text(row, "stream"), _NO_STREAM)}
            subject = Subject(place.cell, env, place)
            self.rows.append(subject)
            self.by_parameter.setdefault(text(row, "parameter"), []).append(subject)
        self.slots = [
            Subject(text(slot, "code"), {"slot": slot}, _place_of_slot(slot))
            for slot in items(self.roots, "slots")
        ]

    def again(self, facts: Facts, cells: Collection[str]) -> "Subjects":
        """The subjects of later ``facts`` that differ in the rows of ``cells`` and in the totals only."""
        take_row, take_totals = taker("map:row", "row"), taker(ROOTS["totals"].kind, "totals")
        rows = [
            take_row(raw) if raw["cell"] in cells else read
            for raw, read in zip(facts["rows"], items(self.roots, "rows"), strict=True)
        ]
        return Subjects(facts, {**self.roots, "rows": rows, "totals": take_totals(facts["totals"])})

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
        streams = {cell.rpartition(".")[0] for cell in cells} | {cell.rpartition(":")[2] for cell in cells}
        if check.per == "stream":
            return [subject for subject in self.of(check) if subject.code in streams]
        if check.per == "slot":
            return [s for s in self.of(check) if s.code in cells or s.place.cell in cells]
        if any(path.startswith(("rows", "slots", "totals")) for path in check.reads):
            return self.of(check)
        if any(path.startswith(("stream.rows", "stream.files")) for path in check.reads):
            return [s for s in self.of(check) if text(s.env["row"], "stream") in streams]
        return [subject for subject in self.of(check) if subject.code in cells]

    def placing(self, check: Check) -> Callable[[Subject], Place]:
        """A function that tells where a gap that ``check`` finds in a subject is mended."""
        kind, _, name = check.points_to.partition(":")
        if not name:
            return lambda subject: subject.place
        if kind == "stream":
            return lambda subject: _cell_of(subject, name)
        if kind == "page":
            page = Place(page=name)
            return lambda _subject: page
        row = next((row for row in items(self.roots, "rows") if text(row, "category") == name), None)
        if kind == "section" or row is None:
            fixed = Place(section=name)
        else:
            fixed = Place(cell=text(row, "cell"), section=text(row, "section"))
        return lambda _subject: fixed


def _cell_of(subject: Subject, parameter: str) -> Place:
    """The cell of a stream's parameter, also where the stream has no such row."""
    stream = subject.env["stream"]
    row = next((row for row in items(stream, "rows") if text(row, "parameter") == parameter), None)
    if row is None:
        return Place(cell=f"{subject.code}.{parameter}", section=text(stream, "section"))
    return Place(cell=text(row, "cell"), section=text(row, "section"))


def _place_of_slot(slot: Value) -> Place:
    return Place(cell=text(slot, "cell"), slot=text(slot, "code"), section=text(slot, "section"))


def _streams(roots: Mapping[str, Value]) -> list[Subject]:
    """Streams of the month: those of the plan, then those that only the rows know."""
    plan = roots["plan"]
    listed = plan["streams"] if isinstance(plan, dict) else plan
    # Whether a stream is in the plan cannot be told from a plan that cannot be read in full.
    clear = isinstance(listed, list) and all(text(stream, "code") for stream in listed)
    planned = {text(stream, "code"): stream for stream in items(plan, "streams")}
    rows: dict[str, list[Value]] = {code: [] for code in planned if code}
    for row in items(roots, "rows"):
        rows.setdefault(text(row, "stream"), []).append(row)
    files = _files(roots)
    # A row that does not say its stream may belong to any of them: each has an unknown row then.
    stray = [_STRAY] if rows.pop("", None) else []
    subjects = []
    for code, own in rows.items():
        stream = _stream(planned.get(code), own)
        stream["rows"] = [*own, *stray]
        stream["code"] = code
        stream["planned"] = True if code in planned else False if clear else _UNCLEAR
        stream["files"] = files.get(code, Decimal(0))
        subjects.append(Subject(code, {"stream": stream}, Place()))
    return subjects


def _stream(planned: Value, rows: list[Value]) -> dict[str, Value]:
    first = rows[0] if rows else None
    told = {
        "name": text(planned, "name") or text(first, "stream_name"),
        "item": text(planned, "item") or text(first, "item"),
        "category": text(planned, "category") or text(first, "category"),
        "section": text(first, "section"),
        "state_of_matter": text(planned, "state_of_matter"),
    }
    return {key: value or Unknown((f"stream.{key}",)) for key, value in told.items()}


def _files(roots: Mapping[str, Value]) -> dict[str, Value]:
    """How many different files lie in the slots of each stream."""
    digests: dict[str, set[Value]] = {}
    blank: set[str] = set()
    for slot in items(roots, "slots"):
        code = text(slot, "cell").rpartition(".")[0] or text(slot, "code").rpartition(":")[2]
        found = [item["sha256"] if isinstance(item, dict) else item for item in items(slot, "evidence")]
        digests.setdefault(code, set()).update(digest for digest in found if not is_unknown(digest))
        if any(is_unknown(digest) for digest in found):
            blank.add(code)
    unread = Unknown(("slot.evidence[].sha256",))
    return {code: unread if code in blank else Decimal(len(found)) for code, found in digests.items()}
