"""What the PACT format asks for beside a footprint: carbon contents, mass, packaging."""

from wtforms import SelectField

from forms.base import BaseForm
from forms.fields import DecimalField
from forms.validators import InRange, Required
from portal.domain.messages import N_

#: Whether packaging is within the footprint; blank: not said.
PACKAGING = [("", N_("不写明")), ("yes", N_("含包装")), ("no", N_("不含包装"))]


class PactForm(BaseForm):
    """Asked at the export, because a footprint does not hold it; all in kg per declared unit."""

    mass = DecimalField(N_("每声明单位的产品质量"), [Required(), InRange(0)], decimals=6)
    fossil_carbon = DecimalField(N_("化石碳含量"), [Required(), InRange(0)], decimals=6)
    biogenic_carbon = DecimalField(N_("生物碳含量"), [InRange(0)], decimals=6)
    packaging_included = SelectField(N_("包装"), choices=PACKAGING)
    packaging = DecimalField(N_("其中包装的排放"), [InRange(0)], decimals=6)
