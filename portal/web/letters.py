"""The text of mails, from templates/mail, in their reader's language."""

from flask import current_app, url_for
from flask_babel import force_locale, get_locale, gettext

from portal.extensions import LOCALES, settings
from portal.services.members import INVITATION_LIFE


def reset_letter(token: str, name: str, locale: str) -> tuple[str, str]:
    """Subject and body of the mail with a link that sets a password."""
    with force_locale(locale if locale in LOCALES else str(get_locale())):
        link = _address("identity.reset", token)
        return str(gettext("重设湖州碳管家的密码")), _body("password_reset", name=name, link=link)


def invitation_letter(who: str, token: str, name: str, organisation: str) -> tuple[str, str]:
    """Subject and body of an invitation by ``who``, in the language that they use themselves."""
    body = _body(
        "invitation",
        name=name,
        organisation=organisation,
        who=who,
        link=_address("members.invitation", token),
        days=INVITATION_LIFE.days,
    )
    return str(gettext("邀请您加入%(organisation)s（湖州碳管家）", organisation=organisation)), body


def _address(endpoint: str, token: str) -> str:
    """The link, by the address in the settings: a request's own Host header may be forged."""
    return settings().public_url + url_for(endpoint, token=token)


def _body(template: str, **values: object) -> str:
    # Without the frame's context processor: a mail has no menu, and nobody to count for.
    return current_app.jinja_env.get_template(f"mail/{template}.txt").render(**values)
