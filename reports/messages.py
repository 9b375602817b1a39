"""From figures to sentences: the titles and leads of reports are computed, never written by hand.

Every function is pure. Shares and changes are rounded half-up for reading only; regulated figures are
printed as they came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from reports.filters import NO_BREAK, number, rounded

_DIGITS = "零一二三四五六七八九十"
_HUNDRED = Decimal(100)
_TEN_THOUSAND = Decimal(10000)
_FLAT = Decimal("0.05")  #: per cent; a smaller change is called level, since it prints as 0.0
SEVERITIES = {"blocking": "阻断性", "must_explain": "应说明", "note": "一般", "waived": "已豁免"}
OPEN_STATES = frozenset({"open", "responded"})


@dataclass(frozen=True)
class MonthPoint:
    """One month: total in tonnes, intensity and output where they are known."""

    month: str
    total: Decimal
    intensity: Decimal | None = None
    output: Decimal | None = None


@dataclass(frozen=True)
class Lead:
    """A sentence with one figure that stands out."""

    before: str
    figure: str
    after: str


@dataclass(frozen=True)
class Source:
    """One row of the sources figure: emission in tonnes and its share of the total in per cent."""

    name: str
    emission: Decimal
    share: Decimal | None
    deducted: bool = False


def chinese(count: int) -> str:
    """A count from 0 to 99 in Chinese numerals, larger ones in digits."""
    if count <= 10:
        return _DIGITS[count]
    if count > 99:
        return f"{NO_BREAK}{count}{NO_BREAK}"
    tens, ones = divmod(count, 10)
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def counted(count: int) -> str:
    """A count before a measure word: two is 两 there."""
    return "两" if count == 2 else chinese(count)


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Change in per cent; None when either is blank or the base is zero."""
    if now is None or before is None or before == 0:
        return None
    return (now - before) / abs(before) * _HUNDRED


def change_words(against: str, percent: Decimal | None) -> str:
    """``较上月增加 3.65 %``; empty when there is nothing to compare with."""
    if percent is None:
        return ""
    if abs(percent) < Decimal("0.005"):
        return f"{against}持平"
    return f"{against}{'增加' if percent > 0 else '下降'} {_percent(abs(percent), 2)}"


def tonnes(total: Decimal) -> str:
    """``121.41 万吨`` from ten thousand tonnes on, else ``8,412.35 吨``."""
    if abs(total) >= _TEN_THOUSAND:
        return f"{rounded(total / _TEN_THOUSAND, 2)}{NO_BREAK}万吨"
    return f"{rounded(total, 2)}{NO_BREAK}吨"


def last_year(points: Sequence[MonthPoint], month: str) -> MonthPoint | None:
    """The same month one year before, when it is among ``points``."""
    wanted = f"{int(month[:4]) - 1:04d}{month[4:]}"
    return next((point for point in points if point.month == wanted), None)


def previous(points: Sequence[MonthPoint], month: str) -> MonthPoint | None:
    """The month before, when it is among ``points``."""
    year, of_year = int(month[:4]), int(month[5:])
    wanted = f"{year - 1:04d}-12" if of_year == 1 else f"{year:04d}-{of_year - 1:02d}"
    return next((point for point in points if point.month == wanted), None)


def overview_lead(
    now: MonthPoint, history: Sequence[MonthPoint], level: str, intensity_name: str, quality: str
) -> Lead:
    """The opening sentence: total, its two comparisons, the standing of the intensity, the evaluation."""
    before, year_ago = previous(history, now.month), last_year(history, now.month)
    clauses = [
        change_words("较上月", change(now.total, before.total if before else None)),
        change_words("较上年同月", change(now.total, year_ago.total if year_ago else None)),
    ]
    compared = "".join(f"，{clause}" for clause in clauses if clause)
    standing = intensity_standing(now, history, intensity_name)
    after = compared + (f"；{standing}" if standing else "") + f"。{quality}"
    return Lead(f"{int(now.month[5:])}{NO_BREAK}月{level}排放 ", tonnes(now.total), after)


def intensity_standing(now: MonthPoint, history: Sequence[MonthPoint], name: str) -> str:
    """Where the intensity stands among the last twelve months; empty when nowhere special."""
    known = [point.intensity for point in history[-11:] if point.intensity is not None]
    if now.intensity is None or len(known) < 2:
        return ""
    span = f"近{chinese(len(known) + 1)}个月"
    if now.intensity < min(known):
        return f"{name}为{span}最低"
    if now.intensity > max(known):
        return f"{name}为{span}最高"
    return ""


