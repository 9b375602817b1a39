"""Products: entering them, their systems, and working out their footprints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Permission
from portal.domain.canonical import canonical_json, sha256_text
from portal.domain.errors import Conflict, Invalid, NotFound
from portal.domain.messages import N_
from portal.domain.periods import SHANGHAI, Month, now
from portal.domain.products import Boundary
from portal.domain.quantities import unit
from portal.domain.workflow import JobState
from portal.models.database import Database
from portal.models.jobs import Job
from portal.models.organisations import Organisation
from portal.models.products import Product, ProductFootprint, ProductSystem
from portal.queries.access import find_actor, require
from portal.queries.product_inputs import Worked, work_out
from portal.queries.products import CALCULATION, facts_of, newest_system, rests
from portal.services.events import record_event
from portal.services.jobs import request_job
from portal.services.rows import check_version

#: Runs times processes up to which a simulation takes less than a second and is not worth a job.
AT_ONCE = 20_000
#: Longest period of a system, in months, and most processes in one.
MOST_MONTHS, MOST_PROCESSES = 36, 200


@dataclass(frozen=True)
class ProductData:
    """A product as a person enters it."""

    name: str
    model: str
    unit_amount: Decimal
    unit: str
    functional: bool = False
    unit_words: str = ""
    mass: Decimal | None = None
    hs_code: str = ""
    cn_code: str = ""
    boundary: Boundary = Boundary.CRADLE_TO_GATE
    rules: str = ""
    place: str = ""
    country: str = "CN"
    description: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SystemData:
    """A product system as it was entered: see portal.accounting.product_system."""

    first_month: str
    last_month: str
    payload: Mapping[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Calculated:
    """What came of asking for a footprint: the result, or the job that will bring it."""

    footprint: ProductFootprint | None = None
    job: Job | None = None


def add_product(session: Session, actor: Actor, enterprise_id: int, data: ProductData) -> Product:
    """Enter a product; raises Invalid for an unknown unit or a name and model that are there already."""
    require(session, actor, Permission.PRODUCT_EDIT, enterprise_id)
    _check_product(session, enterprise_id, data)
    product = Product(
        enterprise_id=enterprise_id,
        created_by_id=actor.user_id,
        updated_by_id=actor.user_id,
        **_columns(data),
    )
    session.add(product)
    session.flush()
    _trace(session, actor, product, "product.added", after=facts_of(product))
    return product


def change_product(
    session: Session, actor: Actor, enterprise_id: int, product_id: int, row_version: int, data: ProductData
) -> Product:
    """Correct a product; footprints keep what they were worked out for. Raises Conflict or Invalid."""
    require(session, actor, Permission.PRODUCT_EDIT, enterprise_id)
    product = _locked(session, enterprise_id, product_id)
    check_version(product, row_version, when=product.updated_at)
    _check_product(session, enterprise_id, data, product_id)
    before = facts_of(product)
    for name, value in _columns(data).items():
        setattr(product, name, value)
    product.updated_at, product.updated_by_id = now(), actor.user_id
    session.flush()
    _trace(session, actor, product, "product.changed", before=before, after=facts_of(product))
    return product


def save_system(
    session: Session, actor: Actor, enterprise_id: int, product_id: int, row_version: int, data: SystemData
) -> ProductSystem:
    """Keep the system as it is now; once a footprint rests on a version, this makes the next one.

    ``row_version`` is that of the version that was read, 0 for the first. Raises Conflict, Invalid.
    """
    require(session, actor, Permission.PRODUCT_EDIT, enterprise_id)
    product = _locked(session, enterprise_id, product_id)
    _check_system(data)
    held = newest_system(session, product.id)
    if held is None or rests(session, held.id):
        if row_version != (held.row_version if held else 0):
            raise _changed(held)
        system = ProductSystem(product_id=product.id, number=held.number + 1 if held else 1)
        system.row_version = held.row_version + 1 if held else 1
        session.add(system)
    else:
        check_version(held, row_version, who=held.updated_by.name, when=held.updated_at)
        system = held
    system.first_month, system.last_month, system.note = data.first_month, data.last_month, data.note
    system.payload = dict(data.payload)
    system.updated_at, system.updated_by_id = now(), actor.user_id
    session.flush()
    after = {"number": system.number, "period": [data.first_month, data.last_month], "payload": data.payload}
    _trace(session, actor, product, "product.system_saved", after=after)
    return system


def newest_row_version(session: Session, product_id: int) -> int:
    """Row version that ``save_system`` expects; 0 before the first system."""
    held = newest_system(session, product_id)
    return held.row_version if held else 0


def calculate_footprint(session: Session, actor: Actor, enterprise_id: int, product_id: int) -> Calculated:
    """Work out the newest system of a product and keep the result; a long simulation becomes a job.

    Whatever is wrong in the system is said at once, with its path, before a job is asked for.
    Raises Invalid or InputError as ``work_out`` does.
    """
    require(session, actor, Permission.PRODUCT_EDIT, enterprise_id)
    # Locked, as for a change of its system: what is worked out is what the result will rest on.
    product = _locked(session, enterprise_id, product_id)
    system = newest_system(session, product_id)
    if system is None:
        raise Invalid(N_("还没有产品系统，请先建立"), path="processes")
    worked = work_out(session, product, system, simulate=False)
    runs = int(system.payload.get("runs") or 0)
    if runs * len(worked.resolved.payload["processes"]) > AT_ONCE:
        job = request_job(session, CALCULATION, system.id, actor=actor, enterprise_id=enterprise_id)
        return Calculated(job=job)
    if runs:
        worked = work_out(session, product, system)
    return Calculated(keep_footprint(session, actor, product, system, worked))


def run_calculation(database: Database, system_id: int) -> None:
    """The job: work out a system with its simulation and keep the result, in the name of who asked.

    The simulation runs outside of the transaction that writes. Raises Conflict when the system was changed
    meanwhile: no result may rest on a version that says something else.
    """
    with database.reading() as session:
        system = session.get(ProductSystem, system_id)
        asked_by = session.scalars(
            sa.select(Job.requested_by_id)
            .where(Job.kind == CALCULATION, Job.subject_id == system_id, Job.state == JobState.RUNNING)
            .order_by(Job.id.desc())
            .limit(1)
        ).first()
        if system is None or asked_by is None:
            raise NotFound
        product = session.get_one(Product, system.product_id)
        worked = work_out(session, product, system)
    with database.writing() as session:
        actor = find_actor(session, asked_by)
        if actor is None:
            raise NotFound
        product = _locked(session, product.enterprise_id, product.id)
        present = session.get_one(ProductSystem, system_id)
        if present.row_version != system.row_version:
            raise _changed(present)
        keep_footprint(session, actor, product, present, worked)


def keep_footprint(
    session: Session, actor: Actor, product: Product, system: ProductSystem, worked: Worked
) -> ProductFootprint:
    """Store a result for good: what went in, what came out, from which versions.

    The same input gives the same result: where it is kept already, that one is returned.
    """
    payload, result = dict(worked.resolved.payload), worked.result.as_json()
    digest = sha256_text(canonical_json(payload))
    held = session.scalars(
        sa.select(ProductFootprint).where(
            ProductFootprint.system_id == system.id, ProductFootprint.input_sha256 == digest
        )
    ).first()
    if held is not None:
        return held
    footprint = ProductFootprint(
        product_id=product.id,
        system_id=system.id,
        first_month=system.first_month,
        last_month=system.last_month,
        payload=payload,
        result=result,
        sources=worked.sources() | {"excluded": list(system.payload.get("excluded", ()))},
        product_facts=facts_of(product),
        total=Decimal(result["total_kgco2e"]),
        input_sha256=digest,
        computed_by_id=actor.user_id,
    )
    session.add(footprint)
    session.flush()
    after = {"footprint": footprint.id, "system": system.number, "input_sha256": digest}
    after["total_kgco2e"] = result["total_kgco2e"]
    _trace(session, actor, product, "product.footprint_calculated", after=after)
    return footprint


def _columns(data: ProductData) -> dict[str, Any]:
    return {**vars(data), "unit": unit(data.unit).symbol, "details": dict(data.details)}


def _check_product(
    session: Session, enterprise_id: int, data: ProductData, product_id: int | None = None
) -> None:
    unit(data.unit, path="unit")
    if data.unit_amount <= 0:
        raise Invalid(N_("要大于 0"), path="unit_amount")
    # The enterprise's row is the lock: of two people who enter the same product, the second is told.
    session.execute(
        sa.select(Organisation.id).where(Organisation.id == enterprise_id).with_for_update(key_share=True)
    )
    same = session.scalar(
        sa.select(Product.id).where(
            Product.enterprise_id == enterprise_id, Product.name == data.name, Product.model == data.model
        )
    )
    if same is not None and same != product_id:
        raise Invalid(N_("已经有同名同型号的产品"), path="model")


def _check_system(data: SystemData) -> None:
    first, last = Month.parse(data.first_month), Month.parse(data.last_month)
    if last < first:
        raise Invalid(N_("止月不能早于起月"), path="last_month")
    if first.plus(MOST_MONTHS - 1) < last:
        raise Invalid(N_("数据期间最长 %(most)s 个月"), params={"most": MOST_MONTHS}, path="last_month")
    if len(data.payload["processes"]) > MOST_PROCESSES:
        raise Invalid(N_("最多 %(most)s 个过程"), params={"most": MOST_PROCESSES}, path="name")


def _changed(held: ProductSystem | None) -> Conflict:
    return Conflict(
        params={
            "who": held.updated_by.name if held else "—",
            "when": f"{held.updated_at.astimezone(SHANGHAI):%m-%d %H:%M}" if held else "—",
        },
        path="row_version",
    )


def _locked(session: Session, enterprise_id: int, product_id: int) -> Product:
    product = session.scalar(
        sa.select(Product)
        .where(Product.id == product_id, Product.enterprise_id == enterprise_id)
        .with_for_update()
    )
    if product is None:
        raise NotFound
    return product


def _trace(
    session: Session,
    actor: Actor,
    product: Product,
    action: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    record_event(
        session,
        actor,
        action,
        "product",
        product.id,
        enterprise_id=product.enterprise_id,
        before=before,
        after=after,
    )
