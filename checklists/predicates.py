"""What an expression cannot say neatly: named predicates in Python.

A predicate takes the environment of one subject and says True, False or Unknown, with the
values that its check's message may show. A check in a pack names it by ``predicate = "…"``;
the cases that show it at work stand with that check.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from checklists.functions import round_half_up
from checklists.values import Unknown, Value, is_unknown, merged
from checklists.vocabulary import DATE, NUMBER, TEXT, Word

Env = Mapping[str, object]
_USUAL_DIGITS: Final = Decimal(2)  # quantities of fuels and materials, CETS-AG-03.01-V01-2024 table C.3


@dataclass(frozen=True)
class Verdict:
    """What a predicate found: ``holds`` is True, False or Unknown; ``values`` fill the message."""

    holds: Value
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Predicate:
    """A predicate with what a pack's author must know: its subject, reading, clause, reads and values."""

    name: str
    per: str
    reading: str
    clause: str
    reads: tuple[str, ...]
    gives: Mapping[str, Word]
    call: Callable[[Env], Verdict]


PREDICATES: dict[str, Predicate] = {}

_Call = Callable[[Env], Verdict]


def predicate(
    *, per: str, reading: str, clause: str, reads: tuple[str, ...], gives: Mapping[str, Word]
) -> Callable[[_Call], _Call]:
    """Enter a function in PREDICATES under its own name."""

    def enter(call: _Call) -> _Call:
        PREDICATES[call.__name__] = Predicate(call.__name__, per, reading, clause, reads, gives, call)
        return call

    return enter


@dataclass(frozen=True)
class _Span:
    start: date
    end: date


_GAP: Final = {
    "gap_from": Word(DATE, "未覆盖起", "not covered from"),
    "gap_to": Word(DATE, "未覆盖止", "not covered until"),
}


def _uncovered(first: date, last: date, spans: Sequence[_Span]) -> _Span | None:
    """The first stretch of ``first`` … ``last`` that no span covers, or None when all is covered."""
    need = first
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if span.start > need:
            return _Span(need, min(last, span.start - timedelta(days=1)))
        if span.end >= last:
            return None
        need = max(need, span.end + timedelta(days=1))
    return _Span(need, last)


def _at(holder: Value, *keys: str) -> Value:
    """Follow ``keys`` from facts that were read by their kinds; the first unknown on the way stays."""
    for key in keys:
        if not isinstance(holder, dict):
            return holder
        holder = holder[key]
    return holder


def _covers(env: Env, items: Sequence[Value], start: str, end: str) -> Verdict:
    """Whether the spans ``start`` … ``end`` of ``items`` together cover every day of the month.

    An item without dates can only add coverage: it matters when the others leave a gap.
    """
    first, last = _at(env["record"], "first"), _at(env["record"], "last")
    unknowns = [value for value in (first, last) if is_unknown(value)]
    if not isinstance(first, date) or not isinstance(last, date):
        return Verdict(merged(unknowns))
    spans = []
    for item in items:
        ends = _at(item, start), _at(item, end)
        if isinstance(ends[0], date) and isinstance(ends[1], date):
            spans.append(_Span(ends[0], ends[1]))
        unknowns += [one for one in ends if is_unknown(one)]
    gap = _uncovered(first, last, spans)
    if gap is None:
        return Verdict(True)
    return Verdict(merged(unknowns) if unknowns else False, {"gap_from": gap.start, "gap_to": gap.end})


@predicate(
    per="row",
    reading="计量器具的检定或校准有效期连起来覆盖本月每一天（结论为不合格的不算）",
    clause="CETS-AG-03.01-V01-2024 6.2.1.4",
    reads=(
        "record.first",
        "record.last",
        "row.meter.calibrations[].calibrated_on",
        "row.meter.calibrations[].valid_until",
        "row.meter.calibrations[].result",
    ),
    gives=_GAP,
)
def calibration_covers_month(env: Env) -> Verdict:
    """Calibrations of the row's meter, taken together, cover every day of the month.

    A failed calibration covers nothing. One whose result nobody noted may be a failed one: it
    cannot carry a pass, and it leaves the answer open where it would close the gap.
    """
    listed = _at(env["row"], "meter", "calibrations")
    if not isinstance(listed, list):
        return Verdict(listed)
    told = [(item, _at(item, "result")) for item in listed]
    sure = [item for item, result in told if not is_unknown(result) and result != "fail"]
    verdict = _covers(env, sure, "calibrated_on", "valid_until")
    unread = [result for _, result in told if is_unknown(result)]
    if verdict.holds is True or not unread:
        return verdict
    possible = [item for item, result in told if is_unknown(result) or result != "fail"]
    widest = _covers(env, possible, "calibrated_on", "valid_until")
    return widest if widest.holds is False else Verdict(merged(unread), verdict.values)


