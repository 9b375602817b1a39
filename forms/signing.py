"""Form of the signature."""

from wtforms import PasswordField, StringField

from forms.base import BaseForm
from forms.fields import RowVersionField
from forms.validators import AtMost, Required
from portal.domain.messages import N_


class SignForm(BaseForm):
    """Password again, the code where one is set, and what makes pressing twice harmless."""

    row_version = RowVersionField()
    idempotency_key = StringField(N_("提交标识"), [Required(), AtMost(64)])
    password = PasswordField(N_("登录密码"), [Required()])
    code = StringField(N_("动态验证码"))
