"""年度温室气体排放报告: a year from its twelve accepted months, every difference explained.

The year's figure adds what the months reported. Beside it stands each line worked out anew from the year's
amount and weighted means; what lies between them is rounding and weighting, to the last digit.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.accounting.lines import Line, plain
from portal.accounting.year import YearLine, YearResult
from portal.domain.errors import DomainError
from portal.dossiers import answers, blocks_of, year_sums
from portal.dossiers.blocks_of import column, figures, grouped
from portal.dossiers.source import AcceptedMonth, Contents, Figure, Source
from portal.reference.guidelines import Guideline, load_guideline

_HALVES = (range(1, 7), range(7, 13))


def assemble(source: Source) -> Contents:
    """The report's data; raises Invalid for missing months, months that do not fit, or a wrong answer."""
    answers.check_answers(source)
    year = year_sums.year_of(source)
    guideline = load_guideline(year.guideline)
    anew = year_sums.total_anew(year)
    data = {
        "cover": _cover(source, year, anew),
        "chapters": [
            _boundary(source, year, guideline),
            _months(source, year),
            _sources(year),
            _differences(source, year, anew),
            _records(source),
        ],
        "signatures": [blocks_of.signer("企业负责人", "对报告真实、准确、完整负责", seal=True)],
    }
    return Contents(data, _figures(year, anew))


def facts(source: Source) -> Mapping[str, Any]:
    """How many figures lead back to a month, and how many of them nobody has verified."""
    try:
        lines = [line for month in source.months for line in year_sums.result_of(month).lines]
    except DomainError:
        return {}
    return {"figures": Decimal(len(lines)), "unverified": Decimal(sum(line.unverified for line in lines))}


def _figures(year: YearResult, anew: Decimal) -> tuple[Figure, ...]:
    found = [
        Figure("total", "年度排放量", "Emissions of the year", year.total, year.unit),
        Figure("recomputed", "年度重算值", "Worked out anew", anew, year.unit),
    ]
    if year.output is not None:
        unit = (year.intensity_unit or "").partition("/")[2]
        found.append(Figure("output", "年产量", "Output of the year", year.output, unit))
    if year.intensity is not None:
        unit = year.intensity_unit or ""
        found.append(Figure("intensity", "年度排放强度", "Intensity of the year", year.intensity, unit))
    return tuple(found)


def _cover(source: Source, year: YearResult, anew: Decimal) -> dict[str, Any]:
    enterprise, difference = source.enterprise, year.total - anew
    return {
        "owner": enterprise.name,
        "period": f"{source.subject} 年度",
        "line": f"{source.subject} 年度　{enterprise.industry_name}",
        "facts": [
            ["报告企业", enterprise.name],
            ["统一社会信用代码", enterprise.uscc],
            ["核算依据", year.guideline],
            ["来源", f"{source.subject} 年 1–12 月已受理的月度记录"],
            ["编制", answers.shown(source, "prepared_by")],
        ],
        "result": {
            "name": "年度温室气体排放量（月度报告值之和）",
            "value": grouped(year.total),
            "unit": year.unit,
            "remark": f"企业总量修约为 {grouped(year.reported_total)} {year.unit}；按年度加权参数重算 "
            f"{grouped(anew)} {year.unit}，差 {grouped(difference)} {year.unit}，见“差异说明”",
        },
    }


def _boundary(source: Source, year: YearResult, guideline: Guideline) -> dict[str, Any]:
    enterprise = source.enterprise
    items = dict.fromkeys(line.item for line in year.lines)
    rows = [
        ("企业名称", enterprise.name),
        ("统一社会信用代码", enterprise.uscc),
        ("法定代表人", enterprise.legal_representative),
        ("生产经营场所", enterprise.address),
        ("行业", f"{enterprise.industry_code} {enterprise.industry_name}"),
        ("全国碳市场", "已纳入" if enterprise.ets_member else "未纳入"),
        ("核算依据", f"{guideline.title}（{guideline.id}）"),
        ("排放源", f"{len(items)} 种：{'、'.join(items)}"),
    ]
    return blocks_of.chapter(
        "报告主体与边界",
        [
            blocks_of.section("主体", blocks_of.facts(rows)),
            blocks_of.section("核算边界", blocks_of.text(answers.paragraphs(source, "boundary") or ["—"])),
            blocks_of.section(
                "本年变化", blocks_of.text(answers.paragraphs(source, "boundary_changes") or ["—"])
            ),
        ],
        lead=f"{source.subject} 年全年按同一核算依据核算，共 {len(year.lines)} 个排放源或产品。",
        notes=[f"核算依据的已知缺口：{'；'.join(guideline.gaps)}。"] if guideline.gaps else [],
    )