@predicate(
    per="slot",
    reading="所传材料证明的期间连起来覆盖本月每一天",
    clause="CETS-AG-03.01-V01-2024 10.2.1",
    reads=("record.first", "record.last", "slot.evidence[].period_from", "slot.evidence[].period_to"),
    gives=_GAP,
)
def evidence_covers_month(env: Env) -> Verdict:
    """The periods that the slot's files prove, taken together, cover every day of the month."""
    evidence = _at(env["slot"], "evidence")
    return (
        _covers(env, evidence, "period_from", "period_to")
        if isinstance(evidence, list)
        else Verdict(evidence)
    )


_SIGNS: Final[Mapping[str, int]] = {
    "opening_stock": 1,
    "purchased": 1,
    "produced": 1,
    "sold": -1,
    "closing_stock": -1,
}


@predicate(
    per="stream",
    reading="期初库存 + 购入量 + 自产量 \u2212 外销量 \u2212 期末库存 = 消耗量（没有的项不计）",
    clause="CETS-AG-03.01-V01-2024 6.2.1.1、6.2.1.2",
    reads=("stream.rows[].parameter", "stream.rows[].value", "stream.rows[].digits"),
    gives={
        "balance": Word(NUMBER, "按购销存算出的消耗量", "consumption by the stock account"),
        "stated": Word(NUMBER, "填报的消耗量", "consumption stated"),
        "difference": Word(NUMBER, "相差", "difference"),
        "unit": Word(TEXT, "单位", "unit"),
    },
)
def stock_account_closes(env: Env) -> Verdict:
    """Opening + bought + produced - sold - closing equals consumption, at the digits laid down for it.

    Rows that the plan does not have count for nothing; a row that it has and that is blank is unknown.
    """
    rows = _at(env["stream"], "rows")
    if not isinstance(rows, list):
        return Verdict(rows)
    balance, consumed = Decimal(0), None
    unknowns: list[Unknown] = []
    for row in rows:
        parameter, value = _at(row, "parameter"), _at(row, "value")
        if is_unknown(parameter):
            unknowns.append(parameter)
        if parameter != "consumed" and parameter not in _SIGNS:
            continue
        if is_unknown(value):
            unknowns.append(Unknown((f"row.value#{parameter}",)))
        elif parameter == "consumed":
            consumed = row
        elif isinstance(value, Decimal):
            balance += value * _SIGNS[str(parameter)]
    if unknowns or consumed is None:
        return Verdict(merged(unknowns) if unknowns else Unknown(("row.value#consumed",)))
    return _compared(consumed, balance)


def _compared(consumed: Value, balance: Decimal) -> Verdict:
    """Compare at the digits laid down for the row that states the consumption."""
    stated, digits = _at(consumed, "value"), _at(consumed, "digits")
    places = digits if isinstance(digits, Decimal) else _USUAL_DIGITS
    if not isinstance(stated, Decimal):
        return Verdict(stated)
    balance, rounded = round_half_up(balance, places), round_half_up(stated, places)
    values = {
        "balance": balance,
        "stated": stated,
        "difference": rounded - balance,
        "unit": _at(consumed, "unit"),
    }
    return Verdict(rounded == balance, values)


@predicate(
    per="record",
    reading="本月没有把同一个文件放进两个材料位",
    clause="CETS-AG-03.01-V01-2024 9.2 c)",
    reads=("slots[].code", "slots[].title", "slots[].evidence[].sha256"),
    gives={
        "file": Word(TEXT, "重复的文件", "file used twice"),
        "first_slot": Word(TEXT, "先放入的材料位", "first slot"),
        "second_slot": Word(TEXT, "又放入的材料位", "second slot"),
    },
)
def files_stand_once(env: Env) -> Verdict:
    """No file, told by its hash, lies in two evidence slots of the month."""
    slots = env["slots"]
    if not isinstance(slots, list):
        return Verdict(slots)
    seen: dict[object, tuple[int, Value]] = {}
    unknowns: list[Unknown] = []
    for index, slot in enumerate(slots):
        evidence = _at(slot, "evidence")
        if not isinstance(evidence, list):
            unknowns += [evidence] if is_unknown(evidence) else []
            continue
        for item in evidence:
            digest = _at(item, "sha256")
            if is_unknown(digest):
                unknowns.append(digest)
                continue
            earlier, title = seen.setdefault(digest, (index, _at(slot, "title")))
            if earlier != index:
                values = {"file": _at(item, "title"), "first_slot": title, "second_slot": _at(slot, "title")}
                return Verdict(False, values)
    return Verdict(merged(unknowns) if unknowns else True)
