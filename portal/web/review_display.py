"""Words and links of the review's pages, made ready for their templates."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import get_locale, gettext

from portal.domain.access import Role
from portal.domain.messages import N_
from portal.domain.workflow import RecordState, Section
from portal.extensions import actor, settings
from portal.queries.differences import DifferencePage
from portal.queries.review_split import SplitPage, SplitRow
from portal.queries.reviews import StoryLine
from portal.web.formats import short_moment
from portal.web.labels import ACQUISITIONS, SECTIONS, SUBTOTALS, action_label

#: Where a row does not follow its plan, in a few words.
PLAN_WORDS = {
    "agrees": N_("一致"),
    "acquisition": N_("获取方式不同"),
    "meter": N_("器具不同"),
    "uncovered": N_("校准未覆盖"),
    "added": N_("方案新增"),
}
KINDS = {
    "original": N_("首次提交"),
    "amendment": N_("补正"),
    "restatement": N_("更正"),
}
SUM_WORDS = {**SUBTOTALS, "total": N_("合计"), "intensity": N_("强度")}
#: Kinds of file that a browser shows in a frame of ours.
SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg"})
REASSIGNED = "record.reassigned"


def english() -> bool:
    """Whether the reader chose English."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def section_label(section: Section) -> str:
    """The section's name in the reader's language."""
    return str(gettext(SECTIONS[section]))


def section_names() -> dict[str, str]:
    """Names of the sections in the reader's language."""
    return {section.value: section_label(section) for section in Section}


def split_words(page: SplitPage) -> dict[str, Any]:
    """What the split view needs beside its page."""
    return {
        "place": {"enterprise_id": page.head.enterprise_id, "month": str(page.head.month)},
        "section_names": section_names(),
        "kind_words": {key: gettext(text) for key, text in KINDS.items()},
        "plan_words": {key: gettext(text) for key, text in PLAN_WORDS.items()},
        "plan_notes": {
            row.cell: plan_note(row) for group in page.groups for row in group.rows if row.plan_detail
        },
        "acquisitions": {key.value: gettext(text) for key, text in ACQUISITIONS.items()},
        "tabs_list": _tabs(page),
        "story_items": story_items(page.story),
        "subtotal_words": {key: gettext(text) for key, text in SUM_WORDS.items()},
        "english": english(),
        "shown_kinds": SHOWN,
        "countersign": settings().require_countersign,
        "why_not_accept": why_not_accept(page),
        "why_not_return": why_not_return(page),
        "may_reassign": _may_reassign(page),
        "me": actor().user_id,
    }


def _tabs(page: SplitPage) -> list[dict[str, Any]]:
    place: dict[str, Any] = {"enterprise_id": page.head.enterprise_id, "month": str(page.head.month)}
    return [
        {
            "label": section_label(tab.section),
            "url": url_for("reviews.split", section=tab.section.value, **place),
            "active": tab.section is page.section,
            "decision": tab.decision.value,
            "changes": tab.changes,
            "findings": tab.open_findings,
        }
        for tab in page.tabs
    ]


def _may_reassign(page: SplitPage) -> bool:
    """Whether this reader may give the review to somebody else: its reviewer, or the city."""
    held = page.head.state in {RecordState.UNDER_REVIEW, RecordState.PENDING_COUNTERSIGN}
    return held and page.is_regulator and (page.is_reviewer or Role.CITY_REGULATOR in actor().roles)


def plan_note(row: SplitRow) -> str:
    """The sentence under a row that does not follow its plan."""
    detail = row.plan_detail
    if row.plan == "acquisition":
        words = {key.value: gettext(text) for key, text in ACQUISITIONS.items()}
        return str(
            gettext(
                "方案写%(planned)s，本月用%(used)s",
                planned=words[detail["planned"]],
                used=words[detail["used"]],
            )
        )
    if row.plan == "meter":
        return str(gettext("方案写器具 %(planned)s，本月用 %(used)s", **detail))
    return str(gettext("%(planned)s 的校准有效期至 %(until)s，没有覆盖全月", **detail))


def why_not_accept(page: SplitPage) -> str:
    """Why the month cannot be accepted now; empty when it can."""
    common = _not_mine(page)
    if common:
        return common
    if page.undecided:
        return str(gettext("还有 %(count)s 节未决定", count=len(page.undecided)))
    if page.returned:
        return str(gettext("有 %(count)s 节决定退回", count=len(page.returned)))
    if page.open_blocking:
        return str(gettext("还有 %(count)s 项阻断性差距没有关闭", count=len(page.open_blocking)))
    return ""


def why_not_return(page: SplitPage) -> str:
    """Why the month cannot be sent back now; empty when it can."""
    common = _not_mine(page)
    if common:
        return common
    if page.undecided:
        return str(gettext("还有 %(count)s 节未决定", count=len(page.undecided)))
    if not page.returned:
        return str(gettext("没有一节决定退回"))
    return ""


def _not_mine(page: SplitPage) -> str:
    if page.head.state is RecordState.SUBMITTED:
        return str(gettext("还没有受理"))
    if page.head.state is not RecordState.UNDER_REVIEW:
        return str(gettext("现在不在审核中"))
    if not page.is_reviewer:
        return str(gettext("由 %(name)s 承办", name=page.review.reviewer if page.review else "—"))
    if page.review and page.review.open_question:
        return str(gettext("向企业的问询还没有答复"))
    return ""


def story_items(story: tuple[StoryLine, ...]) -> list[dict[str, Any]]:
    """A review's timeline as the macro takes it."""
    items = []
    for entry in story:
        who = entry.actor or gettext("系统")
        if entry.on_behalf:
            who = gettext("%(name)s（%(firm)s）代办", name=who, firm=entry.organisation)
        verb = gettext("转交审核") if entry.action == REASSIGNED else action_label(entry.action)
        items.append(
            {
                "title": f"{who} {verb}",
                "when": short_moment(entry.at),
                "when_after": True,
                "where": _story_where(entry.details),
                "text": str(entry.details.get("reason") or entry.details.get("text") or ""),
                "tone": _tone(entry.action),
            }
        )
    return items


def _story_where(details: Mapping[str, Any]) -> str:
    parts = []
    if details.get("version"):
        parts.append(gettext("第 %(number)s 版", number=details["version"]))
    if details.get("due_on"):
        parts.append(gettext("时限 %(day)s", day=details["due_on"]))
    names = section_names()
    given = details.get("sections") or ([details["section"]] if details.get("section") else [])
    if given:
        parts.append(gettext("、").join(names.get(section, section) for section in given))
    return " · ".join(parts)


def _tone(action: str) -> str:
    if action in {"record.return", "record.disagree", "record.refuse_restatement", "record.reopen"}:
        return "amber"
    return {"record.sign": "now", "record.take": "green", "record.accept": "green"}.get(action, "")


def difference_words(page: DifferencePage) -> dict[str, Any]:
    """What the difference page needs beside its page."""
    return {
        "place": {"enterprise_id": page.head.enterprise_id, "month": str(page.head.month)},
        "section_names": section_names(),
        "kind_words": {key: gettext(text) for key, text in KINDS.items()},
        "acquisitions": {key.value: gettext(text) for key, text in ACQUISITIONS.items()},
        "subtotal_words": {key: gettext(text) for key, text in SUM_WORDS.items()},
    }