def _months(source: Source, year: YearResult) -> dict[str, Any]:
    rows = []
    for entry in source.months:
        month = year.months[str(entry.month)]
        rows.append(
            [
                str(entry.month),
                f"V{entry.version}",
                entry.receipt_number,
                plain(month.total),
                blocks_of.plain(month.output_amount),
                blocks_of.plain(month.intensity),
            ]
        )
    rows.append(
        ["合计", "", "", plain(year.total), blocks_of.plain(year.output), blocks_of.plain(year.intensity)]
    )
    unit = (year.intensity_unit or "").partition("/")[2]
    item = next((month.output_item for month in year.months.values() if month.output_item), "产量")
    columns = [
        column("月份", 3),
        column("版本", 2),
        column("回执号", 5),
        column("排放量", 4, decimals=2),
        column(f"{item}，{unit}" if unit else str(item), 4, decimals=2),
        column("强度", 3, align="right"),
    ]
    remark = f"排放量单位 {year.unit}；强度单位 {year.intensity_unit or '—'}"
    return blocks_of.chapter(
        "逐月排放量",
        [blocks_of.section("汇总", blocks_of.table("逐月报告值", columns, rows, totals=1, remark=remark))],
        lead=f"全年 {grouped(year.total)} {year.unit}，为十二个月报告值之和。",
    )


def _sources(year: YearResult) -> dict[str, Any]:
    by_line = _by_line(year)
    titles = {line.id: f"{line.id} {line.item}" for line in year.lines}
    title = load_guideline(year.guideline).title
    return blocks_of.chapter(
        "分排放源排放量",
        [
            blocks_of.section(
                "年度合计", _line_table(year, by_line, titles), _category_table(year), remark=year.unit
            ),
            blocks_of.section("各月", *(_half(year, titles, half) for half in _HALVES), remark=year.unit),
            blocks_of.section("因子与依据", _factor_table(year, by_line, titles)),
        ],
        lead=_largest(year),
        notes=[
            "小计与合计均为已修约各行之和，可用笔算复核。",
            f"附表、附录等未写明出处的，出自《{title}》。",
            "可信：A 官方文本，B 转录，C 未核实，E 企业实测或填报；取该行公式与因子中最弱的一级。",
        ],
    )


def _by_line(year: YearResult) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for result in year.months.values():
        for line in result.lines:
            found.setdefault(line.id, []).append(line)
    return found


def _line_table(
    year: YearResult, by_line: Mapping[str, Sequence[Line]], titles: Mapping[str, str]
) -> blocks_of.Block:
    rows = []
    for line in year.lines:
        used, unit = year_sums.amount_of(by_line[line.id])
        rows.append([titles[line.id], plain(used), unit, plain(line.summed)])
    rows.append(["合计", "", "", plain(year.total)])
    columns = [
        column("排放源", 4),
        column("活动数据", 4, decimals=2),
        column("单位", 2),
        column("排放量", 4, decimals=2),
    ]
    return blocks_of.table("分源合计", columns, rows, totals=1, remark=f"排放量单位 {year.unit}")


def _category_table(year: YearResult) -> blocks_of.Block:
    rows = [[year_sums.category_title(key), plain(value)] for key, value in year.subtotals.items()]
    rows.append(["合计", plain(year.total)])
    columns = [column("类别", 6), column("排放量", 4, decimals=2)]
    return blocks_of.table("分类合计", columns, rows, totals=1, remark=f"单位 {year.unit}")


def _half(year: YearResult, titles: Mapping[str, str], half: range) -> blocks_of.Block:
    names = [name for name in year.months if int(name[5:]) in half]
    rows = [
        [titles[line.id], *(plain(line.reported[name]) if name in line.reported else "—" for name in names)]
        for line in year.lines
    ]
    rows.append(["合计", *(plain(year.months[name].total) for name in names)])
    columns = [column("排放源", 4), *(column(name, 3, decimals=2) for name in names)]
    words = f"{half.start}–{half.stop - 1} 月报告值"
    return blocks_of.table(words, columns, rows, totals=1, remark=f"单位 {year.unit}")


def _factor_table(
    year: YearResult, by_line: Mapping[str, Sequence[Line]], titles: Mapping[str, str]
) -> blocks_of.Block:
    rows, title = [], load_guideline(year.guideline).title
    for line in year.lines:
        lines = by_line[line.id]
        origins = dict.fromkeys(
            factor.source.removeprefix(title).strip() for entry in lines for factor in entry.factors
        )
        rows.append(
            [
                titles[line.id],
                year_sums.plain_powers(lines[0].formula),
                year_sums.factor_words(lines) or "—",
                "；".join([*dict.fromkeys(entry.clause for entry in lines), *origins]),
                year_sums.weakest(lines),
            ]
        )
    columns = [
        column("排放源", 3),
        column("公式", 4),
        column("因子", 5),
        column("条款与来源", 7),
        column("可信", 1, kind="confidence"),
    ]
    return blocks_of.table("公式、因子与来源", columns, rows)


def _largest(year: YearResult) -> str:
    first = max(year.lines, key=lambda line: line.summed)
    return f"{first.item}最多，全年 {grouped(first.summed)} {year.unit}。"


