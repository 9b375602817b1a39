"""One version of a plan as its pages show it: sections, streams, rows, what is missing, what may be done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from portal.domain.access import Actor, Permission
from portal.domain.errors import Failure, NotFound
from portal.domain.workflow import Acquisition, PlanState, Section
from portal.models.evidence import Evidence
from portal.models.meters import Meter
from portal.models.organisations import Organisation
from portal.models.plans import Parameter, PlanVersion, SourceStream
from portal.models.users import User
from portal.queries.access import require
from portal.queries.meter_validity import covered_until
from portal.queries.plan_choices import allowed_acquisitions, entry_of, needs_meter, required_class
from portal.queries.plan_guards import submission_failures
from portal.queries.plans import EDITABLE, RULING, load_plan
from portal.reference.catalogue import Catalogue, load_catalogue


@dataclass(frozen=True)
class MeterChoice:
    """A meter that a row may name, with the end of its calibration."""

    id: int
    code: str
    name: str
    accuracy_class: Decimal | None
    valid_until: date | None
    retired: bool


@dataclass(frozen=True)
class RowView:
    """One parameter of a stream."""

    id: int
    key: str
    name: str
    name_en: str
    unit: str
    derived: bool
    required: bool
    acquisition: Acquisition
    allowed: tuple[str, ...]
    meter: MeterChoice | None
    needs_meter: bool
    required_class: Decimal | None
    frequency: str
    department: str
    source_record: str
    missing_rule: str
    clause: str
    evidence: tuple[tuple[str, bool], ...]

    @property
    def meter_too_coarse(self) -> bool:
        """Whether the meter is of a coarser class than the guideline asks."""
        held = self.meter.accuracy_class if self.meter else None
        return held is not None and self.required_class is not None and held > self.required_class

    @property
    def is_text(self) -> bool:
        """Whether the row takes words and no figure, so that no way of obtaining is shown."""
        return not self.unit and not self.derived


@dataclass(frozen=True)
class StreamView:
    """One source stream with its rows; ``missing`` counts what keeps it from being submitted."""

    id: int
    code: str
    name: str
    item: str
    kind: str
    kind_en: str
    category: str
    section: Section
    rows: tuple[RowView, ...]
    missing: int
    removable: bool


@dataclass(frozen=True)
class Drawing:
    """A drawing that lies with a version."""

    kind: str
    evidence_id: int
    filename: str


@dataclass(frozen=True)
class PlanPage:
    """A version with all that its pages need."""

    id: int
    enterprise_id: int
    enterprise_name: str
    number: int
    state: PlanState
    guideline: str
    guideline_title: str
    guideline_title_en: str
    effective_from: str
    reason: str
    boundary: str
    row_version: int
    created_by: str
    created_at: datetime
    submitted_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    comment: str
    content_sha256: str
    previous_id: int | None
    previous_number: int | None
    can_edit: bool
    can_decide: bool
    can_copy: bool
    failures: tuple[Failure, ...]
    drawings: tuple[Drawing, ...]
    streams: tuple[StreamView, ...] = field(repr=False)

    @property
    def sections(self) -> tuple[tuple[Section, tuple[StreamView, ...]], ...]:
        """Streams by section, in the order of the month."""
        return tuple(
            (section, members)
            for section in Section
            if (members := tuple(stream for stream in self.streams if stream.section is section))
        )

    @property
    def rows(self) -> int:
        """How many parameters the version has."""
        return sum(len(stream.rows) for stream in self.streams)

    def stream(self, stream_id: int) -> StreamView:
        """One of its streams; raises NotFound."""
        found = next((stream for stream in self.streams if stream.id == stream_id), None)
        if found is None:
            raise NotFound
        return found


def plan_page(session: Session, actor: Actor, enterprise_id: int, plan_id: int) -> PlanPage:
    """A version for its pages; raises NotFound for another enterprise's."""
    require(session, actor, Permission.PLAN_VIEW, enterprise_id)
    plan = load_plan(session, enterprise_id, plan_id)
    enterprise = session.get_one(Organisation, enterprise_id)
    people = _names(session, plan)
    previous = _previous(session, plan)
    catalogue = load_catalogue(plan.guideline)
    is_open = plan.state not in RULING
    failures = tuple(submission_failures(session, plan)) if is_open else ()
    meters = {meter.id: meter for meter in meter_choices(session, enterprise_id)}
    return PlanPage(
        id=plan.id,
        enterprise_id=enterprise_id,
        enterprise_name=enterprise.name,
        number=plan.number,
        state=plan.state,
        guideline=plan.guideline,
        guideline_title=catalogue.title,
        guideline_title_en=catalogue.title_en,
        effective_from=plan.effective_from,
        reason=plan.reason,
        boundary=plan.boundary,
        row_version=plan.row_version,
        created_by=people.get(plan.created_by_id, ""),
        created_at=plan.created_at,
        submitted_at=plan.submitted_at,
        decided_by=people.get(plan.decided_by_id, ""),
        decided_at=plan.decided_at,
        comment=plan.comment,
        content_sha256=plan.content_sha256 or "",
        previous_id=previous.id if previous else None,
        previous_number=previous.number if previous else None,
        can_edit=actor.may(Permission.PLAN_EDIT) and plan.state in EDITABLE,
        can_decide=actor.may(Permission.PLAN_APPROVE) and plan.state is PlanState.SUBMITTED,
        can_copy=actor.may(Permission.PLAN_EDIT) and plan.state in RULING,
        failures=failures,
        drawings=_drawings(session, plan),
        streams=tuple(_stream(catalogue, stream, meters, failures) for stream in plan.streams),
    )


