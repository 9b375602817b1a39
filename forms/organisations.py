"""Setting up steward firms and authorities."""

from typing import Any

from wtforms import RadioField, SelectField, StringField
from wtforms.fields.core import Field

from forms.base import BaseForm
from forms.fields import UsccField
from forms.validators import AtMost, Required, fail
from portal.domain.access import OrganisationKind
from portal.domain.messages import N_


class OrganisationForm(BaseForm):
    """A steward firm or an authority; ``kind`` and ``district`` get their choices from the page."""

    kind = RadioField(N_("类别"), [Required()])
    name = StringField(N_("机构名称"), [Required(), AtMost(200)])
    uscc = UsccField(N_("统一社会信用代码"), [Required()])
    district = SelectField(N_("管辖区县"), validate_choice=True)

    def validate_district(self, field: Field) -> Any:
        """A firm serves any district."""
        if self.kind.data == OrganisationKind.STEWARD_FIRM and field.data:
            fail(field, N_("管家机构不分区县，请选“全市”"))
