"""Accepting a registration: from answers to an enterprise that can file its first month."""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Actor, EngagementScope, OrganisationKind, Role
from portal.domain.errors import Failure, GuardFailed, Invalid
from portal.domain.messages import N_
from portal.domain.periods import Month, now, today
from portal.domain.registration import Answers, gaps_of, rows_of
from portal.domain.registration_questions import SECTIONS
from portal.domain.workflow import Decision, RegistrationState
from portal.models.evidence import Evidence
from portal.models.organisations import EnterpriseProfile, Facility, Organisation, Outlet, Permit, Site
from portal.models.registrations import Registration
from portal.models.users import User, UserRole
from portal.queries.access import actor_of
from portal.queries.registration_faults import filed_of
from portal.services.engagements import new_engagement
from portal.services.events import record_event
from portal.services.members import Compose, invite
from portal.services.notifications import notify
from portal.services.registration_reviews import reviewed_registration, tell_applicant, undecided
from portal.services.rows import check_version

#: How far back or ahead the first month may be set.
MOST_MONTHS = 24


def accept_registration(
    session: Session,
    actor: Actor,
    registration_id: int,
    row_version: int,
    compose: Compose,
    first_month: Month | None = None,
) -> Registration:
    """Make the enterprise, its parts and its first people; propose its engagements.

    ``first_month`` is the first month to be filed, the month after today's unless given. The
    applicant becomes administrator and officer, the signatory gets the invitation that
    ``compose`` words. Raises NotFound, Refused, Conflict, Invalid (first month too far away), or
    GuardFailed with everything in the way.
    """
    row = reviewed_registration(session, actor, registration_id)
    check_version(row, row_version)
    month = _first_month(first_month)
    applicant = _check(session, row)
    answers = {section.key: section.answers for section in row.sections}
    organisation = _make_enterprise(session, answers, month)
    _make_parts(session, organisation.id, answers, min(today(), month.first))
    _hand_over(session, row, organisation, applicant)
    row.state, row.decided_at, row.decided_by_id = RegistrationState.ACCEPTED, now(), actor.user_id
    session.flush()
    _record(session, actor, row, organisation, month)
    # In the name of the applicant, who chose signatory and stewards and now manages the enterprise.
    administrator, people = actor_of(applicant), answers["people"]
    email, name = people["signatory_email"], people["signatory_name"]
    invite(session, administrator, organisation.id, email, name, [Role.ENTERPRISE_SIGNATORY], compose)
    _propose(session, administrator, organisation.id, answers["service"])
    text = N_("登记 %(number)s 已受理，首月 %(month)s")
    tell_applicant(session, row, text, {"number": row.number, "month": str(month)})
    return row


def _first_month(wanted: Month | None) -> Month:
    """The month after today's, or the one that the regulator set if it is not absurd."""
    this = Month.of(today())
    month = wanted or this.next()
    if not this.plus(-MOST_MONTHS) <= month <= this.plus(MOST_MONTHS):
        raise Invalid(
            N_("首月离现在太远，前后最多 %(most)s 个月"), params={"most": MOST_MONTHS}, path="first_month"
        )
    return month


def _hand_over(session: Session, row: Registration, organisation: Organisation, applicant: User) -> None:
    """Give the enterprise its first person and the files of its application."""
    row.organisation_id = organisation.id
    applicant.organisation = organisation
    applicant.roles = [
        UserRole(role=role) for role in (Role.ENTERPRISE_ADMINISTRATOR, Role.ENTERPRISE_OFFICER)
    ]
    session.execute(
        sa.update(Evidence).where(Evidence.registration_id == row.id).values(enterprise_id=organisation.id)
    )


def _check(session: Session, row: Registration) -> User:
    """Every section accepted and still complete, and an applicant who is still free."""
    failures = undecided(row)
    failures += [
        Failure(
            "returned", N_("“%(section)s”是退回，不能受理"), {"section": SECTIONS[kept.key].name}, kept.key
        )
        for kept in row.sections
        if kept.decision is Decision.RETURN
    ]
    filed = filed_of(session, row)
    failures += [
        Failure(
            "incomplete",
            N_("“%(section)s”提交之后有了变化：%(message)s"),
            {"section": SECTIONS[key].name, "message": gap.message % dict(gap.params)},
            key,
        )
        for key in SECTIONS
        for gap in gaps_of(key, filed, today())[:1]
    ]
    applicant = session.get_one(User, row.applicant_id, with_for_update=True)
    if applicant.organisation_id is not None or not applicant.active:
        failures.append(Failure("applicant", N_("申请人的账户已经加入别的单位或停用，请退回后由别人办理")))
    if failures:
        raise GuardFailed(failures)
    return applicant


