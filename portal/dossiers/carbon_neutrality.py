"""碳中和报告: an inventory or footprint, what was reduced, what remains, and the credits that were cancelled.

The text of ISO 14068-1 was not seen: chapters follow an outline, and the document says so in its notes.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from portal.accounting.lines import plain
from portal.domain.quantities import rounded
from portal.dossiers import answers, blocks_of
from portal.dossiers.answers import NOTHING
from portal.dossiers.blocks_of import column, figures, grouped
from portal.dossiers.carbon_neutrality_account import (
    FOOTPRINT,
    Balance,
    Cancelled,
    balance_of,
    facts,
    reduction_of,
    same_name,
)
from portal.dossiers.source import Contents, Figure, Source

__all__ = ["assemble", "facts"]

UNIT = "tCO2e"
#: Decimals of tCO2e beyond which a residual worked out of a footprint is not printed.
_PRINTED = 6
_UNSEEN = "本章的条目依 ISO 14068-1:2023 的内容提要整理，标准全文未核对，以标准文本为准（未核实）。"
_KINDS = {"ccer": "CCER", "vcs": "VCS", "gs": "GS", "sink": "碳汇", "other": "其他"}


def assemble(source: Source) -> Contents:
    """The report's data; raises Invalid for a wrong answer, and without a base document that fits."""
    answers.check_answers(source)
    balance = balance_of(source)
    data = {
        "cover": _cover(source, balance),
        "chapters": [
            _subject(source, balance),
            _quantified(balance),
            _plan(source),
            _reductions(source),
            _residual(source, balance),
            _offset(source, balance),
            _statement(source, balance),
        ],
        "signatures": [
            blocks_of.signer("主体负责人", "对声明负责", seal=True),
            blocks_of.signer("编制", source.enterprise.name),
        ],
    }
    return Contents(data, _figures(source, balance))


def _figures(source: Source, balance: Balance) -> tuple[Figure, ...]:
    return (
        Figure("residual", "剩余排放量", "Residual emissions", balance.residual, UNIT),
        Figure("cancelled", "注销量", "Cancelled", balance.cancelled, UNIT),
        Figure("reduced", "已实现减排量", "Reductions achieved", _reduced(source), UNIT),
    )


def _reduced(source: Source) -> Decimal:
    found = (reduction_of(row) for row in answers.rows(source, "reductions"))
    return sum((amount for amount in found if amount is not None), Decimal(0))


def _tonnes(value: Decimal) -> Decimal:
    """Without digits that only an endless fraction brought."""
    return value if -int(value.as_tuple().exponent) <= _PRINTED else rounded(value, _PRINTED)


def _who(source: Source) -> str:
    """The subject of the claim: the enterprise, or its product or event by name."""
    return f"{source.enterprise.name}（{source.about}）" if source.about else source.enterprise.name


def _scope(balance: Balance) -> str:
    return "产品层级" if balance.base.kind == FOOTPRINT else "组织层级"


def _cover(source: Source, balance: Balance) -> dict[str, Any]:
    name = "注销量超出剩余排放" if balance.surplus >= 0 else "注销量少于剩余排放"
    return {
        "owner": source.enterprise.name,
        "period": f"{source.year} 年度",
        "line": f"{source.year} 年度　{_scope(balance)}",
        "facts": [
            ["主体", _who(source)],
            ["统一社会信用代码", source.enterprise.uscc],
            ["期间", f"{source.year}-01-01 至 {source.year}-12-31"],
            ["量化依据", f"{balance.base.title} {balance.base.number}"],
            ["声明依据", "ISO 14068-1:2023（条目未核实）"],
        ],
        "result": {
            "name": name,
            "value": grouped(abs(_tonnes(balance.surplus))),
            "unit": UNIT,
            "remark": f"注销 {grouped(balance.cancelled)} tCO2e，"
            f"剩余排放 {grouped(_tonnes(balance.residual))} tCO2e",
        },
    }


def _subject(source: Source, balance: Balance) -> dict[str, Any]:
    enterprise = source.enterprise
    rows = [
        ("主体", _who(source)),
        ("统一社会信用代码", enterprise.uscc),
        ("地址", enterprise.address),
        ("层级", _scope(balance)),
        ("期间", f"{source.year} 年度"),
    ]
    if balance.base.kind == FOOTPRINT:
        rows.append(("产品", balance.base.subject))
    return blocks_of.chapter(
        "主体与边界",
        [
            blocks_of.section("主体", blocks_of.facts(rows)),
            blocks_of.section("边界与范围", blocks_of.text(_words(source, "boundary"))),
        ],
        lead=f"{_scope(balance)}，{source.year} 年度。",
        notes=[_UNSEEN],
    )


