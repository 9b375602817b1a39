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
        industry_name | text | 行业名称 | industry
        legal_representative | text | 法定代表人 | legal representative
        address       | text | 地址 | address
        contact_name  | text | 联系人 | contact
        contact_phone | text | 联系电话 | telephone of the contact
        lists         | list:text | 列入的重点单位名录 | lists of key units that name it
        permits       | list:permit | 排污许可证 | discharge permits
        facilities    | list:facility | 设施 | facilities
        outlets       | list:outlet | 排放口 | outlets
    """),
    "permit": _shape("""
        number     | text | 许可证编号 | permit number
        category   | text | 管理类别 | permit category
        valid_from | date | 许可证有效期起 | permit valid from
        valid_to   | date | 许可证有效期止 | permit valid to
    """),
    "facility": _shape("""
        code    | text | 设施编号 | facility code
        name    | text | 设施名称 | facility name
        purpose | text | 设施用途 | purpose of the facility
        model   | text | 设施型号 | model of the facility
        outlet  | text | 对应排放口 | outlet it discharges to
        sources | list:text | 排放源类型 | kinds of sources in it
    """),
    "outlet": _shape("""
        code   | text | 排放口编号 | outlet code
        name   | text | 排放口名称 | outlet name
        medium | text | 排放去向类型 | medium of the outlet
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
        boundary           | text  | 核算边界说明 | description of the boundary
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
        corrected           | flag   | 已作保守修正 | conservatively corrected
    """),
    "meter": _shape("""
        code           | text   | 器具编号 | meter code
        name           | text   | 器具名称 | meter name
        type           | text   | 器具类型 | meter type
        model          | text   | 器具型号 | meter model
        location       | text   | 安装位置 | place of the meter
        accuracy_class | number | 准确度等级 | accuracy class
        required_class | number | 规定的准确度等级 | accuracy class required
        calibrations   | list:calibration | 检定或校准记录 | calibrations
    """),
    "calibration": _shape("""
        calibrated_on | date | 检定或校准日 | day of calibration
        valid_until   | date | 有效期至 | valid until
        result        | text | 检定或校准结论 | calibration result
        max_error     | number | 最大误差 | largest error
        body          | text | 检定或校准机构 | calibration body
        certificate   | text | 证书编号 | certificate number
    """),
    "test_report": _shape("""
        number           | text | 报告编号 | report number
        batch            | text | 批次 | batch
        month_from       | month | 所证首月 | first month it stands for
        month_to         | month | 所证末月 | last month it stands for
        sampled_on       | date | 采样日 | day of sampling
        received_on      | date | 收样日 | day of receipt
        tested_on        | date | 检测日 | day of testing
        reported_on      | date | 报告日 | day of the report
        laboratory       | text | 检测机构 | laboratory
        cma_or_cnas      | flag | 有CMA或CNAS标志 | bears a CMA or CNAS mark
        accredited_until | date | 资质有效期止 | accreditation valid until
        in_scope         | flag | 资质覆盖本项目 | accreditation covers the analyte
        value            | number | 检测结果 | test result
        analytes         | list:text | 检测项目 | analytes
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
        media_type  | text   | 文件类型 | file type
        size        | number | 文件大小 | file size
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
    "year": _shape("""
        year            | text | 年度 | year
        months          | list:year_month | 本年各月 | months of the year
        previous_months | list:year_month | 上一年各月 | months of the year before
        pollutants      | list:pollutant_month | 本年污染物排放量 | pollutants of the year
        open_findings   | number | 本年未关闭的差距数 | gaps of the year still open
    """),
    "year_month": _shape("""
        month     | month  | 月份 | month
        filed     | flag   | 已存证 | filed
        total     | number | 排放总量 | total of that month
        output    | number | 产量 | output of that month
        intensity | number | 排放强度 | intensity of that month
    """),
    "pollutant_month": _shape("""
        month | month  | 月份 | month
        item  | text   | 污染物 | pollutant
        value | number | 排放量 | amount
    """),
    "dossier": _shape("""
        kind            | text | 材料种类 | kind of document
        subject         | text | 材料对象 | what it is about
        expected_months | number | 应有月数 | months expected
        accepted_months | number | 已受理月数 | months accepted
        unanswered      | list:unanswered | 未答的必填项 | required answers still blank
        figures         | number | 可追溯的数据个数 | figures that can be traced
        unverified      | number | 未核实数值个数 | values not verified
        open_findings   | number | 期内未关闭的差距数 | gaps of the period still open
        solved          | flag | 产品系统可解 | product system can be solved
        primary_share   | number | 初级数据占比 | share of primary data
        comparable      | flag | 两期碳足迹可比 | the two footprints can be compared
        reduced         | number | 减碳量 | reduction
        residual        | number | 剩余排放量 | residual emissions
        cancelled       | number | 已注销量 | amount cancelled
        unproven        | number | 缺注销证明的笔数 | cancellations without proof
        reductions      | number | 已实现减排措施数 | reductions achieved
        base_valid      | flag | 所依据的文件有效 | the document it rests on is valid
        categories      | number | 已评价的清单类别数 | categories of the inventory assessed
        base_year       | text | 基准年 | base year
        clauses         | number | 已核查的体系条款数 | clauses of the system checked
        foreign_beneficiaries | number | 受益人不是主体的笔数 | cancellations for somebody else
        claimed_sold    | number | 已售出又计入的绿电绿证笔数 | green power sold and claimed all the same
        event           | text | 事项种类 | kind of event
        received_on     | date | 收到法律文书之日 | day the legal document was received
        due_on          | date | 披露时限 | last day for the disclosure
        prepared_on     | date | 编制日期 | day of preparation
        measures        | number | 采取的措施数 | measures taken
        lacking         | list:unanswered | 适用而没有写的内容 | contents that apply and are blank
        unbalanced      | number | 数量不平衡的固体废物行数 | rows of waste that do not balance
    """),
    "unanswered": _shape("""
        section | text | 所在部分 | part of the document
        key     | text | 项目代号 | code of the question
        label   | text | 项目 | question
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
    "year": Word("map:year", "年度累计", "year so far"),
    "findings": Word("map:findings", "差距", "findings"),
    "dossier": Word("map:dossier", "披露与认证材料", "disclosure or dossier"),
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
    "hot_water": ("热水", "hot water"),
    "wastewater": ("废水", "wastewater"),
    "pollutant": ("污染物", "pollutant"),
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
    "emission_factor": ("排放因子", "emission factor"),
    "moisture": ("水分", "moisture"),
    "purity": ("纯度", "purity"),
    "volume": ("水量", "volume"),
    "cod_in": ("进水COD浓度", "COD of the inflow"),
    "cod_out": ("出水COD浓度", "COD of the outflow"),
    "bo": ("最大甲烷产率", "maximum methane yield"),
    "mcf": ("甲烷修正因子", "methane correction factor"),
    "recovered_ch4": ("甲烷回收量", "methane recovered"),
    "enthalpy": ("蒸汽焓值", "enthalpy of the steam"),
    "temperature": ("热水温度", "temperature of the water"),
    "emission": ("排放量", "emission"),
    "production": ("生产设施", "production"),
    "treatment": ("治理设施", "treatment"),
    "air": ("大气", "air"),
    "water": ("水", "water"),
    "key": ("重点管理", "key management"),
    "simplified": ("简化管理", "simplified management"),
    "registered": ("登记管理", "registration only"),
}


def element_kind(kind: str) -> str:
    """Kind of one element of a list kind: ``list:row`` gives ``map:row``, ``list:text`` gives ``text``."""
    inner = kind.removeprefix("list:")
    return inner if inner in SCALARS else f"map:{inner}"
