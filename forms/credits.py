"""Forms of carbon credits: the entry, its proof of cancellation, the dossier that uses it, its removal."""

from wtforms import FileField, SelectField, StringField

from forms.base import BaseForm
from forms.fields import DateField, DecimalField, RowVersionField, WholeNumberField
from forms.validators import AtMost, NotFuture, Positive, Required
from portal.domain.credits import CreditKind
from portal.domain.messages import N_

KINDS = [
    (CreditKind.CCER.value, "CCER"),
    (CreditKind.VCS.value, "VCS"),
    (CreditKind.GS.value, "GS"),
    (CreditKind.SINK.value, N_("碳汇")),
    (CreditKind.OTHER.value, N_("其他")),
]


class CreditForm(BaseForm):
    """Cancelled credits as the registry shows them."""

    kind = SelectField(N_("种类"), [Required(N_("请选择种类"))], choices=KINDS)
    registry_name = StringField(N_("登记簿"), [Required(), AtMost(120)], default="")
    project_id = StringField(N_("项目编号"), [Required(), AtMost(80)], default="")
    project_name = StringField(N_("项目名称"), [Required(), AtMost(200)], default="")
    methodology = StringField(N_("方法学"), [Required(), AtMost(120)], default="")
    vintage = WholeNumberField(N_("签发年份"), [Required()])
    serial_from = StringField(N_("起始序列号"), [Required(), AtMost(200)], default="")
    serial_to = StringField(N_("结束序列号"), [AtMost(200)], default="")
    quantity = DecimalField(N_("数量"), [Required(), Positive()], integer_digits=12, decimals=4)
    cancelled_on = DateField(N_("注销日期"), [Required(), NotFuture()])
    beneficiary = StringField(N_("注销受益人"), [Required(), AtMost(200)], default="")


class ChangeCreditForm(CreditForm):
    """The same for an entry that is there already."""

    row_version = RowVersionField()


class CreditProofForm(BaseForm):
    """The registry's proof that the credits were cancelled."""

    row_version = RowVersionField()
    file = FileField(N_("注销证明"), [Required(N_("请选择要上传的文件"))])


class CreditUseForm(BaseForm):
    """The dossier that counts the credits; its choices come from the page."""

    row_version = RowVersionField()
    dossier = SelectField(N_("用于哪份碳中和材料"), choices=[])


class RemoveCreditForm(BaseForm):
    """The question whether the entry is to go."""

    row_version = RowVersionField()
