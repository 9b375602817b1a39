"""Signing in and up, passwords, the second factor, one's own account."""

from typing import Any

from wtforms import HiddenField, PasswordField, StringField
from wtforms.fields.core import Field

from forms.base import BaseForm
from forms.validators import AtMost, EmailAddress, Required, fail
from portal.domain.messages import N_

_ADDRESS = {"type": "email", "autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
_KNOWN = {"autocomplete": "current-password"}
_FRESH = {"autocomplete": "new-password"}
_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric"}


LONGEST_ADDRESS = 2000


def _short(address: str | None) -> str | None:
    """Drop an absurd address instead of keeping the person out because of it."""
    return address if address is None or len(address) <= LONGEST_ADDRESS else ""


class SameAs:
    """The same as another field of the form, typed again."""

    def __init__(self, other: str) -> None:
        """Take the other field's name."""
        self.other = other

    def __call__(self, form: Any, field: Field) -> None:
        """Refuse what differs."""
        if field.data != form[self.other].data:
            fail(field, N_("两次输入的密码不一样"))


class SignInForm(BaseForm):
    """Address and password; ``next`` is where the person wanted to go."""

    email = StringField(N_("邮箱"), [Required()], render_kw=_ADDRESS)
    password = PasswordField(N_("密码"), [Required()], render_kw=_KNOWN)
    next = HiddenField(filters=[_short], validators=[AtMost(LONGEST_ADDRESS)])


class CodeForm(BaseForm):
    """A code of the authenticator app."""

    code = StringField(N_("动态验证码"), [Required(), AtMost(12)], render_kw=_CODE)


class SignUpForm(BaseForm):
    """An account for somebody who will register their enterprise."""

    name = StringField(N_("姓名"), [Required(), AtMost(80)], render_kw={"autocomplete": "name"})
    email = StringField(N_("工作邮箱"), [Required(), EmailAddress()], render_kw=_ADDRESS)
    password = PasswordField(N_("密码"), [Required()], render_kw=_FRESH)
    again = PasswordField(N_("再输入一次密码"), [Required(), SameAs("password")], render_kw=_FRESH)


class ForgottenForm(BaseForm):
    """The address that a link is mailed to."""

    email = StringField(N_("邮箱"), [Required(), EmailAddress()], render_kw=_ADDRESS)


class NewPasswordForm(BaseForm):
    """A new password, typed twice."""

    password = PasswordField(N_("新密码"), [Required()], render_kw=_FRESH)
    again = PasswordField(N_("再输入一次新密码"), [Required(), SameAs("password")], render_kw=_FRESH)


class ProfileForm(BaseForm):
    """What others see of a person."""

    name = StringField(N_("姓名"), [Required(), AtMost(80)], render_kw={"autocomplete": "name"})
    title = StringField(N_("职务"), [AtMost(80)], render_kw={"autocomplete": "organization-title"})


class ChangePasswordForm(NewPasswordForm):
    """The old password and the new one."""

    current = PasswordField(N_("现在的密码"), [Required()], render_kw=_KNOWN)


class PasswordAgainForm(BaseForm):
    """The password, asked for before something weighty."""

    password = PasswordField(N_("登录密码"), [Required()], render_kw=_KNOWN)
