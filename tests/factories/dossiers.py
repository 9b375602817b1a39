"""Sources of dossiers without a database: accepted months with results of the engine, and answers.

Every figure comes out of ``calculate``; a month is read back from its canonical JSON, as a snapshot is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portal.accounting.calculation import calculate
from portal.accounting.lines import Result
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.periods import Month, due_on
from portal.dossiers.source import AcceptedMonth, Answer, EnterpriseFacts, Source
from portal.reference.dossiers import DossierKind, load_kind
from portal.services.demo_months import DYEING_AMOUNTS, SHARES, STEAM_ENTHALPY, STEEL_AMOUNTS

STEEL_GUIDELINE, DYEING_GUIDELINE = "CETS-AG-03.01-V01-2024", "industry-other-2015"
#: Section of a stream by its category, as the catalogues have them.
_SECTIONS = {
    "fuel": "energy", "process": "process", "product": "process", "electricity": "power_heat",
    "steam": "power_heat", "output": "output", "pollutant": "pollutants",
}  # fmt: skip
_PROCESS = ("合金", "铬铁", "锰铁", "硅铁", "钼铁", "镍铁", "废钢", "生铁", "电极", "白云石", "石灰石")
_PRODUCTS = ("粗钢", "粗苯", "煤焦油")


@dataclass(frozen=True)
class Pollutant:
    """A pollutant stream of the plan: code, what it is, its outlet in the name, tonnes of a plain month."""

    code: str
    item: str
    name: str
    amount: str


STEEL_POLLUTANTS = (
    Pollutant("W-01", "二氧化硫", "DA001 烧结机头", "11.861"),
    Pollutant("W-02", "氮氧化物", "DA001 烧结机头", "28.592"),
    Pollutant("W-03", "化学需氧量", "DW001 废水总排口", "2.370"),
)
DYEING_POLLUTANTS = (
    Pollutant("W-01", "化学需氧量", "DW001 废水总排口", "3.115"),
    Pollutant("W-02", "挥发性有机物", "DA001 定型机排口", "0.482"),
)


def steel_payload(month: Month) -> dict[str, Any]:
    """The input of ``calculate`` for a month of the steel works; amounts differ from month to month."""
    amounts = {item: _varied(text, month) for item, text in STEEL_AMOUNTS.items()}
    activities = [
        {
            "id": f"S-{place:02}",
            "category": _steel_category(item),
            "item": item,
            "amount": amount,
            "unit": "10^4Nm3" if item == "焦炉煤气" else "t",
        }
        for place, (item, amount) in enumerate(amounts.items(), 1)
    ]
    output = {"item": "粗钢", "amount": amounts["粗钢"], "unit": "t"}
    return {"guideline": STEEL_GUIDELINE, "activities": activities, "output": output}


def dyeing_payload(month: Month) -> dict[str, Any]:
    """The input of ``calculate`` for a month of the dyeing mill."""
    amounts = {item: _varied(text, month) for item, text in DYEING_AMOUNTS.items()}
    return {
        "guideline": DYEING_GUIDELINE,
        "grid": {"family": "mee-average", "year": 2023, "area": "浙江"},
        "gwp": "AR5",
        "activities": [
            _activity("S-01", "fuel", "天然气", amounts["天然气"], "10^4Nm3", item="天然气"),
            _activity("S-02", "electricity", "电力", amounts["电力"], "MWh"),
            _activity("S-03", "steam", "蒸汽", amounts["蒸汽"], "t", enthalpy=str(STEAM_ENTHALPY)),
        ],
        "output": {"item": "印染布", "amount": amounts["印染布"], "unit": "10^4m"},
    }


def accepted_month(
    payload: Mapping[str, Any],
    month: Month,
    enterprise: EnterpriseFacts,
    *,
    pollutants: Sequence[Pollutant] = (),
    version: int = 1,
) -> AcceptedMonth:
    """The month as it was signed and accepted; its calculation is the engine's."""
    result = calculate(payload)
    receipt = f"HZ-{month}-{month.number:06d}"
    content = {
        "schema": "carbon-steward/monthly-record/1",
        "enterprise": {
            "name": enterprise.name,
            "uscc": enterprise.uscc,
            "district": enterprise.district,
            "industry_code": enterprise.industry_code,
            "ets_member": enterprise.ets_member,
        },
        "record": {
            "month": str(month), "version": version, "kind": "original", "reason": "", "due_on": due_on(month)
        },
        "plan": {"version": "1.0", "effective_from": "2025-01", "guideline": enterprise.guideline},
        "streams": [*_streams(payload, result), *(_pollutant(entry, month) for entry in pollutants)],
        "calculation": result.as_json(),
        "evidence": [_file(month)],
        "missing_evidence": [],
        "evaluation": {
            "id": month.number, "input_hash": "0" * 64, "packs": [], "passed": 20, "failed": 0,
            "undecidable": 0, "not_applicable": 4, "finished_at": f"{due_on(month)}T02:00:00+00:00",
        },
        "findings": [],
        "sections": [],
        "signature": {
            "signed_by": "示例负责人",
            "role": "enterprise_signatory",
            "submitted_at": f"{due_on(month) - timedelta(days=9)}T02:32:00+00:00",
            "receipt_number": receipt,
            "late": False,
            "statements": [],
        },
    }  # fmt: skip
    text = canonical_json(content)
    return AcceptedMonth(
        month=month,
        record_id=month.year * 100 + month.number,
        version_id=(month.year * 100 + month.number) * 10 + version,
        version=version,
        sha256=sha256_text(text),
        receipt_number=receipt,
        content=json.loads(text),
    )


