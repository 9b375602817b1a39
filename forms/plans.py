"""Forms of the quality-control plan."""

from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.widgets import CheckboxInput, ListWidget

from forms.base import BaseForm
from forms.fields import MonthField, RowVersionField
from forms.validators import AtMost, Required
from portal.domain.messages import N_


class CheckboxListField(SelectMultipleField):
    """Several of a list, each with a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class HeadForm(BaseForm):
    """First month, boundary and reason of a version."""

    row_version = RowVersionField()
    effective_from = MonthField(N_("自哪个月起执行"), [Required()])
    boundary = TextAreaField(N_("核算边界和主要排放设施"), [AtMost(4000)], default="")
    reason = TextAreaField(N_("修订原因"), [AtMost(1000)], default="")


class ItemsForm(BaseForm):
    """Items in use, as ``category:item``; one free item of the enterprise's own name may be added."""

    items = CheckboxListField(N_("在用的排放源流"))
    own_output = StringField(N_("清单里没有的产品名称"), [AtMost(80)], default="")


class CreateForm(ItemsForm):
    """A new plan from the guideline's template."""

    effective_from = MonthField(N_("自哪个月起执行"), [Required()])
    boundary = TextAreaField(N_("核算边界和主要排放设施"), [AtMost(4000)], default="")


class AddStreamsForm(ItemsForm):
    """Further streams for a draft."""

    row_version = RowVersionField()


class RenameForm(BaseForm):
    """A stream's own name."""

    row_version = RowVersionField()
    name = StringField(N_("名称"), [Required(), AtMost(120)], default="")


class FillForm(BaseForm):
    """Texts to put into all rows at once."""

    row_version = RowVersionField()
    section = SelectField(N_("填到哪里"), validate_choice=True)
    department = StringField(N_("负责部门"), [AtMost(80)], default="")
    frequency = StringField(N_("记录频次"), [AtMost(40)], default="")
    missing_rule = StringField(N_("数据缺失处理"), [AtMost(300)], default="")
    overwrite = BooleanField(N_("已填的也改成这个"))


class RowForm(BaseForm):
    """One parameter's row; choices come from the page, the prefix is ``p<id>``."""

    acquisition = SelectField(N_("获取方式"))
    meter_id = SelectField(N_("计量器具"))
    frequency = StringField(N_("记录频次"), [AtMost(40)], default="")
    department = StringField(N_("负责部门"), [AtMost(80)], default="")
    source_record = StringField(N_("原始记录与台账"), [AtMost(200)], default="")
    missing_rule = StringField(N_("数据缺失处理"), [AtMost(300)], default="")


class VersionForm(BaseForm):
    """A button that acts on the version that the page was made from."""

    row_version = RowVersionField()


class DecisionForm(VersionForm):
    """The regulator's word on a submitted version; returning takes a comment."""

    comment = TextAreaField(N_("意见"), [AtMost(2000)], default="")
