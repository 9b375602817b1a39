"""Words for the codes of the domain, in the reader's language."""

from flask_babel import gettext

from portal.domain.access import EngagementScope, OrganisationKind, Permission, Role
from portal.domain.messages import N_
from portal.domain.workflow import Acquisition, Section, Severity

ROLES = {
    Role.ENTERPRISE_OFFICER: N_("环保与碳管理员"),
    Role.ENTERPRISE_SIGNATORY: N_("负责人（签署人）"),
    Role.ENTERPRISE_ADMINISTRATOR: N_("企业管理员"),
    Role.STEWARD: N_("管家"),
    Role.STEWARD_LEAD: N_("管家负责人"),
    Role.DISTRICT_REGULATOR: N_("区县审核员"),
    Role.CITY_REGULATOR: N_("市级审核员"),
    Role.PLATFORM_ADMINISTRATOR: N_("平台管理员"),
}

ORGANISATION_KINDS = {
    OrganisationKind.ENTERPRISE: N_("企业"),
    OrganisationKind.STEWARD_FIRM: N_("管家机构"),
    OrganisationKind.AUTHORITY: N_("主管部门"),
    OrganisationKind.PLATFORM: N_("平台"),
}

SCOPES = {
    EngagementScope.ENVIRONMENT: N_("环保"),
    EngagementScope.CARBON: N_("碳"),
    EngagementScope.BOTH: N_("环保+碳"),
}

SECTIONS = {
    Section.ENERGY: N_("能源"),
    Section.PROCESS: N_("过程"),
    Section.POWER_HEAT: N_("电力热力"),
    Section.OUTPUT: N_("产量"),
    Section.POLLUTANTS: N_("污染物"),
    Section.OTHER: N_("其他"),
    Section.EVIDENCE: N_("支撑材料"),
}

#: Categories of a calculation, as sums are named.
SUBTOTALS = {
    "fuel": N_("化石燃料燃烧"),
    "process": N_("过程（碳酸盐、电极、含碳原料）"),
    "carbonate": N_("碳酸盐分解"),
    "product": N_("固碳产品（扣除）"),
    "electricity": N_("购入电力"),
    "heat": N_("购入热力"),
    "steam": N_("购入蒸汽"),
    "hot_water": N_("购入热水"),
    "wastewater": N_("废水厌氧处理"),
    "clinker": N_("熟料生产过程"),
    "ch4_recovery": N_("甲烷回收与销毁（扣除）"),
    "co2_recovery": N_("二氧化碳回收利用（扣除）"),
    "refrigerant": N_("制冷剂逸散"),
    "sf6": N_("六氟化硫逸散"),
}

SEVERITIES = {
    Severity.BLOCKING: N_("阻断"),
    Severity.EXPLAIN: N_("应说明"),
    Severity.NOTE: N_("提示"),
}

SEVERITY_EFFECTS = {
    Severity.BLOCKING: N_("不改正不能签署"),
    Severity.EXPLAIN: N_("须写明原因才能签署"),
    Severity.NOTE: N_("不影响签署"),
}

ACQUISITIONS = {
    Acquisition.MEASURED: N_("实测"),
    Acquisition.CALCULATED: N_("计算"),
    Acquisition.DESIGN: N_("设计"),
    Acquisition.DEFAULT: N_("缺省"),
}

