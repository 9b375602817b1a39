"""What every page carries: who is signed in, their menu, their unread notices, the language."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from flask_babel import get_locale, gettext, pgettext
from flask_login import current_user

from portal.domain.access import Actor, OrganisationKind, Permission, Role
from portal.extensions import database, settings
from portal.queries.layout import Counts, layout_counts
from portal.web.labels import role_label

#: Pages that are reached through another feature's entry of the menu.
_LODGERS = {
    "dossiers": (
        *("documents", "products", "product_systems", "product_files", "supplier_footprints", "pact"),
        *("credits", "bundles"),
    ),
    "findings": ("statistics", "patterns"),
    "records": ("evidence", "signing", "year_differences", "lab_reports"),
    "home": ("reviews",),
    "visits": ("visit_work", "draws"),
}
LODGERS = {lodger: host for host, lodgers in _LODGERS.items() for lodger in lodgers}


@dataclass(frozen=True)
class MenuEntry:
    """One entry of the main menu."""

    label: str
    url: str
    icon: str
    count: int = 0
    active: bool = False


def install_layout(app: Flask) -> None:
    """Give every template what the frame in layouts/base.html asks for."""
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    shared: dict[str, Any] = {
        "locale": str(get_locale()),
        "demo": not settings().production,
        "actor": None,
        "may": lambda permission: False,
        "menu": [],
        "links": {},
    }
    if not current_user or not current_user.is_authenticated:
        return shared
    actor: Actor = current_user.actor
    with database().reading() as session:
        counts = layout_counts(session, actor)
    return shared | {
        "actor": actor,
        "may": lambda permission: actor.may(Permission(permission)),
        "menu": menu_of(actor, counts),
        "unread": counts.notices,
        "account": {
            "name": actor.name,
            "role": gettext("、").join(role_label(role) for role in sorted(actor.roles)),
            "organisation": actor.organisation_name,
            "initial": actor.name[:1],
        },
        "links": {
            "home": url_for("home.home"),
            "notifications": url_for("notifications.listing"),
            "help": url_for("help.roles"),
            "account": url_for("identity.account"),
            "sessions": url_for("identity.sessions"),
            "sign_out": url_for("identity.sign_out"),
        },
    }


def menu_of(actor: Actor, counts: Counts) -> list[MenuEntry]:
    """The main menu for this person, the page at hand marked."""
    entries = _entries(actor, counts)
    blueprint = (request.endpoint or "").split(".")[0]
    if not any(endpoint.split(".")[0] == blueprint for _, endpoint, *_ in entries):
        blueprint = LODGERS.get(blueprint, blueprint)
    return [
        MenuEntry(label, url_for(endpoint, **arguments), icon, count, blueprint == endpoint.split(".")[0])
        for label, endpoint, arguments, icon, count in entries
    ]


Entry = tuple[str, str, dict[str, Any], str, int]


def _entries(actor: Actor, counts: Counts) -> list[Entry]:
    if actor.kind is OrganisationKind.ENTERPRISE:
        return _enterprise_entries(actor, counts)
    if actor.kind is OrganisationKind.STEWARD_FIRM:
        return [
            (gettext("客户看板"), "home.home", {}, "layout-dashboard", 0),
            (gettext("差距"), "findings.listing", {}, "clipboard-check", counts.findings),
            (gettext("上门服务"), "visits.listing", {}, "map-pin-check", 0),
            (gettext("报告与认证"), "dossiers.board", {}, "report", 0),
            (gettext("合同"), "engagements.listing", {}, "file-text", counts.engagements),
            *_members(actor),
        ]
    if actor.kind is OrganisationKind.AUTHORITY:
        return [
            (gettext("审核"), "home.home", {}, "eye-search", counts.queue),
            (pgettext("list", "企业"), "enterprises.listing", {}, "building-factory-2", 0),
            (gettext("差距与整改"), "findings.listing", {}, "clipboard-check", counts.findings),
            (pgettext("menu", "检查"), "visits.listing", {}, "map-pin-check", 0),
            (gettext("检查规则"), "check_packs.listing", {}, "list-check", 0),
            (gettext("登记"), "registrations.queue", {}, "file-description", counts.registrations),
            (gettext("签发登记"), "dossiers.register", {}, "report", 0),
            (gettext("统计"), "statistics.regulator", {}, "chart-bar", 0),
            *_members(actor),
        ]
    if actor.kind is OrganisationKind.PLATFORM:
        return [(gettext("机构"), "organisations.listing", {}, "building", 0)]
    return [(gettext("登记"), "registrations.listing", {}, "file-description", 0)]


def _enterprise_entries(actor: Actor, counts: Counts) -> list[Entry]:
    mine = {"enterprise_id": actor.organisation_id}
    if actor.roles == {Role.ENTERPRISE_SIGNATORY}:
        return [
            (gettext("待签"), "home.home", {}, "signature", counts.signing),
            (gettext("月度填报"), "records.year", mine, "calendar-month", 0),
            (gettext("差距与整改"), "findings.listing", {}, "clipboard-check", counts.findings),
            (gettext("报告与认证"), "dossiers.listing", mine, "report", 0),
        ]
    return [
        (gettext("工作台"), "home.home", {}, "layout-dashboard", 0),
        (gettext("月度填报"), "records.year", mine, "calendar-month", 0),
        (gettext("质量控制方案"), "plans.listing", mine, "file-check", 0),
        (gettext("计量器具"), "meters.listing", mine, "gauge", 0),
        (gettext("差距与整改"), "findings.listing", {}, "clipboard-check", counts.findings),
        (gettext("报告与认证"), "dossiers.listing", mine, "report", 0),
        (gettext("上门检查"), "visits.listing", {}, "map-pin-check", 0),
        (gettext("企业档案"), "enterprises.profile", mine, "building-factory-2", 0),
        *_members(actor),
    ]


def _members(actor: Actor) -> list[Entry]:
    """Managing one's own people, for those who may."""
    if not actor.may(Permission.MEMBER_MANAGE):
        return []
    return [(gettext("人员"), "members.listing", {}, "users", 0)]
