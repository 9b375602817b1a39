"""Names of what goes into a formula, for messages and explanations, in two languages."""

from collections.abc import Mapping
from types import MappingProxyType

from portal.domain.messages import N_

#: key of an input → (Chinese message id, English)
_BOTH: Mapping[str, tuple[str, str]] = {
    "amount": (N_("活动数据"), "Activity data"),
    "net_calorific_value": (N_("低位发热量"), "Net calorific value"),
    "carbon_content": (N_("单位热值含碳量"), "Carbon content per heat"),
    "element_carbon": (N_("收到基元素碳含量"), "Element carbon as received"),
    "oxidation_rate": (N_("碳氧化率"), "Oxidation rate"),
    "emission_factor": (N_("排放因子"), "Emission factor"),
    "purity": (N_("纯度"), "Purity"),
    "conversion": (N_("转化率"), "Conversion"),
    "grid_factor": (N_("电网排放因子"), "Grid factor"),
    "green_power": (N_("有凭证的绿色电力"), "Green power with proof"),
    "enthalpy": (N_("蒸汽焓值"), "Enthalpy of the steam"),
    "reference_enthalpy": (N_("基准焓值"), "Reference enthalpy"),
    "temperature": (N_("热水温度"), "Temperature of the water"),
    "reference_temperature": (N_("基准温度"), "Reference temperature"),
    "specific_heat": (N_("水的比热容"), "Specific heat of water"),
    "volume": (N_("厌氧处理的废水量"), "Wastewater treated without air"),
    "cod_in": (N_("进水 COD 浓度"), "COD before"),
    "cod_out": (N_("出水 COD 浓度"), "COD after"),
    "cod_sludge": (N_("以污泥清除的 COD 量"), "COD taken out with sludge"),
    "bo": (N_("甲烷最大生产能力"), "Methane producing capacity"),
    "mcf": (N_("甲烷修正因子"), "Methane correction factor"),
    "recovered_ch4": (N_("甲烷回收量"), "Methane recovered"),
    "gwp_ch4": (N_("甲烷的全球增温潜势"), "Global warming potential of methane"),
    "gwp": (N_("全球增温潜势"), "Global warming potential"),
    "efficiency": (N_("氧化或销毁效率"), "Share oxidised or destroyed"),
    "density": (N_("标准状况密度"), "Density at standard conditions"),
    "cao": (N_("熟料中 CaO 含量"), "CaO in clinker"),
    "cao_other": (N_("非碳酸盐来源的 CaO 含量"), "CaO not from carbonates"),
    "mgo": (N_("熟料中 MgO 含量"), "MgO in clinker"),
    "mgo_other": (N_("非碳酸盐来源的 MgO 含量"), "MgO not from carbonates"),
}

NAMES: Mapping[str, str] = MappingProxyType({key: pair[0] for key, pair in _BOTH.items()})
NAMES_EN: Mapping[str, str] = MappingProxyType({key: pair[1] for key, pair in _BOTH.items()})

#: name of a category's line where the guideline has no table of items for it
CATEGORY_NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "electricity": (N_("购入电力"), "Purchased electricity"),
        "heat": (N_("购入热力"), "Purchased heat"),
        "steam": (N_("购入蒸汽"), "Purchased steam"),
        "hot_water": (N_("购入热水"), "Purchased hot water"),
        "wastewater": (N_("厌氧处理的工业废水"), "Industrial wastewater treated without air"),
        "clinker": (N_("水泥熟料"), "Cement clinker"),
        "ch4_recovery": (N_("回收或销毁的甲烷"), "Methane recovered or destroyed"),
        "co2_recovery": (N_("回收利用的二氧化碳"), "Carbon dioxide recovered"),
        "sf6": (N_("六氟化硫"), "Sulphur hexafluoride"),
    }
)

#: a category, as sums are named
CATEGORY_TITLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "fuel": (N_("化石燃料燃烧"), "Combustion of fossil fuels"),
        "process": (
            N_("过程（碳酸盐、电极、含碳原料）"),
            "Process (carbonates, electrodes, materials)",
        ),
        "carbonate": (N_("碳酸盐分解"), "Decomposition of carbonates"),
        "product": (N_("固碳产品（扣除）"), "Carbon in products (taken off)"),
        "electricity": (N_("购入电力"), "Purchased electricity"),
        "heat": (N_("购入热力"), "Purchased heat"),
        "steam": (N_("购入蒸汽"), "Purchased steam"),
        "hot_water": (N_("购入热水"), "Purchased hot water"),
        "wastewater": (N_("废水厌氧处理"), "Anaerobic wastewater treatment"),
        "clinker": (N_("熟料生产过程"), "Making of clinker"),
        "ch4_recovery": (N_("甲烷回收与销毁（扣除）"), "Methane recovered or destroyed (taken off)"),
        "co2_recovery": (N_("二氧化碳回收利用（扣除）"), "Carbon dioxide recovered (taken off)"),
        "refrigerant": (N_("制冷剂逸散"), "Refrigerants released"),
        "sf6": (N_("六氟化硫逸散"), "SF6 released"),
    }
)
