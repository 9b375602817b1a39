"""From a visit's data (see sample.toml) to what its template prints."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from portal.domain.errors import PackError
from portal.domain.messages import N_
from reports import messages
from reports.document import need

_REQUIRED = (
    *("document.number", "document.content_sha256", "document.verify_url", "visit.enterprise"),
    *("visit.visited_on", "score.total", "packs", "answers", "gaps", "photos", "signatures"),
)
_TITLES = {"service": "上门服务检查记录", "inspection": "现场检查记录"}
_VISITORS = {"service": "管家机构", "inspection": "检查机关"}
_CONCLUSIONS = {
    "met": ("met", "符合"),
    "gaps": ("notice", "有不符合项"),
    "rectify": ("not_met", "需整改"),
}
_OUTCOMES = {
    "met": ("met", "符合"),
    "gap": ("not_met", "不符合"),
    "noted": ("none", "记录"),
    "not_applicable": ("none", "不适用"),
    "open": ("notice", "未检查"),
}
_SEVERITIES = {"blocking": "阻断", "explain": "应说明", "note": "提示"}
_SIDES = {"visitor": "检查人", "enterprise": "企业陪同人员"}


def view(data: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template names; raises PackError for a missing key or an unknown word."""
    for path in _REQUIRED:
        need(data, path)
    visit, score = data["visit"], data["score"]
    try:
        photos = [{**photo, "place": place} for place, photo in enumerate(data["photos"], 1)]
        answers = {answer["key"]: answer for answer in data["answers"]}
        return {
            "document": {**data["document"], "snapshot_sha256": data["document"]["content_sha256"]},
            "footer_note": data["document"].get("footer_note", ""),
            "title": _TITLES[visit["kind"]],
            "visitor_name": _VISITORS[visit["kind"]],
            "is_service": visit["kind"] == "service",
            "visit": visit,
            "packs": data["packs"],
            "score": score,
            "conclusion": _CONCLUSIONS[score["conclusion"]],
            "change": _change(score),
            "areas": [{**area, "bar": _bar(area)} for area in score["areas"]],
            "answers": [
                {**answer, "mark": _OUTCOMES[answer["outcome"]], "is_unverified": _unverified(answer)}
                for answer in data["answers"]
            ],
            "has_unverified": any(_unverified(answer) for answer in data["answers"]),
            "gaps": [_gap(gap, answers[gap["key"]], photos) for gap in data["gaps"]],
            "gaps_lead": gaps_lead(score["total"]),
            "photos": [{**photo, "question_id": photo["question"].partition(":")[2]} for photo in photos],
            "signatures": [_signature(one) for one in data["signatures"]],
        }
    except KeyError as missing:
        key = str(missing.args[0])
        raise PackError(N_("报告数据缺少或不认识 %(key)s"), params={"key": key}, path=key) from missing


def gaps_lead(total: Mapping[str, Any]) -> str:
    """The sentence over the gaps: how many there are, and what became of the other questions."""
    rest = f"{total['met']} 题符合、{total['not_applicable']} 题不适用，逐题回答见下一章。"
    if total["open"]:
        rest = f"{total['open']} 题未检查，{rest}"
    if not total["gaps"]:
        return f"这次检查没有发现不符合项；{rest}"
    count = "两" if total["gaps"] == 2 else messages.chinese(total["gaps"])
    return f"{count}项不符合已当场告知企业陪同人员；{rest}"


def _unverified(answer: Mapping[str, Any]) -> bool:
    return bool(answer["confidence"] == "unverified")


def _bar(area: Mapping[str, Any]) -> str:
    """Length of the bar out of 100; empty where nothing counts."""
    return str(Decimal(area["points"])) if area["points"] else ""


def _change(score: Mapping[str, Any]) -> str:
    """Points against the visit before, with a sign; empty when there is nothing to compare."""
    if not score["points"] or not score["previous"]:
        return ""
    moved = Decimal(score["points"]) - Decimal(score["previous"])
    if moved == 0:
        return "0.0"
    return f"{'+' if moved > 0 else chr(0x2212)}{abs(moved)}"


def _gap(gap: Mapping[str, Any], answer: Mapping[str, Any], photos: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **answer,
        **gap,
        "severity_word": _SEVERITIES[gap["severity"]],
        "photos": [photo for photo in photos if photo["question"] == gap["key"]],
    }


def _signature(one: Mapping[str, Any]) -> dict[str, Any]:
    declined = bool(one["declined"])
    return {
        "role": "企业拒绝签字" if declined else _SIDES[one["side"]],
        "basis": one["organisation"],
        "name": one["name"],
        "signed_at": one["signed_at"],
        "opinion": one["opinion"],
        "remark": "由检查人注明拒签情况" if declined else "登录密码核验后签字",
    }
