"""What fits the schema of a PACT footprint and still does not fit together."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, localcontext
from typing import Any, Final

from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT
from portal.dossiers.pact_facts import Note, SupplierFacts
from portal.reference.pact import LIST, OBJECT, ROOT, load_pact

#: What the footprint without biogenic uptake is the sum of, by the specification's own formula.
COMPONENTS: Final = (
    "fossilGhgEmissions",
    "landUseChangeGhgEmissions",
    "landManagementBiogenicCO2Emissions",
    "landManagementBiogenicCO2Removals",
    "technologicalCO2Removals",
    "ccsTechnologicalCO2Capture",
    "biogenicNonCO2Emissions",
)
_EXCLUDING, _INCLUDING, _UPTAKE = (
    "pcfExcludingBiogenicUptake",
    "pcfIncludingBiogenicUptake",
    "biogenicCO2Uptake",
)
_ASKED: Final = ("SHALL", "SHALL-2027")
#: What must not be given where the flag is false.
_ONLY_WITH: Final[Mapping[str, tuple[str, ...]]] = {
    "packagingEmissionsIncluded": ("packagingGhgEmissions",),
    "ccsTechnologicalCO2CaptureIncluded": (
        "ccsTechnologicalCO2Capture",
        "technologicalCO2Removals",
        "technologicalCO2CaptureOrigin",
    ),
}
_MOST_UNKNOWN: Final = 20
_SHARE: Final = (Decimal(0), Decimal(100))
_RATING: Final = (Decimal(1), Decimal(5))


def warnings_of(facts: SupplierFacts, today: date) -> Iterator[Note]:
    """Everything that a reader should know before using the figures; ``today`` decides what has expired."""
    pcf = facts.raw["pcf"]
    yield from _standing(facts, today)
    yield from _sums(pcf)
    yield from _missing(pcf)
    yield from _contradictions(pcf)
    yield from _out_of_range(pcf)
    yield from _unknown(facts.raw)


def _standing(facts: SupplierFacts, today: date) -> Iterator[Note]:
    if not facts.active:
        words = N_("供应商已将这份碳足迹标为停用（Deprecated），不应再作数据来源")
        yield Note("deprecated", "/status", words)
    if facts.valid_until.date() < today:
        words = N_("有效期至 %(day)s，已过期")
        yield Note("expired", "/validityPeriodEnd", words, {"day": facts.valid_until.date()})
    if not facts.symbol:
        words = N_("声明单位 %(unit)s 在本平台没有对应单位，不能用作产品系统的投入")
        yield Note("unit", "/pcf/declaredUnitOfMeasurement", words, {"unit": facts.unit})


def _sums(pcf: Mapping[str, Any]) -> Iterator[Note]:
    said = _fits(pcf, _INCLUDING, (_EXCLUDING, _UPTAKE))
    if said:
        words = N_("不扣吸收的碳足迹与吸收之和为 %(sum)s，相差 %(difference)s，超出修约所能解释的范围")
        yield Note("sum_including", f"/pcf/{_INCLUDING}", words, said)
    said = _fits(pcf, _EXCLUDING, COMPONENTS)
    if said:
        words = N_("各组成部分之和为 %(sum)s，相差 %(difference)s，超出修约所能解释的范围")
        yield Note("sum_components", f"/pcf/{_EXCLUDING}", words, said)


def _fits(pcf: Mapping[str, Any], whole: str, parts: Iterable[str]) -> dict[str, object]:
    """Sum and difference where they differ by more than the rounding of the printed figures explains."""
    given = [Decimal(pcf[key]) for key in parts if key in pcf]
    with localcontext(CONTEXT):
        total = Decimal(pcf[whole])
        found = sum(given, Decimal(0))
        allowed = sum((_half(value) for value in (total, *given)), Decimal(0))
        if abs(found - total) <= allowed:
            return {}
        return {"sum": _shown(found), "difference": _shown(found - total)}


def _shown(value: Decimal) -> str:
    return format(value, "f").replace("-", "\N{MINUS SIGN}")


def _half(value: Decimal) -> Decimal:
    """Half of the last printed place; a zero is exact."""
    exponent = value.as_tuple().exponent
    return Decimal((0, (5,), int(exponent) - 1)) if value else Decimal(0)


def _missing(pcf: Mapping[str, Any]) -> Iterator[Note]:
    for key, field in load_pact().fields["CarbonFootprint"].items():
        if key not in pcf and not field.required and field.rule in _ASKED:
            words = N_("没有提供；规范的要求级别为 %(rule)s")
            yield Note("missing", f"/pcf/{key}", words, {"rule": field.rule})


def _contradictions(pcf: Mapping[str, Any]) -> Iterator[Note]:
    for flag, keys in _ONLY_WITH.items():
        for key in keys:
            if pcf.get(flag) is False and key in pcf:
                words = N_("%(flag)s 为 false 时不应填写")
                yield Note("contradiction", f"/pcf/{key}", words, {"flag": flag})
    for place, rule in enumerate(pcf.get("productOrSectorSpecificRules", ())):
        if rule["operator"] == "Other" and not rule.get("otherOperatorName"):
            pointer = f"/pcf/productOrSectorSpecificRules/{place}/otherOperatorName"
            yield Note("operator", pointer, N_("规则制定者为 Other 时应写明名称"))


def _out_of_range(pcf: Mapping[str, Any]) -> Iterator[Note]:
    marks = {f"dqi/{key}": value for key, value in pcf.get("dqi", {}).items() if _is_rating(key)}
    shares = {key: pcf[key] for key in ("primaryDataShare", "exemptedEmissionsPercent") if key in pcf}
    for found, (least, most) in ((marks, _RATING), (shares, _SHARE)):
        for key, value in found.items():
            if not least <= Decimal(value) <= most:
                words = N_("%(value)s 不在 %(least)s 至 %(most)s 之间")
                yield Note("range", f"/pcf/{key}", words, {"value": value, "least": least, "most": most})


def _is_rating(key: str) -> bool:
    return key in load_pact().fields["DataQualityIndicators"]


def _unknown(raw: Mapping[str, Any]) -> Iterator[Note]:
    found = [*_strange(raw, ROOT, "")]
    for pointer in found[:_MOST_UNKNOWN]:
        yield Note("unknown", pointer, N_("规范 3.x 没有这一项，没有采用"))


def _strange(held: Mapping[str, Any], owner: str, prefix: str) -> Iterator[str]:
    fields = load_pact().fields[owner]
    for key, value in held.items():
        field, pointer = fields.get(key), f"{prefix}/{key[:60]}"
        if field is None:
            yield pointer
        elif field.kind.startswith(OBJECT):
            yield from _strange(value, field.kind.removeprefix(OBJECT), pointer)
        elif field.kind.startswith(LIST + OBJECT):
            for place, entry in enumerate(value):
                inner = field.kind.removeprefix(LIST + OBJECT)
                yield from _strange(entry, inner, f"{pointer}/{place}")
