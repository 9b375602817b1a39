"""Form of an evidence file with a period of its own."""

from wtforms import FileField, SelectField, SelectMultipleField

from forms.base import BaseForm
from forms.fields import DateField
from forms.validators import NotBefore, Required
from portal.domain.messages import N_


class EvidenceForm(BaseForm):
    """A file, the days that it proves, and the file that it takes the place of."""

    file = FileField(N_("文件"), description=N_("PDF、JPG、PNG、XLSX、DOCX 或 CSV"))
    period_from = DateField(N_("证明期间自"), [Required()])
    period_to = DateField(N_("至"), [Required(), NotBefore("period_from")])
    replaces = SelectField(N_("替换已有文件"), choices=[], validate_choice=True)


class SpreadForm(BaseForm):
    """The slots that one file is laid into at once."""

    slots = SelectMultipleField(N_("应有的材料"), [Required(N_("请至少选一格"))], validate_choice=False)
