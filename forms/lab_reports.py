"""Form of a test report: its number, laboratory, batch and dates, and what its value is used for."""

from wtforms import RadioField, SelectField, StringField

from forms.base import BaseForm
from forms.fields import DateField, DecimalField, MonthField
from forms.validators import AtMost, NotFuture, Required
from portal.domain.messages import N_


class LabReportForm(BaseForm):
    """What stands on the report; ``cell`` gets its choices from the plan in force."""

    cell = SelectField(N_("哪个参数"), [Required(N_("请选择参数"))])
    report_number = StringField(N_("报告编号"), [Required(N_("请填写报告编号")), AtMost(80)])
    laboratory = StringField(N_("检测机构"), [Required(N_("请填写检测机构")), AtMost(120)])
    accreditation = StringField(N_("资质证书号"), [AtMost(80)])
    accredited_until = DateField(N_("资质有效期至"))
    in_scope = RadioField(
        N_("资质是否含这项参数"),
        choices=[("yes", N_("含")), ("no", N_("不含")), ("", N_("没有核对"))],
        default="",
    )
    batch = StringField(N_("样品批次"), [AtMost(80)])
    sampled_on = DateField(N_("采样日期"), [NotFuture()])
    received_on = DateField(N_("收样日期"), [NotFuture()])
    tested_on = DateField(N_("检测日期"), [NotFuture()])
    reported_on = DateField(N_("报告日期"), [NotFuture()])
    month_from = MonthField(N_("用于月份：自"), [Required(N_("请填写月份"))])
    month_to = MonthField(N_("用于月份：至"), [Required(N_("请填写月份"))])
    value = DecimalField(N_("检测值"))
