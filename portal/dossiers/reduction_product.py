"""减碳产品报告: two footprints of one product beside each other, where both were made the same way.

Every figure is the engine's: the results as they were signed in the two footprint reports, their difference
and its share of the baseline. No rule of the certification was found; what the report holds is unverified.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portal.accounting.comparison import Comparison
from portal.domain.errors import DomainError, Invalid
from portal.domain.messages import N_
from portal.dossiers import answers, blocks_of
from portal.dossiers.blocks_of import column, figures, plain
from portal.dossiers.reduction_bases import Pair, Side, pair_of
from portal.dossiers.source import Contents, Figure, Source

_RULE = "产品减碳标识认证，实施规则未找到，未核实"
_UNVERIFIED = "本章的条目依据标准提要整理，实施规则没有找到，以认证机构要求为准（未核实）。"
_MINUS = "\N{MINUS SIGN}"
#: Decimals of a printed footprint, and the digits that a small one keeps at least.
_DECIMALS, _DIGITS = 4, 5
_GREEN = {"own": "自发自用", "trade": "绿电交易", "certificate": "绿证"}


def assemble(source: Source) -> Contents:
    """The report's data; raises Invalid with the reason where the two footprints do not compare.

    Also where the reporting period is no lower than the baseline, and for a wrong answer.
    """
    answers.check_answers(source)
    pair = pair_of(source)
    comparison = pair.comparison()
    if comparison.difference >= 0 or comparison.reduction is None:
        raise Invalid(
            N_("报告期碳足迹没有低于基准期（%(base)s，%(reporting)s），不能编制减碳产品报告"),
            params={"base": plain(comparison.base), "reporting": plain(comparison.reporting)},
            path="bases",
        )
    told = _Told(source, pair, comparison)
    data = {
        "cover": told.cover(),
        "chapters": [
            told.baseline(),
            told.footprints(),
            told.reduction(),
            told.measures(),
            told.green_power(),
            told.statement(),
        ],
        "signatures": [
            blocks_of.signer("编制", answers.shown(source, "prepared_by")),
            blocks_of.signer("委托方批准", source.enterprise.name, seal=True),
        ],
    }
    return Contents(data, told.figures())


def facts(source: Source) -> Mapping[str, Any]:
    """Whether the two compare and both documents hold, the reduction per unit, the share of primary data."""
    said: dict[str, Any] = {
        "comparable": None,
        "reduced": None,
        "base_valid": None,
        "primary_share": None,
        "measures": Decimal(len(source.rows("measures"))),
    }
    try:
        pair = pair_of(source)
        said |= {
            "comparable": not pair.differing,
            "base_valid": pair.base.valid and pair.reporting.valid,
            "primary_share": pair.reporting.result.primary_share,
        }
        said["reduced"] = -pair.comparison().difference
    except DomainError:
        return said
    return said


class _Told:
    """The chapters, from one pair of footprints."""

    def __init__(self, source: Source, pair: Pair, comparison: Comparison) -> None:
        """Keep what the chapters are told from, and how many decimals their figures are printed with."""
        self.source, self.pair, self.comparison = source, pair, comparison
        product = pair.reporting.product
        self.unit = f"kgCO2e/{pair.reporting.result.unit}"
        self.unit_words = product["unit_words"] or f"{product['unit_amount']} {product['unit']}"
        self.name = f"{product['name']} {product['model']}".strip()
        self.reduced = -comparison.difference
        self.rate = (comparison.reduction or Decimal(0)) * 100
        self.decimals = max(_DECIMALS, _DIGITS - 1 - self.reduced.adjusted())

    def shown(self, value: Decimal) -> str:
        """A footprint as it is printed: rounded half-up, with a true minus."""
        return _rounded(value, self.decimals)

    def percent(self) -> str:
        """The rate of reduction as it is printed."""
        return f"{_rounded(self.rate, 2)} %"

    def figures(self) -> tuple[Figure, ...]:
        """The headline figures, unrounded."""
        compared, unit = self.comparison, self.unit
        return (
            Figure("base", "基准期碳足迹", "Footprint of the baseline", compared.base, unit),
            Figure("reporting", "报告期碳足迹", "Footprint of the period", compared.reporting, unit),
            Figure("reduction", "减碳量", "Reduction", self.reduced, unit),
            Figure("rate", "减碳率", "Rate of reduction", self.rate, "%"),
        )

    def cover(self) -> dict[str, Any]:
        """The cover with the rate as its result."""
        base, reporting = self.shown(self.comparison.base), self.shown(self.comparison.reporting)
        return {
            "owner": self.source.enterprise.name,
            "period": self.pair.reporting.period,
            "line": self.name,
            "facts": [
                ["委托方", self.source.enterprise.name],
                ["编制方", answers.shown(self.source, "prepared_by")],
                ["基准期", self.pair.base.period],
                ["报告期", self.pair.reporting.period],
                ["声明单位", self.unit_words],
            ],
            "result": {
                "name": "每声明单位减碳率",
                "value": self.percent(),
                "unit": "",
                "remark": f"基准期 {base}，报告期 {reporting} {self.unit}",
            },
        }

    def baseline(self) -> dict[str, Any]:
        """Product, baseline, and each thing that must be the same in both."""
        product, base, reporting = self.pair.reporting.product, self.pair.base, self.pair.reporting
        rows = [
            ("产品名称", product["name"]),
            ("型号规格", product["model"] or answers.NOTHING),
            ("基准期碳足迹报告", base.number),
            ("报告期碳足迹报告", reporting.number),
        ]
        same = [
            _same("产品", base.result.product, reporting.result.product),
            _same("声明单位", _amount(base), _amount(reporting)),
            _same("系统边界", base.result.boundary, reporting.result.boundary),
            _same("产品规则", base.result.rules, reporting.result.rules),
            _same("GWP", base.result.gwp, reporting.result.gwp),
            ["背景因子版本", *[f"{len(self.pair.backgrounds)} 项共用"] * 2, "met:一致"],
        ]
        columns = [column("项目", 3), column("基准期", 4), column("报告期", 4)]
        columns.append(column("结论", 2, kind="state"))
        sections = [
            blocks_of.section("产品", blocks_of.facts(rows, columns=2)),
            blocks_of.section("可比性", blocks_of.table("可比性核对", columns, same), *self._backgrounds()),
            blocks_of.section("功能等同性", blocks_of.text(_lines(self.source, "equivalence"))),
            blocks_of.section("基准期的选择", blocks_of.text(_lines(self.source, "baseline_reason"))),
        ]
        lead = "两期为同一产品、同一声明单位与同一系统边界，规则、GWP 和背景因子版本一致。"
        return self._chapter("产品与对比基准", sections, lead)

    def _backgrounds(self) -> list[dict[str, Any]]:
        if not self.pair.backgrounds:
            return []
        rows = [[entry.product, entry.base] for entry in self.pair.backgrounds]
        return [blocks_of.table("两期共用的背景因子", [column("投入", 3), column("因子与版本", 6)], rows)]

    def footprints(self) -> dict[str, Any]:
        """Both results, whole and by stage, and the documents that they were signed in."""
        base, reporting = self.pair.base, self.pair.reporting
        results = [
            [name, side.number, self.shown(side.result.total), self.unit, side.period]
            for name, side in (("基准期", base), ("报告期", reporting))
        ]
        whole = blocks_of.table(
            "两期碳足迹",
            _columns("项目 2", "报告编号 5", "结果> 3", "单位 3", "数据期间 5"),
            results,
        )
        stages = [
            [
                stage,
                self.shown(base.result.by_stage.get(stage, Decimal(0))),
                self.shown(reporting.result.by_stage.get(stage, Decimal(0))),
                self.shown(change),
            ]
            for stage, change in self.comparison.by_stage.items()
        ]
        totals = (self.comparison.base, self.comparison.reporting, self.comparison.difference)
        stages.append(["合计", *(self.shown(value) for value in totals)])
        by_stage = blocks_of.table(
            "按生命周期阶段的变化",
            _columns("阶段 4", "基准期> 3", "报告期> 3", "变化> 3"),
            stages,
            totals=1,
            remark=f"单位 {self.unit}",
        )
        signed = blocks_of.table(
            "两期结果的出处",
            [column("报告编号", 3), column("签署内容 SHA-256", 7)],
            [[side.number, side.content_sha256] for side in (base, reporting)],
        )
        sections = [
            blocks_of.section("结果", whole, by_stage),
            blocks_of.section("出处", signed),
        ]
        return self._chapter("两期碳足迹", sections, "两期结果取自已签发的产品碳足迹报告，没有重新填写。")

    def reduction(self) -> dict[str, Any]:
        """The difference, its share of the baseline, and whether it is more than the uncertainty."""
        compared = self.comparison
        base, reporting = self.shown(compared.base), self.shown(compared.reporting)
        reduced = self.shown(self.reduced)
        rows = [
            ("减碳量", f"{base} {_MINUS} {reporting} = {reduced} {self.unit}"),
            ("减碳率", f"{reduced} ÷ {base} = {self.percent()}"),
            ("未修约的基准期结果", plain(compared.base)),
            ("未修约的报告期结果", plain(compared.reporting)),
            ("未修约的减碳量", plain(self.reduced.normalize())),
        ]
        sections = [
            blocks_of.section("计算", blocks_of.facts(rows)),
            blocks_of.section("不确定度判定", *self._uncertainty()),
        ]
        lead = f"每声明单位减少 {reduced} kgCO2e，减碳率 {self.percent()}。"
        notes = ["减碳量和减碳率由未修约值计算，再修约到所印位数。"]
        return self._chapter("减碳量与减碳率", sections, lead, notes)

    def _uncertainty(self) -> list[dict[str, Any]]:
        rows = []
        for name, side in (("基准期", self.pair.base), ("报告期", self.pair.reporting)):
            found = side.result.uncertainty
            if found is not None:
                low, high = found.percentiles["2.5"], found.percentiles["97.5"]
                rows.append([name, self.shown(low), self.shown(high), str(found.runs), str(found.seed)])
        columns = _columns("项目 2", "2.5 % 分位> 3", "97.5 % 分位> 3", "模拟次数> 2", "随机种子 2")
        blocks = [blocks_of.text([_judgement(self.comparison.apart)])]
        return [*blocks, blocks_of.table("两期模拟的 95 % 区间", columns, rows)] if rows else blocks

    def measures(self) -> dict[str, Any]:
        """What was done, what each brought by the enterprise's own evidence, and what is left over."""
        rows = answers.rows(self.source, "measures")
        brought = sum((row.amount("reduction") or Decimal(0) for row in rows), Decimal(0))
        table = blocks_of.table(
            "措施与归因",
            _columns("措施 4", "完成 2", "投资（万元）> 2", "能耗变化 4", "每声明单位减少> 3", "归因证据 4"),
            [
                [
                    row.text("measure"),
                    row.text("done_on"),
                    plain(row.amount("investment")),
                    row.text("energy") or answers.NOTHING,
                    plain(row.amount("reduction")),
                    row.text("evidence"),
                ]
                for row in rows
            ],
            remark=f"单位 {self.unit}，由企业按归因证据填写",
        )
        balance = [
            ("两期之差", f"{self.shown(self.reduced)} {self.unit}"),
            ("措施合计", f"{plain(brought).replace('-', _MINUS)} {self.unit}"),
            ("未归因到措施", f"{self.shown(self.reduced - brought)} {self.unit}"),
        ]
        sections = [
            blocks_of.section("措施", table, blocks_of.facts(balance)),
            blocks_of.section("产量和产品结构", blocks_of.text(_lines(self.source, "separation"))),
        ]
        return self._chapter("减碳措施", sections, f"{len(rows)} 项措施，按证据归因。")

    def green_power(self) -> dict[str, Any]:
        """Green power with its owner, and the statement that nothing is counted twice."""
        rows = answers.rows(self.source, "green_power")
        if rows:
            columns = [
                ("kind", column("种类", 2)),
                ("amount", figures("电量（MWh）", 2)),
                ("period", column("期次", 2)),
                ("owner", column("归属", 3)),
                ("proof", column("证明", 4)),
            ]
            block, lead = blocks_of.answered("绿电与绿证", columns, rows), f"{len(rows)} 笔绿电或绿证。"
        else:
            block, lead = blocks_of.text(["两期没有使用绿电和绿证。"]), "没有使用绿电和绿证。"
        said = "是" if answers.is_yes(self.source, "no_double") else "否"
        sections = [
            blocks_of.section("数量与归属", block, blocks_of.facts([("没有重复计算（企业声明）", said)]))
        ]
        return self._chapter("绿电与绿证", sections, lead)

    def statement(self) -> dict[str, Any]:
        """Quality of the data, third party's opinion, validity, attachments."""
        shares = [_share(side) for side in (self.pair.base, self.pair.reporting)]
        until = self.pair.reporting.valid_until
        rows = [
            ("初级数据占比（基准期）", shares[0]),
            ("初级数据占比（报告期）", shares[1]),
            ("有效期", "至所依据的报告期碳足迹报告到期" + (f"（{until.isoformat()}）" if until else "")),
        ]
        opinion = answers.paragraphs(self.source, "verification") or ["未进行。"]
        listed = answers.rows(self.source, "attachments")
        sections = [
            blocks_of.section("数据质量与有效期", blocks_of.facts(rows)),
            blocks_of.section("第三方核查", blocks_of.text(opinion)),
        ]
        if listed:
            columns = [("title", column("名称", 4)), ("reference", column("编号或存放处", 4))]
            sections.append(blocks_of.section("附件", blocks_of.answered("附件清单", columns, listed)))
        lead = f"报告期初级数据占比 {shares[1]}。"
        return self._chapter("数据质量与声明", sections, lead)

    def _chapter(
        self, title: str, sections: list[dict[str, Any]], lead: str, notes: list[str] | None = None
    ) -> dict[str, Any]:
        return blocks_of.chapter(
            title, sections, lead=lead, clause=_RULE, notes=[*(notes or []), _UNVERIFIED]
        )


