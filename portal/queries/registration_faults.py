"""What only the database knows to be wrong with an application: codes, permits and people that are taken."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import OrganisationKind
from portal.domain.messages import N_
from portal.domain.registration import Filed, Gap, GapKind
from portal.domain.workflow import RegistrationState
from portal.models.organisations import Organisation, Permit
from portal.models.registrations import Registration
from portal.models.users import User

#: States in which an application holds its uscc against others.
HOLDING = (RegistrationState.SUBMITTED, RegistrationState.RETURNED, RegistrationState.ACCEPTED)


def filed_of(session: Session, row: Registration) -> dict[str, Filed]:
    """All sections as the rules want them, with the faults that only the database knows."""
    faults = _faults(session, row)
    return {
        section.key: Filed(
            section.answers, section.decision, section.comment, tuple(faults.get(section.key, ()))
        )
        for section in row.sections
    }


def uscc_is_taken(session: Session, uscc: str, registration_id: int) -> bool:
    """Whether the code belongs to an organisation, or to another application under way."""
    if not uscc:
        return False
    organisation = sa.select(Organisation.id).where(
        Organisation.uscc == uscc,
        Organisation.id.not_in(
            sa.select(Registration.organisation_id).where(
                Registration.id == registration_id, Registration.organisation_id.is_not(None)
            )
        ),
    )
    other = sa.select(Registration.id).where(
        Registration.uscc == uscc, Registration.id != registration_id, Registration.state.in_(HOLDING)
    )
    return bool(session.scalar(sa.select(sa.or_(organisation.exists(), other.exists()))))


#: Says what to do, and not who was first.
TAKEN = N_(
    "这个统一社会信用代码已经登记，或正在办理登记。请先核对；如果确是本单位，"
    "请本单位的企业管理员邀请您加入，或与所在区县生态环境局联系"
)


def _faults(session: Session, row: Registration) -> dict[str, list[Gap]]:
    if row.state is RegistrationState.ACCEPTED:
        return {}
    answers = {section.key: section.answers for section in row.sections}
    found: dict[str, list[Gap]] = {}
    if uscc_is_taken(session, answers["enterprise"].get("uscc", ""), row.id):
        found["enterprise"] = [Gap(GapKind.WRONG, TAKEN, "uscc")]
    number = answers["permit"].get("number")
    if number and session.scalar(sa.select(sa.exists().where(Permit.number == number))):
        found["permit"] = [Gap(GapKind.WRONG, N_("这个编号已经登记在另一家企业名下，请核对"), "number")]
    email = str(answers["people"].get("signatory_email", "")).lower()
    if email:
        message = _signatory_fault(session, email, row.applicant_id)
        if message:
            found["people"] = [Gap(GapKind.WRONG, message, "signatory_email")]
    service = answers["service"]
    if service.get("mode") == "steward":
        found["service"] = _firm_faults(session, service)
    return found


def _signatory_fault(session: Session, email: str, applicant_id: int) -> str:
    user = session.scalar(sa.select(User).where(User.email == email))
    if user is None:
        return ""
    if user.id == applicant_id:
        return N_("负责人不能与申请人是同一个账户：编制和签署要由两个人完成")
    if user.organisation_id is not None:
        return N_("这个邮箱已经用于别的单位的账户，请换一个邮箱")
    return ""


def _firm_faults(session: Session, service: Mapping[str, Any]) -> list[Gap]:
    wanted = {key: service[key] for key in ("firm_1", "firm_2") if service.get(key)}
    known = {value for value, _name in steward_firms(session)}
    return [
        Gap(GapKind.WRONG, N_("这家管家机构已经停用，请重新选择"), key)
        for key, value in wanted.items()
        if value not in known
    ]


def steward_firms(session: Session) -> list[tuple[str, str]]:
    """Steward firms that can be engaged: id as text, and name."""
    rows = session.execute(
        sa.select(Organisation.id, Organisation.name)
        .where(Organisation.kind == OrganisationKind.STEWARD_FIRM, Organisation.active)
        .order_by(Organisation.name)
    )
    return [(str(row.id), row.name) for row in rows]