def _differences(source: Source, year: YearResult, anew: Decimal) -> dict[str, Any]:
    difference = year.total - anew
    sections = [
        blocks_of.section("逐项", _difference_table(year, anew), remark=year.unit),
        blocks_of.section("保守修正", _corrections(source, year)),
        blocks_of.section("更正与版本", _restatements(source)),
    ]
    if words := answers.paragraphs(source, "difference_note"):
        sections.append(blocks_of.section("补充说明", blocks_of.text(words)))
    told = "两者相同" if not difference else f"相差 {grouped(difference)} {year.unit}，逐项列出"
    return blocks_of.chapter(
        "差异说明",
        sections,
        lead=f"月度合计 {grouped(year.total)}，年度重算 {grouped(anew)}，{told}。",
        notes=[
            "年度重算：以全年用量和按用量加权的年均参数代入同一公式，修约一次。",
            "月度修约：各月逐行修约后相加与未修约之和的差；加权平均：乘积的均值不等于均值的乘积；"
            "年度修约：重算值修约前后的差。三者之和即为该行的差；按 6 位小数显示，不影响合计。",
        ],
    )


def _difference_table(year: YearResult, anew: Decimal) -> blocks_of.Block:
    rows = [_difference(line) for line in year.lines]
    rows.append(["合计", plain(year.total), plain(anew), plain(year.total - anew), "", "", ""])
    columns = [
        column("项目", 4),
        column("月度合计", 4, decimals=2),
        column("年度重算", 4, decimals=2),
        column("差", 2, decimals=2),
        figures("月度修约", 3),
        figures("加权平均", 3),
        figures("年度修约", 3),
    ]
    return blocks_of.table("差异及其来历", columns, rows, totals=1, remark=f"单位 {year.unit}")


def _difference(line: YearLine) -> list[str]:
    if line.recomputed is None or line.difference is None:
        changed = "年内公式或品种改变，不重算"
        return [f"{line.id} {line.item}", plain(line.summed), "—", changed, "—", "—", "—"]
    return [
        f"{line.id} {line.item}",
        plain(line.summed),
        plain(line.recomputed),
        plain(line.difference),
        *(grouped(part) if part else "0" for part in year_sums.parts_of_difference(line)),
    ]


def _corrections(source: Source, year: YearResult) -> blocks_of.Block:
    rows = [
        [
            month,
            f"{line.id} {line.item}",
            entry.name,
            plain(entry.converted),
            plain(entry.correction.corrected),
            "、".join(dict.fromkeys(part.clause for part in entry.correction.parts)),
        ]
        for month, result in year.months.items()
        for line in result.lines
        for entry in line.inputs
        if entry.correction is not None
    ]
    if not rows:
        return blocks_of.text(["全年没有因计量器具超差或未检定而作的保守修正。"])
    columns = [
        column("月份", 2),
        column("排放源", 3),
        column("参数", 3),
        figures("填报值", 3),
        figures("修正后", 3),
        column("条款", 4),
    ]
    return blocks_of.table("保守修正", columns, rows, remark=f"{source.subject} 年")


def _restatements(source: Source) -> blocks_of.Block:
    changed = [entry for entry in source.months if entry.version > 1]
    if not changed:
        return blocks_of.text(["十二个月均采用第 1 版，没有补正或更正。"])
    rows = [
        [str(entry.month), f"V{entry.version}", _kind(entry), entry.content["record"]["reason"] or "—"]
        for entry in changed
    ]
    columns = [column("月份", 2), column("采用版本", 2), column("来由", 2), column("理由", 8)]
    return blocks_of.table("第 1 版之后的版本", columns, rows)


#: Why a version was made, as the snapshot names it.
_KINDS = {"original": "首次提交", "amendment": "退回后补正", "restatement": "受理后更正"}


def _kind(entry: AcceptedMonth) -> str:
    kind = str(entry.content["record"]["kind"])
    return _KINDS.get(kind, kind)


def _records(source: Source) -> dict[str, Any]:
    rows = [
        [
            str(entry.month),
            f"V{entry.version}",
            entry.content["signature"]["signed_by"],
            entry.content["signature"]["submitted_at"][:10],
            f"V{entry.content['plan']['version']}",
            str(len({file["sha256"] for file in entry.content["evidence"]})),
            entry.sha256[:16],
        ]
        for entry in source.months
    ]
    columns = [
        column("月份", 2),
        column("版本", 1),
        column("签发人", 2),
        column("签发日期", 3),
        column("控制方案", 2),
        column("证据", 1, align="right"),
        column("数据摘要（前 16 位）", 4),
    ]
    return blocks_of.chapter(
        "来源记录",
        [blocks_of.section("版本", blocks_of.table("采用的月度记录", columns, rows))],
        lead="每个月的数据摘要列在表中；任何来源再被更正，本报告即标为“已过时”。",
        notes=["证据为该月归档的文件数；完整摘要、条款与每个文件的 SHA-256 见各月报告。"],
    )