def steel_months(year: int, count: int = 12) -> tuple[AcceptedMonth, ...]:
    """The first ``count`` months of a year of the steel works."""
    return tuple(
        accepted_month(steel_payload(month), month, STEEL, pollutants=STEEL_POLLUTANTS)
        for month in _months(year, count)
    )


def dyeing_months(year: int, count: int = 12) -> tuple[AcceptedMonth, ...]:
    """The first ``count`` months of a year of the dyeing mill."""
    return tuple(
        accepted_month(dyeing_payload(month), month, DYEING, pollutants=DYEING_POLLUTANTS)
        for month in _months(year, count)
    )


def steel_source(kind: str | DossierKind, **changes: Any) -> Source:
    """What a dossier of the steel works in 2026 is made from; ``changes`` replace fields of Source."""
    return _source(kind, STEEL, steel_months(2026), steel_months(2025), changes)


def dyeing_source(kind: str | DossierKind, **changes: Any) -> Source:
    """What a dossier of the dyeing mill in 2026 is made from; ``changes`` replace fields of Source."""
    return _source(kind, DYEING, dyeing_months(2026), dyeing_months(2025), changes)


def without_months(source: Source, *numbers: int) -> Source:
    """The same source, some months of its period not accepted."""
    return replace(source, months=tuple(held for held in source.months if held.month.number not in numbers))


def with_answers(source: Source, **answers: Answer) -> Source:
    """The same source, some answers changed."""
    return replace(source, answers={**source.answers, **answers})


def _source(
    kind: str | DossierKind,
    enterprise: EnterpriseFacts,
    months: tuple[AcceptedMonth, ...],
    earlier: tuple[AcceptedMonth, ...],
    changes: Mapping[str, Any],
) -> Source:
    held = load_kind(kind) if isinstance(kind, str) else kind
    subject = changes.get("subject", "2026")
    first, last = period_of(subject)
    within = [entry for entry in months if first is None or first <= entry.month <= (last or first)]
    before = [entry for entry in earlier if first is None or first <= entry.month.plus(12) <= (last or first)]
    source = Source(
        kind=held,
        enterprise=enterprise,
        subject=subject,
        edition=1,
        first=first,
        last=last,
        months=() if held.months == "none" else tuple(within),
        earlier_months=() if held.months == "none" else tuple(before),
        findings=(),
        answers={},
        prepared_on=date(2027, 2, 20),
    )
    return replace(source, **changes)


def period_of(subject: str) -> tuple[Month | None, Month | None]:
    """First and last month of a subject: 2026, 2026-Q3, 2026-10; none for an event or a product."""
    if subject.isdigit() and len(subject) == 4:
        return Month(int(subject), 1), Month(int(subject), 12)
    year, _, part = subject.partition("-")
    if part[:1] == "Q" and year.isdigit():
        first = Month(int(year), int(part[1:]) * 3 - 2)
        return first, first.plus(2)
    if part.isdigit() and year.isdigit():
        return Month.parse(subject), Month.parse(subject)
    return None, None


