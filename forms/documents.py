"""Forms of issued documents."""

from wtforms import TextAreaField

from forms.base import BaseForm
from forms.validators import AtMost, Required
from portal.domain.messages import N_


class WithdrawForm(BaseForm):
    """Withdrawing a document; the reason is public."""

    reason = TextAreaField(
        N_("撤销的理由"),
        [Required(), AtMost(1000)],
        description=N_("这段话会显示在公开核验页上，不要写人名和数字"),
    )
