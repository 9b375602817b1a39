"""What a product system refers to, read from the database: accepted months and supplier footprints."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.accounting.footprint import footprint
from portal.accounting.footprint_result import FootprintResult
from portal.accounting.product_months import BOUGHT, MonthFigures, month_figures
from portal.accounting.product_rows import SupplierFactor
from portal.accounting.product_system import Goal, Resolved, resolve
from portal.domain.errors import DomainError, InputError, Invalid
from portal.domain.messages import N_
from portal.domain.periods import Month
from portal.domain.products import BOUNDARY_WORDS
from portal.domain.quantities import UNITS
from portal.models.products import Product, ProductSystem, SupplierFootprint
from portal.models.records import MonthlyRecord, RecordVersion, Snapshot
from portal.reference.pact import load_pact


@dataclass(frozen=True)
class FiledVersion:
    """An accepted version that a footprint takes figures from."""

    month: str
    record_id: int
    version_id: int
    version: int
    sha256: str
    receipt_number: str
    content: Mapping[str, Any]

    @property
    def words(self) -> str:
        """As it is named beside a figure."""
        return f"v{self.version} {self.receipt_number}"


def filed_versions(session: Session, enterprise_id: int, first: str, last: str) -> tuple[FiledVersion, ...]:
    """The accepted versions of a period, in order; months without one are not there."""
    rows = session.execute(
        sa.select(MonthlyRecord.month, MonthlyRecord.id, RecordVersion, Snapshot)
        .join(RecordVersion, RecordVersion.id == MonthlyRecord.official_version_id)
        .join(Snapshot, Snapshot.version_id == RecordVersion.id)
        .where(
            MonthlyRecord.enterprise_id == enterprise_id,
            MonthlyRecord.month >= first,
            MonthlyRecord.month <= last,
        )
        .order_by(MonthlyRecord.month)
    )
    return tuple(
        FiledVersion(
            month=month,
            record_id=record_id,
            version_id=version.id,
            version=version.number,
            sha256=snapshot.sha256,
            receipt_number=snapshot.receipt_number,
            content=json.loads(snapshot.content),
        )
        for month, record_id, version, snapshot in rows
    )


def months_of(filed: Sequence[FiledVersion]) -> tuple[MonthFigures, ...]:
    """The same as figures for a product system."""
    return tuple(month_figures(entry.month, entry.words, entry.content) for entry in filed)


def supplier_factors(session: Session, enterprise_id: int) -> dict[int, SupplierFactor]:
    """Supplier footprints of an enterprise whose declared unit can be counted with, by id."""
    units = load_pact().units
    rows = session.scalars(
        sa.select(SupplierFootprint).where(SupplierFootprint.enterprise_id == enterprise_id)
    )
    return {
        row.id: SupplierFactor(
            row.pcf_excluding_biogenic_uptake,
            row.amount,
            units.get(row.unit, row.unit),
            f"{row.supplier} {row.product} PACT {row.pact_id} SHA-256 {row.sha256}",
        )
        for row in rows
        if row.unit in units or row.unit in units.values()
    }


@dataclass(frozen=True)
class Worked:
    """A product system worked out: what went in, what came out, which versions it is from."""

    resolved: Resolved
    result: FootprintResult
    filed: tuple[FiledVersion, ...]

    def sources(self) -> dict[str, Any]:
        """Where every figure is from, as it is kept."""
        return {
            "months": [
                {
                    "month": entry.month,
                    "record_id": entry.record_id,
                    "version_id": entry.version_id,
                    "version": entry.version,
                    "sha256": entry.sha256,
                    "receipt_number": entry.receipt_number,
                }
                for entry in self.filed
            ],
            "flows": [dict(flow) for flow in self.resolved.flows],
        }


def work_out(session: Session, product: Product, system: ProductSystem, *, simulate: bool = True) -> Worked:
    """Resolve the references of a system against today's accepted versions and work it out.

    Raises Invalid for a month of its period that is not accepted, Invalid or InputError with the path in
    the system (``processes[1].inputs[0].amount``) for everything that is wrong in it.
    """
    filed = _needed_months(session, product, system)
    resolved = resolve(
        system.payload, goal_of(product), months_of(filed), supplier_factors(session, product.enterprise_id)
    )
    payload = dict(resolved.payload)
    if not simulate:
        payload.pop("uncertainty", None)
    try:
        result = footprint(payload)
    except InputError as error:
        raise _placed(error, resolved) from error
    return Worked(resolved, result, filed)


def goal_of(product: Product) -> Goal:
    """What is asked of the system."""
    return Goal(
        product.name, product.unit_amount, product.unit, BOUNDARY_WORDS[product.boundary], product.rules
    )


def takes_months(payload: Mapping[str, Any]) -> bool:
    """Whether anything in the system refers to filed months."""
    return any(
        process.get("filed")
        or process.get("output_month")
        or any(row.get("month") for row in process.get("inputs", ()))
        for process in payload["processes"]
    )


def _needed_months(session: Session, product: Product, system: ProductSystem) -> tuple[FiledVersion, ...]:
    if not takes_months(system.payload):
        return ()
    filed = filed_versions(session, product.enterprise_id, system.first_month, system.last_month)
    held, month = {entry.month for entry in filed}, Month.parse(system.first_month)
    missing = []
    while str(month) <= system.last_month:
        if str(month) not in held:
            missing.append(str(month))
        month = month.next()
    if missing:
        raise Invalid(
            N_("数据期间有 %(count)s 个月还没有受理：%(months)s"),
            params={"count": len(missing), "months": "、".join(missing)},
            path="period",
        )
    return filed


def _placed(error: InputError, resolved: Resolved) -> DomainError:
    """The same fault, at its place in the system as it was entered."""
    return InputError(error.code, error.message, params=error.params, path=resolved.place_of(error.path))


@dataclass(frozen=True)
class Reference:
    """Something of the months that an input may be fed by."""

    key: str
    words: str
    unit: str


#: Names of energy bought, by the category that the months count it under.
_BOUGHT_WORDS = {
    "electricity": N_("外购电力"),
    "heat": N_("外购热力"),
    "steam": N_("外购蒸汽"),
    "hot_water": N_("外购热水"),
}


def month_references(session: Session, enterprise_id: int, first: str, last: str) -> tuple[Reference, ...]:
    """What the newest accepted month of a period offers: energy bought, then every cell with a figure.

    The caller has authorised the reader. ``words`` of bought energy is a message id.
    """
    filed = filed_versions(session, enterprise_id, first, last)
    if not filed:
        return ()
    newest = months_of(filed[-1:])[0]
    bought = newest.filed().inputs
    found = [
        Reference(f"{BOUGHT}{name}", _BOUGHT_WORDS[name], unit) for name, (_amount, unit) in bought.items()
    ]
    for stream in filed[-1].content["streams"]:
        found += [
            Reference(
                f"{stream['code']}.{row['key']}",
                f"{stream['code']} {stream['name']} {row['name']}",
                row["unit"],
            )
            for row in stream["rows"]
            if row["value"] is not None and row["unit"] in UNITS
        ]
    return tuple(found)