def _columns(*told: str) -> list[dict[str, Any]]:
    """Columns from name and width; ``>`` after the name stands for figures."""
    made = []
    for entry in told:
        name, _, width = entry.rpartition(" ")
        is_figure = name.endswith(">")
        made.append(figures(name[:-1], int(width)) if is_figure else column(name, int(width)))
    return made


def _judgement(apart: bool | None) -> str:
    """What the two simulations say about the difference."""
    if apart is None:
        return "有一期没有作不确定度模拟，未作判定。"
    if apart:
        return "两期模拟的 95 % 区间不相交，差值大于不确定度，判定为有意义。"
    return "两期模拟的 95 % 区间相交，差值没有大于不确定度，不能判定为有意义。"


def _same(name: str, base: str, reporting: str) -> list[str]:
    return [name, base, reporting, "met:一致"]


def _amount(side: Side) -> str:
    return f"{plain(side.result.amount)} {side.result.unit}"


def _lines(source: Source, key: str) -> list[str]:
    return answers.paragraphs(source, key) or [answers.NOTHING]


def _share(side: Side) -> str:
    share = side.result.primary_share
    return "没有标明" if share is None else f"{_rounded(share * 100, 1)} %"


def _rounded(value: Decimal, decimals: int) -> str:
    exact = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return format(exact, ",f").replace("-", _MINUS)
