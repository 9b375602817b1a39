"""What the combined registration asks: each section with its questions, as data.

Forms, the check page, the regulator's review and the guards all read these tables, so that a
question is asked, shown and demanded in the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from portal.domain.messages import N_


class Kind(StrEnum):
    """How an answer is written."""

    TEXT = "text"
    USCC = "uscc"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    INDUSTRY = "industry"
    PERMIT = "permit"
    OUTLET = "outlet"
    CODE = "code"
    CHOICE = "choice"
    CHOICES = "choices"


class Group(StrEnum):
    """The cards of the task list."""

    SHARED = "shared"
    ENVIRONMENT = "environment"
    CARBON = "carbon"
    SERVICE = "service"


@dataclass(frozen=True)
class Question:
    """One question; ``asked_if`` names another question and the answers that raise this one."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    required: bool = True
    longest: int = 200
    #: Name of a list in CHOICES, or of one that the web layer passes in.
    choices: str = ""
    hint: str = ""
    asked_if: tuple[str, frozenset[str]] | None = None
    #: Stands over this question and those after it.
    heading: str = ""


@dataclass(frozen=True)
class SectionSpec:
    """One task; with ``rows`` it is a list, and ``none_allowed`` lets it be declared empty."""

    key: str
    group: Group
    name: str
    about: str
    questions: tuple[Question, ...] = ()
    waits_for: tuple[str, ...] = ()
    rows: bool = False
    none_allowed: bool = False
    row_name: str = ""
    files: bool = False


#: Public administrative codes (GB/T 2260) of the districts and counties of Huzhou.
DISTRICTS: Mapping[str, str] = {
    "330502": N_("吴兴区"),
    "330503": N_("南浔区"),
    "330521": N_("德清县"),
    "330522": N_("长兴县"),
    "330523": N_("安吉县"),
}

CHOICES: Mapping[str, Mapping[str, str]] = {
    "districts": DISTRICTS,
    "scales": {
        "large": N_("大型"),
        "medium": N_("中型"),
        "small": N_("小型"),
        "micro": N_("微型"),
    },
    "permit_categories": {
        "key": N_("重点管理"),
        "simplified": N_("简化管理"),
        "registered": N_("登记管理"),
        "none": N_("未纳入排污许可管理"),
    },
    "media": {"air": N_("废气"), "water": N_("废水")},
    "key_unit_lists": {
        "water": N_("水环境重点排污单位"),
        "air": N_("大气环境重点排污单位"),
        "soil": N_("土壤污染重点监管单位"),
        "groundwater": N_("地下水污染防治重点排污单位"),
        "noise": N_("噪声重点排污单位"),
        "risk": N_("环境风险重点管控单位"),
        "energy": N_("重点用能单位"),
        "none": N_("都不在名录内"),
    },
    "yes_no": {"yes": N_("是"), "no": N_("否")},
    "emission_sources": {
        "combustion": N_("化石燃料燃烧"),
        "process": N_("工业生产过程"),
        "electricity": N_("购入电力"),
        "heat": N_("购入热力"),
        "wastewater": N_("废水厌氧处理"),
        "other": N_("其他"),
    },
    "energy_kinds": {
        "coal": N_("煤炭"),
        "coke": N_("焦炭"),
        "natural_gas": N_("天然气"),
        "process_gas": N_("焦炉煤气、高炉煤气等副产煤气"),
        "oil": N_("油品"),
        "biomass": N_("生物质"),
        "electricity": N_("购入电力"),
        "heat": N_("购入热力（蒸汽、热水）"),
        "own_power": N_("自发电、光伏"),
    },
    "service_modes": {"self": N_("自行管理"), "steward": N_("委托管家机构")},
    "scopes": {"both": N_("环保+碳"), "environment": N_("环保"), "carbon": N_("碳")},
}

_HAS_PERMIT = ("category", frozenset({"key", "simplified", "registered"}))
_HAS_STEWARD = ("mode", frozenset({"steward"}))
_SITE = Question("site", N_("所在厂区"), Kind.CHOICE, choices="sites")


