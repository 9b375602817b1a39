"""A world in which every address leads somewhere: two enterprises with everything, and all roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checklists.drafts import parse_pack
from portal.domain.access import Actor, EngagementScope, OrganisationKind, Role
from portal.domain.documents import new_code
from portal.domain.periods import Month, now, today
from portal.domain.registration_questions import SECTIONS
from portal.domain.workflow import (
    EngagementState,
    FindingSource,
    RecordState,
    Section,
    Severity,
    VersionStanding,
)
from portal.models.documents import IssuedDocument
from portal.models.evaluations import Calculation
from portal.models.evidence import EvidenceLink
from portal.models.findings import Finding
from portal.models.organisations import Organisation
from portal.models.patterns import PatternRun, Suspicion
from portal.models.plans import PlanVersion, SourceStream
from portal.models.records import MonthlyRecord, RecordValue, RecordVersion, Snapshot, StatementReading
from portal.models.registrations import Registration, RegistrationSection
from portal.models.reviews import Question, Review
from portal.models.users import Invitation, OneTimeLink
from portal.queries.access import actor_of
from portal.queries.sheets import load_sheet
from portal.reference.statements import load_statements
from portal.services.accounts import token_hash
from portal.services.check_packs import copy_pack
from portal.services.months import add_sections, find_record
from portal.services.notifications import notify
from portal.services.plans import clone_plan
from portal.services.registrations import submit_registration
from portal.storage import Storage
from tests.factories.matrix_bundles import make_matrix_bundles
from tests.factories.matrix_credits import make_matrix_credit
from tests.factories.matrix_dossiers import make_matrix_dossiers
from tests.factories.matrix_exchange import make_matrix_exchange
from tests.factories.matrix_visits import make_matrix_draws, make_matrix_visits
from tests.factories.months import make_submitted_month, pdf
from tests.factories.packs import make_second_city_regulator
from tests.factories.plans import make_steel_plan
from tests.factories.registrations import filled_registration
from tests.factories.world import (
    DISTRICT,
    OTHER_DISTRICT,
    World,
    make_engagement,
    make_organisation,
    make_user,
    make_world,
)

FOREIGN_NAME, FOREIGN_USCC = "外人示例轧钢有限公司", "91330503MA00000F9X"
#: The month that is filled, signed and accepted; the others are copies of it in another state.
FULL = Month(2026, 9)
MONTHS = {
    RecordState.NOT_STARTED: "2026-02",
    RecordState.DRAFT: "2026-03",
    RecordState.READY_FOR_SIGNOFF: "2026-04",
    RecordState.SUBMITTED: "2026-05",
    RecordState.UNDER_REVIEW: "2026-06",
    RecordState.PENDING_COUNTERSIGN: "2026-07",
    RecordState.RETURNED: "2026-08",
    RecordState.RESTATEMENT_REQUESTED: "2026-10",
}
STANDINGS = {
    RecordState.SUBMITTED: VersionStanding.SUBMITTED,
    RecordState.UNDER_REVIEW: VersionStanding.SUBMITTED,
    RecordState.PENDING_COUNTERSIGN: VersionStanding.SUBMITTED,
    RecordState.RETURNED: VersionStanding.RETURNED,
    RecordState.RESTATEMENT_REQUESTED: VersionStanding.ACCEPTED,
}
REVIEWED = {RecordState.UNDER_REVIEW, RecordState.PENDING_COUNTERSIGN, RecordState.RETURNED}
RESET_TOKEN = "example-reset-token"
DRAFT, SUBMITTED = "draft", "submitted"


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
    foreign = _foreign_cast(session, world)
    environment = _environment_steward(session, world)
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
        notices={person.user_id: _notice(session, person) for person in people},
        colleagues={
            person.organisation_id: _colleague(session, person.organisation_id)
            for person in people
            if person.organisation_id
        },
        invitations={
            person.organisation_id: _invite(session, person.organisation_id, "new@example.test")[0]
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


def _foreign_cast(session: Session, world: World) -> World:
    """A second steel works with people, a firm and a regulator of its own, none of them the first one's."""
    enterprise = make_organisation(
        session,
        OrganisationKind.ENTERPRISE,
        FOREIGN_NAME,
        FOREIGN_USCC,
        district=OTHER_DISTRICT,
        guideline="CETS-AG-03.01-V01-2024",
    )
    make_engagement(session, world.other_firm_id, enterprise.id, number="EG-2026-0002")

    def person(email: str, name: str, role: Role) -> Actor:
        return actor_of(make_user(session, enterprise, f"{email}@example.test", name, role))

    return replace(
        world,
        steel_id=enterprise.id,
        firm_id=world.other_firm_id,
        officer=person("far-officer", "外官示例", Role.ENTERPRISE_OFFICER),
        signatory=person("far-signatory", "外签示例", Role.ENTERPRISE_SIGNATORY),
        administrator=person("far-administrator", "外管示例", Role.ENTERPRISE_ADMINISTRATOR),
        regulator=world.other_regulator,
    )


