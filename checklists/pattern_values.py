"""Patterns in figures: repeated, still, rounded, uneven last digits, measured to default, sudden steps.

The thresholds are the portal's own and are kept wide, so that a doubt is worth a look: a robust distance
is 0.6745 × |x − median| ÷ median absolute deviation, the usual modified z-score (Iglewicz and Hoaglin).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from statistics import median

from checklists.pattern_model import Doubt, Material, Reading, Series
from portal.domain.messages import N_
from portal.domain.periods import Month

#: Parameters of quality, which a laboratory measures anew each time.
QUALITY = frozenset({"moisture", "net_calorific_value", "carbon_content", "oxidation_rate"})
REPEATED_MONTHS = 3
STILL_MONTHS = 4
FEWEST_ROUND, ROUND_SHARE = 6, Decimal("0.8")
FEWEST_DIGITS = 60
#: Chi-squared with nine degrees of freedom is beyond this once in a thousand times.
UNEVEN = Decimal("27.88")
MEASURED_BEFORE = 3
FEWEST_BEFORE = 6
FEWEST_PEERS = 5
FAR, FAR_FROM_PEERS = Decimal(6), Decimal(6)
LEAST_CHANGE = Decimal("0.30")
_CONSISTENT = Decimal("0.6745")


def repeated(material: Material) -> Iterator[Doubt]:
    """A measured quality equal to the last digit in three months running: a test never gives that."""
    for series in material.series:
        if series.parameter in QUALITY:
            yield from _unmoved(material, series, "repeated", REPEATED_MONTHS)


def still(material: Material) -> Iterator[Doubt]:
    """A measured amount that stops moving for four months."""
    for series in material.series:
        if series.parameter not in QUALITY:
            yield from _unmoved(material, series, "still", STILL_MONTHS)


def rounded(material: Material) -> Iterator[Doubt]:
    """Measured amounts of which nearly all end in two zeros: written down, not read off."""
    for series in material.series:
        known = [one for one in series.up_to(material.month)[-12:] if one.acquisition == "measured"]
        wide = [one for one in known if abs(one.value) >= 1000]
        smooth = [one for one in wide if one.value % 100 == 0]
        if len(wide) >= FEWEST_ROUND and len(smooth) >= ROUND_SHARE * len(wide):
            params = {"count": len(smooth), "total": len(wide)}
            said = N_("%(name)s 近 %(total)s 个实测值有 %(count)s 个是整百数")
            marked = {one.month for one in smooth}
            yield _of_series("rounded", series, material.month, said, params, wide, marked)


def last_digits(material: Material) -> Iterator[Doubt]:
    """The last digits of an enterprise's measured values, which should come up about equally often."""
    digits: dict[int, list[int]] = defaultdict(list)
    active = set()
    for series in material.series:
        known = series.up_to(material.month)
        if known:
            active.add(series.enterprise_id)
        digits[series.enterprise_id] += [
            _last_digit(one.value, series.digits)
            for one in known
            if one.acquisition == "measured" and one.value and series.digits > 0
        ]
    for enterprise_id in sorted(active):
        found = digits[enterprise_id]
        counts = [found.count(digit) for digit in range(10)]
        if len(found) < FEWEST_DIGITS or uneven(counts) <= UNEVEN:
            continue
        most = max(range(10), key=counts.__getitem__)
        yield Doubt(
            pattern="last_digits",
            enterprise_id=enterprise_id,
            month=material.month,
            subject="",
            message=N_("%(total)s 个实测值的末位数字分布不匀：%(count)s 个以 %(digit)s 结尾"),
            params={"total": len(found), "count": counts[most], "digit": most},
            picture={"kind": "digits", "counts": counts},
        )


def to_default(material: Material) -> Iterator[Doubt]:
    """A quality that was measured for months and now takes the default value."""
    for series in material.series:
        known = series.up_to(material.month)
        before = known[-1 - MEASURED_BEFORE : -1]
        if (
            known
            and known[-1].acquisition == "default"
            and len(before) == MEASURED_BEFORE
            and all(one.acquisition == "measured" for one in before)
        ):
            params = {"value": str(known[-1].value), "before": str(before[-1].value)}
            said = N_("%(name)s 由实测（%(before)s）改为缺省值（%(value)s）")
            shown, marked = known[-13:], {material.month}
            yield _of_series("to_default", series, material.month, said, params, shown, marked)