def _months(year: int, count: int) -> list[Month]:
    return [Month(year, number) for number in range(1, count + 1)]


def _varied(text: str, month: Month) -> str:
    """A month's amount: the worked one changed by a made-up share, with the same number of decimals."""
    plain = Decimal(text)
    share = Decimal(1000 + SHARES[(month.year * 12 + month.number) % len(SHARES)]) / 1000
    return format((plain * share).quantize(plain if plain.as_tuple().exponent else Decimal("0.1")), "f")


def _steel_category(item: str) -> str:
    if item in _PRODUCTS:
        return "product"
    return "process" if item.endswith(_PROCESS) else "fuel"


def _activity(line: str, category: str, name: str, amount: str, unit: str, **more: str) -> dict[str, Any]:
    return {"id": line, "category": category, "amount": amount, "unit": unit, **more}


def _streams(payload: Mapping[str, Any], result: Result) -> list[dict[str, Any]]:
    names = {line.id: line.item for line in result.lines}
    streams = [
        _stream(entry["id"], names[entry["id"]], entry["category"], entry["amount"], entry["unit"])
        for entry in payload["activities"]
    ]
    output = payload["output"]
    return [*streams, _stream("S-99", output["item"], "output", output["amount"], output["unit"])]


def _pollutant(entry: Pollutant, month: Month) -> dict[str, Any]:
    stream = _stream(entry.code, entry.item, "pollutant", _varied(entry.amount, month), "t")
    return {**stream, "name": f"{entry.name} {entry.item}"}


def _stream(code: str, item: str, category: str, amount: str, unit: str) -> dict[str, Any]:
    row = {
        "key": "amount", "name": "数量", "unit": unit, "value": Decimal(amount), "text": "",
        "origin": "typed", "acquisition": "measured", "meter": None,
    }  # fmt: skip
    return {
        "code": code, "name": item, "category": category, "item": item, "section": _SECTIONS[category],
        "rows": [row],
    }  # fmt: skip


def _file(month: Month) -> dict[str, Any]:
    return {
        "slot": "S-01.amount.ledger", "title": "月度台账", "clause": "10.2.1 b)",
        "filename": f"示例台账-{month}.pdf", "sha256": sha256_text(str(month)), "size": 2048,
        "period_from": month.first, "period_to": month.last,
        "uploaded_at": f"{month.next().first}T01:00:00+00:00",
    }  # fmt: skip


def _enterprise(name: str, uscc: str, industry: tuple[str, str], guideline: str) -> EnterpriseFacts:
    return EnterpriseFacts(
        name=name,
        uscc=uscc,
        district="示例区",
        legal_representative="顾示例",
        address="示例区示例路 1 号",
        industry_code=industry[0],
        industry_name=industry[1],
        contact_name="沈示例",
        contact_phone="0572-0000000",
        ets_member=guideline == STEEL_GUIDELINE,
        guideline=guideline,
        key_unit_lists=("2026 年度环境监管重点单位名录",),
        permits=(
            {
                "number": f"{uscc}001P", "category": "key", "valid_from": date(2025, 1, 1),
                "valid_to": date(2029, 12, 31),
            },
        ),
        facilities=(
            {
                "code": "MF0001", "name": "示例主要设施", "purpose": "production", "model": "示例型号",
                "outlet": "",
            },
            {
                "code": "TA001", "name": "示例治理设施", "purpose": "treatment", "model": "示例型号",
                "outlet": "DA001",
            },
        ),
        outlets=(
            {"code": "DA001", "name": "示例废气排放口", "medium": "air"},
            {"code": "DW001", "name": "示例废水排放口", "medium": "water"},
        ),
    )  # fmt: skip


STEEL = _enterprise("示例钢铁有限公司", "91330500MA28C4XX0E", ("3120", "炼钢"), STEEL_GUIDELINE)
DYEING = _enterprise("示例印染有限公司", "91330500MA28C4XX1C", ("1713", "棉印染精加工"), DYEING_GUIDELINE)