def _environment_steward(session: Session, world: World) -> Actor:
    firm = make_organisation(
        session, OrganisationKind.STEWARD_FIRM, "示例环保管家有限公司", "91330500MA0000009X"
    )
    make_engagement(
        session, firm.id, world.steel_id, scope=EngagementScope.ENVIRONMENT, number="EG-2026-0003"
    )
    return actor_of(make_user(session, firm, "green@example.test", "绿示例", Role.STEWARD))


def _objects(
    session: Session, storage: Storage, cast: World, applicant: Actor, district: str, mark: str
) -> Objects:
    plan = make_steel_plan(session, cast)
    record = make_submitted_month(session, cast, plan, FULL, storage=storage)
    version = session.get_one(RecordVersion, record.current_version_id)
    record.state, record.official_version_id = RecordState.ACCEPTED, version.id
    version.standing = VersionStanding.ACCEPTED
    waiting = {
        state: _month_like(session, cast, version, Month.parse(month), state)
        for state, month in MONTHS.items()
        if state is not RecordState.NOT_STARTED
    }
    document = _document(session, storage, cast.steel_id, version)
    engagement = make_engagement(
        session,
        cast.firm_id,
        cast.steel_id,
        state=EngagementState.PROPOSED,
        starts_on=today() + timedelta(days=900),
        ends_on=today() + timedelta(days=1000),
        number=f"EG-{mark}",
    )
    draft, handed = _plans(session, cast, plan)
    stream = session.scalars(sa.select(SourceStream).where(SourceStream.plan_version_id == draft)).first()
    assert stream is not None
    registrations = _registrations(session, storage, applicant, district, mark)
    file_id = session.scalars(
        sa.text("SELECT min(id) FROM evidence WHERE registration_id = :id").bindparams(
            id=registrations[SUBMITTED]
        )
    ).one()
    link = session.scalars(sa.select(EvidenceLink).where(EvidenceLink.version_id == version.id)).first()
    finding = _finding(session, record, mark)
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
        "suspicion_id": _suspicion(session, cast.steel_id, mark),
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
        invitation_token=_invite(session, cast.steel_id, _email(session, applicant))[1],
        at={
            ("draft_plan", "plan_id"): draft,
            ("submitted_plan", "plan_id"): handed,
            ("unprinted", "version_id"): waiting[RecordState.SUBMITTED].id,
            ("dossiers", "by_state"): make_matrix_dossiers(session, storage, cast, mark),
        },
    )


def _finding(session: Session, record: MonthlyRecord, mark: str) -> Finding:
    finding = Finding(
        number=f"GAP-{mark}",
        enterprise_id=record.enterprise_id,
        record_id=record.id,
        source=FindingSource.CHECK,
        check_id="AD-01",
        subject="S-02.purchased",
        section=Section.ENERGY,
        cell="S-02.purchased",
        severity=Severity.EXPLAIN,
        title=f"{mark}处的示例差距",
        due_on=today(),
    )
    session.add(finding)
    session.flush()
    return finding


def _suspicion(session: Session, enterprise_id: int, mark: str) -> int:
    run = PatternRun(month=str(FULL))
    session.add(run)
    session.flush()
    row = Suspicion(
        enterprise_id=enterprise_id,
        pattern="repeated",
        month=str(FULL),
        subject="S-02.moisture",
        severity=Severity.EXPLAIN,
        detail={"message": f"{mark}处的示例疑点", "params": {}, "picture": {}, "others": []},
        run_id=run.id,
    )
    session.add(row)
    session.flush()
    return row.id