def own_step(material: Material) -> Iterator[Doubt]:
    """A step away from the series' own past; with two years of it, the season is taken out first."""
    for series in material.series:
        known = series.up_to(material.month)
        changes = seasonal_changes(known) or [one.value for one in known]
        if len(changes) <= FEWEST_BEFORE or not _moved(known):
            continue
        far = distance(changes[-1], changes[:-1])
        if far is None or far > FAR:
            usual = median(one.value for one in known[:-1])
            params = {"value": str(known[-1].value), "usual": str(usual.quantize(known[-1].value))}
            said = N_("%(name)s 本月 %(value)s %(unit)s，与自己以往的水平（中位数 %(usual)s）相差很大")
            yield _of_series("own_step", series, material.month, said, params, known[-25:], {material.month})


def sector_step(material: Material) -> Iterator[Doubt]:
    """A quality far outside what at least five others of the trade have for the same item in this month."""
    groups: dict[tuple[str, str, str, str], list[tuple[Series, Reading]]] = defaultdict(list)
    for series in material.series:
        known = series.up_to(material.month)
        if known and series.parameter in QUALITY:
            key = (series.industry[:2], series.item, series.parameter, series.unit)
            groups[key].append((series, known[-1]))
    for group in groups.values():
        for series, reading in group:
            others = [one.value for peer, one in group if peer.enterprise_id != series.enterprise_id]
            if len(others) < FEWEST_PEERS:
                continue
            far = distance(reading.value, others)
            usual = median(others)
            if (far is None or far > FAR_FROM_PEERS) and _apart(reading.value, usual):
                params = {"value": str(reading.value), "usual": str(usual), "count": len(others)}
                said = N_("%(name)s 本月 %(value)s %(unit)s，同行业 %(count)s 家的中位数是 %(usual)s")
                band = {"low": str(min(others)), "usual": str(usual), "high": str(max(others))}
                doubt = _of_series("sector_step", series, material.month, said, params, (reading,), set())
                yield _with(doubt, {"kind": "band", "value": str(reading.value), **band})


def distance(value: Decimal, others: Sequence[Decimal]) -> Decimal | None:
    """Robust distance of ``value`` from ``others``; None when they are all equal and it is not."""
    middle = median(others)
    spread = median(abs(other - middle) for other in others)
    if spread == 0:
        return Decimal(0) if value == middle else None
    return _CONSISTENT * abs(value - middle) / spread


def seasonal_changes(readings: Sequence[Reading]) -> list[Decimal]:
    """Each value less that of the same month a year before; empty with less than two years of them."""
    held = {one.month: one.value for one in readings}
    if not readings or str(Month.parse(readings[-1].month).same_last_year()) not in held:
        return []
    changes = [
        one.value - held[before]
        for one in readings
        if (before := str(Month.parse(one.month).same_last_year())) in held
    ]
    return changes if len(changes) >= 12 else []


def uneven(counts: Sequence[int]) -> Decimal:
    """Chi-squared of the counts against equal ones."""
    expected = Decimal(sum(counts)) / len(counts)
    return sum(((count - expected) ** 2 / expected for count in counts), Decimal(0))


def _unmoved(material: Material, series: Series, pattern: str, months: int) -> Iterator[Doubt]:
    last = series.up_to(material.month)[-months:]
    running = all(Month.parse(a.month).next() == Month.parse(b.month) for a, b in pairwise(last))
    equal = len({one.value for one in last}) == 1 and last[0].value != 0 if last else False
    if len(last) == months and running and equal and all(one.acquisition == "measured" for one in last):
        params = {"value": str(last[-1].value), "count": months}
        said = N_("%(name)s 连续 %(count)s 个月都是 %(value)s %(unit)s，分毫不差")
        shown = series.up_to(material.month)[-13:]
        yield _of_series(pattern, series, material.month, said, params, shown, {one.month for one in last})


def _moved(known: Sequence[Reading]) -> bool:
    """Whether the newest value is well apart from what is usual."""
    return _apart(known[-1].value, median(one.value for one in known[:-1]))


def _apart(value: Decimal, usual: Decimal) -> bool:
    return abs(value - usual) > LEAST_CHANGE * abs(usual)


def _last_digit(value: Decimal, digits: int) -> int:
    return int(abs(value).scaleb(digits).to_integral_value()) % 10


def _of_series(
    pattern: str,
    series: Series,
    month: str,
    message: str,
    params: Mapping[str, object],
    shown: Sequence[Reading],
    marked: set[str],
) -> Doubt:
    points = [[one.month, str(one.value), one.month in marked] for one in shown]
    return Doubt(
        pattern=pattern,
        enterprise_id=series.enterprise_id,
        month=month,
        subject=series.cell,
        message=message,
        params={"name": series.name, "unit": series.unit, **params},
        picture={"kind": "series", "points": points},
    )


def _with(doubt: Doubt, picture: dict[str, object]) -> Doubt:
    return Doubt(**{**vars(doubt), "picture": picture})
