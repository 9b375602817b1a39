"""The words that a check may use: the shape of one month's facts, with a name in two languages for each.

The table is the whitelist of the expression language, the source of the plain reading of an
expression, and the type of every datum: a datum of another type than its word says is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

NUMBER: Final = "number"
TEXT: Final = "text"
DATE: Final = "date"
MONTH: Final = "month"
FLAG: Final = "flag"
SCALARS: Final = frozenset({NUMBER, TEXT, DATE, MONTH, FLAG})

PER: Final = ("record", "row", "slot", "stream")  #: what a check may be asked about, one by one


@dataclass(frozen=True)
class Word:
    """One word of the facts: its kind and its name in Chinese and English.

    ``kind`` is a scalar kind, ``map:<shape>``, ``list:<shape>`` or ``list:<scalar>``.
    """

    kind: str
    zh: str
    en: str


Shape = Mapping[str, Word]


def _shape(lines: str) -> Shape:
    """Read a table of ``key | kind | 中文 | English`` lines."""
    shape = {}
    for line in lines.strip().splitlines():
        key, kind, chinese, english = (part.strip() for part in line.split("|"))
        shape[key] = Word(kind, chinese, english)
    return shape


SHAPES: Final[Mapping[str, Shape]] = {
    "enterprise": _shape("""
        uscc           | text | 统一社会信用代码 | unified social credit code
        name           | text | 企业名称 | enterprise name
        industry_code  | text | 行业代码 | industry code
        ets_member     | flag | 纳入全国碳市场 | member of the national carbon market
        guideline      | text | 适用的核算指南 | accounting guideline that applies
    """),
    "record": _shape("""
        month          | month | 填报月份 | month of the record
        first          | date  | 本月首日 | first day of the month
        last           | date  | 本月末日 | last day of the month
        due_on         | date  | 存证截止日 | last day for filing
        today          | date  | 今天 | today
        version        | number | 版本 | version
        preparer_firm  | text  | 编制机构 | firm that prepared the record
        reviewing_firm | text  | 审核机构 | firm that reviews the record
    """),
    "plan": _shape("""
        version            | text  | 方案版本号 | plan version
        state              | text  | 方案状态 | plan state
        effective_from     | month | 方案起用月份 | month from which the plan is in force
        guideline          | text  | 方案依据的指南 | guideline of the plan
        revision_reason    | text  | 制定或修订原因 | reason of the plan or its revision
        submitted_on       | date  | 方案提交日 | day on which the plan was submitted
        organisation_chart | flag  | 已附组织机构图 | organisation chart attached
        site_plan          | flag  | 已附厂区平面图 | site plan attached
        process_chart      | flag  | 已附工艺流程图 | process chart attached
        streams            | list:planned_stream | 方案中的源流 | source streams of the plan
    """),
    "planned_stream": _shape("""
        code            | text | 源流编号 | stream code
        name            | text | 源流名称 | stream name
        item            | text | 品种 | item
        category        | text | 类别 | category
        state_of_matter | text | 物态 | state of matter
    """),
    "stream": _shape("""
        code            | text | 源流编号 | stream code
        name            | text | 源流名称 | stream name
        item            | text | 品种 | item
        category        | text | 类别 | category
        section         | text | 所在部分 | section
        state_of_matter | text | 物态 | state of matter
        planned         | flag | 源流在方案中 | stream is in the plan
        rows            | list:row | 该源流的各行 | rows of the stream
        files           | number | 该源流的支撑文件数 | number of files that support the stream
    """),
    "row": _shape("""
        cell                | text   | 格 | cell
        stream              | text   | 源流编号 | stream code
        stream_name         | text   | 源流名称 | stream name
        item                | text   | 品种 | item
        category            | text   | 类别 | category
        section             | text   | 所在部分 | section
        parameter           | text   | 参数 | parameter
        name                | text   | 参数名称 | parameter name
        unit                | text   | 单位 | unit
        value               | number | 本月数值 | value of the month
        required            | flag   | 必填 | required
        derived             | flag   | 由系统算出 | derived by the portal
        acquisition         | text   | 获取方式 | acquisition
        planned_acquisition | text   | 方案中的获取方式 | acquisition in the plan
        default_value       | number | 指南缺省值 | default value of the guideline
        digits              | number | 规定的小数位数 | number of decimals laid down
        meter               | map:meter | 计量器具 | meter
        department          | text   | 负责部门 | responsible department
        frequency           | text   | 记录频次 | recording frequency
        missing_rule        | text   | 数据缺失的处理方式 | rule for missing data
        source_record       | text   | 原始记录或台账名称 | name of the source record
        previous            | number | 上月数值 | value of the month before
        last_year           | number | 上年同月数值 | value of the same month last year
        year_acquisitions   | list:text | 本年前几个月的获取方式 | acquisitions earlier in the year
        previous_closing    | number | 上月期末库存 | closing stock of the month before
        test_reports        | list:test_report | 检测报告 | test reports
        explanation         | text   | 说明 | explanation
    """),
    "meter": _shape("""
        code           | text   | 器具编号 | meter code
        name           | text   | 器具名称 | meter name
        type           | text   | 器具类型 | meter type
        accuracy_class | number | 准确度等级 | accuracy class
        required_class | number | 规定的准确度等级 | accuracy class required
        calibrations   | list:calibration | 检定或校准记录 | calibrations
    """),
    "calibration": _shape("""
        calibrated_on | date | 检定或校准日 | day of calibration
        valid_until   | date | 有效期至 | valid until
        result        | text | 检定或校准结论 | calibration result
    """),
    "test_report": _shape("""
        number      | text | 报告编号 | report number
        sampled_on  | date | 采样日 | day of sampling
        reported_on | date | 报告日 | day of the report
        laboratory  | text | 检测机构 | laboratory
        cma_or_cnas | flag | 有CMA或CNAS标志 | bears a CMA or CNAS mark
        analytes    | list:text | 检测项目 | analytes
    """),
    "slot": _shape("""
        code      | text | 材料位编号 | slot code
        title     | text | 材料名称 | title of the evidence
        clause    | text | 条款 | clause
        mandatory | flag | 必须提供 | mandatory
        cell      | text | 格 | cell
        section   | text | 所在部分 | section
        evidence  | list:evidence | 已上传的材料 | evidence uploaded
    """),
    "evidence": _shape("""
        id          | number | 材料号 | evidence number
        title       | text   | 材料名称 | evidence title
        sha256      | text   | 文件指纹 | file hash
        period_from | date   | 所证期间起 | start of the period it proves
        period_to   | date   | 所证期间止 | end of the period it proves
        uploaded_on | date   | 上传日 | day of upload
    """),
    "totals": _shape("""
        total               | number | 本月排放总量 | total of the month
        intensity           | number | 本月排放强度 | intensity of the month
        output              | number | 本月产量 | output of the month
        previous_total      | number | 上月排放总量 | total of the month before
        previous_output     | number | 上月产量 | output of the month before
        previous_intensity  | number | 上月排放强度 | intensity of the month before
        last_year_total     | number | 上年同月排放总量 | total of the same month last year
        last_year_output    | number | 上年同月产量 | output of the same month last year
        last_year_intensity | number | 上年同月排放强度 | intensity of the same month last year
    """),
    "changes": _shape("""
        shutdown_note      | text | 停产、检修、恢复说明 | note on stops and restarts
        production_changed | flag | 生产状况有变化 | production changed
    """),
    "findings": _shape("""
        open_blocking_earlier | number | 前几个月未关闭的严重差距数 | blocking gaps open from earlier months
    """),
}

#: The names that stand at the head of a path, wherever a check is asked.
ROOTS: Final[Mapping[str, Word]] = {
    "enterprise": Word("map:enterprise", "企业", "enterprise"),
    "record": Word("map:record", "月度记录", "monthly record"),
    "plan": Word("map:plan", "数据质量控制方案", "quality-control plan"),
    "rows": Word("list:row", "全部参数行", "all rows"),
    "slots": Word("list:slot", "全部材料位", "all evidence slots"),
    "totals": Word("map:totals", "合计", "totals"),
    "changes": Word("map:changes", "生产变化", "changes of production"),
    "findings": Word("map:findings", "差距", "findings"),
}

_ROW = Word("map:row", "本行", "this row")
_STREAM = Word("map:stream", "本源流", "this stream")
#: The names that stand for the subject of a check.
SUBJECTS: Final[Mapping[str, Mapping[str, Word]]] = {
    "record": {},
    "row": {"row": _ROW, "stream": _STREAM},
    "slot": {"slot": Word("map:slot", "本材料位", "this slot")},
    "stream": {"stream": _STREAM},
}

#: Codes that stand in facts and in expressions, as people say them.
CODES: Final[Mapping[str, tuple[str, str]]] = {
    "measured": ("实测", "measured"),
    "calculated": ("计算", "calculated"),
    "design": ("设计值", "design value"),
    "default": ("缺省值", "default"),
    "fuel": ("燃料", "fuel"),
    "process": ("过程", "process"),
    "carbonate": ("碳酸盐", "carbonate"),
    "product": ("含碳产品", "product holding carbon"),
    "electricity": ("电力", "electricity"),
    "heat": ("热力", "heat"),
    "steam": ("蒸汽", "steam"),
    "output": ("产量", "output"),
    "solid": ("固体", "solid"),
    "liquid": ("液体", "liquid"),
    "gas": ("气体", "gas"),
    "approved": ("已批准", "approved"),
    "submitted": ("已提交", "submitted"),
    "draft": ("草稿", "draft"),
    "superseded": ("已被替代", "superseded"),
    "pass": ("合格", "passed"),
    "over_class": ("超差", "outside its class"),
    "fail": ("不合格", "failed"),
    "opening_stock": ("期初库存", "opening stock"),
    "purchased": ("购入量", "purchased"),
    "produced": ("自产量", "produced"),
    "sold": ("外销量", "sold"),
    "closing_stock": ("期末库存", "closing stock"),
    "consumed": ("消耗量", "consumed"),
    "amount": ("数量", "amount"),
    "net_calorific_value": ("低位发热量", "net calorific value"),
    "carbon_content": ("单位热值含碳量", "carbon content"),
    "oxidation_rate": ("碳氧化率", "oxidation rate"),
}


def element_kind(kind: str) -> str:
    """Kind of one element of a list kind: ``list:row`` gives ``map:row``, ``list:text`` gives ``text``."""
    inner = kind.removeprefix("list:")
    return inner if inner in SCALARS else f"map:{inner}"
