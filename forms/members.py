"""Inviting people and giving them roles."""

from wtforms import PasswordField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from forms.base import BaseForm
from forms.identity import SameAs
from forms.validators import AtMost, EmailAddress, Required
from portal.domain.messages import N_

_FRESH = {"autocomplete": "new-password"}


class CheckboxListField(SelectMultipleField):
    """Several of a few choices, each a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RolesForm(BaseForm):
    """The roles of one person; ``choices`` are those that can be held in the organisation."""

    roles = CheckboxListField(N_("角色"), [Required(N_("请至少选一个角色"))])


class InviteForm(BaseForm):
    """Whom to invite, and what they will be."""

    name = StringField(N_("姓名"), [Required(), AtMost(80)], render_kw={"autocomplete": "off"})
    email = StringField(
        N_("工作邮箱"), [Required(), EmailAddress()], render_kw={"type": "email", "autocomplete": "off"}
    )
    roles = CheckboxListField(N_("角色"), [Required(N_("请至少选一个角色"))])


class JoinForm(BaseForm):
    """What an invited person without an account gives."""

    name = StringField(N_("姓名"), [Required(), AtMost(80)], render_kw={"autocomplete": "name"})
    password = PasswordField(N_("设一个密码"), [Required()], render_kw=_FRESH)
    again = PasswordField(N_("再输入一次密码"), [Required(), SameAs("password")], render_kw=_FRESH)
