"""Signing in, throttling, passwords, one-time links and the second factor, on both databases."""

import re
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
import time_machine
from argon2 import PasswordHasher

from portal.domain.access import Actor
from portal.domain.errors import Invalid, NotFound
from portal.domain.periods import now
from portal.models.database import Database
from portal.models.events import Event
from portal.models.notifications import Mail
from portal.models.organisations import Organisation
from portal.models.users import OneTimeLink, SignInAttempt, User, UserSession
from portal.services import accounts, totp
from portal.services.accounts import MOST_ACCOUNT, MOST_LINKS, MOST_PAIR, Throttled, WrongCredentials
from portal.services.events import verify_trace
from portal.services.passwords import is_outdated, password_fits
from portal.services.sessions import start_session
from tests.factories.world import PASSWORD, World, make_world
from tests.fixtures.application import settings_for
from tests.fixtures.entering import real_hash

NEW = "another example phrase"
HERE, THERE = "192.0.2.1", "192.0.2.2"


@pytest.fixture
def world(database: Database) -> World:
    with database.writing() as session:
        made = make_world(session)
        session.execute(sa.update(User).values(password_hash=real_hash()))
    return made


def fail(database: Database, email: str, times: int, address: str = HERE) -> None:
    """Failed attempts, written down the way that real ones are."""
    with database.writing() as session:
        session.add_all(SignInAttempt(email=email, address=address, succeeded=False) for _ in range(times))


def give_totp(database: Database, actor: Actor) -> pyotp.TOTP:
    """Set a second factor up, the first code used a while ago."""
    with database.writing() as session:
        user = session.get_one(User, actor.user_id)
        user.totp_secret, user.totp_confirmed_at = pyotp.random_base32(), now()
        return pyotp.TOTP(user.totp_secret)


def compose(token: str, name: str, locale: str) -> tuple[str, str]:
    return "subject", f"/{token}/ {name} {locale}"


def mailed_tokens(database: Database) -> list[str]:
    with database.reading() as session:
        bodies = session.scalars(sa.select(Mail.body).order_by(Mail.id)).all()
    return [re.findall(r"/(\S+)/", body)[0] for body in bodies]


def test_the_right_password_opens(database: Database, world: World) -> None:
    step = accounts.check_password(database, " Officer@Example.test ", PASSWORD, HERE)
    assert step == accounts.SignedIn(world.officer.user_id, needs_code=False)


def test_unknown_and_known_accounts_are_refused_in_the_same_words(database: Database, world: World) -> None:
    with pytest.raises(WrongCredentials) as known:
        accounts.check_password(database, "officer@example.test", "wrong password", HERE)
    with pytest.raises(WrongCredentials) as unknown:
        accounts.check_password(database, "nobody@example.test", "wrong password", HERE)
    assert str(known.value) == str(unknown.value)


def test_the_hash_is_computed_for_an_unknown_account_too() -> None:
    assert not password_fits(None, "no account has this password")


def test_after_five_failures_even_the_right_password_is_refused_for_a_while(
    database: Database, world: World
) -> None:
    fail(database, "officer@example.test", MOST_PAIR)
    with pytest.raises(Throttled):
        accounts.check_password(database, "officer@example.test", PASSWORD, HERE)
    with time_machine.travel(now() + timedelta(minutes=16)):
        assert accounts.check_password(database, "officer@example.test", PASSWORD, HERE)


def test_an_unknown_account_is_throttled_like_a_known_one(database: Database, world: World) -> None:
    fail(database, "nobody@example.test", MOST_PAIR)
    with pytest.raises(Throttled):
        accounts.check_password(database, "nobody@example.test", PASSWORD, HERE)


def test_a_stranger_elsewhere_does_not_lock_the_owner_out(database: Database, world: World) -> None:
    fail(database, "officer@example.test", MOST_PAIR, THERE)
    assert accounts.check_password(database, "officer@example.test", PASSWORD, HERE)