def meter_choices(session: Session, enterprise_id: int) -> tuple[MeterChoice, ...]:
    """The enterprise's meters by code, retired ones included: an old version may still name them."""
    rows = session.scalars(
        sa.select(Meter)
        .where(Meter.enterprise_id == enterprise_id)
        .order_by(Meter.code)
        .options(selectinload(Meter.calibrations))
    )
    return tuple(
        MeterChoice(
            id=meter.id,
            code=meter.code,
            name=meter.name,
            accuracy_class=meter.accuracy_class,
            valid_until=covered_until(meter.calibrations),
            retired=meter.valid_to is not None,
        )
        for meter in rows
    )


def _stream(
    catalogue: Catalogue,
    stream: SourceStream,
    meters: Mapping[int, MeterChoice],
    failures: tuple[Failure, ...],
) -> StreamView:
    kind = catalogue.kind_of(stream.category, stream.item)
    return StreamView(
        id=stream.id,
        code=stream.code,
        name=stream.name,
        item=stream.item,
        kind=kind.name if kind else "",
        kind_en=kind.name_en if kind else "",
        category=stream.category,
        section=stream.section,
        rows=tuple(_row(catalogue, stream, parameter, meters) for parameter in stream.parameters),
        missing=sum(failure.cell.startswith(f"{stream.code}.") for failure in failures),
        removable=kind is not None,
    )


def _row(
    catalogue: Catalogue, stream: SourceStream, parameter: Parameter, meters: Mapping[int, MeterChoice]
) -> RowView:
    place = (catalogue, stream.category, stream.item, parameter.key)
    entry = entry_of(*place)
    meter = meters.get(parameter.meter_id) if parameter.meter_id is not None else None
    kind = parameter.meter.type if parameter.meter else ""
    return RowView(
        id=parameter.id,
        key=parameter.key,
        name=parameter.name,
        name_en=entry.name_en if entry else parameter.name,
        unit=parameter.unit,
        derived=parameter.derived,
        required=parameter.required,
        acquisition=parameter.acquisition,
        allowed=allowed_acquisitions(*place) or (parameter.acquisition.value,),
        meter=meter,
        needs_meter=needs_meter(*place, parameter.acquisition),
        required_class=required_class(*place, kind) if kind else None,
        frequency=parameter.frequency,
        department=parameter.department,
        source_record=parameter.source_record,
        missing_rule=parameter.missing_rule,
        clause=parameter.clause,
        evidence=tuple((slot.title, slot.mandatory) for slot in parameter.slots),
    )


def _drawings(session: Session, plan: PlanVersion) -> tuple[Drawing, ...]:
    held = plan.drawings or {}
    rows = session.execute(sa.select(Evidence.id, Evidence.filename).where(Evidence.id.in_(held.values())))
    names = {row.id: row.filename for row in rows}
    return tuple(
        Drawing(kind, evidence_id, names[evidence_id])
        for kind, evidence_id in held.items()
        if evidence_id in names
    )


def _names(session: Session, plan: PlanVersion) -> dict[int | None, str]:
    ids = [number for number in (plan.created_by_id, plan.decided_by_id) if number is not None]
    rows = session.execute(sa.select(User.id, User.name).where(User.id.in_(ids))).all()
    return {row.id: row.name for row in rows}


def _previous(session: Session, plan: PlanVersion) -> PlanVersion | None:
    return session.scalars(
        sa.select(PlanVersion)
        .where(
            PlanVersion.enterprise_id == plan.enterprise_id,
            PlanVersion.number < plan.number,
            PlanVersion.state.in_(RULING),
        )
        .order_by(PlanVersion.number.desc())
        .limit(1)
    ).first()
