"""The second factor: codes of an authenticator app (RFC 6238: 30 s, 6 digits)."""

import hmac
from datetime import datetime
from io import BytesIO

import pyotp
import segno
from sqlalchemy.orm import Session

from portal.domain.access import Actor, Role
from portal.domain.errors import Invalid
from portal.domain.messages import N_
from portal.domain.periods import now
from portal.models.users import User
from portal.services.events import record_event

ISSUER = "湖州碳管家"
STEP_SECONDS = 30
#: A phone's clock may be one step off in either direction.
DRIFT = 1
#: Roles that need a second factor where the settings ask for it.
NEEDING_ROLES = frozenset({Role.ENTERPRISE_SIGNATORY, Role.DISTRICT_REGULATOR, Role.CITY_REGULATOR})


def matching_step(secret: str, code: str, last_step: int | None, moment: datetime) -> int | None:
    """The time step whose code this is, later than ``last_step``; None when there is none.

    A code works once: the step taken before, and all before it, are refused.
    """
    digits = "".join(code.split())
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    current = int(moment.timestamp()) // STEP_SECONDS
    for step in range(current - DRIFT, current + DRIFT + 1):
        fresh = last_step is None or step > last_step
        if fresh and hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode()):
            return step
    return None


def use_code(user: User, code: str) -> None:
    """Take a code of the user's app; raises Invalid (at ``code``) when it does not fit or was used."""
    step = matching_step(user.totp_secret or "", code, user.totp_last_step, now())
    if step is None:
        raise Invalid(N_("动态验证码不对或已用过，请等应用里换了新码再填"), path="code")
    user.totp_last_step = step


def begin_setup(session: Session, actor: Actor) -> None:
    """Give the actor a new secret to put into their app; it counts once a code confirmed it.

    Raises Invalid when a second factor is set already: it has to be removed first.
    """
    user = session.get_one(User, actor.user_id)
    if user.totp_confirmed_at is not None:
        raise Invalid(N_("动态验证码已经开启；要换手机，请先关闭再重新设置"))
    user.totp_secret, user.totp_last_step = pyotp.random_base32(), None


def confirm_setup(session: Session, actor: Actor, code: str) -> None:
    """Turn the second factor on with a first code; raises Invalid when it does not fit."""
    user = session.get_one(User, actor.user_id)
    if user.totp_confirmed_at is not None or not user.totp_secret:
        raise Invalid(N_("请先开始设置，再填验证码"), path="code")
    use_code(user, code)
    user.totp_confirmed_at = now()
    record_event(session, actor, "account.totp_set", "user", user.id)


def clear(session: Session, actor: Actor, user: User) -> None:
    """Turn the user's second factor off; the caller has checked who asks."""
    user.totp_secret = user.totp_confirmed_at = user.totp_last_step = None
    record_event(session, actor, "account.totp_removed", "user", user.id)


def setup_address(secret: str, email: str) -> str:
    """The otpauth:// address that an app reads."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=ISSUER)


def qr_svg(text: str) -> str:
    """A QR code as inline SVG without styles: the page's policy forbids them."""
    target = BytesIO()
    segno.make(text, error="m", micro=False).save(
        target,
        kind="svg",
        scale=5,
        border=4,
        xmldecl=False,
        svgns=False,
        nl=False,
        light="#fff",
        omitsize=False,
    )
    return target.getvalue().decode()