def test_guessing_one_account_from_many_addresses_is_throttled(database: Database, world: World) -> None:
    for number in range(MOST_ACCOUNT):
        fail(database, "officer@example.test", 1, f"198.51.100.{number}")
    with pytest.raises(Throttled):
        accounts.check_password(database, "officer@example.test", PASSWORD, HERE)


def test_guessing_many_accounts_from_one_address_is_throttled(database: Database, world: World) -> None:
    for number in range(accounts.MOST_ADDRESS):
        fail(database, f"person{number}@example.test", 1)
    with pytest.raises(Throttled):
        accounts.check_password(database, "officer@example.test", PASSWORD, HERE)


def test_a_success_clears_the_failures_before_it(database: Database, world: World) -> None:
    fail(database, "officer@example.test", MOST_PAIR - 1)
    accounts.check_password(database, "officer@example.test", PASSWORD, HERE)
    fail(database, "officer@example.test", MOST_PAIR - 1)
    assert accounts.check_password(database, "officer@example.test", PASSWORD, HERE)


@pytest.mark.parametrize("who", ["person", "organisation"])
def test_who_is_shut_out_learns_nothing_by_the_right_password(
    database: Database, world: World, who: str
) -> None:
    with database.writing() as session:
        row = (
            session.get_one(User, world.officer.user_id)
            if who == "person"
            else session.get_one(Organisation, world.steel_id)
        )
        row.active = False
    with pytest.raises(WrongCredentials):
        accounts.check_password(database, "officer@example.test", PASSWORD, HERE)


def test_a_hash_of_old_parameters_is_made_anew(database: Database, world: World) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    with database.writing() as session:
        session.get_one(User, world.officer.user_id).password_hash = old
    accounts.check_password(database, "officer@example.test", PASSWORD, HERE)
    with database.reading() as session:
        kept = session.get_one(User, world.officer.user_id).password_hash
    assert kept != old
    assert not is_outdated(kept)
    assert password_fits(kept, PASSWORD)


def test_a_code_works_once(database: Database, world: World) -> None:
    app = give_totp(database, world.signatory)
    assert accounts.check_password(database, "signatory@example.test", PASSWORD, HERE).needs_code
    code = app.now()
    accounts.check_code(database, world.signatory.user_id, code, HERE)
    with pytest.raises(Invalid):
        accounts.check_code(database, world.signatory.user_id, code, HERE)


def test_guessing_codes_is_throttled(database: Database, world: World) -> None:
    app = give_totp(database, world.signatory)
    fail(database, "signatory@example.test", MOST_PAIR)
    with pytest.raises(Throttled):
        accounts.check_code(database, world.signatory.user_id, app.now(), HERE)


def test_the_right_password_alone_does_not_clear_failed_codes(database: Database, world: World) -> None:
    give_totp(database, world.signatory)
    for _ in range(MOST_PAIR):
        accounts.check_password(database, "signatory@example.test", PASSWORD, HERE)
    with pytest.raises(Throttled):
        accounts.check_password(database, "signatory@example.test", PASSWORD, HERE)


def test_a_code_one_step_old_is_taken_and_an_older_one_is_not() -> None:
    secret, moment = pyotp.random_base32(), now()
    app = pyotp.TOTP(secret)
    before, long_before = moment - timedelta(seconds=30), moment - timedelta(seconds=90)
    assert totp.matching_step(secret, app.at(before), None, moment) is not None
    assert totp.matching_step(secret, app.at(long_before), None, moment) is None
    assert totp.matching_step(secret, "", None, moment) is None
    assert totp.matching_step(secret, "１２３４５６", None, moment) is None