def _quantified(balance: Balance) -> dict[str, Any]:
    base = balance.base
    columns = [
        column("文件", 3),
        column("编号", 4),
        column("签发日期", 2),
        figures("排放量", 3),
        column("单位", 2),
    ]
    row = [base.title, base.number, base.issued_on, plain(base.figure), base.unit]
    return blocks_of.chapter(
        "量化",
        [
            blocks_of.section("依据的文件", blocks_of.table("量化结果的来源", columns, [row])),
            blocks_of.section("文件指纹", blocks_of.facts([("SHA-256", base.sha256)])),
        ],
        lead=f"{base.title} {base.number}：{grouped(base.figure)} {base.unit}。",
        notes=[
            "量化结果取自上表已签发的文件，没有另行填报；该文件被更正、撤销或替代后，本报告即标为“已过时”。"
        ],
    )


def _plan(source: Source) -> dict[str, Any]:
    printed = [("year", column("年份", 2)), ("target", column("目标", 5)), ("responsible", column("责任", 3))]
    milestones = answers.rows(source, "milestones")
    return blocks_of.chapter(
        "碳中和管理计划",
        [
            blocks_of.section("路径", blocks_of.text(_words(source, "pathway"))),
            blocks_of.section("里程碑", blocks_of.answered("里程碑、目标与责任", printed, milestones)),
            blocks_of.section("剩余排放的定义", blocks_of.text(_words(source, "residual_definition"))),
        ],
        lead=f"先减排、再清除、后抵消；设定 {len(milestones)} 个里程碑。",
        notes=[_UNSEEN],
    )


def _reductions(source: Source) -> dict[str, Any]:
    rows = [
        [
            row.text("measure"),
            row.text("done_on"),
            row.text("base"),
            row.text("actual"),
            blocks_of.plain(reduction_of(row)),
            row.text("evidence"),
        ]
        for row in answers.rows(source, "reductions")
    ]
    total = _reduced(source)
    count = len(rows)
    rows.append(["合计", "", "", "", plain(total), ""])
    columns = [
        column("措施", 4),
        column("完成日期", 2),
        figures("基准", 2),
        figures("实际", 2),
        figures("减排量", 2),
        column("依据", 4),
    ]
    table = blocks_of.table("已实现的减排", columns, rows, totals=1, remark="单位 tCO2e，企业填报")
    return blocks_of.chapter(
        "已实现减排",
        [blocks_of.section("措施", table)],
        lead=f"{count} 项措施，较基准共减少 {grouped(total)} tCO2e。",
        notes=["减排量为基准减去实际；已售出的绿电、绿证不计入。"],
    )


def _residual(source: Source, balance: Balance) -> dict[str, Any]:
    base, residual = balance.base, _tonnes(balance.residual)
    rows = [("剩余排放量", f"{grouped(residual)} tCO2e"), ("来源", f"{base.title} {base.number}")]
    if base.kind == FOOTPRINT:
        quantity = answers.amount(source, "product_quantity")
        rows.append(("算法", f"{grouped(base.figure)} {base.unit} × {blocks_of.plain(quantity)} ÷ 1000"))
    return blocks_of.chapter(
        "剩余排放",
        [
            blocks_of.section("数量", blocks_of.facts(rows)),
            blocks_of.section("不能再减的理由", blocks_of.text(_words(source, "residual_reason"))),
        ],
        lead=f"剩余 {grouped(residual)} tCO2e。",
    )


def _offset(source: Source, balance: Balance) -> dict[str, Any]:
    sections = [
        blocks_of.section("注销清单", *_cancellations(source, balance)),
        blocks_of.section("注销证明", _proofs(balance.credits)),
        blocks_of.section("附加性、永久性与不重复", blocks_of.text(_words(source, "quality"))),
        blocks_of.section("签发年份", blocks_of.text(_words(source, "vintage_rule"))),
        blocks_of.section("绿电与绿证", _green_power(source)),
    ]
    return blocks_of.chapter(
        "抵消",
        sections,
        lead=f"{len(balance.credits)} 笔，注销 {grouped(balance.cancelled)} tCO2e；{_covered(balance)}。",
        notes=["平台内同一登记簿的序列号只能登记一次；平台外是否重复使用，以登记簿为准。", _UNSEEN],
    )


