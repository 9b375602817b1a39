"""Forms of findings: response with files, the regulator's word, requests, bulk acts, raising."""

from wtforms import MultipleFileField, RadioField, SelectField, StringField, TextAreaField

from forms.base import BaseForm
from forms.fields import DateField, MonthField, RowVersionField
from forms.validators import AtMost, NotBefore, NotFuture, Required
from portal.domain.messages import N_

LONGEST = 2000


class ResponseForm(BaseForm):
    """What was done about a finding; an explanation needs the text only."""

    row_version = RowVersionField()
    addressed = RadioField(
        N_("是否已整改"),
        choices=[("yes", N_("已整改")), ("no", N_("还没有，或不认为需要整改"))],
        validate_choice=False,
    )
    body = TextAreaField(N_("原因和做法"), [Required(N_("请写明原因和做法")), AtMost(LONGEST)])
    done_on = DateField(N_("完成日期"), [NotFuture()])
    file = MultipleFileField(N_("证明材料"))
    period_from = DateField(N_("材料证明的期间：自"))
    period_to = DateField(N_("至"), [NotBefore("period_from")])


class RecheckForm(BaseForm):
    """Running the check again."""

    row_version = RowVersionField()


class CloseForm(BaseForm):
    """Closing a finding."""

    row_version = RowVersionField()
    comment = TextAreaField(N_("关闭意见"), [AtMost(LONGEST)], id="close-comment")


class ReturnResponseForm(BaseForm):
    """Sending a response back."""

    row_version = RowVersionField()
    comment = TextAreaField(
        N_("退回意见"), [Required(N_("退回要写明意见")), AtMost(LONGEST)], id="return-comment"
    )
    due_on = DateField(N_("新的期限"), id="return-due")


class WaiveForm(BaseForm):
    """Letting a finding rest until a day; with months, the same check in them too."""

    row_version = RowVersionField()
    until = DateField(N_("豁免至"), [Required()], id="waive-until")
    reason = TextAreaField(
        N_("豁免理由和依据"), [Required(N_("请写明豁免理由和依据")), AtMost(LONGEST)], id="waive-reason"
    )
    reach = RadioField(
        N_("豁免范围"),
        choices=[
            ("one", N_("只这一项")),
            ("stream", N_("同一检查、同一源流，下列月份")),
            ("check", N_("同一检查、全部源流，下列月份")),
        ],
        default="one",
    )
    month_from = MonthField(N_("自"), id="waive-from")
    month_to = MonthField(N_("至"), id="waive-to")


class AskWaiverForm(BaseForm):
    """Asking the regulator for a waiver."""

    row_version = RowVersionField()
    until = DateField(N_("申请豁免至"), [Required()], id="ask-until")
    reason = TextAreaField(
        N_("理由和依据"), [Required(N_("请写明豁免理由和依据")), AtMost(LONGEST)], id="ask-reason"
    )


class RefuseWaiverForm(BaseForm):
    """Refusing it."""

    row_version = RowVersionField()
    comment = TextAreaField(
        N_("不同意的理由"), [Required(N_("不同意要写明理由")), AtMost(LONGEST)], id="refuse-comment"
    )


class AskExtensionForm(BaseForm):
    """Asking for more time."""

    row_version = RowVersionField()
    extend_to = DateField(N_("延期至"), [Required()])
    reason = TextAreaField(
        N_("延期的理由"), [Required(N_("请写明延期的理由")), AtMost(LONGEST)], id="extend-reason"
    )


class DecideExtensionForm(BaseForm):
    """Granting more time, or not."""

    row_version = RowVersionField()
    granted = RadioField(N_("答复"), [Required()], choices=[("yes", N_("同意延期")), ("no", N_("不同意"))])
    comment = TextAreaField(N_("意见"), [AtMost(LONGEST)], id="decide-comment")


class DismissForm(BaseForm):
    """Setting a finding aside as a false alarm."""

    row_version = RowVersionField()
    reason = TextAreaField(
        N_("为什么是误报"), [Required(N_("请写明为什么是误报")), AtMost(LONGEST)], id="dismiss-reason"
    )


class CommentForm(BaseForm):
    """A word that moves nothing."""

    row_version = RowVersionField()
    comment = TextAreaField(N_("留言"), [Required(N_("请写下内容")), AtMost(LONGEST)], id="new-comment")


class LookBackForm(BaseForm):
    """Whether the mending has held."""

    row_version = RowVersionField()
    holds = RadioField(
        N_("回头看的结果"),
        [Required()],
        choices=[("yes", N_("整改仍然有效")), ("no", N_("问题又出现，重新打开"))],
    )
    comment = TextAreaField(
        N_("核对了什么"), [Required(N_("请写明回头看核对了什么")), AtMost(LONGEST)], id="look-comment"
    )


class BulkForm(BaseForm):
    """One act on several findings of the list; ``act`` and ``owner`` get their choices from the page."""

    act = SelectField(N_("对选中的"), [Required()], id="bulk-act")
    owner = SelectField(N_("责任人"), validate_choice=False, id="bulk-owner")
    until = DateField(N_("延期至"), id="bulk-until")
    reason = StringField(N_("说明"), [AtMost(300)], id="bulk-reason")


class RaiseForm(BaseForm):
    """A finding by a reviewer; ``section`` and ``severity`` get their choices from the page."""

    section = SelectField(N_("关于哪一节"), [Required(N_("请选择一节"))])
    cell = StringField(N_("哪一格"), [AtMost(80)])
    severity = SelectField(N_("严重程度"), [Required(N_("请选择严重程度"))])
    title = StringField(N_("差距是什么"), [Required(N_("请写明差距是什么")), AtMost(300)])
    body = TextAreaField(N_("内容和怎么改"), [Required(N_("请写明差距的内容和怎么改")), AtMost(LONGEST)])
    clause = StringField(N_("依据的条款"), [AtMost(200)])
    due_on = DateField(N_("整改期限"), [Required()])
