"""Chapters of a footprint report that come out of the footprint alone: inventory, results, quality."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.accounting.comparison import compare, differences
from portal.accounting.footprint_stored import stored_footprint
from portal.domain.products import BOUNDARY_WORDS, Boundary
from portal.domain.quantities import rounded
from portal.dossiers import blocks_of, footprint_tables
from portal.dossiers.blocks_of import column
from portal.dossiers.footprint_tables import clipped, decimals_of, share, short, small, total_of


def unit_words(footprint: Mapping[str, Any]) -> str:
    """The declared or functional unit in words."""
    product = footprint["product"]
    return product["unit_words"] or f"{product['unit_amount']} {product['unit']}"


def shown_total(footprint: Mapping[str, Any]) -> str:
    """The total as it is printed."""
    total = total_of(footprint)
    return blocks_of.grouped(rounded(total, decimals_of(total)))


def per_unit(footprint: Mapping[str, Any]) -> str:
    """The unit of the total."""
    unit = footprint["result"]["functional_unit"]
    return "kgCO2e/" + (
        unit["unit"] if Decimal(unit["amount"]) == 1 else f"({unit['amount']} {unit['unit']})"
    )


def boundary_words(footprint: Mapping[str, Any]) -> str:
    """From where to where."""
    return BOUNDARY_WORDS[Boundary(footprint["product"]["boundary"])]


def inventory(footprint: Mapping[str, Any], electricity: Sequence[str]) -> dict[str, Any]:
    """What went in: figures from months with their allocation, inputs, how electricity is treated."""
    months = footprint["sources"]["months"]
    sections = []
    if months:
        sections.append(blocks_of.section("取自月度记录的数据与分配", _month_table(footprint)))
    sections.append(blocks_of.section("单元过程与投入", _input_table(footprint)))
    if electricity:
        sections.append(blocks_of.section("电力处理", blocks_of.text(electricity)))
    lead = (
        f"取自 {months[0]['month']} 至 {months[-1]['month']} 共 {len(months)} 个已受理的月度记录。"
        if months
        else "本产品系统不取月度记录的数据，数量均由企业填写并注明来源。"
    )
    return blocks_of.chapter("清单分析", sections, lead=lead)


def _month_table(footprint: Mapping[str, Any]) -> blocks_of.Block:
    rows = [
        [
            entry.name,
            entry.process,
            blocks_of.grouped(entry.total),
            entry.unit,
            entry.method,
            entry.share,
            small(entry.per_unit, entry.unit),
        ]
        for entry in footprint_tables.from_months(footprint)
    ]
    columns = [
        column("数据", 4),
        column("过程", 2),
        column("期内总量", 3, align="right"),
        column("单位", 2),
        column("分配方法", 2),
        column("分配系数", 2, align="right"),
        column("每声明单位", 4, align="right"),
    ]
    return blocks_of.table("取自月度记录的数据", columns, rows)


def _input_table(footprint: Mapping[str, Any]) -> blocks_of.Block:
    names = footprint_tables.process_names(footprint)
    rows, before = [], ""
    for flow in footprint["sources"]["flows"]:
        if flow["kind"] in {"output", "filed"}:
            continue
        name = names[flow["process"]]
        said = "月度记录" if flow["month"] else flow.get("amount_source") or flow.get("source", "")
        rows.append(
            ["" if name == before else name, flow["name"], short(Decimal(flow["amount"])), flow["unit"], said]
        )
        before = name
    columns = [
        column("过程", 3),
        column("投入或排放", 4),
        column("数量", 3, align="right"),
        column("单位", 2),
        column("数量来源", 5),
    ]
    return blocks_of.table("单元过程的投入与排放", columns, rows, remark="每次过程运行的数量，分配之前")


def results(footprint: Mapping[str, Any]) -> dict[str, Any]:
    """Stages, contributions and origins, as the engine gave them."""
    total, digits = total_of(footprint), decimals_of(total_of(footprint))
    stages = footprint_tables.stages(footprint)
    bars = {
        "kind": "stages",
        "remark": "按生命周期阶段，单位 kgCO2e 每声明单位；占比超过四分之一的阶段着深色",
        "total": format(rounded(total, digits), "f"),
        "decimals": digits,
        "rows": [[clipped(name, 7), format(rounded(value, digits), "f")] for name, value in stages],
    }
    strip = {
        "kind": "strip",
        "rows": [
            [words, blocks_of.grouped(rounded(value, digits))]
            for words, value in footprint_tables.origins(footprint)
        ],
    }
    largest = max(stages, key=lambda entry: entry[1])
    return blocks_of.chapter(
        "影响评价结果",
        [blocks_of.section("结果", bars, _contribution_table(footprint, digits), strip)],
        lead=f"每 {unit_words(footprint)} {shown_total(footprint)} kgCO2e；"
        f"{largest[0]}占 {share(largest[1], total)} %，是首要减排对象。",
        notes=_result_notes(footprint),
    )


def _contribution_table(footprint: Mapping[str, Any], digits: int) -> blocks_of.Block:
    rows, before = [], ""
    for entry in footprint_tables.contributions(footprint):
        rows.append(
            [
                "" if entry.stage == before else entry.stage,
                entry.name if entry.amount is not None else f"{entry.process}{entry.name}",
                "" if entry.amount is None else short(entry.amount),
                entry.unit,
                entry.factor,
                entry.factor_unit,
                entry.confidence,
                format(rounded(entry.result, digits), "f"),
            ]
        )
        before = entry.stage
    rows.append(["合计", "产品碳足迹", "", "", "", "", "", format(rounded(total_of(footprint), digits), "f")])
    columns = [
        column("阶段", 3),
        column("过程或物料", 4),
        column("数量", 3, align="right"),
        column("", 2),
        column("因子", 2, align="right"),
        column("", 3),
        column("可信", 1, kind="confidence"),
        column("结果", 2, decimals=digits),
    ]
    return blocks_of.table(
        "单元过程贡献",
        columns,
        rows,
        totals=1,
        remark=f"结果单位 kgCO2e，修约到 {digits} 位小数，未修约的合计与阶段数值在附件里",
    )


def _result_notes(footprint: Mapping[str, Any]) -> list[str]:
    notes = [
        f"{entry['factor_name']} 电力碳足迹因子 {entry['factor']} {entry['factor_unit']}：{entry['source']}。"
        for entry in {
            flow["factor_name"]: flow
            for flow in footprint_tables.flows(footprint, "grid")
            if "factor_name" in flow
        }.values()
    ]
    typed = footprint_tables.typed_factors(footprint)
    if typed:
        words = "；".join(f"{flow['name']}（{flow['source']}）" for flow in typed)
        notes.append(f"可信等级 C 的因子由企业填写、未核实：{words}。认证前须替换或由鉴定性评审确认。")
    notes.append("背景因子不分来源，全部列入化石温室气体；生物源、土地利用变化与航空运输的直接排放单列。")
    return notes


def quality(footprint: Mapping[str, Any]) -> dict[str, Any]:
    """Marks, sensitivity, uncertainty, and where the data are from."""
    marks = footprint_tables.quality_rows(footprint)
    blocks: list[blocks_of.Block] = []
    if marks:
        blocks.append(
            {
                "kind": "matrix",
                "caption": "数据质量矩阵",
                "remark": "5 最好，1 最差",
                "columns": ["时间", "地理", "技术", "完整", "精度"],
                "rows": marks,
            }
        )
    swings = footprint_tables.swing_rows(footprint)
    if swings:
        blocks.append(
            {
                "kind": "swings",
                "remark": "单项变动 10 % 引起的结果变化，%",
                "rows": [list(row) for row in swings],
            }
        )
    words = list(footprint_tables.uncertainty_words(footprint)) or ["没有做不确定度模拟。"]
    primary = footprint["result"].get("primary_share")
    lead = f"初级数据（按活动数据计）占结果的 {share(Decimal(primary), Decimal(1))} %。" if primary else ""
    return blocks_of.chapter(
        "数据质量与不确定性",
        [
            blocks_of.section("评价", *blocks, blocks_of.text(words)),
            blocks_of.section("数据来源与证据", _evidence(footprint)),
        ],
        lead=lead + words[-1],
    )


def _evidence(footprint: Mapping[str, Any]) -> blocks_of.Block:
    rows = [
        [
            f"{entry['month']} 月度记录 v{entry['version']}",
            "初级",
            entry["receipt_number"],
            _ends(entry["sha256"]),
            "met:已受理",
        ]
        for entry in footprint["sources"]["months"]
    ]
    rows += [
        [
            flow["name"],
            "次级",
            flow["source"].partition(" SHA-256 ")[0],
            _ends(flow["source"][-64:]),
            "met:已导入",
        ]
        for flow in footprint_tables.flows(footprint, "supplier")
    ]
    rows.append(
        [
            "计算输入",
            "—",
            f"产品系统 v{footprint['system_number']}",
            _ends(footprint["input_sha256"]),
            "met:已固定",
        ]
    )
    columns = [
        column("数据", 4),
        column("类型", 2),
        column("来源", 5),
        column("SHA-256", 4),
        column("状态", 2, kind="state"),
    ]
    return blocks_of.table("证据", columns, rows)


def _ends(sha256: str) -> str:
    return f"{sha256[:8]} … {sha256[-8:]}"


def compared(footprint: Mapping[str, Any], earlier: Mapping[str, Any]) -> list[blocks_of.Block]:
    """Both footprints by stage, or why they cannot be compared."""
    period = f"{earlier['first_month']} 至 {earlier['last_month']}"
    differing = differing_in(footprint, earlier)
    if differing:
        return [blocks_of.text([f"与 {period} 的碳足迹不可比：{'、'.join(differing)}不同或没有写明。"])]
    base, reporting = stored_footprint(earlier["result"]), stored_footprint(footprint["result"])
    found, digits = compare(base, reporting), decimals_of(total_of(footprint))
    rows = [
        [
            name,
            format(rounded(base.by_stage.get(name, Decimal(0)), digits), "f"),
            format(rounded(reporting.by_stage.get(name, Decimal(0)), digits), "f"),
            format(rounded(change, digits), "f"),
        ]
        for name, change in found.by_stage.items()
    ]
    rows.append(
        [
            "合计",
            format(rounded(found.base, digits), "f"),
            format(rounded(found.reporting, digits), "f"),
            format(rounded(found.difference, digits), "f"),
        ]
    )
    columns = [
        column("阶段", 4),
        column(earlier["last_month"], 3, decimals=digits),
        column(footprint["last_month"], 3, decimals=digits),
        column("变化", 3, decimals=digits),
    ]
    words = []
    if found.reduction is not None:
        words.append(f"较 {period} 减少 {share(found.reduction, Decimal(1), 2)} %（负数为增加）。")
    if found.apart is not None:
        words.append("两期 95 % 区间" + ("不相交。" if found.apart else "相交，变化不显著。"))
    return [blocks_of.table("两期碳足迹", columns, rows, totals=1), blocks_of.text(words)]


def differing_in(footprint: Mapping[str, Any], earlier: Mapping[str, Any]) -> tuple[str, ...]:
    """What keeps the two from being compared."""
    return differences(stored_footprint(earlier["result"]), stored_footprint(footprint["result"]))
