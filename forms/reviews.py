"""Forms of a review: the word on a section, questions, return, acceptance, restatement."""

from wtforms import MultipleFileField, RadioField, SelectField, TextAreaField

from forms.base import BaseForm
from forms.fields import DateField, RowVersionField, WholeNumberField
from forms.validators import AtMost, Required
from portal.domain.messages import N_

LONGEST = 2000


class DecisionForm(BaseForm):
    """Accept or return one section."""

    row_version = RowVersionField()
    decision = RadioField(
        N_("本节决定"),
        [Required(N_("请选择接受或退回"))],
        choices=[("accept", N_("接受")), ("return", N_("退回，须补正"))],
    )
    comment = TextAreaField(N_("意见"), [AtMost(LONGEST)])


class AskForm(BaseForm):
    """A question to the enterprise; ``section`` gets its choices from the page."""

    row_version = RowVersionField()
    section = SelectField(N_("关于哪一节"), [Required(N_("请选择一节"))])
    body = TextAreaField(N_("问题"), [Required(N_("请写明要问什么")), AtMost(LONGEST)])
    answer_due_on = DateField(N_("请在此日前答复"), [Required()])


class AnswerForm(BaseForm):
    """The enterprise's answer to one question."""

    question_id = WholeNumberField(N_("问题编号"), [Required()])
    answer = TextAreaField(N_("答复"), [Required(N_("请写明答复")), AtMost(LONGEST)])
    file = MultipleFileField(N_("证明材料"))


class ReturnForm(BaseForm):
    """Sending the returned sections back."""

    row_version = RowVersionField()
    amend_due_on = DateField(N_("补正期限"), [Required()])
    reason = TextAreaField(N_("总的说明"), [AtMost(LONGEST)])


class AcceptForm(BaseForm):
    """Accepting, or proposing to."""

    row_version = RowVersionField()
    comment = TextAreaField(N_("审核意见"), [AtMost(LONGEST)])


class CountersignForm(BaseForm):
    """The second reviewer's word."""

    row_version = RowVersionField()
    verdict = RadioField(
        N_("复核结论"),
        [Required(N_("请选择同意或不同意"))],
        choices=[("agree", N_("同意接受")), ("disagree", N_("不同意，退回承办人"))],
    )
    comment = TextAreaField(N_("意见"), [AtMost(LONGEST)])


class ReassignForm(BaseForm):
    """Handing a review to a colleague; ``reviewer`` gets its choices from the page."""

    row_version = RowVersionField()
    reviewer = SelectField(N_("转交给"), [Required(N_("请选择一位审核人员"))])


class ReleaseForm(BaseForm):
    """Laying a review back into the queue."""

    row_version = RowVersionField()
    reason = TextAreaField(N_("理由"), [Required(N_("请写明为什么放回")), AtMost(LONGEST)])


class RestatementRequestForm(BaseForm):
    """Asking to correct an accepted month."""

    row_version = RowVersionField()
    reason = TextAreaField(N_("更正理由"), [Required(N_("请写明要更正什么、为什么")), AtMost(LONGEST)])


class RestatementDecisionForm(BaseForm):
    """Granting or refusing it."""

    row_version = RowVersionField()
    verdict = RadioField(
        N_("处理"),
        [Required(N_("请选择同意或不同意"))],
        choices=[("grant", N_("同意更正")), ("refuse", N_("不同意"))],
    )
    amend_due_on = DateField(N_("请在此日前改好并重新签署"))
    reason = TextAreaField(N_("不同意的理由"), [AtMost(LONGEST)])