def quality_words(findings: Sequence[Mapping[str, object]]) -> str:
    """``数据质量评价通过，1 项一般差距整改中。`` from the findings' states and severities."""
    unsettled = [finding for finding in findings if finding["state"] in OPEN_STATES]
    blocked = any(finding["severity"] == "blocking" for finding in unsettled)
    counts = [
        f"{count} 项{SEVERITIES[severity]}"
        for severity in SEVERITIES
        if (count := sum(finding["severity"] == severity for finding in unsettled))
    ]
    verdict = "数据质量评价未通过" if blocked else "数据质量评价通过"
    return f"{verdict}，{'、'.join(counts)}差距整改中。" if counts else f"{verdict}，没有未关闭的差距。"


def trend_title(now: MonthPoint, history: Sequence[MonthPoint]) -> str:
    """What the months say: why emissions moved and where the intensity is heading."""
    before = previous(history, now.month)
    moved = change(now.total, before.total if before else None)
    if before is None or moved is None:
        return "本月为首个有记录的月份，尚无可比数据" if not history else "上月没有可比数据，列出已受理的月份"
    first = _movement(now, before, moved, history)
    second = _streak([*(point for point in history), now])
    return f"{first}，{second}" if second else first


def _movement(now: MonthPoint, before: MonthPoint, moved: Decimal, history: Sequence[MonthPoint]) -> str:
    if abs(moved) < _FLAT:
        return "本月排放与上月持平"
    made = change(now.output, before.output)
    rising = moved > 0
    if made is None or abs(made) < _FLAT:
        return f"本月排放较上月{'上升' if rising else '下降'} {_percent(abs(moved), 1)}"
    if rising != (made > 0):
        return "产量下降而排放上升" if rising else "产量增加而排放下降"
    intensity = change(now.intensity, before.intensity) or Decimal(0)
    if rising and intensity > 0:
        return "产量与强度同升，本月排放增加"
    if not rising and intensity < 0:
        return "产量与强度同降，本月排放减少"
    return f"产量{_turn(before, history)}推高本月排放" if rising else "产量回落带动本月排放减少"


def _turn(before: MonthPoint, history: Sequence[MonthPoint]) -> str:
    """A rise after a fall is a recovery."""
    earlier = previous(history, before.month)
    fell = change(before.output, earlier.output if earlier else None)
    return "回升" if fell is not None and fell < 0 else "增加"


def _streak(points: Sequence[MonthPoint]) -> str:
    values = [point.intensity for point in points]
    count, direction = 0, 0
    for later, earlier in zip(reversed(values), reversed(values[:-1]), strict=False):
        if later is None or earlier is None or later == earlier:
            break
        step = 1 if later > earlier else -1
        if direction and step != direction:
            break
        direction, count = step, count + 1
    if not count:
        return ""
    word = "上升" if direction > 0 else "下降"
    return f"强度连续{counted(count)}个月{word}" if count > 1 else f"强度较上月{word}"


def sources(groups: Sequence[Mapping[str, object]], total: Decimal, shown: int = 5) -> tuple[Source, ...]:
    """The largest lines, the rest as one row, and what is deducted; shares are of ``total``."""
    added: list[tuple[str, Decimal]] = []
    taken: list[tuple[str, Decimal]] = []
    for group in groups:
        if group["deducted"]:
            taken.append((f"{group['short_name']}（扣除）", Decimal(str(group["subtotal"]))))
            continue
        lines: Sequence[Mapping[str, object]] = group["lines"]  # type: ignore[assignment]  # primitives from TOML
        added += [(str(line["item"]), Decimal(str(line["emission"]))) for line in lines]
    added.sort(key=lambda row: (-row[1], row[0]))
    rows = added[:shown]
    if rest := added[shown:]:
        name = rest[0][0] if len(rest) == 1 else f"其余{NO_BREAK}{len(rest)}{NO_BREAK}项"
        rows.append((name, sum((emission for _, emission in rest), Decimal(0))))
    return tuple(Source(name, emission, _share(emission, total)) for name, emission in rows) + tuple(
        Source(name, emission, _share(emission, total), deducted=True) for name, emission in taken
    )


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole * _HUNDRED if whole > 0 else None