def _covered(balance: Balance) -> str:
    surplus = grouped(abs(_tonnes(balance.surplus)))
    return f"超出剩余排放 {surplus} tCO2e" if balance.surplus >= 0 else f"比剩余排放少 {surplus} tCO2e"


def _cancellations(source: Source, balance: Balance) -> list[blocks_of.Block]:
    if not balance.credits:
        return [blocks_of.text(["没有选用到本材料的碳信用。"])]
    rows = [
        [
            f"{_KINDS.get(credit.kind, credit.kind)} {credit.registry}",
            f"{credit.project}（{credit.project_id}）",
            credit.methodology,
            str(credit.vintage),
            credit.serials,
            plain(credit.quantity),
            credit.cancelled_on,
        ]
        for credit in balance.credits
    ]
    rows.append(["合计", "", "", "", "", plain(balance.cancelled), ""])
    columns = [
        column("登记簿", 3),
        column("项目", 4),
        column("方法学", 3),
        column("签发年份", 2),
        column("序列号", 5),
        column("数量", 3, decimals=2),
        column("注销日期", 3),
    ]
    owners = [
        [credit.project, credit.beneficiary, _beneficiary(source, credit)] for credit in balance.credits
    ]
    return [
        blocks_of.table("已注销的信用与碳汇", columns, rows, totals=1, remark="单位 tCO2e"),
        blocks_of.table(
            "注销受益人", [column("项目", 4), column("受益人", 4), column("与主体", 2, kind="state")], owners
        ),
    ]


def _beneficiary(source: Source, credit: Cancelled) -> str:
    same = same_name(credit.beneficiary, source.enterprise.name)
    return "met:一致" if same else "not_met:不一致"


def _proofs(cancelled: Sequence[Cancelled]) -> blocks_of.Block:
    rows = [
        [credit.project, name, _grouped_hash(digest), "met:已有" if credit.proof else "not_met:缺"]
        for credit in cancelled
        for name, digest in [credit.proof or (NOTHING, NOTHING)]
    ]
    if not rows:
        return blocks_of.text([NOTHING])
    columns = [column("项目", 3), column("文件", 3), column("SHA-256", 5), column("证明", 2, kind="state")]
    return blocks_of.table("注销证明文件", columns, rows)


def _grouped_hash(digest: str) -> str:
    """Sixteen digits at a time, so that it can be read and breaks within a narrow column."""
    return " ".join(digest[start : start + 16] for start in range(0, len(digest), 16))


def _green_power(source: Source) -> blocks_of.Block:
    rows = answers.rows(source, "green_power")
    if not rows:
        return blocks_of.text(["没有登记绿电或绿证。"])
    columns = [
        column("绿电或绿证", 4),
        figures("数量", 2),
        column("单位", 2),
        column("去向", 2),
        column("计入本主体减排", 3, kind="state"),
    ]
    printed = [
        [
            row.text("certificate"),
            row.text("quantity"),
            row.text("unit"),
            row.choice("fate"),
            _claim(row.text("fate"), row.choice("claimed"), claimed=row.text("claimed") == "yes"),
        ]
        for row in rows
    ]
    return blocks_of.table("绿电与绿证的去向", columns, printed)


def _claim(fate: str, words: str, *, claimed: bool) -> str:
    mark = "none" if not claimed else "not_met" if fate == "sold" else "met"
    return f"{mark}:{words or NOTHING}"


def _statement(source: Source, balance: Balance) -> dict[str, Any]:
    rows = [
        ("首次或后续", answers.choice(source, "occasion")),
        ("公开渠道", answers.shown(source, "channel")),
        ("验证", answers.choice(source, "verification")),
        ("验证机构", answers.shown(source, "verifier")),
        ("保证等级", answers.shown(source, "verified_level")),
        ("验证日期", answers.shown(source, "verified_on")),
    ]
    covered = "已抵消剩余排放" if balance.surplus >= 0 else "尚未抵消全部剩余排放"
    sections = [
        blocks_of.section("声明", blocks_of.text(_words(source, "statement"))),
        blocks_of.section("公开与验证", blocks_of.facts(rows)),
    ]
    if words := answers.paragraphs(source, "verified_words"):
        sections.append(blocks_of.section("验证结论", blocks_of.text(words)))
    return blocks_of.chapter(
        "碳中和声明",
        sections,
        lead=f"{_who(source)} {source.year} 年度{_scope(balance)}{covered}。",
        notes=[_UNSEEN],
    )


def _words(source: Source, key: str) -> Sequence[str]:
    return answers.paragraphs(source, key) or [NOTHING]
