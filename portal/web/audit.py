"""The trace of an enterprise: who did what, when, on whose behalf, and how the chain stands."""

import re
from collections.abc import Mapping

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from portal.domain.access import Permission
from portal.domain.messages import N_
from portal.extensions import actor, database
from portal.queries.audit import TraceEntry, TraceFilter, trace_entries, trace_page
from portal.services.csv_export import csv_bytes
from portal.web.access import requires
from portal.web.downloads import file_download
from portal.web.formats import moment, short_hash
from portal.web.labels import ACTIONS
from portal.web.marks import mark_of

blueprint = Blueprint("audit", __name__, url_prefix="/enterprises/<int:enterprise_id>/audit")

#: What happened, in words; those of a month stand in labels.ACTIONS.
AUDIT_ACTIONS: Mapping[str, str] = {
    **ACTIONS,
    "record.value_saved": N_("保存数值"),
    "record.value_corrected": N_("按保守方法修正"),
    "record.correction_removed": N_("撤销修正"),
    "record.reassigned": N_("改由他人审核"),
    "evidence.stored": N_("存入材料"),
    "evidence.linked": N_("放入材料位"),
    "evidence.taken_out": N_("取出材料"),
    "finding.opened": N_("检查发现差距"),
    "finding.raised": N_("审核人员提出差距"),
    "finding.responded": N_("回应差距"),
    "finding.rechecked": N_("再次检查差距"),
    "finding.returned": N_("退回差距的回应"),
    "finding.closed": N_("关闭差距"),
    "finding.closed_by_check": N_("检查通过，差距关闭"),
    "finding.reopened": N_("差距重新打开"),
    "finding.waived": N_("豁免差距"),
    "finding.waiver_ended": N_("豁免结束"),
    "document.withdrawn": N_("撤销文件"),
    "bundle.requested": N_("要求制作资料包"),
    "bundle.ready": N_("资料包完成"),
    "signing_key.issued": N_("签发印章密钥"),
    "signing_key.registered": N_("登记令牌里的印章密钥"),
    "signing_key.revoked": N_("吊销印章密钥"),
    "credit.added": N_("登记碳信用"),
    "credit.changed": N_("修改碳信用"),
    "credit.proven": N_("上传注销证明"),
    "credit.removed": N_("删除碳信用"),
    "credit.used": N_("选用碳信用"),
    "dossier.created": N_("开始编制材料"),
    "dossier.edition_begun": N_("开始编制新版材料"),
    "dossier.discarded": N_("删除材料草稿"),
    "dossier.saved": N_("填写材料"),
    "dossier.completed": N_("材料备齐，交付签署"),
    "dossier.reopened": N_("材料退回草稿"),
    "dossier.signed": N_("签署材料"),
    "dossier.submitted": N_("材料送审"),
    "dossier.returned": N_("退回材料"),
    "dossier.approved": N_("材料审核通过"),
    "dossier.issue_requested": N_("要求签发材料"),
    "dossier.issued": N_("签发材料"),
    "dossier.stale": N_("所依据的数据已更正，材料过时"),
    "dossier.expiry_told": N_("通知材料将到期"),
    "dossier.withdrawn": N_("撤销材料"),
    "supplier_footprint.imported": N_("存入供应商足迹"),
    "visit.opened": N_("开始一次上门检查"),
    "visit.answered": N_("上门检查作答"),
    "visit.photo_added": N_("上门检查拍照"),
    "visit.photo_removed": N_("去掉上门检查的照片"),
    "visit.visitor_signed": N_("检查人签字"),
    "visit.reopened": N_("撤回检查人签字"),
    "visit.enterprise_signed": N_("企业在检查记录上签字"),
    "visit.declined": N_("企业拒绝在检查记录上签字"),
    "visit.report_issued": N_("签发检查记录"),
    "plan.created": N_("建立方案"),
    "plan.copied": N_("由旧版建立新版方案"),
    "plan.head_changed": N_("修改方案总则"),
    "plan.rows_changed": N_("修改方案参数"),
    "plan.rows_filled": N_("批量填写方案参数"),
    "plan.streams_added": N_("方案加入源流"),
    "plan.stream_renamed": N_("方案源流改名"),
    "plan.stream_removed": N_("方案去掉源流"),
    "plan.drawing_attached": N_("方案附图"),
    "plan.submitted": N_("提交方案"),
    "plan.approved": N_("批准方案"),
    "plan.returned": N_("退回方案"),
    "plan.discarded": N_("放弃方案草稿"),
    "meter.added": N_("登记计量器具"),
    "meter.changed": N_("修改计量器具"),
    "meter.calibration_added": N_("登记校准"),
    "meter.retired": N_("停用计量器具"),
    "engagement.proposed": N_("提出托管合同"),
    "engagement.accepted": N_("接受托管合同"),
    "engagement.declined": N_("谢绝托管合同"),
    "engagement.suspended": N_("暂停托管合同"),
    "engagement.resumed": N_("恢复托管合同"),
    "engagement.ended": N_("结束托管合同"),
    "enterprise.registered": N_("企业登记"),
    "registration.started": N_("开始登记"),
    "registration.section_saved": N_("保存登记的一节"),
    "registration.submitted": N_("提交登记"),
    "registration.section_decided": N_("决定登记的一节"),
    "registration.accepted": N_("受理登记"),
    "registration.returned": N_("退回登记"),
    "registration.rejected": N_("不予受理登记"),
    "member.invited": N_("邀请人员"),
    "member.joined": N_("人员加入"),
    "member.invitation_revoked": N_("收回邀请"),
    "member.roles_changed": N_("修改角色"),
    "member.activated": N_("启用账号"),
    "member.deactivated": N_("停用账号"),
}
SUBJECTS: Mapping[str, str] = {
    "record": N_("月度记录"),
    "evidence": N_("支撑材料"),
    "finding": N_("差距"),
    "document": N_("签发文件"),
    "dossier": N_("披露与认证材料"),
    "plan": N_("质量控制方案"),
    "meter": N_("计量器具"),
    "credit": N_("碳信用"),
    "engagement": N_("托管合同"),
    "registration": N_("登记"),
    "organisation": N_("机构"),
    "enterprise": N_("企业"),
    "user": N_("账号"),
    "invitation": N_("邀请"),
    "bundle": N_("资料包"),
    "signing_key": N_("印章密钥"),
}
KEYS: Mapping[str, str] = {
    "state": N_("状态"),
    "version": N_("版本"),
    "reason": N_("理由"),
    "comment": N_("意见"),
    "late": N_("逾期"),
    "cell": N_("单元"),
    "value": N_("数值"),
    "text": N_("文字"),
    "unit": N_("单位"),
    "slot": N_("材料位"),
    "filename": N_("文件名"),
    "sha256": N_("指纹"),
    "size": N_("字节数"),
    "check": N_("检查"),
    "subject": N_("对象"),
    "evidence": N_("支撑材料"),
    "document": N_("文件编号"),
    "input_hash": N_("输入指纹"),
    "failed": N_("未通过项数"),
    "roles": N_("角色"),
    "name": N_("名称"),
    "section": N_("节"),
    "decision": N_("决定"),
    "effective_from": N_("起用月份"),
}

