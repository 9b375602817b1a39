"""产品碳足迹报告: a product's footprint as it was worked out, with everything that it was worked out from.

``source.extras`` holds ``footprint`` and, where there is one, ``earlier_footprint`` of the same product.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.dossiers import answers, blocks_of, footprint_tables
from portal.dossiers.blocks_of import column
from portal.dossiers.footprint_chapters import (
    boundary_words,
    compared,
    differing_in,
    inventory,
    per_unit,
    quality,
    results,
    shown_total,
    unit_words,
)
from portal.dossiers.footprint_tables import share, short, total_of
from portal.dossiers.source import Contents, Figure, Source

_STANDARD = "GB/T 24067-2024"
_UNSEEN = "本章的条目依据标准提要整理，标准全文未核对，以标准文本为准（未核实）。"
_FILE_STATES = {"ready": "met", "pending": "notice", "not_applicable": "none"}
_REVIEWED = {"none": "未进行", "internal": "内部专家", "external": "外部专家"}


def assemble(source: Source) -> Contents:
    """The report's data; raises Invalid without a footprint of the period, or for a wrong answer."""
    answers.check_answers(source)
    footprint = footprint_in(source)
    data = {
        "cover": _cover(source, footprint),
        "chapters": [
            _basics(source, footprint),
            _scope(source, footprint),
            inventory(footprint, answers.paragraphs(source, "electricity")),
            results(footprint),
            quality(footprint),
            _interpretation(source, footprint),
            _application(source),
        ],
        "signatures": [
            blocks_of.signer("编制", answers.shown(source, "prepared_by")),
            blocks_of.signer("委托方批准", source.enterprise.name, seal=True),
            blocks_of.signer("鉴定性评审", "（如有）"),
        ],
    }
    return Contents(data, _figures(footprint))


def facts(source: Source) -> Mapping[str, Any]:
    """Whether it was worked out, from which months, how much of it was measured and verified."""
    footprint = source.extras.get("footprint")
    if footprint is None:
        return {"solved": False}
    primary = footprint["result"].get("primary_share")
    months = len(footprint["sources"]["months"])
    told: dict[str, Any] = {
        "solved": True,
        "unverified": Decimal(len(footprint_tables.typed_factors(footprint))),
        "primary_share": None if primary is None else Decimal(primary),
        "accepted_months": months,
        "expected_months": len(source.expected) if months else 0,
    }
    earlier = source.extras.get("earlier_footprint")
    if earlier is not None:
        told["comparable"] = not differing_in(footprint, earlier)
    return told


def footprint_in(source: Source) -> Mapping[str, Any]:
    """The footprint that the dossier is about; raises Invalid when none was worked out."""
    footprint: Mapping[str, Any] | None = source.extras.get("footprint")
    if footprint is None:
        raise Invalid(N_("数据期间还没有算出的碳足迹，请到产品页计算"), path="footprint")
    return footprint


def _cover(source: Source, footprint: Mapping[str, Any]) -> dict[str, Any]:
    product, result = footprint["product"], footprint["result"]
    primary = result.get("primary_share")
    remarks = [f"GWP100 取自 IPCC {result['gwp']}"]
    if primary is not None:
        remarks.append(f"初级数据占比 {share(Decimal(primary), Decimal(1))} %")
    if result.get("uncertainty"):
        remarks.append(f"扩展不确定度 ±{footprint_tables.expanded(footprint)} %（k = 2）")
    return {
        "owner": source.enterprise.name,
        "period": product["model"],
        "line": f"{product['name']}　{product['model']}",
        "facts": [
            ["委托方", source.enterprise.name],
            ["编制方", answers.shown(source, "prepared_by")],
            ["依据标准", f"{_STANDARD}（报告内容依提要编排）"],
            ["产品规则", product["rules"] or answers.NOTHING],
            ["数据期间", f"{footprint['first_month']} 至 {footprint['last_month']}"],
            ["地理边界", product["place"] or answers.NOTHING],
        ],
        "result": {
            "name": f"每 {unit_words(footprint)}，{boundary_words(footprint)}",
            "value": shown_total(footprint),
            "unit": per_unit(footprint),
            "remark": "　".join(remarks),
        },
    }


def _basics(source: Source, footprint: Mapping[str, Any]) -> dict[str, Any]:
    product, enterprise = footprint["product"], source.enterprise
    codes = "　".join(filter(None, (product["hs_code"], product["cn_code"] and f"CN {product['cn_code']}")))
    rows = [
        ("产品名称", product["name"]),
        ("型号规格", product["model"] or answers.NOTHING),
        ("委托方信用代码", enterprise.uscc),
        ("地址", enterprise.address or answers.NOTHING),
        ("生产地点", product["place"] or answers.NOTHING),
        ("HS 编码", codes or answers.NOTHING),
        ("鉴定性评审", _REVIEWED.get(source.text("review"), answers.NOTHING)),
        ("评审人与结论", answers.shown(source, "reviewer")),
    ]
    purpose = answers.paragraphs(source, "purpose")
    said = [
        ("产品说明", product["description"] or answers.NOTHING),
        ("受众", answers.shown(source, "audience")),
        ("假设", _joined(source, "assumptions")),
    ]
    return blocks_of.chapter(
        "基本信息",
        [
            blocks_of.section("委托与产品", blocks_of.facts(rows, columns=2)),
            blocks_of.section("产品、受众与假设", blocks_of.facts(said)),
        ],
        lead=purpose[0] if purpose else "",
        notes=[_UNSEEN],
    )