def _month_like(
    session: Session, cast: World, source: RecordVersion, month: Month, state: RecordState
) -> RecordVersion:
    """A month in ``state`` with the values, files and signature of another."""
    record = find_record(session, cast.steel_id, month)
    plan = session.get_one(PlanVersion, source.plan_version_id)
    version = RecordVersion(
        record_id=record.id,
        number=1,
        plan_version_id=plan.id,
        standing=STANDINGS.get(state, VersionStanding.WORKING),
    )
    session.add(version)
    session.flush()
    add_sections(session, version, plan)
    for model in (RecordValue, EvidenceLink):
        _copy_rows(session, model, source.id, version.id)
    record.state, record.current_version_id = state, version.id
    if state in STANDINGS:
        _sign_like(session, source, version)
    else:
        _read_statements(session, cast, version)
    if state in REVIEWED:
        _review(session, cast, version, state)
    if state is RecordState.RESTATEMENT_REQUESTED:
        record.official_version_id = version.id
    return version


def _copy_rows(session: Session, model: Any, source_id: int, version_id: int) -> None:
    columns = [column.name for column in model.__table__.columns if column.name not in {"id", "version_id"}]
    for row in session.scalars(sa.select(model).where(model.version_id == source_id)).all():
        session.add(model(version_id=version_id, **{name: getattr(row, name) for name in columns}))
    session.flush()


def _sign_like(session: Session, source: RecordVersion, version: RecordVersion) -> None:
    signed = session.get_one(Snapshot, source.id)
    _copy_rows(session, Calculation, source.id, version.id)
    session.add(
        Snapshot(
            version_id=version.id,
            content=signed.content,
            sha256=signed.sha256,
            receipt_number=f"HZ-copy-{version.id}",
            submitted_at=now(),
            signed_by_id=signed.signed_by_id,
            statements=signed.statements,
            idempotency_key=f"copy-{version.id}",
            evaluation_id=signed.evaluation_id,
            late=False,
        )
    )
    session.flush()


def _read_statements(session: Session, cast: World, version: RecordVersion) -> None:
    session.add(
        StatementReading(
            version_id=version.id,
            user_id=cast.signatory.user_id,
            statement=load_statements()[0].key,
            opened_at=now(),
        )
    )
    session.flush()


def _review(session: Session, cast: World, version: RecordVersion, state: RecordState) -> None:
    review = Review(
        version_id=version.id, reviewer_id=cast.regulator.user_id, due_on=today() + timedelta(days=9)
    )
    section = load_sheet(session, version.id).sections[0].section
    if state is RecordState.UNDER_REVIEW:
        review.questions.append(
            Question(
                section=section,
                text="请说明示例",
                asked_by_id=cast.regulator.user_id,
                answer_due_on=today() + timedelta(days=3),
            )
        )
    if state is RecordState.PENDING_COUNTERSIGN:
        review.proposed_by_id, review.proposed_at = cast.regulator.user_id, now()
    session.add(review)
    session.flush()


def _document(
    session: Session, storage: Storage, enterprise_id: int, version: RecordVersion
) -> IssuedDocument:
    content = pdf(f"document {enterprise_id}").getvalue()
    digest = sha256(content).hexdigest()
    key = f"documents/{digest[:2]}/{digest}"
    storage.put(key, content)
    document = IssuedDocument(
        enterprise_id=enterprise_id,
        version_id=version.id,
        kind="monthly_report",
        number=f"HZ-MR-202609-{enterprise_id:04d}-V1",
        code=new_code(),
        title="月度碳数据质量报告",
        sha256=digest,
        size=len(content),
        pages=1,
        storage_key=key,
        snapshot_sha256=session.get_one(Snapshot, version.id).sha256,
    )
    session.add(document)
    session.flush()
    return document


