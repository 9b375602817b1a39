"""A footprint of ours told in the PACT format: what a customer's system takes in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, localcontext
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from portal.accounting.footprint_system import Origin
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.quantities import CONTEXT, convert, convertible, rounded
from portal.reference.pact import load_pact

SPEC_VERSION: Final = "3.0.0"
#: Root of the identifiers that are made here: the same footprint has the same id for ever.
NAMESPACE: Final = UUID("8f1c3f6e-5d0e-5b7a-9a4c-2f6a1f0c7d11")
#: Decimals of an exported figure.
PLACES: Final = 12
_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_STANDARDS: Final = ("ISO14067",)
_RATINGS: Final = {
    "technologicalDQR": "technological",
    "geographicalDQR": "geographical",
    "temporalDQR": "temporal",
}


@dataclass(frozen=True, slots=True)
class FootprintFacts:
    """What is told about one footprint; ``result`` is the answer of ``portal footprint`` for one unit.

    Carbon contents and packaging are kg per unit and kgCO2e per unit; ``first`` is the first day of the
    period, ``until`` the day after its last.
    """

    id: str
    created: datetime
    active: bool
    preceding: tuple[str, ...]
    valid_from: date | None
    valid_until: date | None
    company: str
    uscc: str
    product_id: str
    product: str
    description: str
    cn_code: str
    hs_code: str
    unit: str
    amount: Decimal
    mass: Decimal | None
    first: date
    until: date
    country: str
    rules: str
    boundary: str
    allocation: str
    result: Mapping[str, Any]
    factors: tuple[tuple[str, str], ...]
    fossil_carbon: Decimal | None
    biogenic_carbon: Decimal | None = None
    packaging_included: bool | None = None
    packaging: Decimal | None = None


def identifier(kind: str, *parts: object) -> str:
    """The UUID of a thing of ours, made from what it is; the same parts give the same one."""
    return str(uuid5(NAMESPACE, "/".join((kind, *map(str, parts)))))


def to_pact(facts: FootprintFacts) -> dict[str, Any]:
    """The footprint as a PACT ProductFootprint, figures as decimal texts.

    Raises Invalid, its path the missing thing, where the format requires something that is not known, and
    for a unit that it does not have.
    """
    told: dict[str, Any] = {
        "id": facts.id,
        "specVersion": SPEC_VERSION,
        "precedingPfIds": list(facts.preceding),
        "created": _moment(facts.created),
        "status": "Active" if facts.active else "Deprecated",
        "validityPeriodStart": _midnight(facts.valid_from),
        "validityPeriodEnd": _midnight(facts.valid_until),
        "companyName": facts.company,
        "companyIds": [f"urn:uscc:{facts.uscc}"],
        "productDescription": facts.description,
        "productIds": [f"urn:uuid:{facts.product_id}"],
        "productClassifications": list(_classifications(facts)),
        "productNameCompany": facts.product,
        "comment": _comment(facts),
        "pcf": _pcf(facts),
    }
    return {key: value for key, value in told.items() if value not in (None, [])}


def _pcf(facts: FootprintFacts) -> dict[str, Any]:
    unit, amount = declared_unit(facts.unit, facts.amount)
    said: dict[str, Any] = {
        "declaredUnitOfMeasurement": unit,
        "declaredUnitAmount": _text(amount),
        "productMassPerDeclaredUnit": _text(_needed(facts.mass, "mass", N_("每声明单位的产品质量"))),
        "referencePeriodStart": _midnight(facts.first),
        "referencePeriodEnd": _midnight(facts.until),
        "geographyCountry": facts.country or None,
        "boundaryProcessesDescription": facts.boundary,
        **_emissions(facts.result),
        "fossilCarbonContent": _text(_needed(facts.fossil_carbon, "fossil_carbon", N_("产品的化石碳含量"))),
        "biogenicCarbonContent": _text(facts.biogenic_carbon),
        "packagingEmissionsIncluded": facts.packaging_included,
        "packagingGhgEmissions": _text(facts.packaging) if facts.packaging_included else None,
        "ccsTechnologicalCO2CaptureIncluded": False,
        "ipccCharacterizationFactors": [facts.result["gwp"]],
        "crossSectoralStandards": list(_STANDARDS),
        "productOrSectorSpecificRules": _rules(facts.rules),
        **_exempted(facts.result),
        "allocationRulesDescription": facts.allocation or None,
        "secondaryEmissionFactorSources": [
            {"name": name, "version": version} for name, version in facts.factors
        ],
        **_quality(facts.result),
    }
    return {key: value for key, value in said.items() if value not in (None, [])}


def declared_unit(symbol: str, amount: Decimal) -> tuple[str, Decimal]:
    """The format's unit for ours, and the amount in it; raises Invalid where it has none."""
    units = load_pact().units
    for name, own in units.items():
        if own == symbol:
            return name, amount
    for name, own in units.items():
        if convertible(symbol, own):
            return name, convert(amount, symbol, own)
    raise Invalid(N_("PACT 没有与“%(unit)s”对应的声明单位，不能导出"), params={"unit": symbol}, path="unit")


