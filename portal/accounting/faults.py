"""Every fault of an input to the calculators: a stable code and how to mend it, in two languages."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from portal.accounting.footprint_faults import FOOTPRINT_FAULTS
from portal.domain.errors import InputError
from portal.domain.messages import N_

#: code → (Chinese message id, English sentence); both take the same parameters
FAULTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "not_json": (
            N_("输入不是有效的 JSON（%(detail)s），请检查后重试"),
            "The input is not valid JSON (%(detail)s); correct it and try again.",
        ),
        "wrong_type": (N_("这里应为%(wanted)s"), "Expected %(wanted)s here."),
        "missing_value": (
            N_("缺少必填值“%(key)s”；空白不等于零，请填写"),
            "The required value “%(key)s” is missing; blank is not zero, so give a value.",
        ),
        "not_a_number": (
            N_("“%(given)s”不是数值，请填十进制数，例如 12.34"),
            "“%(given)s” is not a number; write a decimal such as 12.34.",
        ),
        "number_too_long": (
            N_("数值过长或过大：最多 30 位数字，绝对值小于 10 的 15 次方"),
            "The number is too long or too large: at most 30 digits, below 10 to the power 15.",
        ),
        "negative": (
            N_("“%(key)s”不能为负，现为 %(given)s"),
            "“%(key)s” must not be negative, but is %(given)s.",
        ),
        "out_of_range": (
            N_("“%(key)s”现为 %(given)s，应%(wanted)s"),
            "“%(key)s” is %(given)s; it must be %(wanted)s.",
        ),
        "not_a_day": (
            N_("“%(given)s”不是日期，请写成 2026-10-31"),
            "“%(given)s” is not a day; write it as 2026-10-31.",
        ),
        "not_a_month": (
            N_("“%(given)s”不是月份，请写成 2026-10"),
            "“%(given)s” is not a month; write it as 2026-10.",
        ),
        "not_utf8": (
            N_("输入不是 UTF-8 文本，请另存为 UTF-8 后重试"),
            "The input is not UTF-8 text; save it as UTF-8 and try again.",
        ),
        "too_large": (
            N_("输入超过 %(limit)s MB，请分月提交"),
            "The input is larger than %(limit)s MB; hand it in month by month.",
        ),
        "given_twice": (
            N_("“%(key)s”与“%(other)s”只能给出其一"),
            "Give “%(key)s” or “%(other)s”, not both.",
        ),
        "unknown_basis": (
            N_("不认识基准“%(basis)s”；可用：%(known)s"),
            "The basis “%(basis)s” is not known; available: %(known)s.",
        ),
        "unknown_proof": (
            N_("“%(proof)s”不是绿色电力的凭证；可用：%(known)s"),
            "“%(proof)s” is no proof of green power; accepted: %(known)s.",
        ),
        "unverified_value": (
            N_("“%(key)s”只有未经核实的缺省值（%(source)s），这里不允许使用，请填写自己的数值"),
            "The default of “%(key)s” (%(source)s) is unverified and not allowed here; give your own value.",
        ),
        "unknown_key": (
            N_("不认识“%(key)s”这个键；这里可用：%(known)s"),
            "The key “%(key)s” is not known; allowed here: %(known)s.",
        ),
        "duplicate_key": (N_("键“%(key)s”出现了两次"), "The key “%(key)s” is given twice."),
        "duplicate_id": (
            N_("编号“%(id)s”用了两次，请给每一行不同的编号"),
            "The id “%(id)s” is used twice; give every entry its own.",
        ),
        "empty_list": (
            N_("“%(key)s”不能是空的，至少要有一项"),
            "“%(key)s” is empty; give at least one entry.",
        ),
        "unknown_pack": (
            N_("没有数据包“%(pack)s”；现有：%(known)s"),
            "There is no pack “%(pack)s”; available: %(known)s.",
        ),
        "unknown_category": (
            N_("不认识类别“%(category)s”；可用：%(known)s"),
            "The category “%(category)s” is not known; available: %(known)s.",
        ),
        "category_not_counted": (
            N_("指南 %(guideline)s 不核算“%(category)s”；它核算：%(known)s"),
            "Guideline %(guideline)s does not count “%(category)s”; it counts: %(known)s.",
        ),
        "unknown_item": (
            N_("指南 %(guideline)s 的“%(category)s”中没有“%(item)s”；相近的有：%(nearest)s"),
            "“%(item)s” is not among “%(category)s” of guideline %(guideline)s; nearest: %(nearest)s.",
        ),
        "unknown_unit": (
            N_("不认识单位“%(unit)s”；相近的写法：%(nearest)s"),
            "The unit “%(unit)s” is not known; nearest: %(nearest)s.",
        ),
        "unit_mismatch": (
            N_("单位“%(given)s”不能换算成“%(wanted)s”，请用“%(wanted)s”或能与它换算的单位填报"),
            "“%(given)s” does not convert to “%(wanted)s”; use “%(wanted)s” or a unit that converts to it.",
        ),
        "missing_grid": (
            N_("有购入电力时须给出 grid（family、year、area）"),
            "Purchased electricity needs “grid” with family, year and area.",
        ),
        "wrong_grid_purpose": (
            N_("“%(family)s”是产品碳足迹用的电力因子，不能用于核算排放；可用：%(known)s"),
            "“%(family)s” is for product footprints and is refused in an inventory; available: %(known)s.",
        ),
        "unknown_grid_factor": (
            N_("“%(family)s”没有 %(year)s 年“%(area)s”的因子；相近的有：%(nearest)s"),
            "“%(family)s” holds no factor for “%(area)s” in %(year)s; nearest: %(nearest)s.",
        ),
        "missing_gwp": (
            N_("有非二氧化碳气体时须给出 gwp；可用：%(known)s"),
            "Gases other than carbon dioxide need “gwp”; available: %(known)s.",
        ),
        "unknown_gas": (
            N_("%(gwp)s 中没有气体“%(gas)s”；相近的有：%(nearest)s"),
            "The set %(gwp)s holds no gas “%(gas)s”; nearest: %(nearest)s.",
        ),
        **FOOTPRINT_FAULTS,
    }
)

#: between the names of a list
_JOINT = "、"

#: what a message may want in place of what it got
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        N_("十进制数（文字）"): "a decimal written as text",
        N_("对象"): "an object",
        N_("列表"): "a list",
        N_("文字"): "text",
        N_("四位年份"): "a year of four digits",
        N_("大于 0"): "above 0",
        N_("在 0 与 1 之间"): "between 0 and 1",
        N_("在 1 与 5 之间"): "between 1 and 5",
        N_("小于 1"): "below 1",
        N_("整数"): "a whole number",
        N_("产品"): "product",
        N_("功能单位"): "functional unit",
        N_("系统边界"): "boundary",
        N_("核算规则"): "rules",
        N_("全球增温潜势"): "global warming potentials",
        N_("小于 100"): "below 100",
        N_("真或假"): "true or false",
        N_("嵌套过深"): "nested too deeply",
    }
)


def fault(code: str, path: str, **params: object) -> InputError:
    """An InputError of the given kind at ``path``."""
    return InputError(code, FAULTS[code][0], params=params, path=path)


def in_english(error: InputError) -> str:
    """The English sentence of an error made by ``fault`` or by the quantities."""
    known = FAULTS.get(error.code)
    if known is None:
        return str(error)
    return known[1] % {key: _in_english(str(value)) for key, value in error.params.items()}


def _in_english(value: str) -> str:
    """A word, or words joined by ``listed``, in English where they are the house's own."""
    return _JOINT.join(_WORDS.get(word, word) for word in value.split(_JOINT))


def listed(names: Iterable[str]) -> str:
    """Names joined for a message; a dash when there are none."""
    return _JOINT.join(names) or "—"