_YES_NO: Mapping[str, str] = {"true": N_("是"), "false": N_("否")}
_STATE_KEYS = frozenset({"state", "standing"})
#: Families of marks by what the event is about; a month's states stand without one.
_MARK_KINDS = {kind: kind for kind in ("plan", "registration", "engagement", "finding", "document")}
_HASH = re.compile(r"[0-9a-f]{64}")


@blueprint.context_processor
def _words() -> dict[str, object]:
    return {"action_word": action_word, "subject_word": subject_word, "key_word": key_word, "datum": datum}


def action_word(action: str) -> str:
    """What happened; the code itself where there is no word for it."""
    return _word(AUDIT_ACTIONS, action)


def subject_word(kind: str) -> str:
    """What it happened to."""
    return _word(SUBJECTS, kind)


def key_word(key: str) -> str:
    """The name of a datum."""
    return _word(KEYS, key)


def datum(text: str, key: str = "", subject_kind: str = "") -> str:
    """A datum before or after a change: yes and no and states in words, hashes shortened."""
    if text in _YES_NO:
        return str(gettext(_YES_NO[text]))
    if key in _STATE_KEYS:
        try:
            return mark_of(text, _MARK_KINDS.get(subject_kind, "")).word
        except KeyError:
            return text
    return short_hash(text) if _HASH.fullmatch(text) else text


def _word(table: Mapping[str, str], code: str) -> str:
    return str(gettext(table[code])) if code in table else code


def _wanted() -> TraceFilter:
    kind, _, number = request.args.get("subject", "")[:60].partition(":")
    return TraceFilter(
        action=request.args.get("action", "")[:60],
        subject_kind=kind,
        # A number beyond the database's integers is nobody's.
        subject_id=int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else None,
    )


def _place(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 10 else None


@blueprint.get("")
@requires(Permission.AUDIT_VIEW)
def listing(enterprise_id: int) -> ResponseReturnValue:
    """The chain, newest first."""
    wanted = _wanted()
    with database().reading() as session:
        page = trace_page(session, actor(), enterprise_id, wanted, _place(request.args.get("before", "")))
    kept = {key: request.args[key] for key in ("action", "subject") if request.args.get(key)}
    return render_template("audit/listing.html", page=page, wanted=wanted, kept=kept)


@blueprint.get("/trace.csv")
@requires(Permission.AUDIT_VIEW)
def export(enterprise_id: int) -> ResponseReturnValue:
    """The same as CSV, every cell made safe for spreadsheet programs."""
    with database().reading() as session:
        content = csv_bytes(
            _head(), (_row(entry) for entry in trace_entries(session, actor(), enterprise_id, _wanted()))
        )
    return file_download(content, "text/csv", f"trace-{enterprise_id}.csv")


def _head() -> list[str]:
    return [
        gettext("序号"),
        gettext("时间（北京时间）"),
        gettext("操作人"),
        gettext("机构"),
        gettext("代表"),
        gettext("操作"),
        gettext("操作代码"),
        gettext("对象"),
        gettext("对象编号"),
        gettext("之前"),
        gettext("之后"),
        gettext("前一条的指纹"),
        gettext("本条的指纹"),
    ]


def _row(entry: TraceEntry) -> list[object]:
    return [
        entry.sequence,
        moment(entry.at, seconds=True),
        entry.actor or gettext("系统"),
        entry.organisation,
        entry.on_behalf_of,
        action_word(entry.action),
        entry.action,
        subject_word(entry.subject_kind),
        entry.subject_id,
        entry.before,
        entry.after,
        entry.previous_hash,
        entry.hash,
    ]