def _emissions(result: Mapping[str, Any]) -> dict[str, str | None]:
    """The figures of the footprint; aircraft is part of the fossil figure and stands beside it too."""
    origins = {key: Decimal(value) for key, value in result["by_origin"].items()}
    nothing = Decimal(0)
    with localcontext(CONTEXT):
        fossil = origins.get(Origin.FOSSIL, nothing) + origins.get(Origin.AIRCRAFT, nothing)
        other = sum((amount for gas, amount in _biogenic(result) if gas != "CO2"), nothing)
    return {
        "pcfExcludingBiogenicUptake": _text(Decimal(result["total_kgco2e"])),
        "pcfIncludingBiogenicUptake": _text(Decimal(result["total_with_uptake_kgco2e"])),
        "fossilGhgEmissions": _text(fossil),
        "landUseChangeGhgEmissions": _text(origins.get(Origin.LAND_USE, nothing)),
        "biogenicCO2Uptake": _text(origins.get(Origin.BIOGENIC_UPTAKE, nothing)),
        "biogenicNonCO2Emissions": _text(other),
        "aircraftGhgEmissions": _text(origins.get(Origin.AIRCRAFT, nothing)),
    }


def _biogenic(result: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    for gas, amount in result["by_origin_gas"].get(Origin.BIOGENIC, {}).items():
        yield gas, Decimal(amount)


def _comment(facts: FootprintFacts) -> str | None:
    """What a reader must know to read the figures right."""
    said = []
    carbon_dioxide = sum((amount for gas, amount in _biogenic(facts.result) if gas == "CO2"), Decimal(0))
    if carbon_dioxide:
        said.append(f"Biogenic CO2 emitted and counted in the total: {_text(carbon_dioxide)} kgCO2e.")
    if "quality" in facts.result:
        said.append("Data quality ratings: 1 is best, 5 worst.")
    return " ".join(said) or None


def _exempted(result: Mapping[str, Any]) -> dict[str, str]:
    cuts = result.get("cut_offs", ())
    share = sum((Decimal(cut["share"]) for cut in cuts if "share" in cut), Decimal(0))
    words = "；".join(f"{cut['what']}：{cut['reason']}" for cut in cuts)
    return {"exemptedEmissionsPercent": _text(share * 100) or "0", "exemptedEmissionsDescription": words}


def _quality(result: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "primary_share" in result:
        said["primaryDataShare"] = _text(Decimal(result["primary_share"]) * 100)
    if "quality" in result:
        ratings = result["quality"]["ratings"]
        said["dqi"] = {key: _text(Decimal(ratings[own])) for key, own in _RATINGS.items()}
    return said


def _rules(rules: str) -> list[dict[str, Any]]:
    if not rules.strip():
        return []
    return [{"operator": "Other", "ruleNames": [rules.strip()], "otherOperatorName": "not stated"}]


def _classifications(facts: FootprintFacts) -> Iterator[str]:
    for name, code in (("cn-code", facts.cn_code), ("hs", facts.hs_code)):
        if digits := "".join(code.split()):
            yield f"urn:pact:productclassification:{name}:{digits}"


def _needed(value: Decimal | None, path: str, what: str) -> Decimal:
    if value is None:
        raise Invalid(N_("PACT 要求填写“%(what)s”，请先补填"), params={"what": what}, path=path)
    return value


def _text(value: Decimal | None) -> str | None:
    """A decimal text of at most twelve decimals without trailing zeros; None stays None."""
    if value is None:
        return None
    with localcontext(CONTEXT):
        told = rounded(value, PLACES)
        return format(told.normalize() if told else Decimal(0), "f")


def _midnight(day: date | None) -> str | None:
    """The moment at which a day begins in Shanghai."""
    return None if day is None else _moment(datetime.combine(day, time(), _SHANGHAI))


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
