"""Products and product systems: the words that their rows and forms share."""

from collections.abc import Mapping
from enum import StrEnum

from portal.domain.messages import N_


class Boundary(StrEnum):
    """From where to where a footprint counts."""

    CRADLE_TO_GATE = "cradle_to_gate"
    CRADLE_TO_GRAVE = "cradle_to_grave"


BOUNDARY_WORDS: Mapping[Boundary, str] = {
    Boundary.CRADLE_TO_GATE: N_("摇篮到大门"),
    Boundary.CRADLE_TO_GRAVE: N_("摇篮到坟墓"),
}

#: What exports ask for beyond the product itself: key → words. Texts; blank where nobody has said.
DETAILS: Mapping[str, str] = {
    "biogenic_carbon": N_("产品生物碳含量，kgC 每声明单位"),
    "fossil_carbon": N_("产品化石碳含量，kgC 每声明单位"),
    "battery_model": N_("电池型号（欧盟电池声明）"),
    "battery_plant": N_("生产厂地理位置（欧盟电池声明）"),
    "battery_energy": N_("使用寿命内总能量，kWh（欧盟电池声明）"),
    "battery_declaration": N_("欧盟符合性声明编号"),
    "battery_study": N_("支撑研究公开版网址"),
    "cbam_goods": N_("CBAM 聚合商品类别"),
    "cbam_route": N_("CBAM 生产路线"),
    "cbam_installation": N_("CBAM 设施英文名称"),
}
