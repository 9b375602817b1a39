"""Who lives in the matrix beside the small world: a stranger's cast, colleagues, invitations, notices."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.domain.access import Actor, EngagementScope, OrganisationKind, Role
from portal.domain.periods import now
from portal.models.organisations import Organisation
from portal.models.users import Invitation, OneTimeLink
from portal.queries.access import actor_of
from portal.services.accounts import token_hash
from portal.services.notifications import notify
from tests.factories.world import OTHER_DISTRICT, World, make_engagement, make_organisation, make_user

FOREIGN_NAME, FOREIGN_USCC = "外人示例轧钢有限公司", "91330503MA00000F9X"
RESET_TOKEN = "example-reset-token"


def make_foreign_cast(session: Session, world: World) -> World:
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


def make_environment_steward(session: Session, world: World) -> Actor:
    """Somebody of a firm whose contract with the steel works holds no carbon."""
    firm = make_organisation(
        session, OrganisationKind.STEWARD_FIRM, "示例环保管家有限公司", "91330500MA0000009X"
    )
    make_engagement(
        session, firm.id, world.steel_id, scope=EngagementScope.ENVIRONMENT, number="EG-2026-0003"
    )
    return actor_of(make_user(session, firm, "green@example.test", "绿示例", Role.STEWARD))


def email_of(session: Session, person: Actor) -> str:
    """The address that this person signs in with."""
    return str(
        session.scalars(sa.text("SELECT email FROM users WHERE id = :id").bindparams(id=person.user_id)).one()
    )


def make_notice(session: Session, person: Actor) -> int:
    """A notice to this person; gives its id."""
    notify(session, [person.user_id], "示例通知", {}, "/notifications")
    return int(
        session.scalars(
            sa.text("SELECT max(id) FROM notifications WHERE user_id = :id").bindparams(id=person.user_id)
        ).one()
    )


def make_colleague(session: Session, organisation_id: int) -> int:
    """Another person of the organisation, made once; gives the id."""
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


def make_invitation(session: Session, organisation_id: int, email: str) -> tuple[int, str]:
    """An open invitation, made once; gives its id and the token of its link."""
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