def _make_enterprise(session: Session, answers: Mapping[str, Answers], month: Month) -> Organisation:
    enterprise, boundary = answers["enterprise"], answers["boundary"]
    organisation = Organisation(
        kind=OrganisationKind.ENTERPRISE,
        name=enterprise["name"],
        uscc=enterprise["uscc"],
        district=enterprise["district"],
    )
    try:
        with session.begin_nested():
            session.add(organisation)
            session.flush()
    except IntegrityError as error:  # another organisation took the code since the check
        raise GuardFailed([Failure("duplicate_uscc", N_("这个统一社会信用代码刚刚被登记"))]) from error
    profile = {
        key: enterprise.get(key, "")
        for key in (
            "legal_representative",
            "address",
            "industry_code",
            "industry_name",
            "scale",
            "contact_name",
            "contact_phone",
            "contact_email",
        )
    }
    session.add(
        EnterpriseProfile(
            organisation_id=organisation.id,
            ets_member=boundary["ets_member"] == "yes",
            guideline=boundary["guideline"],
            energy_kinds=list(answers["energy"]["kinds"]),
            key_unit_lists=[key for key in answers["key_units"]["lists"] if key != "none"],
            first_month=str(month),
            **profile,
        )
    )
    return organisation


def _make_parts(session: Session, enterprise_id: int, answers: Mapping[str, Answers], since: date) -> None:
    sites: dict[str, Site] = {}
    for row in rows_of(answers["sites"]):
        sites[row["id"]] = Site(
            enterprise_id=enterprise_id, name=row["name"], address=row["address"], valid_from=since
        )
    session.add_all(sites.values())
    session.flush()
    outlets: dict[str, Outlet] = {}
    for row in rows_of(answers["outlets"]):
        outlets[row["id"]] = Outlet(
            site_id=sites[row["site"]].id,
            code=row["code"],
            name=row["name"],
            medium=row["medium"],
            valid_from=since,
        )
    session.add_all(outlets.values())
    session.flush()
    session.add_all(
        Facility(
            site_id=sites[row["site"]].id,
            code=row["code"],
            name=row["name"],
            purpose=purpose,
            model=row.get("model", ""),
            sources=list(row.get("sources", ())),
            outlet_id=outlets[row["outlet"]].id if row.get("outlet") else None,
            valid_from=since,
        )
        for section, purpose in (("treatment", "treatment"), ("facilities", "production"))
        for row in rows_of(answers[section])
    )
    session.flush()
    _make_permit(session, enterprise_id, answers["permit"])


def _make_permit(session: Session, enterprise_id: int, permit: Answers) -> None:
    if permit["category"] == "none":
        return
    row = Permit(
        enterprise_id=enterprise_id,
        number=permit["number"],
        category=permit["category"],
        valid_from=date.fromisoformat(permit["valid_from"]),
        valid_to=date.fromisoformat(permit["valid_to"]),
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:  # another enterprise took the number since the check
        raise GuardFailed([Failure("permit_taken", N_("许可证编号刚刚被登记在另一家企业名下"))]) from error


def _record(
    session: Session, actor: Actor, row: Registration, organisation: Organisation, month: Month
) -> None:
    """The decision on the platform's chain, and the first event of the enterprise's own chain."""
    record_event(
        session,
        actor,
        "registration.accepted",
        "registration",
        row.id,
        before={"state": RegistrationState.SUBMITTED.value},
        after={"state": row.state.value, "organisation_id": organisation.id, "first_month": str(month)},
    )
    record_event(
        session,
        actor,
        "enterprise.registered",
        "organisation",
        organisation.id,
        enterprise_id=organisation.id,
        after={
            "name": organisation.name,
            "uscc": organisation.uscc,
            "district": organisation.district,
            "first_month": str(month),
            "registration": row.number,
            "administrator_id": row.applicant_id,
        },
    )


def _propose(session: Session, applicant: Actor, enterprise_id: int, service: Answers) -> None:
    """The contracts that the application named, proposed by the applicant, who still has to accept them."""
    if service["mode"] != "steward":
        return
    for place in ("1", "2"):
        if service.get(f"firm_{place}"):
            engagement = new_engagement(
                session,
                applicant,
                enterprise_id,
                int(service[f"firm_{place}"]),
                EngagementScope(service[f"scope_{place}"]),
                date.fromisoformat(service[f"starts_{place}"]),
                date.fromisoformat(service[f"ends_{place}"]),
            )
            notify(
                session,
                [applicant.user_id],
                N_("请确认托管合同 %(number)s：您接受之后管家才能进入"),
                {"number": engagement.number},
                f"/engagements/{engagement.id}",
                enterprise_id,
            )