PERMISSIONS = {
    Permission.ACCOUNT_MANAGE: N_("管理自己的账户"),
    Permission.REGISTRATION_APPLY: N_("提出企业登记"),
    Permission.REGISTRATION_DECIDE: N_("审核企业登记"),
    Permission.ENTERPRISE_VIEW: N_("查看企业档案"),
    Permission.ENTERPRISE_LIST: N_("查看企业名单"),
    Permission.MEMBER_MANAGE: N_("邀请和管理本机构人员"),
    Permission.ORGANISATION_MANAGE: N_("设立管家机构和主管部门"),
    Permission.ENGAGEMENT_VIEW: N_("查看托管合同"),
    Permission.ENGAGEMENT_PROPOSE: N_("提出托管合同"),
    Permission.ENGAGEMENT_ACCEPT: N_("接受或谢绝托管合同"),
    Permission.ENGAGEMENT_END: N_("中止或终止托管合同"),
    Permission.METER_VIEW: N_("查看计量器具"),
    Permission.METER_EDIT: N_("登记计量器具和校准"),
    Permission.PLAN_VIEW: N_("查看质量控制方案"),
    Permission.PLAN_EDIT: N_("编制质量控制方案"),
    Permission.PLAN_APPROVE: N_("审核质量控制方案"),
    Permission.RECORD_VIEW: N_("查看月度记录"),
    Permission.RECORD_EDIT: N_("填报月度记录"),
    Permission.RECORD_SIGN: N_("签署并提交月度记录"),
    Permission.RECORD_REVIEW: N_("审核月度记录"),
    Permission.RECORD_RESTATE: N_("申请更正已接受的月份"),
    Permission.EVIDENCE_VIEW: N_("查看支撑材料"),
    Permission.EVIDENCE_UPLOAD: N_("上传支撑材料"),
    Permission.FINDING_VIEW: N_("查看差距"),
    Permission.FINDING_RESPOND: N_("回应差距"),
    Permission.FINDING_CLOSE: N_("关闭或退回差距"),
    Permission.FINDING_WAIVE: N_("豁免差距"),
    Permission.SUSPICION_VIEW: N_("查看和处理数据疑点"),
    Permission.STATISTICS_VIEW: N_("查看差距统计"),
    Permission.DOCUMENT_VIEW: N_("查看和下载报告"),
    Permission.BOARD_VIEW: N_("查看客户看板"),
    Permission.QUEUE_VIEW: N_("查看审核队列"),
    Permission.AUDIT_VIEW: N_("查看操作留痕"),
    Permission.CHECK_PACK_VIEW: N_("查看检查包及其版本"),
    Permission.CHECK_PACK_WRITE: N_("编写检查包草稿并试运行"),
    Permission.CHECK_PACK_PUBLISH: N_("发布别人编写的检查包"),
    Permission.VISIT_VIEW: N_("查看上门服务和现场检查"),
    Permission.VISIT_CONDUCT: N_("开展上门服务或现场检查"),
    Permission.VISIT_SIGN: N_("代表企业在检查记录上签字"),
    Permission.DRAW_CONDUCT: N_("双随机抽取"),
    Permission.DOSSIER_EDIT: N_("编制披露和认证材料"),
    Permission.DOSSIER_SIGN: N_("签署、送审和签发披露和认证材料"),
    Permission.DOSSIER_REVIEW: N_("审核送审的材料"),
    Permission.PRODUCT_EDIT: N_("维护产品和产品系统"),
}


def role_label(role: Role) -> str:
    """The role's name."""
    return str(gettext(ROLES[role]))


#: What happened to a month, as its timeline says it.
ACTIONS = {
    "record.start": N_("开始填报"),
    "record.evaluated": N_("评估完成"),
    "record.mark_ready": N_("提交待签"),
    "record.reopen": N_("退回填报"),
    "record.sign": N_("签署并提交"),
    "record.recall": N_("撤回"),
    "record.take": N_("受理审核"),
    "record.release": N_("放回审核"),
    "record.reassigned": N_("转交审核"),
    "record.ask": N_("向企业问询"),
    "record.answer": N_("答复问询"),
    "record.decide_section": N_("决定一节"),
    "record.return": N_("退回补正"),
    "record.amend": N_("开始补正"),
    "record.propose_acceptance": N_("提出接受，送复核"),
    "record.accept": N_("接受"),
    "record.agree": N_("复核同意，接受"),
    "record.disagree": N_("复核不同意"),
    "record.request_restatement": N_("申请更正"),
    "record.grant_restatement": N_("同意更正"),
    "record.refuse_restatement": N_("不同意更正"),
    "record.exempt": N_("定为不要求"),
    "record.require": N_("恢复要求"),
    "record.document_issued": N_("报告已签发"),
}


def action_label(action: str) -> str:
    """What happened, in the reader's language."""
    return str(gettext(ACTIONS[action])) if action in ACTIONS else action


def label(table: dict[object, str], key: object) -> str:
    """The word for ``key`` in one of the tables above."""
    return str(gettext(table[key]))
