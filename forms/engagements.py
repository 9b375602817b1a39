"""Forms of engagements."""

from wtforms import RadioField, SelectField, TextAreaField

from forms.base import BaseForm
from forms.fields import DateField, RowVersionField, UsccField
from forms.validators import AtMost, NotBefore, Required
from portal.domain.messages import N_


class TermsForm(BaseForm):
    """What both sides' proposals have: scope and dates; the choices of scope are passed in."""

    scope = RadioField(N_("服务范围"), [Required(N_("请选择服务范围"))], choices=[])
    starts_on = DateField(N_("开始"), [Required()])
    ends_on = DateField(N_("结束"), [Required(), NotBefore("starts_on")])


class ProposeToFirmForm(TermsForm):
    """An enterprise chooses a steward firm."""

    firm_id = SelectField(N_("管家机构"), [Required(N_("请选择管家机构"))], choices=[])


class ProposeToEnterpriseForm(TermsForm):
    """A steward firm names an enterprise by its code."""

    uscc = UsccField(N_("企业的统一社会信用代码"), [Required()])


class MoveForm(BaseForm):
    """Accepting, declining, suspending, resuming, ending."""

    row_version = RowVersionField(N_("版本"))
    reason = TextAreaField(N_("理由"), [AtMost(1000)])
