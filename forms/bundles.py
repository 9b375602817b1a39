"""The form that asks for a bundle."""

from wtforms import SelectField

from forms.base import BaseForm
from forms.validators import Required
from portal.domain.messages import N_


class BundleForm(BaseForm):
    """A period; the months to choose from come from the page."""

    first = SelectField(N_("从"), [Required()], choices=[])
    last = SelectField(N_("到"), [Required()], choices=[])