def _plans(session: Session, cast: World, plan: PlanVersion) -> tuple[int, int]:
    """A draft and a version before the regulator; by the pages there is one of the two at a time."""
    handed = clone_plan(session, cast.officer, cast.steel_id, plan.id)
    handed.effective_from, handed.reason = "2027-01", "示例修订"
    session.flush()
    session.execute(
        sa.update(PlanVersion)
        .where(PlanVersion.id == handed.id)
        .values(state="submitted", submitted_at=now())
    )
    # The services keep one version under way an enterprise; the matrix wants two, so one steps aside.
    aside = sa.update(PlanVersion).where(PlanVersion.id == handed.id)
    session.execute(aside.values(enterprise_id=cast.dyeing_id, number=98))
    session.expire_all()
    draft = clone_plan(session, cast.officer, cast.steel_id, plan.id)
    session.execute(aside.values(enterprise_id=cast.steel_id, number=99))
    session.expire_all()
    return draft.id, handed.id


def _registrations(
    session: Session, storage: Storage, applicant: Actor, district: str, mark: str
) -> dict[str, int]:
    code = {"近": "91330502MA2B3C4D58", "远": "91330503MA2B3C4D6R"}[mark]
    row = filled_registration(
        session,
        storage,
        applicant,
        enterprise__district=district,
        enterprise__uscc=code,
        enterprise__name=f"{mark}示例铸造有限公司",
        permit__number=f"{code}001P",
    )
    submit_registration(session, applicant, row.id, row.row_version)
    draft = Registration(
        number=f"REG-{mark}",
        applicant_id=applicant.user_id,
        sections=[RegistrationSection(key=key, answers={}) for key in SECTIONS],
    )
    session.add(draft)
    session.flush()
    return {DRAFT: draft.id, SUBMITTED: row.id}


def _email(session: Session, person: Actor) -> str:
    return str(
        session.scalars(sa.text("SELECT email FROM users WHERE id = :id").bindparams(id=person.user_id)).one()
    )


def _notice(session: Session, person: Actor) -> int:
    notify(session, [person.user_id], "示例通知", {}, "/notifications")
    return int(
        session.scalars(
            sa.text("SELECT max(id) FROM notifications WHERE user_id = :id").bindparams(id=person.user_id)
        ).one()
    )


def _colleague(session: Session, organisation_id: int) -> int:
    organisation = session.get_one(Organisation, organisation_id)
    role = {
        OrganisationKind.ENTERPRISE: Role.ENTERPRISE_OFFICER,
        OrganisationKind.STEWARD_FIRM: Role.STEWARD,
        OrganisationKind.AUTHORITY: (
            Role.DISTRICT_REGULATOR if organisation.district else Role.CITY_REGULATOR
        ),
        OrganisationKind.PLATFORM: Role.PLATFORM_ADMINISTRATOR,
    }[organisation.kind]
    email = f"colleague-{organisation_id}@example.test"
    found = session.scalar(sa.text("SELECT id FROM users WHERE email = :email").bindparams(email=email))
    return int(found) if found else make_user(session, organisation, email, "同事示例", role).id


def _invite(session: Session, organisation_id: int, email: str) -> tuple[int, str]:
    token = f"example-token-{organisation_id}-{email[:9]}"
    kept = token_hash(token)
    there = session.scalar(sa.select(Invitation).where(Invitation.token_hash == kept))
    if there is not None:
        return there.id, token
    inviter = session.scalars(sa.text("SELECT min(id) FROM users")).one()
    row = Invitation(
        token_hash=kept,
        organisation_id=organisation_id,
        email=email,
        roles=["enterprise_officer"],
        invited_by_id=inviter,
        expires_at=now() + timedelta(days=5),
    )
    session.add(row)
    session.flush()
    return row.id, token


def add_reset_link(session: Session, user_id: int) -> None:
    """A link that sets a new password."""
    session.add(
        OneTimeLink(
            token_hash=token_hash(RESET_TOKEN), user_id=user_id, expires_at=now() + timedelta(hours=1)
        )
    )


__all__ = [
    "DRAFT",
    "FOREIGN_NAME",
    "FOREIGN_USCC",
    "MONTHS",
    "RESET_TOKEN",
    "SUBMITTED",
    "MatrixWorld",
    "Objects",
    "add_reset_link",
    "make_matrix_world",
]
