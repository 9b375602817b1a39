"""A world in which every address leads somewhere: two enterprises with everything, and all roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.drafts import parse_pack
from portal.domain.access import Actor
from portal.domain.periods import Month, today
from portal.domain.workflow import EngagementState, RecordState, VersionStanding
from portal.models.evidence import EvidenceLink
from portal.models.organisations import Organisation
from portal.models.plans import SourceStream
from portal.models.records import RecordVersion
from portal.queries.access import actor_of
from portal.services.check_packs import copy_pack
from portal.storage import Storage
from tests.factories.matrix_bundles import make_matrix_bundles
from tests.factories.matrix_credits import make_matrix_credit
from tests.factories.matrix_dossiers import make_matrix_dossiers
from tests.factories.matrix_exchange import make_matrix_exchange
from tests.factories.matrix_months import (
    FULL,
    MONTHS,
    make_matrix_document,
    make_matrix_finding,
    make_matrix_suspicion,
    month_like,
)
from tests.factories.matrix_people import (
    email_of,
    make_colleague,
    make_environment_steward,
    make_foreign_cast,
    make_invitation,
    make_notice,
)
from tests.factories.matrix_plans import SUBMITTED, make_matrix_plans, make_matrix_registrations
from tests.factories.matrix_visits import make_matrix_draws, make_matrix_visits
from tests.factories.months import make_submitted_month
from tests.factories.packs import make_second_city_regulator
from tests.factories.plans import make_steel_plan
from tests.factories.world import DISTRICT, OTHER_DISTRICT, World, make_engagement, make_user, make_world


@dataclass(frozen=True)
class Objects:
    """The ids of one enterprise's things; ``at`` names those that only one endpoint's state fits."""

    enterprise_id: int
    name: str
    uscc: str
    usual: Mapping[str, Any]
    registrations: Mapping[str, int]
    applicant_id: int
    firm_id: int
    invitation_token: str
    at: Mapping[tuple[str, str], Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MatrixWorld:
    """Two enterprises with all their things, and a person of each role who belongs to the first."""

    actors: Mapping[str, Actor]
    near: Objects
    far: Objects
    #: A notice of each person.
    notices: Mapping[int, int]
    #: A colleague in each organisation and an open invitation into it.
    colleagues: Mapping[int, int]
    invitations: Mapping[int, int]
    foreign_officer_id: int
    #: Another session of each person; whoever starts the application fills it in.
    sessions: dict[int, int]


def make_matrix_world(session: Session, storage: Storage) -> MatrixWorld:
    """Make it, through the services where a rule hangs on it."""
    world = make_world(session)
    foreign = make_foreign_cast(session, world)
    environment = make_environment_steward(session, world)
    applicant = actor_of(make_user(session, None, "applicant@example.test", "申请人示例"))
    other_applicant = actor_of(make_user(session, None, "applicant2@example.test", "另一申请人"))
    near = _objects(session, storage, world, applicant, DISTRICT, "近")
    far = _objects(session, storage, foreign, other_applicant, OTHER_DISTRICT, "远")
    actors = {
        "enterprise_officer": world.officer,
        "enterprise_signatory": world.signatory,
        "enterprise_administrator": world.administrator,
        "steward": world.steward,
        "steward_lead": world.steward_lead,
        "steward_for_environment_only": environment,
        "district_regulator": world.regulator,
        "city_regulator": world.city_regulator,
        "platform_administrator": world.platform_administrator,
        "applicant": applicant,
    }
    regulators = [world.regulator, world.city_regulator]
    near = _with_visits(session, storage, near, [world.steward, environment, *regulators], regulators)
    near = _with_bundles(session, storage, near, [world.officer, world.steward, *regulators])
    strangers = [world.other_regulator, world.city_regulator]
    far = _with_visits(session, storage, far, [world.other_steward, *strangers], strangers[:1])
    far = _with_bundles(session, storage, far, [foreign.officer, world.other_steward, *strangers])
    draft = _draft_pack(session, world)
    near, far = (replace(side, usual={**side.usual, **draft}) for side in (near, far))
    people = [*actors.values(), foreign.officer]
    return MatrixWorld(
        actors=actors,
        near=near,
        far=far,
        notices={person.user_id: make_notice(session, person) for person in people},
        colleagues={
            person.organisation_id: make_colleague(session, person.organisation_id)
            for person in people
            if person.organisation_id
        },
        invitations={
            person.organisation_id: make_invitation(session, person.organisation_id, "new@example.test")[0]
            for person in people
            if person.organisation_id
        },
        foreign_officer_id=foreign.officer.user_id,
        sessions=dict.fromkeys((person.user_id for person in people), 0),
    )


def _with_visits(
    session: Session, storage: Storage, side: Objects, visitors: list[Actor], authorities: list[Actor]
) -> Objects:
    """The same objects with a visit and a draw of each who may carry one out there."""
    visits = make_matrix_visits(session, storage, side.enterprise_id, visitors)
    draws = make_matrix_draws(session, authorities)
    return replace(side, at={**side.at, ("visits", "by_visitor"): visits, ("draws", "by_authority"): draws})


def _with_bundles(session: Session, storage: Storage, side: Objects, askers: list[Actor]) -> Objects:
    """The same objects with bundles of each organisation that may ask for one there."""
    bundles = make_matrix_bundles(session, storage, side.enterprise_id, askers)
    return replace(side, at={**side.at, ("bundles", "by_organisation"): bundles})


def _draft_pack(session: Session, world: World) -> dict[str, Any]:
    """A draft of a pack with checks and questions, written by a colleague, and a pack without a draft."""
    author = make_second_city_regulator(session, world)
    draft = copy_pack(session, author, "annual-disclosure", "1")
    raw = parse_pack(draft.content)
    return {
        "pack_version_id": draft.id,
        "check_id": raw["checks"][0]["id"],
        "question_id": raw["questions"][0]["id"],
        "pack_id": "carbon-data-quality",
        "pack_version": "1",
    }


def _objects(
    session: Session, storage: Storage, cast: World, applicant: Actor, district: str, mark: str
) -> Objects:
    plan = make_steel_plan(session, cast)
    record = make_submitted_month(session, cast, plan, FULL, storage=storage)
    version = session.get_one(RecordVersion, record.current_version_id)
    record.state, record.official_version_id = RecordState.ACCEPTED, version.id
    version.standing = VersionStanding.ACCEPTED
    waiting = {
        state: month_like(session, cast, version, Month.parse(month), state)
        for state, month in MONTHS.items()
        if state is not RecordState.NOT_STARTED
    }
    document = make_matrix_document(session, storage, cast.steel_id, version)
    engagement = make_engagement(
        session,
        cast.firm_id,
        cast.steel_id,
        state=EngagementState.PROPOSED,
        starts_on=today() + timedelta(days=900),
        ends_on=today() + timedelta(days=1000),
        number=f"EG-{mark}",
    )
    draft, handed = make_matrix_plans(session, cast, plan)
    stream = session.scalars(sa.select(SourceStream).where(SourceStream.plan_version_id == draft)).first()
    assert stream is not None
    registrations = make_matrix_registrations(session, storage, applicant, district, mark)
    file_id = session.scalars(
        sa.text("SELECT min(id) FROM evidence WHERE registration_id = :id").bindparams(
            id=registrations[SUBMITTED]
        )
    ).one()
    link = session.scalars(sa.select(EvidenceLink).where(EvidenceLink.version_id == version.id)).first()
    finding = make_matrix_finding(session, record, mark)
    assert link is not None
    name, uscc = session.execute(
        sa.select(Organisation.name, Organisation.uscc).where(Organisation.id == cast.steel_id)
    ).one()
    usual = {
        "enterprise_id": cast.steel_id,
        "month": str(FULL),
        "section": "energy",
        "cell": "S-02.purchased",
        "slot": link.slot,
        "evidence_id": link.evidence_id,
        "number": version.number,
        "version_id": version.id,
        "document_id": document.id,
        "code": document.code,
        "finding_id": finding.id,
        "about": "finding",
        "subject_id": finding.id,
        "suspicion_id": make_matrix_suspicion(session, cast.steel_id, mark),
        "table": "districts",
        "ending": "csv",
        "engagement_id": engagement.id,
        "meter_id": session.scalars(
            sa.text("SELECT min(id) FROM meters WHERE enterprise_id = :id").bindparams(id=cast.steel_id)
        ).one(),
        "credit_id": make_matrix_credit(session, cast.officer, cast.steel_id, mark),
        **make_matrix_exchange(session, storage, cast.officer, cast.steel_id, mark),
        "plan_id": plan.id,
        "other_id": draft,
        "stream_id": stream.id,
        "kind": "site_plan",
        "key": "enterprise",
        "row_id": "1",
        "file_id": file_id,
    }
    return Objects(
        enterprise_id=cast.steel_id,
        name=name,
        uscc=uscc,
        usual=usual,
        registrations=registrations,
        applicant_id=applicant.user_id,
        firm_id=cast.firm_id,
        invitation_token=make_invitation(session, cast.steel_id, email_of(session, applicant))[1],
        at={
            ("draft_plan", "plan_id"): draft,
            ("submitted_plan", "plan_id"): handed,
            ("unprinted", "version_id"): waiting[RecordState.SUBMITTED].id,
            ("dossiers", "by_state"): make_matrix_dossiers(session, storage, cast, mark),
        },
    )
