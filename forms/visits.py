"""Forms of visits and draws by lot."""

from wtforms import PasswordField, SelectField, StringField, TextAreaField

from forms.base import BaseForm
from forms.fields import DateField, RowVersionField, WholeNumberField
from forms.members import CheckboxListField
from forms.validators import AtMost, Required
from portal.domain.messages import N_


class OpenVisitForm(BaseForm):
    """Where to go, when, and with which packs; choices are given by the page."""

    enterprise = SelectField(N_("企业"), [Required(N_("请选择企业"))])
    packs = CheckboxListField(N_("检查包"), [Required(N_("请至少选择一个检查包"))])
    visited_on = DateField(N_("上门日期"), [Required()])
    scope = StringField(N_("检查范围"), [AtMost(300)], default="")
    accompanied_by = StringField(N_("企业陪同人员"), [AtMost(200)], default="")


class VisitorSignForm(BaseForm):
    """The visitor's signature: the password again."""

    row_version = RowVersionField()
    password = PasswordField(N_("登录密码"), [Required()])
    code = StringField(N_("动态验证码"))


class EnterpriseSignForm(VisitorSignForm):
    """The enterprise's signature, with what it says to it."""

    opinion = TextAreaField(N_("企业意见"), [AtMost(1000)], default="")


class DeclinedForm(VisitorSignForm):
    """An inspection that the enterprise would not sign, and how that came."""

    reason = TextAreaField(
        N_("拒签情况"), [Required(N_("请写明企业拒绝签字的情况")), AtMost(1000)], default=""
    )


class DrawForm(BaseForm):
    """What is announced before a draw; boxes that are ticked leave somebody out."""

    title = StringField(N_("名称"), [Required(), AtMost(200)], default="")
    enterprise_count = WholeNumberField(N_("抽取企业数"), [Required()])
    inspectors_each = WholeNumberField(N_("每家检查人数"), [Required()])
    without_enterprises = CheckboxListField(N_("不列入名单的企业"))
    without_inspectors = CheckboxListField(N_("不列入名单的检查人员"))
