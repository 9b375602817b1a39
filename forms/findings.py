"""Forms of findings: response with files, the regulator's word, a waiver, a finding raised in a review."""

from wtforms import MultipleFileField, RadioField, SelectField, StringField, TextAreaField

from forms.base import BaseForm
from forms.fields import DateField, RowVersionField
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
    comment = TextAreaField(N_("关闭意见"), [AtMost(LONGEST)])


class ReturnResponseForm(BaseForm):
    """Sending a response back."""

    row_version = RowVersionField()
    comment = TextAreaField(N_("退回意见"), [Required(N_("退回要写明意见")), AtMost(LONGEST)])
    due_on = DateField(N_("新的期限"))


class WaiveForm(BaseForm):
    """Letting a finding rest until a day."""

    row_version = RowVersionField()
    until = DateField(N_("豁免至"), [Required()])
    reason = TextAreaField(N_("豁免理由和依据"), [Required(N_("请写明豁免理由和依据")), AtMost(LONGEST)])


class RaiseForm(BaseForm):
    """A finding by a reviewer; ``section`` and ``severity`` get their choices from the page."""

    section = SelectField(N_("关于哪一节"), [Required(N_("请选择一节"))])
    cell = StringField(N_("哪一格"), [AtMost(80)])
    severity = SelectField(N_("严重程度"), [Required(N_("请选择严重程度"))])
    title = StringField(N_("差距是什么"), [Required(N_("请写明差距是什么")), AtMost(300)])
    body = TextAreaField(N_("内容和怎么改"), [Required(N_("请写明差距的内容和怎么改")), AtMost(LONGEST)])
    clause = StringField(N_("依据的条款"), [AtMost(200)])
    due_on = DateField(N_("整改期限"), [Required()])
