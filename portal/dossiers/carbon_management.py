"""碳管理报告: an inventory shaped as ISO 14064-1 has it, and the checklist of the management system.

The text of neither standard was seen: chapters follow outlines, and the document says so in its notes.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.accounting.lines import plain
from portal.dossiers import answers, blocks_of
from portal.dossiers.answers import NOTHING, Row
from portal.dossiers.blocks_of import column, figures, grouped
from portal.dossiers.carbon_management_chapter import inventory_chapter
from portal.dossiers.carbon_management_inventory import Account, account_of, assessed
from portal.dossiers.source import Contents, Figure, Source

UNIT = "tCO2e"
UNSEEN_SYSTEM = "体系条目依 T/CIECCPA 碳管理体系（征求意见稿）的目录整理，正文未核对（未核实）。"
#: How the answers of a choice are marked.
_DOCUMENT_STATES = {"issued": "met", "revising": "notice", "missing": "not_met"}
_CLAUSE_STATES = {"met": "met", "partly": "notice", "not_met": "not_met", "not_applicable": "none"}
_AUDIT_STATES = {"closed": "met", "open": "notice"}
#: Main sources that the review names.
_LARGEST = 5


def assemble(source: Source) -> Contents:
    """The report's data; raises Invalid for missing months, a wrong answer, a base year without emissions."""
    answers.check_answers(source)
    account = account_of(source)
    data = {
        "cover": _cover(source, account),
        "chapters": [
            _system(source),
            _review(source, account),
            _operation(source),
            inventory_chapter(source, account),
            _assets(source),
            _evaluation(source),
            _checklist(source),
        ],
        "signatures": [
            blocks_of.signer("管理者代表", "对体系运行和清单负责", seal=True),
            blocks_of.signer("编制", source.enterprise.name),
        ],
    }
    return Contents(data, _figures(account))


def facts(source: Source) -> Mapping[str, Any]:
    """How many categories are assessed, the base year, how many clauses of the system were checked."""
    return {
        "categories": Decimal(assessed(source)),
        "base_year": source.text("base_year").strip() or None,
        "clauses": Decimal(len({row.get("clause") for row in source.rows("clauses")} - {None, ""})),
    }


def _figures(account: Account) -> tuple[Figure, ...]:
    found = [Figure("total", "组织温室气体排放量", "Emissions of the organisation", account.total, UNIT)]
    names = {"1": ("直接排放", "Direct emissions"), "2": ("外购能源的间接排放", "Emissions of energy bought")}
    for key, (name, name_en) in names.items():
        if key in account.amounts:
            found.append(Figure(f"category_{key}", name, name_en, account.amounts[key], UNIT))
    if account.others is not None:
        found.append(Figure("others", "类别 3–6 已量化", "Categories 3 to 6", account.others, UNIT))
    found.append(Figure("base", "基准年排放量", "Emissions of the base year", account.base.emissions, UNIT))
    return tuple(found)


def _cover(source: Source, account: Account) -> dict[str, Any]:
    enterprise = source.enterprise
    scope = "类别 1 与 2" if account.others is None else "类别 1 与 2 及已量化的类别 3–6"
    return {
        "owner": enterprise.name,
        "period": f"{source.subject} 年度",
        "line": f"{source.subject} 年度　{enterprise.industry_name}",
        "facts": [
            ["组织", enterprise.name],
            ["统一社会信用代码", enterprise.uscc],
            ["基准年", account.base.year],
            ["清单依据", "ISO 14064-1:2018（条目未核实）"],
            ["期间", f"{source.subject}-01-01 至 {source.subject}-12-31"],
        ],
        "result": {
            "name": "组织温室气体排放量",
            "value": grouped(account.total),
            "unit": UNIT,
            "remark": f"{scope}；其余按显著性判定",
        },
    }


def _system(source: Source) -> dict[str, Any]:
    documents, duties = answers.rows(source, "documents"), answers.rows(source, "duties")
    issued = sum(row.text("state") == "issued" for row in documents)
    columns = [column("文件", 5), column("版本", 2), column("发布日期", 3), column("状态", 2, kind="state")]
    rows = [
        [
            row.text("document"),
            row.text("version"),
            row.text("issued_on") or NOTHING,
            _state(row, "state", _DOCUMENT_STATES),
        ]
        for row in documents
    ]
    return blocks_of.chapter(
        "体系文件",
        [
            blocks_of.section("方针", blocks_of.text(_words(source, "policy"))),
            blocks_of.section("体系范围", blocks_of.text(_words(source, "scope"))),
            blocks_of.section("文件", blocks_of.table("管理手册、程序与任命", columns, rows)),
            blocks_of.section(
                "职责",
                blocks_of.answered(
                    "岗位职责", [("duty", column("职责", 6)), ("holder", column("部门或岗位", 4))], duties
                ),
            ),
        ],
        lead=f"{len(documents)} 份文件，{issued} 份已发布。",
        clause="第 4、5 章",
        notes=[UNSEEN_SYSTEM],
    )


