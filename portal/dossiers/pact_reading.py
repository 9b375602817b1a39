"""A supplier's PACT footprint, taken in: what it says, what is wrong in it, and what does not fit."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import jsonschema_rs

from portal.domain.canonical import canonical_json
from portal.domain.errors import InputError
from portal.domain.messages import N_
from portal.dossiers.pact_facts import Note, Reading, SupplierFacts
from portal.dossiers.pact_json import MOST_DIGITS, strict_json
from portal.dossiers.pact_warnings import warnings_of
from portal.reference.pact import LIST, OBJECT, ROOT, PactField, load_pact, pact_schema

MOST_ERRORS: Final = 30
#: Years after the end of the reference period for which a footprint holds that does not say so itself.
VALID_YEARS: Final = 3
#: Letters of what is shown in one line.
_MOST_LETTERS: Final[Mapping[str, int]] = {"companyName": 200, "productNameCompany": 300}
_WORDS: Final[Mapping[str, str]] = {
    "Required": N_("缺少必填项 %(what)s"),
    "Type string": N_("类型不对，应为文字；数值也写成带引号的文字"),
    "Type object": N_("类型不对，应为对象"),
    "Type array": N_("类型不对，应为列表"),
    "Type boolean": N_("类型不对，应为 true 或 false"),
    "Pattern": N_("写法不对"),
    "Format uuid": N_("写法不对，应为 UUID"),
    "Format date-time": N_("写法不对，应为带时区的日期时间，如 2026-01-31T00:00:00Z"),
    "Format uri": N_("写法不对，应为网址"),
    "Enum": N_("只能是其中之一：%(what)s"),
    "MinItems": N_("至少要有一项"),
    "MinLength": N_("不能为空"),
    "UniqueItems": N_("有重复的项"),
    "Not": N_("地理范围最多写一个：区域、国家、省州三者之一"),
}


def read_pact(content: bytes, today: date) -> Reading:
    """Read one footprint, bare or as the answer ``{"data": …}`` of a PACT interface.

    ``today`` tells whether it still holds. Whatever stands in the file, nothing is raised: errors of JSON,
    of the version and of the schema come with their place, and so does what is right but does not fit.
    """
    try:
        raw = _unwrapped(strict_json(content))
        _check_version(raw)
    except InputError as error:
        return Reading(None, (Note(error.code, error.path, error.message, error.params),), ())
    errors = tuple(islice(_schema_errors(raw), MOST_ERRORS)) or tuple(_limits(raw))
    if errors:
        return Reading(None, errors, ())
    try:
        facts = _facts(raw)
    except (ValueError, OverflowError):  # a day that no calendar has, or that no clock can hold
        return Reading(None, (Note("moment", "/pcf", N_("日期不存在或超出范围")),), ())
    if facts.period_to <= facts.period_from:
        words = N_("数据期间的止不晚于起")
        return Reading(None, (Note("period", "/pcf/referencePeriodEnd", words),), ())
    return Reading(facts, (), tuple(warnings_of(facts, today)))


def _unwrapped(value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and "pcf" not in value and "data" in value:
        value = value["data"]
    if isinstance(value, list):
        if len(value) != 1:
            raise InputError(
                "several",
                N_("文件里有 %(count)s 份碳足迹，请一份一份上传"),
                params={"count": len(value)},
            )
        value = value[0]
    if not isinstance(value, dict):
        raise InputError("no_footprint", N_("文件里不是一份产品碳足迹"))
    return value


def _check_version(raw: Mapping[str, Any]) -> None:
    version = raw.get("specVersion")
    if isinstance(version, str) and version.split(".")[0] != "3":
        raise InputError(
            "version",
            N_("规范版本 %(version)s 不能读入，只读 3.x；请供应商导出 3.x 版本"),
            params={"version": version[:20]},
            path="/specVersion",
        )


@lru_cache(maxsize=1)
def _validator() -> Any:
    return jsonschema_rs.Draft202012Validator(dict(pact_schema()), validate_formats=True)


def _schema_errors(raw: Mapping[str, Any]) -> Iterator[Note]:
    for error in _validator().iter_errors(raw):
        kind = type(error.kind).__name__
        place = [str(part) for part in error.instance_path]
        what = _what(kind, error, place)
        words = _WORDS.get(kind) or _WORDS.get(f"{kind} {what}", N_("不符合规范"))
        if kind == "Required":
            place.append(what)
        yield Note(kind.lower(), _pointer(place), words, {"what": what} if what else {})


def _what(kind: str, error: Any, place: list[str]) -> str:
    """What a message about an error puts in: the missing key, the type, the format, the choices."""
    field = field_at(place)
    if kind == "Required":
        return str(error.kind.property)
    if kind == "Type":
        return str(error.kind.types[0])
    if kind == "Format":
        return str(error.kind.format)
    if kind == "Enum" and field is not None:
        return "、".join(field.choices)
    return ""


def _pointer(place: list[str]) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1")[:60] for part in place)


def field_at(place: list[str]) -> PactField | None:
    """The field that stands at a place of a footprint, such as ``["pcf", "dqi", "temporalDQR"]``."""
    fields, found = load_pact().fields, None
    owner = ROOT
    for part in place:
        if part.isdigit():
            continue
        found = fields.get(owner, {}).get(part)
        if found is None:
            return None
        owner = found.kind.removeprefix(LIST).removeprefix(OBJECT)
    return found


def _limits(raw: Mapping[str, Any]) -> Iterator[Note]:
    """What the schema lets through and the portal cannot keep."""
    for key, most in _MOST_LETTERS.items():
        if len(raw[key]) > most:
            yield Note("too_long", f"/{key}", N_("超过 %(most)s 字"), {"most": most})
        if not raw[key].strip():
            yield Note("minlength", f"/{key}", N_("不能为空"))
    for key, field in load_pact().fields["CarbonFootprint"].items():
        if field.is_decimal and len(raw["pcf"].get(key, "")) > MOST_DIGITS:
            yield Note("too_long", f"/pcf/{key}", N_("数值超过 %(most)s 位"), {"most": MOST_DIGITS})


def _facts(raw: Mapping[str, Any]) -> SupplierFacts:
    pcf = raw["pcf"]
    ends = _moment(pcf["referencePeriodEnd"])
    said = raw.get("validityPeriodEnd")
    share = pcf.get("primaryDataShare")
    return SupplierFacts(
        pact_id=raw["id"],
        spec_version=raw["specVersion"],
        active=raw["status"] == "Active",
        preceding=tuple(raw.get("precedingPfIds", ())),
        supplier=raw["companyName"].strip(),
        product=raw["productNameCompany"].strip(),
        unit=pcf["declaredUnitOfMeasurement"],
        symbol=load_pact().units.get(pcf["declaredUnitOfMeasurement"], ""),
        amount=Decimal(pcf["declaredUnitAmount"]),
        excluding_uptake=Decimal(pcf["pcfExcludingBiogenicUptake"]),
        including_uptake=Decimal(pcf["pcfIncludingBiogenicUptake"]),
        period_from=_moment(pcf["referencePeriodStart"]),
        period_to=ends,
        valid_until=_moment(said) if said else _years_after(ends, VALID_YEARS),
        geography=next((pcf[key] for key in load_pact().at_most_one if key in pcf), ""),
        primary_share=None if share is None else Decimal(share),
        raw=json.loads(canonical_json(raw)),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def _years_after(moment: datetime, years: int) -> datetime:
    if (moment.month, moment.day) == (2, 29):
        moment = moment.replace(day=28)
    return moment.replace(year=moment.year + years)
