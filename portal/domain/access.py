"""Who may do what: one table of role → permission, and one function that decides.

Routes, services and the help page on roles all read ``GRANTS``; there is no second list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from portal.domain.errors import NotFound, Refused
from portal.domain.messages import N_


class OrganisationKind(StrEnum):
    """What an organisation is here."""

    ENTERPRISE = "enterprise"
    STEWARD_FIRM = "steward_firm"
    AUTHORITY = "authority"
    PLATFORM = "platform"


class Role(StrEnum):
    """What a person is within an organisation."""

    ENTERPRISE_OFFICER = "enterprise_officer"
    ENTERPRISE_SIGNATORY = "enterprise_signatory"
    ENTERPRISE_ADMINISTRATOR = "enterprise_administrator"
    STEWARD = "steward"
    STEWARD_LEAD = "steward_lead"
    DISTRICT_REGULATOR = "district_regulator"
    CITY_REGULATOR = "city_regulator"
    PLATFORM_ADMINISTRATOR = "platform_administrator"


class Permission(StrEnum):
    """Everything that can be allowed, as ``thing:act``."""

    ACCOUNT_MANAGE = "account:manage"
    REGISTRATION_APPLY = "registration:apply"
    REGISTRATION_DECIDE = "registration:decide"
    ENTERPRISE_VIEW = "enterprise:view"
    ENTERPRISE_LIST = "enterprise:list"
    MEMBER_MANAGE = "member:manage"
    ORGANISATION_MANAGE = "organisation:manage"
    ENGAGEMENT_VIEW = "engagement:view"
    ENGAGEMENT_PROPOSE = "engagement:propose"
    ENGAGEMENT_ACCEPT = "engagement:accept"
    ENGAGEMENT_END = "engagement:end"
    METER_VIEW = "meter:view"
    METER_EDIT = "meter:edit"
    PLAN_VIEW = "plan:view"
    PLAN_EDIT = "plan:edit"
    PLAN_APPROVE = "plan:approve"
    RECORD_VIEW = "record:view"
    RECORD_EDIT = "record:edit"
    RECORD_SIGN = "record:sign"
    RECORD_REVIEW = "record:review"
    RECORD_RESTATE = "record:restate"
    EVIDENCE_VIEW = "evidence:view"
    EVIDENCE_UPLOAD = "evidence:upload"
    FINDING_VIEW = "finding:view"
    FINDING_RESPOND = "finding:respond"
    FINDING_CLOSE = "finding:close"
    FINDING_WAIVE = "finding:waive"
    SUSPICION_VIEW = "suspicion:view"
    STATISTICS_VIEW = "statistics:view"
    DOCUMENT_VIEW = "document:view"
    BOARD_VIEW = "board:view"
    QUEUE_VIEW = "queue:view"
    AUDIT_VIEW = "audit:view"
    CHECK_PACK_VIEW = "check_pack:view"
    CHECK_PACK_WRITE = "check_pack:write"
    CHECK_PACK_PUBLISH = "check_pack:publish"
    VISIT_VIEW = "visit:view"
    VISIT_CONDUCT = "visit:conduct"
    VISIT_SIGN = "visit:sign"
    DRAW_CONDUCT = "draw:conduct"
    DOSSIER_EDIT = "dossier:edit"
    DOSSIER_SIGN = "dossier:sign"
    DOSSIER_REVIEW = "dossier:review"
    PRODUCT_EDIT = "product:edit"


P = Permission

#: Held by every signed-in account, whatever its role.
EVERYONE: frozenset[Permission] = frozenset({P.ACCOUNT_MANAGE, P.REGISTRATION_APPLY})

_READS = frozenset(
    {
        P.ENTERPRISE_VIEW,
        P.ENGAGEMENT_VIEW,
        P.METER_VIEW,
        P.PLAN_VIEW,
        P.RECORD_VIEW,
        P.EVIDENCE_VIEW,
        P.FINDING_VIEW,
        P.DOCUMENT_VIEW,
        P.VISIT_VIEW,
    }
)
_PREPARES = frozenset(
    {
        P.METER_EDIT,
        P.PLAN_EDIT,
        P.RECORD_EDIT,
        P.RECORD_RESTATE,
        P.EVIDENCE_UPLOAD,
        P.FINDING_RESPOND,
        P.DOSSIER_EDIT,
        P.PRODUCT_EDIT,
    }
)
_REGULATES = frozenset(
    {
        P.ENTERPRISE_LIST,
        P.QUEUE_VIEW,
        P.REGISTRATION_DECIDE,
        P.PLAN_APPROVE,
        P.RECORD_REVIEW,
        P.FINDING_CLOSE,
        P.FINDING_WAIVE,
        P.SUSPICION_VIEW,
        P.STATISTICS_VIEW,
        P.AUDIT_VIEW,
        P.VISIT_CONDUCT,
        P.DRAW_CONDUCT,
        P.CHECK_PACK_VIEW,
        P.DOSSIER_REVIEW,
    }
)

#: The one table of rights.
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.ENTERPRISE_OFFICER: _READS | _PREPARES | {P.VISIT_SIGN},
    Role.ENTERPRISE_SIGNATORY: _READS
    | {P.RECORD_SIGN, P.RECORD_RESTATE, P.AUDIT_VIEW, P.VISIT_SIGN, P.DOSSIER_SIGN},
    Role.ENTERPRISE_ADMINISTRATOR: _READS
    | {
        P.MEMBER_MANAGE,
        P.ENGAGEMENT_PROPOSE,
        P.ENGAGEMENT_ACCEPT,
        P.ENGAGEMENT_END,
        P.AUDIT_VIEW,
        P.VISIT_SIGN,
    },
    Role.STEWARD: _READS | _PREPARES | {P.BOARD_VIEW, P.ENTERPRISE_LIST, P.VISIT_CONDUCT},
    Role.STEWARD_LEAD: _READS
    | _PREPARES
    | {
        P.BOARD_VIEW,
        P.ENTERPRISE_LIST,
        P.ENGAGEMENT_PROPOSE,
        P.ENGAGEMENT_END,
        P.MEMBER_MANAGE,
        P.VISIT_CONDUCT,
    },
    Role.DISTRICT_REGULATOR: _READS | _REGULATES,
    Role.CITY_REGULATOR: _READS | _REGULATES | {P.MEMBER_MANAGE, P.CHECK_PACK_WRITE, P.CHECK_PACK_PUBLISH},
    Role.PLATFORM_ADMINISTRATOR: frozenset({P.ORGANISATION_MANAGE, P.MEMBER_MANAGE}),
}

#: The kind of organisation in which a role can be held.
ROLE_KINDS: Mapping[Role, OrganisationKind] = {
    Role.ENTERPRISE_OFFICER: OrganisationKind.ENTERPRISE,
    Role.ENTERPRISE_SIGNATORY: OrganisationKind.ENTERPRISE,
    Role.ENTERPRISE_ADMINISTRATOR: OrganisationKind.ENTERPRISE,
    Role.STEWARD: OrganisationKind.STEWARD_FIRM,
    Role.STEWARD_LEAD: OrganisationKind.STEWARD_FIRM,
    Role.DISTRICT_REGULATOR: OrganisationKind.AUTHORITY,
    Role.CITY_REGULATOR: OrganisationKind.AUTHORITY,
    Role.PLATFORM_ADMINISTRATOR: OrganisationKind.PLATFORM,
}


class EngagementScope(StrEnum):
    """What a steward firm is engaged for."""

    ENVIRONMENT = "environment"
    CARBON = "carbon"
    BOTH = "both"


#: A steward's act that needs the carbon side of the contract.
CARBON_ONLY: frozenset[Permission] = frozenset(
    {P.METER_EDIT, P.PLAN_EDIT, P.RECORD_VIEW, P.RECORD_EDIT, P.RECORD_RESTATE, P.PLAN_VIEW}
    | {P.METER_VIEW, P.DOCUMENT_VIEW, P.EVIDENCE_VIEW, P.EVIDENCE_UPLOAD, P.FINDING_VIEW, P.FINDING_RESPOND}
    | {P.DOSSIER_EDIT, P.PRODUCT_EDIT}
)


@dataclass(frozen=True)
class Actor:
    """A signed-in person as the rules see them; ``district`` is set for a district authority."""

    user_id: int
    name: str
    organisation_id: int | None
    organisation_name: str
    kind: OrganisationKind | None
    roles: frozenset[Role] = field(default_factory=frozenset)
    district: str | None = None

    def may(self, permission: Permission) -> bool:
        """Whether any role of theirs holds ``permission``, before any question of whose thing it is."""
        return permission in EVERYONE or any(permission in GRANTS[role] for role in self.roles)


@dataclass(frozen=True)
class EnterpriseScope:
    """What decides whether an enterprise is this actor's business.

    ``engagement`` is the scope of the contract in force today between the actor's firm and the
    enterprise, None when there is none; ``prepared_by`` holds the firms that prepared the thing
    at hand, which may not review it (State Council order 775, article 13).
    """

    enterprise_id: int
    district: str
    engagement: EngagementScope | None = None
    prepared_by: frozenset[int] = field(default_factory=frozenset)


def in_scope(actor: Actor, permission: Permission, scope: EnterpriseScope) -> bool:
    """Whether the enterprise is the actor's business for this act."""
    if actor.kind is OrganisationKind.ENTERPRISE:
        return actor.organisation_id == scope.enterprise_id
    if actor.kind is OrganisationKind.STEWARD_FIRM:
        if scope.engagement is None:
            return False
        return permission not in CARBON_ONLY or scope.engagement is not EngagementScope.ENVIRONMENT
    if actor.kind is OrganisationKind.AUTHORITY:
        return Role.CITY_REGULATOR in actor.roles or (
            actor.district is not None and actor.district == scope.district
        )
    return False


def authorize(actor: Actor, permission: Permission, scope: EnterpriseScope | None = None) -> None:
    """Let the actor go on, or raise.

    Raises NotFound when the enterprise is none of the actor's business (a stranger learns nothing),
    Refused when the role does not hold the permission or the actor's firm prepared what it would review.
    """
    if scope is not None and not in_scope(actor, permission, scope):
        raise NotFound
    if not actor.may(permission):
        raise Refused(N_("您的角色不能做这件事；角色与权限见帮助页"))
    if permission is P.RECORD_REVIEW and scope is not None and actor.organisation_id in scope.prepared_by:
        raise Refused(N_("编制过这份记录的机构不能审核它"))