def _engagement(place: int, heading: str, *, required: bool) -> tuple[Question, ...]:
    """The four questions about the ``place``-th steward firm."""
    raised: dict[str, Any] = {"required": required, "asked_if": _HAS_STEWARD}
    return (
        Question(f"firm_{place}", N_("管家机构"), Kind.CHOICE, choices="firms", heading=heading, **raised),
        Question(f"scope_{place}", N_("服务范围"), Kind.CHOICE, choices="scopes", **raised),
        Question(f"starts_{place}", N_("合同开始"), Kind.DATE, **raised),
        Question(f"ends_{place}", N_("合同结束"), Kind.DATE, hint=N_("最后一天仍有效"), **raised),
    )


ENTERPRISE = SectionSpec(
    "enterprise",
    Group.SHARED,
    N_("企业基本信息"),
    N_("统一社会信用代码、行业、法定代表人、地址、联系人"),
    (
        Question("name", N_("企业名称"), hint=N_("与营业执照一致")),
        Question(
            "uscc", N_("统一社会信用代码"), Kind.USCC, longest=18, hint=N_("18 位，营业执照右上角；含校验位")
        ),
        Question("legal_representative", N_("法定代表人"), longest=80),
        Question("district", N_("所在区县"), Kind.CHOICE, choices="districts"),
        Question(
            "industry_code",
            N_("行业代码"),
            Kind.INDUSTRY,
            longest=4,
            hint=N_("GB/T 4754 小类，4 位数字；可从列表中选，也可直接填写"),
        ),
        Question(
            "industry_name",
            N_("行业名称"),
            required=False,
            longest=80,
            hint=N_("列表里没有的代码，请写明名称"),
        ),
        Question("scale", N_("企业规模"), Kind.CHOICE, choices="scales"),
        Question("address", N_("注册地址"), longest=300),
        Question("contact_name", N_("联系人"), longest=80),
        Question("contact_phone", N_("联系电话"), Kind.PHONE, longest=40),
        Question("contact_email", N_("联系邮箱"), Kind.EMAIL),
    ),
)
SITES = SectionSpec(
    "sites",
    Group.SHARED,
    N_("厂区"),
    N_("每个生产场所一行；设施和排放口都挂在厂区下"),
    (
        Question("name", N_("厂区名称")),
        Question("address", N_("厂区地址"), longest=300),
    ),
    rows=True,
    row_name=N_("厂区"),
)
PEOPLE = SectionSpec(
    "people",
    Group.SHARED,
    N_("人员：负责人（签署人）"),
    N_("受理后向负责人发出邀请；签署只能由负责人本人完成"),
    (
        Question("signatory_name", N_("负责人姓名"), longest=80),
        Question(
            "signatory_email",
            N_("负责人邮箱"),
            Kind.EMAIL,
            hint=N_("受理后，设置密码的邀请寄到这里；不能与您自己的邮箱相同"),
        ),
        Question("signatory_title", N_("职务"), required=False, longest=80),
    ),
)
PERMIT = SectionSpec(
    "permit",
    Group.ENVIRONMENT,
    N_("排污许可证"),
    N_("管理类别、编号、有效期"),
    (
        Question("category", N_("管理类别"), Kind.CHOICE, choices="permit_categories"),
        Question(
            "number",
            N_("许可证或登记编号"),
            Kind.PERMIT,
            longest=22,
            asked_if=_HAS_PERMIT,
            hint=N_("22 位：统一社会信用代码、3 位顺序号、1 位字母"),
        ),
        Question("valid_from", N_("有效期自"), Kind.DATE, asked_if=_HAS_PERMIT),
        Question("valid_to", N_("有效期至"), Kind.DATE, asked_if=_HAS_PERMIT),
    ),
    waits_for=("enterprise",),
)
OUTLETS = SectionSpec(
    "outlets",
    Group.ENVIRONMENT,
    N_("排放口"),
    N_("编号与排污许可证一致：废气 DA，废水 DW"),
    (
        Question("code", N_("排放口编号"), Kind.OUTLET, longest=10, hint=N_("例如 DA003、DW001")),
        Question("name", N_("排放口名称")),
        Question("medium", N_("介质"), Kind.CHOICE, choices="media"),
        _SITE,
    ),
    waits_for=("sites",),
    rows=True,
    none_allowed=True,
    row_name=N_("排放口"),
)
TREATMENT = SectionSpec(
    "treatment",
    Group.ENVIRONMENT,
    N_("治理设施"),
    N_("污水站、脱硫脱硝、除尘等，以及排向哪个排放口"),
    (
        Question("code", N_("设施编号"), Kind.CODE, longest=40, hint=N_("例如 TA001")),
        Question("name", N_("设施名称")),
        Question("model", N_("型号或工艺"), required=False, longest=120),
        _SITE,
        Question("outlet", N_("排向的排放口"), Kind.CHOICE, required=False, choices="outlets"),
    ),
    waits_for=("sites", "outlets"),
    rows=True,
    none_allowed=True,
    row_name=N_("治理设施"),
)
KEY_UNITS = SectionSpec(
    "key_units",
    Group.ENVIRONMENT,
    N_("重点单位名录"),
    N_("列入哪些名录，决定适用哪些检查"),
    (Question("lists", N_("列入的名录"), Kind.CHOICES, choices="key_unit_lists"),),
)
BOUNDARY = SectionSpec(
    "boundary",
    Group.CARBON,
    N_("核算边界与指南"),
    N_("是否纳入全国碳市场，按哪份指南核算"),
    (
        Question("ets_member", N_("全国碳市场重点排放单位"), Kind.CHOICE, choices="yes_no"),
        Question("guideline", N_("核算指南"), Kind.CHOICE, choices="guidelines"),
    ),
    waits_for=("enterprise",),
)
FACILITIES = SectionSpec(
    "facilities",
    Group.CARBON,
    N_("生产设施与排放源"),
    N_("每台（套）主要设施一行，注明它产生哪类排放"),
    (
        Question("code", N_("设施编号"), Kind.CODE, longest=40, hint=N_("例如 MF0001")),
        Question("name", N_("设施名称")),
        Question("model", N_("型号或规模"), required=False, longest=120),
        _SITE,
        Question("sources", N_("排放源类别"), Kind.CHOICES, choices="emission_sources"),
    ),
    waits_for=("sites",),
    rows=True,
    row_name=N_("设施"),
)
ENERGY = SectionSpec(
    "energy",
    Group.CARBON,
    N_("能源品种"),
    N_("用到的燃料、电力和热力"),
    (Question("kinds", N_("使用的能源品种"), Kind.CHOICES, choices="energy_kinds"),),
    waits_for=("boundary",),
)
SERVICE = SectionSpec(
    "service",
    Group.SERVICE,
    N_("托管服务"),
    N_("自行管理，或委托一至两家管家机构"),
    (
        Question("mode", N_("管理方式"), Kind.CHOICE, choices="service_modes"),
        *_engagement(1, N_("委托的管家机构（委托时填写）"), required=True),
        *_engagement(2, N_("第二家管家机构（可不填；环保和碳分别委托时用）"), required=False),
    ),
)
EVIDENCE = SectionSpec(
    "evidence",
    Group.SERVICE,
    N_("证明材料"),
    N_("营业执照、排污许可证"),
    waits_for=("enterprise", "permit"),
    files=True,
)

#: All sections in the order in which they are numbered.
SECTIONS: Mapping[str, SectionSpec] = {
    spec.key: spec
    for spec in (
        ENTERPRISE,
        SITES,
        PEOPLE,
        PERMIT,
        OUTLETS,
        TREATMENT,
        KEY_UNITS,
        BOUNDARY,
        FACILITIES,
        ENERGY,
        SERVICE,
        EVIDENCE,
    )
}

GROUP_NAMES: Mapping[Group, str] = {
    Group.SHARED: N_("共用信息"),
    Group.ENVIRONMENT: N_("环保管家"),
    Group.CARBON: N_("碳管家"),
    Group.SERVICE: N_("服务与提交"),
}

#: Files of the evidence section; the permit's is needed where there is a permit.
FILE_SLOTS: Mapping[str, str] = {"licence": N_("营业执照"), "permit": N_("排污许可证或登记回执")}
