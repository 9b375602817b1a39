"""Forms of the month."""

from wtforms import TextAreaField

from forms.base import BaseForm
from forms.fields import RowVersionField
from forms.validators import AtMost, Required
from portal.domain.errors import Conflict
from portal.domain.messages import N_


class VersionForm(BaseForm):
    """A move that needs nothing but the version of the row that the page showed."""

    row_version = RowVersionField()

    def version(self) -> int:
        """The version that the page showed; raises Conflict when the page did not send one."""
        value = self.row_version.data
        if value is None:
            raise Conflict(params={"who": "—", "when": "—"}, path="row_version")
        return int(value)


class ReasonForm(VersionForm):
    """A move that somebody else must understand."""

    reason = TextAreaField(N_("理由"), [Required(), AtMost(500)])