def test_a_second_factor_counts_only_after_its_first_code(database: Database, world: World) -> None:
    with database.writing() as session:
        totp.begin_setup(session, world.officer)
    assert not accounts.check_password(database, "officer@example.test", PASSWORD, HERE).needs_code
    with pytest.raises(Invalid), database.writing() as session:
        totp.confirm_setup(session, world.officer, "000000")
    with database.writing() as session:
        secret = session.get_one(User, world.officer.user_id).totp_secret
        totp.confirm_setup(session, world.officer, pyotp.TOTP(secret or "").now())
    assert accounts.check_password(database, "officer@example.test", PASSWORD, HERE).needs_code


def test_a_second_factor_in_use_is_not_replaced_without_the_password(
    database: Database, world: World
) -> None:
    give_totp(database, world.officer)
    with pytest.raises(Invalid), database.writing() as session:
        totp.begin_setup(session, world.officer)
    with pytest.raises(Invalid), database.writing() as session:
        accounts.remove_totp(session, world.officer, "wrong password")
    with database.writing() as session:
        accounts.remove_totp(session, world.officer, PASSWORD)
        assert session.get_one(User, world.officer.user_id).totp_secret is None


def test_the_signing_page_asks_for_password_and_code(database: Database, world: World) -> None:
    person = world.signatory.user_id
    with database.writing() as session:
        accounts.verify_credentials(session, person, PASSWORD, None)
    app = give_totp(database, world.signatory)
    with pytest.raises(Invalid) as missing, database.writing() as session:
        accounts.verify_credentials(session, person, PASSWORD, None)
    assert missing.value.field == "code"
    with pytest.raises(Invalid) as wrong, database.writing() as session:
        accounts.verify_credentials(session, person, "wrong password", app.now())
    assert wrong.value.field == "password"
    with database.writing() as session:
        accounts.verify_credentials(session, person, PASSWORD, app.now())


@pytest.mark.parametrize("kind", ["writing", "reading"])
def test_failures_at_the_signing_page_count_although_they_roll_back(
    database: Database, world: World, kind: str
) -> None:
    person = world.signatory.user_id
    for _ in range(MOST_PAIR):
        with pytest.raises(Invalid), getattr(database, kind)() as session:
            accounts.verify_credentials(session, person, "wrong password", None)
    with pytest.raises(Throttled), getattr(database, kind)() as session:
        accounts.verify_credentials(session, person, PASSWORD, None)


def test_a_stranger_at_the_door_does_not_stop_a_signature(database: Database, world: World) -> None:
    fail(database, "signatory@example.test", MOST_ACCOUNT, THERE)
    with database.writing() as session:
        accounts.verify_credentials(session, world.signatory.user_id, PASSWORD, None)


