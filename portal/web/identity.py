"""Signing in and out, signing up, passwords, the second factor, one's own account and sessions."""

import time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as browser_session
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user, logout_user
from markupsafe import Markup

from forms.base import translate_with
from forms.identity import (
    ChangePasswordForm,
    CodeForm,
    ForgottenForm,
    NewPasswordForm,
    PasswordAgainForm,
    ProfileForm,
    SignInForm,
    SignUpForm,
)
from portal.domain.errors import Invalid, NotFound, Refused
from portal.domain.messages import N_
from portal.extensions import LOCALES, actor, database, limiter, settings
from portal.queries import accounts as queries
from portal.services import accounts, totp
from portal.services.accounts import Throttled, WrongCredentials
from portal.services.sessions import end_session
from portal.web.access import public, signed_in
from portal.web.entering import (
    browser_name,
    client_address,
    enter,
    referring_path,
    remember_language,
    safe_next,
    too_many,
)
from portal.web.errors import wants_json
from portal.web.even_time import even_time
from portal.web.letters import reset_letter

blueprint = Blueprint("identity", __name__)

#: Time between password and code.
SECOND_STEP_SECONDS = 300
#: Open to people who must set up their second factor first.
OPEN_WITHOUT_FACTOR = frozenset(
    {"identity.totp_page", "identity.begin_totp", "identity.confirm_totp", "identity.sign_out"}
    | {"identity.set_language", "static", "health.healthz", "health.readyz"}
)


@blueprint.record_once
def _forms_speak(state: BlueprintSetupState) -> None:
    translate_with(gettext)


@blueprint.before_app_request
def _second_factor_first() -> ResponseReturnValue | None:
    """Lead people whose role needs a second factor to its set-up, before anything else."""
    if not settings().require_totp or request.endpoint in OPEN_WITHOUT_FACTOR or request.endpoint is None:
        return None
    if not current_user.is_authenticated or not actor().roles & totp.NEEDING_ROLES:
        return None
    with database().reading() as session:
        if queries.has_second_factor(session, actor().user_id):
            return None
    if request.headers.get("HX-Request") or wants_json():
        raise Refused(N_("您的角色要使用动态验证码，请先在“我的账户”里设好"))
    return redirect(url_for("identity.totp_page"), 303)


@blueprint.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The door. After a lost session it leads back, also to the page whose form came too late."""
    wanted = request.args.get("next", "")
    if current_user.is_authenticated:
        return redirect(safe_next(wanted), 303)
    if not wanted and "_user_id" in browser_session:
        wanted = referring_path()
        flash(gettext("登录已结束，请重新登录；登录后回到刚才的页面，没有提交的内容要再填一次"), "warning")
    return render_template("identity/sign_in.html", form=SignInForm(data={"next": wanted}))


@blueprint.post("/sign-in")
@public
@limiter.limit("60 per minute", error_message=too_many)
def sign_in_submit() -> ResponseReturnValue:
    """Check the password; then the code where a second factor is set."""
    form = SignInForm(request.form)
    if not form.validate():
        return render_template("identity/sign_in.html", form=form), 422
    try:
        step = accounts.check_password(
            database(), form.given("email"), form.given("password"), client_address()
        )
    except (Throttled, WrongCredentials) as error:
        form.refuse(error)
        return render_template("identity/sign_in.html", form=form), 429 if isinstance(
            error, Throttled
        ) else 422
    if step.needs_code:
        browser_session["second_step"] = [step.user_id, int(time.time()), form.given("next")]
        return redirect(url_for("identity.sign_in_code"), 303)
    return enter(step.user_id, form.given("next"))


@blueprint.get("/sign-in/code")
@public
def sign_in_code() -> ResponseReturnValue:
    """Ask for the code."""
    if _second_step() is None:
        return redirect(url_for("identity.sign_in"), 303)
    return render_template("identity/code.html", form=CodeForm())


@blueprint.post("/sign-in/code")
@public
@limiter.limit("60 per minute", error_message=too_many)
def sign_in_code_submit() -> ResponseReturnValue:
    """Check the code and enter."""
    step = _second_step()
    if step is None:
        flash(gettext("过了太久，请重新输入密码"), "warning")
        return redirect(url_for("identity.sign_in"), 303)
    user_id, target = step
    form = CodeForm(request.form)
    if not form.validate():
        return render_template("identity/code.html", form=form), 422
    try:
        accounts.check_code(database(), user_id, form.given("code"), client_address())
    except (Throttled, WrongCredentials, Invalid) as error:
        form.refuse(error)
        return render_template("identity/code.html", form=form), 429 if isinstance(error, Throttled) else 422
    return enter(user_id, target)


@blueprint.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    with database().writing() as session:
        end_session(session, current_user.token)
    logout_user()
    browser_session.clear()
    flash(gettext("已退出登录"), "success")
    return redirect(url_for("identity.sign_in", next="/"), 303)


@blueprint.post("/language")
@public
def set_language() -> ResponseReturnValue:
    """Switch the language, remembered for a year; a signed-in person's mails follow."""
    chosen = request.form.get("locale", "")
    chosen = chosen if chosen in LOCALES else LOCALES[0]
    if current_user.is_authenticated:
        with database().writing() as session:
            accounts.choose_language(session, actor(), chosen)
    return remember_language(redirect(safe_next(request.form.get("next"), referring_path()), 303), chosen)


