"""Pages of the enterprise file: the list with its export, and one enterprise."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.domain.access import Permission, Role
from portal.domain.messages import N_
from portal.domain.registration_questions import CHOICES, DISTRICTS
from portal.extensions import actor, database
from portal.queries.enterprises import (
    MOST_EXPORTED,
    PER_PAGE,
    EnterpriseLine,
    EnterprisePage,
    enterprise_list,
    enterprise_page,
)
from portal.services.csv_export import csv_bytes
from portal.web.access import requires
from portal.web.downloads import file_download
from portal.web.labels import SCOPES
from portal.web.registration_display import guideline_list, industry_list

blueprint = Blueprint("enterprises", __name__)

LONGEST_SEARCH = 100
#: Heads of the exported columns.
EXPORTED = (
    N_("企业名称"),
    N_("统一社会信用代码"),
    N_("区县"),
    N_("行业"),
    N_("核算指南"),
    N_("全国碳市场"),
    N_("首个填报月份"),
    N_("排污许可有效期至"),
    N_("未关闭差距"),
)


def _asked() -> dict[str, Any]:
    """What the address asks for; anything odd falls back to the usual list."""
    return {
        "search": request.args.get("q", "").strip()[:LONGEST_SEARCH],
        "district": request.args.get("district", "")[:12],
        "sort": request.args.get("sort", "name")[:20],
    }


def _industry(line: EnterpriseLine) -> str:
    name = line.industry_name or dict(industry_list()).get(line.industry_code, "")
    return f"{line.industry_code} {name}".strip()


@blueprint.get("/enterprises")
@requires(Permission.ENTERPRISE_LIST)
def listing() -> ResponseReturnValue:
    """Enterprises in the actor's reach; the address holds search, filter, order and page."""
    asked = _asked()
    with database().reading() as session:
        found = enterprise_list(session, actor(), **asked, page=request.args.get("page", 1, type=int))
    kept: dict[str, Any] = {"q": asked["search"], "district": asked["district"], "sort": asked["sort"]}

    def sort_of(key: str) -> tuple[str, str]:
        """Address of the list sorted by a column, and how it is sorted now."""
        now = {key: "ascending", f"-{key}": "descending"}.get(asked["sort"], "")
        return url_for(
            "enterprises.listing", **(kept | {"sort": f"-{key}" if now == "ascending" else key})
        ), now

    return render_template(
        "enterprises/listing.html",
        found=found,
        per_page=PER_PAGE,
        asked=asked,
        districts=[("", gettext("全部")), *((code, gettext(name)) for code, name in DISTRICTS.items())],
        several_districts=Role.DISTRICT_REGULATOR not in actor().roles,
        district_names=DISTRICTS,
        industry=_industry,
        sort_of=sort_of,
        page_url=lambda number: url_for("enterprises.listing", **kept, page=number),
        export_url=url_for("enterprises.export", **kept),
    )


@blueprint.get("/enterprises.csv")
@requires(Permission.ENTERPRISE_LIST)
def export() -> ResponseReturnValue:
    """The list as it is filtered and sorted, whole."""
    with database().reading() as session:
        found = enterprise_list(session, actor(), **_asked(), per_page=MOST_EXPORTED)
    head = [gettext(word) for word in EXPORTED]
    rows = [
        (
            line.name,
            line.uscc,
            gettext(DISTRICTS[line.district]) if line.district in DISTRICTS else line.district,
            _industry(line),
            line.guideline,
            gettext("是") if line.ets_member else gettext("否"),
            line.first_month,
            line.permit_until or "",
            line.open_findings,
        )
        for line in found.lines
    ]
    return file_download(csv_bytes(head, rows), "text/csv", "enterprises.csv")


@blueprint.get("/enterprises/<int:enterprise_id>")
@requires(Permission.ENTERPRISE_VIEW)
def profile(enterprise_id: int) -> ResponseReturnValue:
    """One enterprise: data, permits, sites, facilities, outlets, contracts, people."""
    with database().reading() as session:
        page = enterprise_page(session, actor(), enterprise_id)
    return render_template(
        "enterprises/profile.html",
        page=page,
        facts=_facts(page),
        categories=CHOICES["permit_categories"],
        media=CHOICES["media"],
        sources=CHOICES["emission_sources"],
        scopes={scope.value: gettext(word) for scope, word in SCOPES.items()},
        district=gettext(DISTRICTS[page.district]) if page.district in DISTRICTS else page.district,
        own=actor().organisation_id == page.id,
        may_list=actor().may(Permission.ENTERPRISE_LIST),
        may_manage=actor().may(Permission.MEMBER_MANAGE) and actor().organisation_id == page.id,
    )


def _facts(page: EnterprisePage) -> dict[str, list[tuple[str, str]]]:
    """The enterprise's data in words, in two lists."""
    kept = page.profile

    def text(key: str) -> str:
        return str(kept.get(key) or "—")

    def words(key: str, choices: str) -> str:
        names = CHOICES[choices]
        held = kept.get(key)
        listed = [gettext(names.get(item, item)) for item in held] if isinstance(held, list) else []
        return gettext("、").join(listed) or "—"

    code = str(kept.get("industry_code") or "")
    industry = f"{code} {kept.get('industry_name') or dict(industry_list()).get(code, '')}".strip() or "—"
    guideline, scales = str(kept.get("guideline") or ""), CHOICES["scales"]
    return {
        "basic": [
            (gettext("统一社会信用代码"), page.uscc),
            (gettext("法定代表人"), text("legal_representative")),
            (gettext("行业"), industry),
            (gettext("企业规模"), gettext(scales.get(str(kept.get("scale")), "—"))),
            (gettext("注册地址"), text("address")),
            (gettext("联系人"), text("contact_name")),
            (gettext("联系电话"), text("contact_phone")),
            (gettext("联系邮箱"), text("contact_email")),
        ],
        "carbon": [
            (gettext("核算指南"), dict(guideline_list()).get(guideline, guideline) or "—"),
            (gettext("全国碳市场重点排放单位"), gettext("是") if kept.get("ets_member") else gettext("否")),
            (gettext("能源品种"), words("energy_kinds", "energy_kinds")),
            (gettext("重点单位名录"), words("key_unit_lists", "key_unit_lists")),
            (gettext("首个填报月份"), text("first_month")),
        ],
    }
