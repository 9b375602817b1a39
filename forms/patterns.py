"""Forms of the doubtful points: a search, and what is done with one."""

from wtforms import SubmitField, TextAreaField

from forms.base import BaseForm
from forms.fields import MonthField
from forms.validators import AtMost, Required
from portal.domain.messages import N_


class SearchForm(BaseForm):
    """The month up to which to look."""

    month = MonthField(N_("查到哪个月"), [Required()])


class SuspicionForm(BaseForm):
    """A word on one doubtful point; the button pressed says what is done."""

    words = TextAreaField(N_("说明"), [Required(N_("请写下内容")), AtMost(2000)])
    raise_it = SubmitField(N_("开具差距"))