@blueprint.get("/sign-up")
@public
def sign_up() -> ResponseReturnValue:
    """An account for somebody who will register their enterprise."""
    if current_user.is_authenticated:
        return redirect(safe_next(""), 303)
    return render_template("identity/sign_up.html", form=SignUpForm())


@blueprint.post("/sign-up")
@public
@limiter.limit("20 per hour", error_message=too_many)
def sign_up_submit() -> ResponseReturnValue:
    """Open the account and enter."""
    form = SignUpForm(request.form)
    if form.validate():
        try:
            with database().writing() as session:
                user_id = accounts.sign_up(
                    session, form.given("name"), form.given("email"), form.given("password")
                )
        except Invalid as error:
            form.refuse(error)
        else:
            return enter(user_id, "")
    return render_template("identity/sign_up.html", form=form), 422


@blueprint.get("/password/forgotten")
@public
def forgotten() -> ResponseReturnValue:
    """Ask for the address."""
    return render_template("identity/forgotten.html", form=ForgottenForm())


@blueprint.post("/password/forgotten")
@public
@limiter.limit("10 per 15 minutes", error_message=too_many)
def forgotten_submit() -> ResponseReturnValue:
    """Mail a link; the answer is the same whether there is such an account or not."""
    form = ForgottenForm(request.form)
    if not form.validate():
        return render_template("identity/forgotten.html", form=form), 422
    with even_time(), database().writing() as session:
        accounts.request_password_reset(session, form.given("email"), reset_letter)
    return redirect(url_for("identity.reset_sent"), 303)


@blueprint.get("/password/sent")
@public
def reset_sent() -> ResponseReturnValue:
    """Say where to look."""
    return render_template("identity/reset_sent.html")


@blueprint.get("/password/reset/<token>")
@public
def reset(token: str) -> ResponseReturnValue:
    """The page behind a mailed link."""
    with database().reading() as session:
        live = queries.link_is_live(session, accounts.token_hash(token))
    page = render_template("identity/reset.html", form=NewPasswordForm(), token=token, live=live)
    return page, 200 if live else 404


@blueprint.post("/password/reset/<token>")
@public
@limiter.limit("20 per 15 minutes", error_message=too_many)
def reset_submit(token: str) -> ResponseReturnValue:
    """Set the password and lead to the door."""
    form = NewPasswordForm(request.form)
    if form.validate():
        try:
            with database().writing() as session:
                accounts.set_password(session, token, form.given("password"))
        except NotFound:
            return render_template("identity/reset.html", form=form, token=token, live=False), 404
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("密码已设好，请用新密码登录"), "success")
            return redirect(url_for("identity.sign_in", next="/"), 303)
    return render_template("identity/reset.html", form=form, token=token, live=True), 422


@blueprint.get("/account")
@signed_in
def account() -> ResponseReturnValue:
    """One's own account."""
    return _account_page()


@blueprint.post("/account/profile")
@signed_in
def change_profile() -> ResponseReturnValue:
    """Change name and position."""
    form = ProfileForm(request.form)
    if not form.validate():
        return _account_page(profile=form)
    with database().writing() as session:
        accounts.change_profile(session, actor(), form.given("name"), form.given("title"))
    flash(gettext("已保存"), "success")
    return redirect(url_for("identity.account"), 303)


@blueprint.post("/account/password")
@signed_in
def change_password() -> ResponseReturnValue:
    """Change the password; other browsers are signed out."""
    form = ChangePasswordForm(request.form)
    if form.validate():
        try:
            with database().writing() as session:
                accounts.change_password(
                    session, actor(), form.given("current"), form.given("password"), current_user.token
                )
        except Throttled as error:
            form.add_error("current", error.message % error.params)
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("密码已换；其他浏览器上的登录都已结束"), "success")
            return redirect(url_for("identity.account"), 303)
    return _account_page(password=form)


