"""A plan and a registration that are being written, and one of each that was handed in."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor
from portal.domain.periods import now
from portal.domain.registration_questions import SECTIONS
from portal.models.plans import PlanVersion
from portal.models.registrations import Registration, RegistrationSection
from portal.services.plans import clone_plan
from portal.services.registrations import submit_registration
from portal.storage import Storage
from tests.factories.registrations import filled_registration
from tests.factories.world import World

DRAFT, SUBMITTED = "draft", "submitted"


def make_matrix_plans(session: Session, cast: World, plan: PlanVersion) -> tuple[int, int]:
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


def make_matrix_registrations(
    session: Session, storage: Storage, applicant: Actor, district: str, mark: str
) -> dict[str, int]:
    """A registration that is being written and one that was handed in: their ids by state."""
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
