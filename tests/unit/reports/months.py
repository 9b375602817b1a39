"""Variants of the sample month for the tests: another industry, a first month, many lines."""

from copy import deepcopy
from typing import Any

from reports.document import load_sample


def steel_month() -> dict[str, Any]:
    """The sample: twenty lines of steel."""
    return deepcopy(load_sample("monthly_report"))


def dyeing_month() -> dict[str, Any]:
    """A month of general industry: gas, steam, electricity and wastewater in CO2e, four factor columns."""
    month = steel_month()
    month["enterprise"] |= {"name": "示例印染有限公司", "industry": "纺织印染"}
    del month["steward"]
    month["record"]["guideline"] = "GB/T 32150-2025"
    month["result"] = {
        "gas": "CO2e", "level": "企业层级", "name": "企业温室气体排放量",
        "total": "6215.84", "reported_total": "6216",
    }  # fmt: skip
    month["history"] = [
        {"month": "2026-08", "total": "6411.20"},
        {"month": "2026-09", "total": "6398.75"},
    ]
    month["calculation"] = {
        "amount_decimals": 2,
        "factor_pack": "general-GB/T 32150 / 2026.1",
        "notes": ["电力排放因子取 2023 年浙江省级平均值。"],
        "columns": [
            {"key": "ncv", "label": "低位发热量"},
            {"key": "content", "label": "单位热值\n含碳量"},
            {"key": "rate", "label": "氧化率 /\nMCF"},
            {"key": "factor", "label": "排放因子"},
        ],
    }
    gas = [
        {"column": "ncv", "value": "389.310", "unit": "GJ/10^4Nm3"},
        {"column": "content", "value": "0.01532", "unit": "tC/GJ"},
        {"column": "rate", "value": "0.99", "unit": ""},
    ]
    month["groups"] = [
        _group("A", "化石燃料燃烧", "E = FC × NCV × CC × OF × 44/12", "44/12", "1082.51",
               [_line("g1", "天然气", "50.000", "10^4Nm3", gas, "transcribed", "1082.51")]),
        _group("B", "购入电力", "E = AD × EF", "", "2685.77",
               [_line("e1", "外购电力", "4821.85", "MWh", _factor("0.5570", "MWh"), "official", "2685.77")]),
        _group("C", "购入热力", "E = AD × EF", "", "2354.00",
               [_line("h1", "外购蒸汽", "21400.00", "GJ", _factor("0.11", "GJ"), "unverified", "2354.00")]),
        _group("D", "废水处理", "E = COD × Bo × MCF × GWP", "", "93.56",
               [_line("w1", "厌氧池", "", "", [], "unverified", "93.56")]),
    ]  # fmt: skip
    month["findings"] = []
    month["evidence"] = month["evidence"][:4]
    month["timeline"] = [
        {"on": "2026-11-02", "label": "开始填报", "actor": "赵示例"},
        {"on": "2026-12-11", "label": "提交 V1", "actor": "钱示例"},
        {"on": "2026-12-12", "label": "V1 受理", "actor": "孙示例"},
        {"on": "2026-12-12", "label": "通知发出", "actor": ""},
    ]
    month["record"]["accepted_at"] = "2026-12-12T09:30:00+08:00"
    month["signing"]["attachments"] = []
    return month


def long_month(lines: int = 60) -> dict[str, Any]:
    """The steel month with more lines in its second group; the sums are not adjusted."""
    month = steel_month()
    extra = lines - sum(len(group["lines"]) for group in month["groups"])
    pattern = month["groups"][1]["lines"][0]
    month["groups"][1]["lines"] += [
        pattern | {"id": f"x{position}", "item": f"含碳原料第 {position} 种"}
        for position in range(1, extra + 1)
    ]
    return month


def preview_month() -> dict[str, Any]:
    """The first month of an enterprise, before it is signed."""
    month = steel_month()
    month["history"] = []
    month["record"] |= {"receipt_number": "", "accepted_at": ""}
    for signer in month["signatures"]:
        signer |= {"name": "", "signed_at": ""}
        signer.pop("digest", None)
    return month


def _group(
    letter: str, name: str, formula: str, constant: str, subtotal: str, lines: list[Any]
) -> dict[str, Any]:
    return {
        "letter": letter, "name": name, "short_name": name, "formula": formula, "clause": "GB/T 32150 5.2",
        "constant": constant, "deducted": False, "subtotal": subtotal, "lines": lines,
    }  # fmt: skip


def _line(
    key: str, item: str, amount: str, unit: str, factors: list[Any], confidence: str, emission: str
) -> dict[str, Any]:
    return {
        "id": key, "item": item, "amount": amount, "unit": unit, "factors": factors,
        "source": "附录 B", "confidence": confidence, "emission": emission,
    }  # fmt: skip


def _factor(value: str, per: str) -> list[dict[str, str]]:
    return [{"column": "factor", "value": value, "unit": f"tCO2/{per}"}]