def test_an_account_is_opened_once(database: Database, world: World) -> None:
    with database.writing() as session:
        user_id = accounts.sign_up(session, "新示例", "New@Example.test", NEW)
    assert accounts.check_password(database, "new@example.test", NEW, HERE).user_id == user_id
    with pytest.raises(Invalid) as taken, database.writing() as session:
        accounts.sign_up(session, "另一", "new@example.TEST", NEW)
    assert taken.value.field == "email"


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "至少 10"),
        ("x" * 201, "最多 200"),
        ("new@example.test", "不能和邮箱相同"),
        ("Password123", "太常见"),
        ("1212121212", "太常见"),
        ("1234567890", "太常见"),
    ],
)
def test_a_poor_password_is_refused(database: Database, password: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused, database.writing() as session:
        accounts.sign_up(session, "新示例", "new@example.test", password)
    assert refused.value.field == "password"


def test_a_long_plain_sentence_is_a_good_password(database: Database) -> None:
    with database.writing() as session:
        assert accounts.sign_up(session, "新示例", "new@example.test", "湖州的月亮特别圆，适合散步")


def test_a_mailed_link_sets_a_password_once_and_signs_everybody_out(
    database: Database, world: World, tmp_path: Path
) -> None:
    settings = settings_for("sqlite:///unused.db", tmp_path)
    with database.writing() as session:
        start_session(session, world.officer.user_id, settings)
        accounts.request_password_reset(session, "OFFICER@example.test", compose)
    (token,) = mailed_tokens(database)
    with database.writing() as session:
        accounts.set_password(session, token, NEW)
    with pytest.raises(NotFound), database.writing() as session:
        accounts.set_password(session, token, "yet another phrase")
    assert accounts.check_password(database, "officer@example.test", NEW, HERE)
    with database.reading() as session:
        assert session.scalars(sa.select(UserSession.ended_at)).one() is not None


def test_a_link_lives_an_hour(database: Database, world: World) -> None:
    with database.writing() as session:
        accounts.request_password_reset(session, "officer@example.test", compose)
    (token,) = mailed_tokens(database)
    with (
        time_machine.travel(now() + timedelta(minutes=61)),
        pytest.raises(NotFound),
        database.writing() as session,
    ):
        accounts.set_password(session, token, NEW)


def test_one_link_used_spoils_the_others(database: Database, world: World) -> None:
    with database.writing() as session:
        accounts.request_password_reset(session, "officer@example.test", compose)
        accounts.request_password_reset(session, "officer@example.test", compose)
    first, second = mailed_tokens(database)
    with database.writing() as session:
        accounts.set_password(session, second, NEW)
    with pytest.raises(NotFound), database.writing() as session:
        accounts.set_password(session, first, NEW)


def test_nobody_is_flooded_with_links_and_strangers_get_none(database: Database, world: World) -> None:
    with database.writing() as session:
        accounts.request_password_reset(session, "nobody@example.test", compose)
        for _ in range(MOST_LINKS + 3):
            accounts.request_password_reset(session, "officer@example.test", compose)
    assert len(mailed_tokens(database)) == MOST_LINKS


def test_only_the_hash_of_a_link_is_kept(database: Database, world: World) -> None:
    with database.writing() as session:
        accounts.request_password_reset(session, "officer@example.test", compose)
    (token,) = mailed_tokens(database)
    with database.reading() as session:
        kept = session.scalars(sa.select(OneTimeLink.token_hash)).one()
    assert token not in kept
    assert kept == accounts.token_hash(token)


def test_a_changed_password_needs_the_old_one_and_keeps_this_browser(
    database: Database, world: World, tmp_path: Path
) -> None:
    settings = settings_for("sqlite:///unused.db", tmp_path)
    with database.writing() as session:
        here = start_session(session, world.officer.user_id, settings)
        start_session(session, world.officer.user_id, settings)
    with pytest.raises(Invalid) as refused, database.writing() as session:
        accounts.change_password(session, world.officer, "wrong password", NEW, here)
    assert refused.value.field == "current"
    with database.writing() as session:
        accounts.change_password(session, world.officer, PASSWORD, NEW, here)
    with database.reading() as session:
        going_on = session.scalars(sa.select(UserSession.token_hash).where(UserSession.ended_at.is_(None)))
        assert going_on.all() == [accounts.token_hash(here)]


def test_a_session_of_somebody_else_cannot_be_ended(database: Database, world: World, tmp_path: Path) -> None:
    settings = settings_for("sqlite:///unused.db", tmp_path)
    with database.writing() as session:
        start_session(session, world.officer.user_id, settings)
        foreign = session.scalars(sa.select(UserSession.id)).one()
    with pytest.raises(NotFound), database.writing() as session:
        accounts.end_own_session(session, world.stranger_officer, foreign, "")
    with database.reading() as session:
        assert session.get_one(UserSession, foreign).ended_at is None


def test_what_is_done_to_an_account_leaves_a_trace_without_secrets(database: Database, world: World) -> None:
    with database.writing() as session:
        accounts.change_profile(session, world.officer, "沈新名", "科长")
        accounts.change_password(session, world.officer, PASSWORD, NEW, "")
    with database.reading() as session:
        events = session.scalars(sa.select(Event).order_by(Event.id)).all()
        assert [event.action for event in events] == ["account.changed", "account.password_changed"]
        assert not any(NEW in event.after or "argon2" in event.after for event in events)
        assert list(verify_trace(session)) == []