def sources_title(rows: Sequence[Source]) -> str:
    """``洗精煤占排放量的六成``; tenths only when the share is within two points of one."""
    added = [row for row in rows if not row.deducted]
    if not added or added[0].share is None or added[0].emission <= 0:
        return "本月没有排放"
    share = added[0].share
    tenths = int((share / 10).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if 1 <= tenths <= 9 and abs(share - tenths * 10) <= 2:
        return f"{added[0].name}占排放量的{chinese(tenths)}成"
    return f"{added[0].name}占排放量的 {_percent(share, 1)}"


def calculation_lead(lines: int) -> str:
    """What the calculation table shows and how its figures add up."""
    return (
        f"{counted(lines)}条核算线逐条列出活动数据、因子、来源与结果；每条先按原值计算，再四舍五入到两位小数，"
        "小计与合计由所列数值相加，可逐项手工复核。"
    )


def zero_note(zero: Sequence[str], *, deducted: bool) -> str:
    """Tells a filed zero from a blank and explains negative values; empty when there is neither."""
    parts = []
    if zero:
        parts.append(f"{'、'.join(zero)}本月数据为 0（已填报），与空白不同；空白表示未取得数据。")
    if deducted:
        parts.append("负值表示随产品离开边界的碳。")
    return "".join(parts)


def quality_lead(plan: str, approved_on: str, changed: int) -> str:
    """Against which plan the month was compared, and whether ways of acquisition were changed."""
    told = "无擅自变更获取方式的情形" if changed == 0 else f"其中 {changed} 项变更了获取方式"
    return (
        "本月在用参数的获取方式、计量器具与支撑材料，与已备案的数据质量控制方案 "
        f"{plan}（{approved_on} 批准）逐项比对，{told}。"
    )


def findings_note(findings: Sequence[Mapping[str, object]], level: str) -> tuple[str, ...]:
    """One sentence for each open finding: how grave it is and whether it touches the total."""
    notes = []
    for finding in findings:
        if finding["state"] not in OPEN_STATES:
            continue
        effect = f"影响{level}排放量" if finding["affects_total"] else f"不影响{level}排放量"
        signing = "阻止签发" if finding["severity"] == "blocking" else "不阻止签发"
        notes.append(
            f"{finding['code']} 为{SEVERITIES[str(finding['severity'])]}差距，{effect}，{signing}；"
            "逾期未整改将转主管部门跟踪。"
        )
    return tuple(notes)


def evidence_lead(attachments: Sequence[str]) -> str:
    """Where the originals and the machine-readable data are."""
    kept = "原件保存在证据库，本表列文件摘要"
    if not attachments:
        return f"{kept}。"
    stem = attachments[0].rpartition(".")[0]
    named = [attachments[0], *(name.removeprefix(stem) for name in attachments[1:])]
    return f"{kept}；完整摘要与机器可读数据见附件 {' 与 '.join(named)}（随本 PDF 内嵌）。"


def evidence_count(held: int, missing: int) -> str:
    """``13 份已存证，1 份未提供``."""
    return f"{held} 份已存证" + (f"，{missing} 份未提供" if missing else "")


def against_deadline(accepted_on: date, due_on: date) -> str:
    """``提前 22 天``, ``逾期 3 天`` or ``当日``."""
    days = (due_on - accepted_on).days
    if days == 0:
        return "截止当日"
    return f"提前 {days} 天" if days > 0 else f"逾期 {-days} 天"


def worked_example(
    amount: Decimal, factors: Sequence[Decimal], constant: tuple[Decimal, Decimal] | None, emission: Decimal
) -> str:
    """``300,810.90 × 26.344 × 0.02541 × 44 ÷ 12 = 738,331.47`` with the operands as printed.

    Empty when the product of the operands is not the line's result, so that no wrong sum is ever printed.
    """
    product = amount
    for factor in factors:
        product *= factor
    words = " × ".join([number(amount, 2), *(str(factor) for factor in factors)])
    if constant is not None:
        product = product * constant[0] / constant[1]
        words += f" × {constant[0]} ÷ {constant[1]}"
    exact = abs(product).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{words} = {number(exact, 2)}" if exact == abs(emission) else ""


def _percent(value: Decimal, decimals: int) -> str:
    return f"{rounded(value, decimals)}{NO_BREAK}%"
