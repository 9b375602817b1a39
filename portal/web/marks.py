"""How a state, a severity or a way of obtaining a value is shown: symbol, word, colour.

One table for every page, so that the same state never wears two faces. The words are message
ids; ``mark_of`` translates them. Colour is never the only sign.
"""

from dataclasses import dataclass

from flask_babel import get_locale, gettext

from portal.domain.messages import N_


@dataclass(frozen=True)
class Mark:
    """A symbol (icon name), a tone (class ``tone-…``) and a word; ``short`` is for board cells."""

    symbol: str
    tone: str
    word: str
    short: str
    filled: bool = False


def _mark(symbol: str, tone: str, word: str, short: str = "", *, filled: bool = False) -> Mark:
    return Mark(symbol, tone, word, short or word, filled)


#: Tones: wait (dashed grey), none (grey line), quiet (grey), mine (grey ground: in my hands),
#: theirs (green line: in someone else's), good (green tint), ask (amber), bad (red).
MARKS: dict[str, Mark] = {
    # sections, tasks
    "locked": _mark("lock", "wait", N_("尚不能开始"), N_("未开放")),
    "not_started": _mark("circle-dashed", "none", N_("未开始")),
    "in_progress": _mark("progress", "mine", N_("填报中"), N_("填报")),
    "complete": _mark("check", "good", N_("已完成")),
    "needs_attention": _mark("alert-triangle", "ask", N_("需处理")),
    "optional": _mark("minus", "quiet", N_("可不填")),
    "waiting": _mark("eye-check", "theirs", N_("待对方确认")),
    # monthly records
    "draft": _mark("progress", "mine", N_("填报中"), N_("填报")),
    "ready_for_signoff": _mark("writing-sign", "theirs", N_("待签")),
    "submitted": _mark("send", "theirs", N_("已提交"), N_("提交")),
    "under_review": _mark("eye-search", "theirs", N_("审核中"), N_("审核")),
    "pending_countersign": _mark("eye-check", "theirs", N_("待复核"), N_("复核")),
    "returned": _mark("arrow-back-up", "ask", N_("已退回"), N_("退回")),
    "accepted": _mark("circle-check", "good", N_("已接受"), N_("接受"), filled=True),
    "restatement_requested": _mark("git-compare", "theirs", N_("申请更正"), N_("更正")),
    "not_required": _mark("minus", "quiet", N_("不要求")),
    "overdue": _mark("exclamation-circle", "bad", N_("已逾期"), N_("逾期")),
    # plans and registrations
    "plan.draft": _mark("progress", "mine", N_("草稿")),
    "plan.submitted": _mark("eye-search", "theirs", N_("待审核")),
    "plan.approved": _mark("circle-check", "good", N_("已批准"), filled=True),
    "plan.superseded": _mark("replace", "quiet", N_("已被取代")),
    "registration.submitted": _mark("eye-search", "theirs", N_("待受理")),
    "registration.accepted": _mark("circle-check", "good", N_("已受理"), filled=True),
    "registration.rejected": _mark("ban", "bad", N_("不予受理")),
    # engagements
    "engagement.proposed": _mark("eye-check", "theirs", N_("待确认")),
    "engagement.active": _mark("circle-check", "good", N_("生效中"), filled=True),
    "engagement.suspended": _mark("player-pause", "ask", N_("已暂停")),
    "engagement.declined": _mark("ban", "quiet", N_("已谢绝")),
    "engagement.ended": _mark("minus", "quiet", N_("已结束")),
    # findings
    "finding.open": _mark("circle-dashed", "none", N_("未回应")),
    "finding.responded": _mark("eye-search", "theirs", N_("待复核")),
    "finding.returned": _mark("arrow-back-up", "ask", N_("回应被退回")),
    "finding.explained": _mark("check", "good", N_("已说明")),
    "finding.waived": _mark("minus", "quiet", N_("已豁免")),
    "finding.waiver_asked": _mark("message-plus", "theirs", N_("申请豁免")),
    "finding.dismissed": _mark("circle-check", "quiet", N_("误报，已撤销")),
    "finding.closed": _mark("circle-check", "good", N_("已关闭"), filled=True),
    # section decisions of a review
    "decision.undecided": _mark("circle-dashed", "ask", N_("未决定")),
    "decision.accept": _mark("check", "good", N_("已接受")),
    "decision.return": _mark("arrow-back-up", "ask", N_("退回")),
    # record versions
    "version.working": _mark("progress", "mine", N_("草稿")),
    "version.recalled": _mark("arrow-back-up", "quiet", N_("已撤回")),
    "version.superseded": _mark("replace", "quiet", N_("已被取代")),
    # evaluation
    "evaluation.none": _mark("circle-dashed", "none", N_("尚未评估")),
    "evaluation.stale": _mark("refresh-alert", "ask", N_("评估已过期")),
    "evaluation.running": _mark("progress", "mine", N_("正在评估")),
    "evaluation.current": _mark("check", "good", N_("评估与当前数据一致")),
    # issued documents
    "document.valid": _mark("circle-check", "good", N_("有效"), filled=True),
    "document.expiring": _mark("hourglass", "ask", N_("即将到期")),
    "document.expired": _mark("clock-exclamation", "bad", N_("已过有效期")),
    "document.stale": _mark("refresh-alert", "ask", N_("依据已更正")),
    "document.superseded": _mark("replace", "ask", N_("已被新版取代")),
    "document.withdrawn": _mark("ban", "bad", N_("已撤销")),
    "document.unknown": _mark("help-circle", "quiet", N_("查无此码")),
    # disclosures and dossiers before they are issued
    "dossier.draft": _mark("progress", "mine", N_("填写中")),
    "dossier.complete": _mark("writing-sign", "theirs", N_("待签署")),
    "dossier.signed": _mark("signature", "theirs", N_("已签署")),
    "dossier.submitted": _mark("eye-search", "theirs", N_("待审核")),
    "dossier.reviewed": _mark("eye-check", "good", N_("审核通过")),
    "dossier.issued": _mark("circle-check", "good", N_("已签发"), filled=True),
    "check.passed": _mark("check", "good", N_("通过")),
    "check.failed": _mark("exclamation-circle", "bad", N_("未通过")),
    "check.noted": _mark("alert-triangle", "ask", N_("应留意")),
    "check.undecidable": _mark("help-circle", "ask", N_("不能判断")),
    "check.not_applicable": _mark("minus", "quiet", N_("不适用")),
    # jobs
    "job.queued": _mark("clock", "quiet", N_("排队中")),
    "job.running": _mark("progress", "mine", N_("正在处理")),
    "job.done": _mark("check", "good", N_("已完成")),
    "job.failed": _mark("exclamation-circle", "bad", N_("没有成功")),
    # severities
    "severity.blocking": _mark("exclamation-circle", "red", N_("阻断")),
    "severity.explain": _mark("alert-triangle", "amber", N_("应说明")),
    "severity.note": _mark("info-circle", "quiet", N_("提示")),
    "severity.waived": _mark("minus", "quiet", N_("已豁免")),
    # acquisition
    "method.measured": _mark("gauge", "measured", N_("实测")),
    "method.calculated": _mark("math-function", "calculated", N_("计算")),
    "method.design": _mark("ruler-2", "design", N_("设计")),
    "method.default": _mark("book-2", "default", N_("缺省")),
}


def mark_of(state: str, kind: str = "") -> Mark:
    """The mark of ``state``; ``kind`` (finding, plan, job …) is looked under first.

    The words come back translated. Raises KeyError for a state without a mark.
    """
    mark = MARKS.get(f"{kind}.{state}") or MARKS[str(state)]
    word, short = gettext(mark.word), gettext(mark.short)
    if str(get_locale()) == "en" and (" " not in word or " " in short):
        short = word  # two characters may stand for a state in Chinese; in English that would be an order
    return Mark(mark.symbol, mark.tone, word, short, mark.filled)