def _review(source: Source, account: Account) -> dict[str, Any]:
    largest = sorted(account.year.lines, key=lambda line: line.summed, reverse=True)[:_LARGEST]
    targets = answers.rows(source, "targets")
    return blocks_of.chapter(
        "评审与目标",
        [
            blocks_of.section("法规与相关方要求", blocks_of.text(_words(source, "requirements"))),
            blocks_of.section(
                "能源与碳流",
                blocks_of.text(_words(source, "flows")),
                blocks_of.table(
                    "主要排放源",
                    [column("排放源", 6), column("排放量", 4, decimals=2)],
                    [[f"{line.id} {line.item}", plain(line.summed)] for line in largest],
                    remark=f"单位 {UNIT}，取自十二个已受理月份",
                ),
            ),
            blocks_of.section(
                "目标指标与方案",
                blocks_of.answered(
                    "目标指标",
                    [
                        ("target", column("目标指标", 4)),
                        ("value", column("目标值", 3)),
                        ("due_on", column("期限", 3)),
                        ("responsible", column("责任部门", 3)),
                        ("resources", column("资源", 3)),
                        ("progress", column("进展", 3)),
                    ],
                    targets,
                ),
            ),
        ],
        lead=f"{largest[0].item}排放最多；设定 {len(targets)} 项目标指标。",
        clause="第 6 章",
    )


def _operation(source: Source) -> dict[str, Any]:
    plans = dict.fromkeys(f"V{month.content['plan']['version']}" for month in source.months)
    files = {file["sha256"] for month in source.months for file in month.content["evidence"]}
    meters = {
        row["meter"]
        for month in source.months
        for stream in month.content["streams"]
        for row in stream["rows"]
        if row.get("meter")
    }
    held = [
        ("数据质量控制方案", "、".join(plans)),
        ("计量器具", f"本年数据用到 {len(meters)} 台"),
        ("月度记录", f"{len(source.months)} 个月已受理"),
        ("归档证据", f"{len(files)} 个文件"),
    ]
    controls = answers.rows(source, "controls")
    return blocks_of.chapter(
        "运行控制",
        [
            blocks_of.section("数据与计量", blocks_of.facts(held)),
            blocks_of.section(
                "控制要求",
                blocks_of.answered(
                    "采购、设计、运行维护和应急",
                    [
                        ("area", column("方面", 2)),
                        ("control", column("控制要求", 6)),
                        ("responsible", column("责任部门", 3)),
                    ],
                    controls,
                ),
            ),
        ],
        lead=f"{len(source.months)} 个月的数据已受理，控制方案 {'、'.join(plans)}。",
        clause="第 7、8 章",
        notes=["计量器具、方案和证据取自已受理月份的签名快照；校准有效期见各月报告。"],
    )


def _assets(source: Source) -> dict[str, Any]:
    holdings = answers.rows(source, "holdings")
    member = "已纳入" if source.enterprise.ets_member else "未纳入"
    block = blocks_of.text(["没有登记的配额、减排量或绿证持仓。"])
    if holdings:
        block = blocks_of.table(
            "持仓与履约",
            [column("资产", 3), figures("数量", 3), column("单位", 2), column("交易或履约记录", 6)],
            [
                [row.text("asset"), row.text("quantity"), row.text("unit"), row.text("record")]
                for row in holdings
            ],
        )
    sections = [
        blocks_of.section("账户与授权", blocks_of.text(_words(source, "accounts"))),
        blocks_of.section("持仓", blocks_of.facts([("全国碳市场", member)]), block),
    ]
    if words := answers.paragraphs(source, "neutrality"):
        sections.append(blocks_of.section("碳中和", blocks_of.text(words)))
    return blocks_of.chapter(
        "交易与资产",
        sections,
        lead=f"{member}全国碳市场；登记持仓 {len(holdings)} 项。",
        clause="附录 B、C、D",
        notes=["附录 B、C、D 只见标题，字段为平台编排（未核实）；已出售的绿电、绿证不作为本组织的减排。"],
    )


def _evaluation(source: Source) -> dict[str, Any]:
    audits, improvements = answers.rows(source, "audits"), answers.rows(source, "improvements")
    gaps = sum((row.amount("gaps") or Decimal(0) for row in audits), Decimal(0))
    still_open = sum(row.text("state") == "open" for row in audits)
    columns = [column("活动", 4), column("日期", 3), figures("不符合项", 2), column("状态", 2, kind="state")]
    rows = [
        [row.choice("activity"), row.text("done_on"), row.text("gaps"), _state(row, "state", _AUDIT_STATES)]
        for row in audits
    ]
    sections = [blocks_of.section("记录", blocks_of.table("评价、内审与管理评审", columns, rows))]
    if improvements:
        printed = [
            ("issue", column("不符合或改进点", 5)),
            ("correction", column("纠正措施", 5)),
            ("closed_on", column("关闭日期", 3)),
        ]
        sections.append(blocks_of.section("改进", blocks_of.answered("不符合与纠正", printed, improvements)))
    closed = "均已关闭" if not still_open else f"{still_open} 次活动还在整改"
    return blocks_of.chapter(
        "绩效评价与改进",
        sections,
        lead=f"{len(audits)} 次活动，不符合项 {gaps:f} 项，{closed}。",
        clause="第 9、10 章",
    )


def _checklist(source: Source) -> dict[str, Any]:
    clauses = answers.rows(source, "clauses")
    met = sum(row.text("state") == "met" for row in clauses)
    columns = [column("条款", 5), column("结论", 2, kind="state"), column("证据", 5)]
    rows = [
        [row.choice("clause"), _state(row, "state", _CLAUSE_STATES), row.text("evidence") or NOTHING]
        for row in clauses
    ]
    return blocks_of.chapter(
        "体系核查",
        [blocks_of.section("逐条", blocks_of.table("体系条款核查表", columns, rows))],
        lead=f"核查 {len(clauses)} 条，符合 {met} 条。",
        notes=[UNSEEN_SYSTEM],
    )


def _words(source: Source, key: str) -> Sequence[str]:
    return answers.paragraphs(source, key) or [NOTHING]


def _state(row: Row, key: str, marks: Mapping[str, str]) -> str:
    return f"{marks.get(row.text(key), 'none')}:{row.choice(key) or NOTHING}"
