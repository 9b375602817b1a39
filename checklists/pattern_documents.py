"""Patterns in documents: dates out of order, a report or file used twice, a batch for months, laboratories.

They are the ways of the cases that the Ministry of Ecology and Environment published in March 2022
(reports altered, their dates and numbers changed, one batch of samples shown as monthly ones).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from checklists.pattern_model import Doubt, FileUse, LabResult, Material
from portal.domain.messages import N_
from portal.domain.periods import Month

Item = TypeVar("Item")
DATES = (
    ("sampled_on", N_("采样")),
    ("received_on", N_("收样")),
    ("tested_on", N_("检测")),
    ("reported_on", N_("报告")),
)


def dates_out_of_order(material: Material) -> Iterator[Doubt]:
    """A sample is drawn, received, tested, reported; dates that are not known are passed over."""
    for report in material.reports:
        known = [(name, getattr(report, key)) for key, name in DATES if getattr(report, key) is not None]
        wrong = next(((a, b) for a, b in pairwise(known) if a[1] > b[1]), None)
        if wrong is not None and report.covers(material.month):
            (earlier, first), (later, second) = wrong
            yield _of_report(
                "date_order",
                report,
                material.month,
                N_("检测报告 %(number)s 的日期颠倒：%(earlier)s %(first)s 晚于%(later)s %(second)s"),
                {"earlier": earlier, "first": str(first), "later": later, "second": str(second)},
                {"kind": "dates", "points": [[name, str(day)] for name, day in known]},
            )


def same_report(material: Material) -> Iterator[Doubt]:
    """One report number of one laboratory, used by two enterprises or for two separate months."""
    for group in _grouped(material.reports, lambda report: (report.laboratory, report.number)):
        for report in (one for one in group if one.covers(material.month)):
            foreign = sorted({other.enterprise_id for other in group} - {report.enterprise_id})
            months = sorted({other.month_from for other in group if _another_month(report, other)})
            if foreign or months:
                yield _of_report(
                    "same_report",
                    report,
                    material.month,
                    N_(
                        "检测报告编号 %(number)s（%(laboratory)s）还用于"
                        "%(months)s 个其他月份、%(foreign)s 家其他企业"
                    ),
                    {"laboratory": report.laboratory, "months": len(months), "foreign": len(foreign)},
                    {"kind": "pair", "here": material.month, "there": months, "foreign": len(foreign)},
                    foreign,
                )


def one_batch(material: Material) -> Iterator[Doubt]:
    """One batch of samples that stands for several months."""
    for group in _grouped(material.reports, lambda one: (one.enterprise_id, one.cell, one.batch)):
        months = sorted({month for report in group for month in _months(report)})
        if len(months) > 1 and material.month in months:
            report = next(one for one in group if one.covers(material.month))
            yield _of_report(
                "one_batch",
                report,
                material.month,
                N_("样品批次 %(batch)s 代表了 %(count)s 个月：%(months)s"),
                {"batch": report.batch, "count": len(months), "months": "、".join(months)},
                {"kind": "months", "months": months, "here": material.month},
            )


def laboratory(material: Material) -> Iterator[Doubt]:
    """A laboratory whose accreditation does not cover the parameter, or had run out on the day of the test.

    What is not written down (no end of validity, scope not looked up) is not held against anybody.
    """
    for report in (one for one in material.reports if one.covers(material.month)):
        day = report.tested_on or report.reported_on
        ended = report.accredited_until
        if report.in_scope is False:
            said = N_("检测报告 %(number)s：%(laboratory)s 的资质不含这项参数")
        elif ended is not None and day is not None and ended < day:
            said = N_("检测报告 %(number)s：%(laboratory)s 的资质 %(ended)s 到期，检测在 %(day)s")
        else:
            continue
        params = {"laboratory": report.laboratory, "ended": str(ended), "day": str(day)}
        points = [[N_("资质到期"), str(ended)], [N_("检测"), str(day)]] if ended and day else []
        yield _of_report(
            "laboratory", report, material.month, said, params, {"kind": "dates", "points": points}
        )


def same_file(material: Material) -> Iterator[Doubt]:
    """One file in the slots of two enterprises, or of two months that its own period does not cover."""
    yield from _same(
        material,
        material.files,
        "same_file",
        N_("同一份文件 %(filename)s 还用于 %(months)s 个其他月份、%(foreign)s 家其他企业"),
    )


def same_picture(material: Material) -> Iterator[Doubt]:
    """One embedded picture (its bytes are equal) in two different files."""
    yield from _same(
        material,
        material.pictures,
        "same_picture",
        N_(
            "文件 %(filename)s 第 %(page)s 页的图像与"
            "%(months)s 个其他月份、%(foreign)s 家其他企业的逐字节相同"
        ),
    )


def _same(material: Material, uses: Sequence[FileUse], pattern: str, message: str) -> Iterator[Doubt]:
    for group in _grouped(uses, lambda use: (use.sha256,)):
        here = [use for use in group if use.month == material.month]
        for enterprise_id in sorted({use.enterprise_id for use in here}):
            use = next(one for one in here if one.enterprise_id == enterprise_id)
            foreign = sorted({one.enterprise_id for one in group} - {enterprise_id})
            months = sorted(
                {
                    one.month
                    for one in group
                    if one.enterprise_id == enterprise_id
                    and one.month != use.month
                    and not (_proves_its_month(use) and _proves_its_month(one))
                }
            )
            if foreign or months:
                counts = {"months": len(months), "foreign": len(foreign)}
                params = {"filename": use.filename, "page": use.page, **counts}
                picture = {"kind": "pair", "here": use.month, "there": months, "foreign": len(foreign)}
                yield Doubt(
                    pattern, enterprise_id, use.month, use.sha256, message, params, picture, tuple(foreign)
                )


def _proves_its_month(use: FileUse) -> bool:
    month = Month.parse(use.month)
    return use.proves(month.first, month.last)


def _grouped(items: Sequence[Item], key: Callable[[Item], tuple[object, ...]]) -> list[list[Item]]:
    """The items that share a key without a blank in it, two or more, in the order of their first."""
    groups: dict[tuple[object, ...], list[Item]] = defaultdict(list)
    for item in items:
        if all(part != "" for part in key(item)):
            groups[key(item)].append(item)
    return list(groups.values())


def _another_month(report: LabResult, other: LabResult) -> bool:
    if report.enterprise_id != other.enterprise_id:
        return False
    return other.month_to < report.month_from or other.month_from > report.month_to


def _months(report: LabResult) -> list[str]:
    found: list[str] = []
    month, last = Month.parse(report.month_from), Month.parse(report.month_to)
    while month <= last and len(found) < 24:
        found.append(str(month))
        month = month.next()
    return found


def _of_report(
    pattern: str,
    report: LabResult,
    month: str,
    message: str,
    params: Mapping[str, object],
    picture: Mapping[str, object],
    others: Sequence[int] = (),
) -> Doubt:
    return Doubt(
        pattern=pattern,
        enterprise_id=report.enterprise_id,
        month=month,
        subject=f"{report.cell}:{report.number}"[:160],
        message=message,
        params={"number": report.number, "cell": report.cell, **params},
        picture=picture,
        others=tuple(others),
    )