def _scope(source: Source, footprint: Mapping[str, Any]) -> dict[str, Any]:
    drawn = footprint_tables.boundary_processes(footprint)
    excluded = list(footprint["sources"].get("excluded", ()))
    sections = [
        blocks_of.section(
            "范围",
            *_scope_facts(footprint),
            {
                "kind": "boundary",
                "caption": f"{len(drawn)} 个过程在边界之内"
                + ("，" + "、".join(excluded) + "不在边界之内" if excluded else ""),
                "remark": "单元过程与每声明单位的主要流；虚线为系统边界，深色为占结果四分之一以上的过程",
                "words": f"系统边界：{boundary_words(footprint)}",
                "excluded": excluded,
                "processes": drawn,
            },
        ),
        blocks_of.section("取舍", _cut_offs(footprint)),
    ]
    return blocks_of.chapter(
        "目的、范围与系统边界",
        sections,
        lead=f"{_joined(source, 'purpose')}。",
    )


def _scope_facts(footprint: Mapping[str, Any]) -> list[blocks_of.Block]:
    product = footprint["product"]
    short_ones = [
        ("功能单位" if product["functional"] else "声明单位", unit_words(footprint)),
        ("时间边界", f"{footprint['first_month']} 至 {footprint['last_month']}"),
        ("地理边界", product["place"] or answers.NOTHING),
        ("产品规则", product["rules"] or answers.NOTHING),
    ]
    long_ones = [
        ("分配", "；".join(_allocation_words(footprint)) or "没有多产品过程，不分配"),
    ]
    return [blocks_of.facts(short_ones, columns=2), blocks_of.facts(long_ones)]


def _joined(source: Source, key: str) -> str:
    """The lines of an answer in one."""
    return "；".join(line.rstrip("。；") for line in answers.paragraphs(source, key)) or answers.NOTHING


def _allocation_words(footprint: Mapping[str, Any]) -> list[str]:
    """How each shared process was shared, with the figures of its basis."""
    words = []
    for flow in footprint_tables.flows(footprint, "output"):
        if not flow.get("method"):
            continue
        basis = f"{flow['own']} ÷ {flow['whole']} {flow['basis_unit']}"
        method = footprint_tables.METHODS[flow["method"]]
        words.append(f"{flow['name']}{method}分配 {basis} = {short(Decimal(flow['share']))}")
    return words


def _cut_offs(footprint: Mapping[str, Any]) -> blocks_of.Block:
    entries = footprint["result"].get("cut_offs", [])
    if not entries:
        return blocks_of.text(["没有忽略项。"])
    rows = [
        [
            entry["what"],
            f"{short(Decimal(entry['share']) * 100)} %" if "share" in entry else "未估计",
            entry["reason"],
        ]
        for entry in entries
    ]
    columns = [column("忽略项", 3), column("贡献估计", 2, align="right"), column("理由", 7)]
    return blocks_of.table("忽略项与影响估计", columns, rows)


def _interpretation(source: Source, footprint: Mapping[str, Any]) -> dict[str, Any]:
    largest = sorted(footprint_tables.contributions(footprint), key=lambda entry: -entry.result)[:2]
    rows = [("完整性与一致性", line) for line in answers.paragraphs(source, "completeness")]
    rows += [("局限", line) for line in answers.paragraphs(source, "limits")]
    for place, row in enumerate(answers.rows(source, "advice"), 1):
        effect = f"（{row.text('effect')}）" if row.text("effect") else ""
        rows.append((f"建议 {place}", f"{row.text('measure')}{effect}"))
    sections = [blocks_of.section("局限与建议", blocks_of.facts(rows))] if rows else []
    earlier = source.extras.get("earlier_footprint")
    if earlier is not None:
        sections.append(blocks_of.section("与上一期比较", *compared(footprint, earlier)))
    words = "、".join(f"{entry.process}的{entry.name}" for entry in largest)
    return blocks_of.chapter("解释与局限", sections, lead=f"热点为{words}。", notes=[_UNSEEN])


def _application(source: Source) -> dict[str, Any]:
    kind = source.kind
    questions = [question for question in kind.questions if question.key.startswith("file_")]
    rows, pending = [], 0
    for question in questions:
        state = source.text(question.key)
        pending += state != "ready" and state != "not_applicable"
        mark = _FILE_STATES.get(state, "notice")
        rows.append([question.label, f"{mark}:{answers.choice(source, question.key)}"])
    conditions = [
        [question.label, "met:符合" if answers.is_yes(source, question.key) else "not_met:不符合"]
        for question in kind.questions
        if question.key.startswith("condition_")
    ]
    states = [column("状态", 2, kind="state")]
    lead = f"{len(rows)} 项材料" + (f"，{pending} 项待补" if pending else "，都已备齐或不适用")
    return blocks_of.chapter(
        "认证材料",
        [
            blocks_of.section(
                "委托人条件", blocks_of.table("申请条件", [column("条件", 6), *states], conditions)
            ),
            blocks_of.section(
                "材料清单",
                blocks_of.table("认证委托材料", [column("材料", 6), *states], rows),
            ),
        ],
        lead=f"{lead}；证书有效期两年，其间每年监督一次。",
        clause="产品碳足迹标识认证通用实施规则（试行）",
        notes=["材料名称为转录值，规则全文未见，以认证机构要求为准；监督间隔为平台建议。"],
    )


def _figures(footprint: Mapping[str, Any]) -> tuple[Figure, ...]:
    unit = per_unit(footprint)
    found = [Figure("total", "产品碳足迹", "Product footprint", total_of(footprint), unit)]
    found += [
        Figure(f"stage:{name}", name, name, value, unit) for name, value in footprint_tables.stages(footprint)
    ]
    return tuple(found)