@blueprint.get("/account/totp")
@signed_in
def totp_page() -> ResponseReturnValue:
    """Set the second factor up, or off."""
    return _totp_page(CodeForm(), PasswordAgainForm(prefix="off"))


@blueprint.post("/account/totp/begin")
@signed_in
def begin_totp() -> ResponseReturnValue:
    """Make a new secret to put into the app."""
    with database().writing() as session:
        totp.begin_setup(session, actor())
    return redirect(url_for("identity.totp_page"), 303)


@blueprint.post("/account/totp")
@signed_in
@limiter.limit("30 per minute", error_message=too_many)
def confirm_totp() -> ResponseReturnValue:
    """Turn the second factor on with a first code."""
    form = CodeForm(request.form)
    if form.validate():
        try:
            with database().writing() as session:
                totp.confirm_setup(session, actor(), form.given("code"))
        except Invalid as error:
            form.refuse(error)
        else:
            flash(gettext("动态验证码已开启，下次登录和签署时要用"), "success")
            return redirect(url_for("identity.account"), 303)
    return _totp_page(form, PasswordAgainForm(prefix="off"), 422)


@blueprint.post("/account/totp/remove")
@signed_in
def remove_totp() -> ResponseReturnValue:
    """Turn the second factor off, after the password."""
    form = PasswordAgainForm(request.form, prefix="off")
    if form.validate():
        try:
            with database().writing() as session:
                accounts.remove_totp(session, actor(), form.given("password"))
        except (Throttled, Invalid) as error:
            form.refuse(error)
        else:
            flash(gettext("动态验证码已关闭"), "success")
            return redirect(url_for("identity.account"), 303)
    return _totp_page(CodeForm(), form, 422)


@blueprint.get("/account/sessions")
@signed_in
def sessions() -> ResponseReturnValue:
    """Where one is signed in."""
    with database().reading() as session:
        mine = accounts.token_hash(current_user.token)
        rows = queries.open_sessions(session, actor(), settings(), mine)
    return render_template("identity/sessions.html", rows=rows, agent_name=browser_name)


@blueprint.post("/account/sessions/<int:session_id>/end")
@signed_in
def end_one_session(session_id: int) -> ResponseReturnValue:
    """Sign another browser out."""
    with database().writing() as session:
        accounts.end_own_session(session, actor(), session_id, current_user.token)
    flash(gettext("那个浏览器已退出登录"), "success")
    return redirect(url_for("identity.sessions"), 303)


@blueprint.post("/account/sessions/end-others")
@signed_in
def end_other_sessions() -> ResponseReturnValue:
    """Sign every other browser out."""
    with database().writing() as session:
        ended = accounts.end_other_sessions(session, actor(), current_user.token)
    flash(gettext("已结束 %(count)s 个其他会话", count=ended), "success")
    return redirect(url_for("identity.sessions"), 303)


def _second_step() -> tuple[int, str] | None:
    """Who gave the right password a moment ago in this browser, and where they want to go."""
    match browser_session.get("second_step"):
        case [int() as user_id, int() as at, target] if time.time() - at < SECOND_STEP_SECONDS:
            return user_id, str(target or "")
    return None


def _account_page(
    profile: ProfileForm | None = None, password: ChangePasswordForm | None = None
) -> ResponseReturnValue:
    with database().reading() as session:
        page = queries.account_page(session, actor())
    profile_form = profile or ProfileForm(data={"name": page.name, "title": page.title})
    forms = {"profile": profile_form, "password": password or ChangePasswordForm()}
    return render_template("identity/account.html", page=page, **forms), 422 if profile or password else 200


def _totp_page(form: CodeForm, off: PasswordAgainForm, status: int = 200) -> ResponseReturnValue:
    with database().reading() as session:
        setup = queries.totp_setup(session, actor())
    picture = Markup()
    if setup.secret:
        drawn = totp.qr_svg(totp.setup_address(setup.secret, setup.email))
        picture = Markup(drawn)  # noqa: S704 - drawn by segno from our own text
    needed = settings().require_totp and bool(actor().roles & totp.NEEDING_ROLES)
    page = {"form": form, "off": off, "setup": setup, "picture": picture, "needed": needed}
    return render_template("identity/totp.html", **page), status
