"""The patterns that are looked for across months and enterprises, each with its weight and its reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from checklists import pattern_documents as documents
from checklists import pattern_values as values
from checklists.pattern_model import Doubt, Material, Severity
from portal.domain.messages import N_

#: The published cases that most patterns come from; read in reprints, not in the original.
CASES_2022 = N_("生态环境部 2022 年 3 月公布的碳排放报告数据弄虚作假典型案例（据转载）")
OWN = N_("本平台的数据筛查，没有法规规定；只提示，不作结论")


@dataclass(frozen=True)
class Pattern:
    """One pattern: what it is called, why it matters, where it comes from, and the function that looks."""

    id: str
    name: str
    why: str
    source: str
    severity: Severity
    look: Callable[[Material], Iterator[Doubt]]


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "date_order",
        N_("检测日期颠倒"),
        N_("采样、收样、检测、报告应当依次发生"),
        CASES_2022,
        "blocking",
        documents.dates_out_of_order,
    ),
    Pattern(
        "same_report",
        N_("检测报告编号重复"),
        N_("一份检测报告只对应一批样品，不能用于别的月份或别的企业"),
        CASES_2022,
        "blocking",
        documents.same_report,
    ),
    Pattern(
        "same_file",
        N_("同一文件重复使用"),
        N_("同一份文件被别的企业使用，或用于它的期间不包含的月份"),
        CASES_2022,
        "explain",
        documents.same_file,
    ),
    Pattern(
        "same_picture",
        N_("同一页图像重复使用"),
        N_("不同文件里嵌入了逐字节相同的图像；徽标、印章样图也可能如此，要人看"),
        CASES_2022,
        "note",
        documents.same_picture,
    ),
    Pattern(
        "one_batch",
        N_("一批样品代表多个月"),
        N_("每月的样品应当当月采集、当月制备"),
        CASES_2022,
        "explain",
        documents.one_batch,
    ),
    Pattern(
        "laboratory",
        N_("检测机构资质不符"),
        N_("检测机构的资质应当含这项参数，并在检测当日有效"),
        CASES_2022,
        "explain",
        documents.laboratory,
    ),
    Pattern(
        "repeated",
        N_("水分或热值等分毫不差"),
        N_("实测的水分、热值、含碳量不会连续几个月完全相同"),
        CASES_2022,
        "explain",
        values.repeated,
    ),
    Pattern("still", N_("数值停住不动"), N_("实测的数量不会几个月完全相同"), OWN, "explain", values.still),
    Pattern("rounded", N_("整百数过多"), N_("仪表读出的数很少恰好是整百"), OWN, "note", values.rounded),
    Pattern(
        "last_digits",
        N_("末位数字不匀"),
        N_("实测值的末位数字应当大致均匀；人编的数往往偏向几个数字"),
        OWN,
        "note",
        values.last_digits,
    ),
    Pattern(
        "to_default",
        N_("实测改为缺省"),
        N_("多月实测后改用缺省值，要说明原因"),
        OWN,
        "explain",
        values.to_default,
    ),
    Pattern(
        "own_step",
        N_("偏离自身历史"),
        N_("与本企业以往同期的水平相差很大"),
        OWN,
        "explain",
        values.own_step,
    ),
    Pattern(
        "sector_step",
        N_("偏离同行业水平"),
        N_("与同行业同类物料的水平相差很大"),
        OWN,
        "explain",
        values.sector_step,
    ),
)
BY_ID = {pattern.id: pattern for pattern in PATTERNS}


def find_doubts(material: Material) -> tuple[Doubt, ...]:
    """Every pattern asked about the month; the same doubt once, in the order of the patterns."""
    found: dict[tuple[str, int, str], Doubt] = {}
    for pattern in PATTERNS:
        for doubt in pattern.look(material):
            found.setdefault((doubt.pattern, doubt.enterprise_id, doubt.subject), doubt)
    return tuple(found.values())
