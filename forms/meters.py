"""Forms of meters: the ledger's entry, taking out of use, a calibration."""

from typing import Any

from wtforms import FileField, RadioField, SelectField, StringField, TextAreaField

from forms.base import BaseForm
from forms.fields import DateField, DecimalField, RowVersionField
from forms.validators import AtMost, InRange, NotBefore, NotFuture, Required, fail
from portal.domain.messages import N_
from portal.domain.periods import Month

#: Longest time from one calibration to the next (CETS-AG-03.01-V01-2024, 6.2.1.4).
MOST_MONTHS = 12


class MeterForm(BaseForm):
    """A meter as the ledger has it; ``type`` gets its choices from the page."""

    code = StringField(N_("编号"), [Required(), AtMost(40)], default="")
    name = StringField(N_("名称"), [Required(), AtMost(120)], default="")
    type = SelectField(N_("种类"), [Required(N_("请选择种类"))])
    model = StringField(N_("型号"), [AtMost(120)], default="")
    location = StringField(N_("安装位置"), [AtMost(200)], default="")
    accuracy_class = DecimalField(N_("准确度等级"), [InRange(low=0, high=20)], integer_digits=2, decimals=3)
    valid_from = DateField(N_("启用日期"), [Required()])


class ChangeMeterForm(MeterForm):
    """The same for a meter that is there already."""

    row_version = RowVersionField()


class RetireForm(BaseForm):
    """The last day on which a meter was in use."""

    row_version = RowVersionField()
    last_day = DateField(N_("最后使用日"), [Required(), NotFuture()])


class AtMostMonths:
    """A date no more than twelve months after that of another field."""

    def __init__(self, other: str) -> None:
        """Take the other field's name."""
        self.other = other

    def __call__(self, form: Any, field: Any) -> None:
        """Say how many months were given."""
        start, end = form[self.other].data, field.data
        if start is None or end is None or end < start:
            return
        whole = (end.year - start.year) * 12 + end.month - start.month
        given = whole + (end.day > min(start.day, Month.of(end).last.day))
        if given > MOST_MONTHS:
            fail(field, N_("最长 %(most)s 个月，现在填了 %(given)s 个月"), most=MOST_MONTHS, given=given)


class CalibrationForm(BaseForm):
    """A calibration with its certificate."""

    body = StringField(N_("校准机构"), [Required()], default="")
    calibrated_on = DateField(N_("校准日期"), [Required(), NotFuture()])
    valid_until = DateField(
        N_("有效期至"), [Required(), NotBefore("calibrated_on"), AtMostMonths("calibrated_on")]
    )
    result = RadioField(N_("结论"), [Required(N_("请选择结论"))])
    max_error = DecimalField(
        N_("最大误差"), [Required(), InRange(low=0, high=100, unit="%")], integer_digits=3, decimals=6
    )
    certificate_number = StringField(N_("证书编号"), [Required(), AtMost(80)], default="")
    certificate = FileField(N_("校准证书"), [Required(N_("缺少文件。请上传含结论页的完整证书"))])
    remark = TextAreaField(N_("备注"), [AtMost(1000)], default="")

    #: How the summary at the head of the page begins the line of each field.
    SUMMARY = {  # noqa: RUF012 - read only, never changed
        "calibrated_on": N_("校准日期%(message)s"),
        "valid_until": N_("有效期%(message)s"),
        "max_error": N_("最大误差%(message)s"),
    }
    SUMMARY_NO_FILE = N_("缺少校准证书文件")
