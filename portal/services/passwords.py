"""Passwords: hashing with Argon2id, and the few rules that a new one keeps."""

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.domain.errors import Invalid
from portal.domain.messages import N_

LEAST, MOST = 10, 200

#: RFC 9106's second recommended option, which argon2-cffi takes by default: 64 MiB, 3 passes, 4 lanes.
_hasher = PasswordHasher()

#: The commonest ones that are long enough; the rule against one repeated sign catches the others.
_COMMONEST = frozenset(
    """
    0123456789 01234567890 0987654321 1029384756 1234554321 1234567890 12345678900 12345678910 123456789a
    123456789q 1234567891 123123123123 1234512345 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 3edc4rfv5tgb
    5201314520 a123456789 a1234567890 aa123456789 abc1234567 abc123456789 abcd123456 abcd12345678
    abcdef123456 abcdefghij admin12345 admin123456 admin@123456 administrator asdfghjkl123 changeme123
    football123 helloworld iloveyou123 letmein123 p@ssw0rd123 pass123456 password01 password12 password123
    password1234 password12345 passw0rd123 q123456789 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv qq123456789
    qq5201314520 qwer123456 qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop123 superman123
    test123456 welcome123 woaini1314 woaini1314520 woaini5201314 woaini520520 wang123456 zxcvbnm123
    zxcvbnm123456 zhang123456 huzhou1234 huzhou123456
    """.split()  # noqa: SIM905 - a list of words reads better as words
)


def hash_password(password: str) -> str:
    """The Argon2id hash to keep."""
    return _hasher.hash(_normal(password))


def password_fits(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one behind the hash.

    Without a hash (no such account) the same work is done for nothing, so that the time
    of the answer does not tell.
    """
    try:
        fits = _hasher.verify(password_hash or _dummy_hash(), _normal(password[:MOST]))
    except (VerificationError, InvalidHashError):
        return False
    return fits and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_new_password(password: str, email: str) -> None:
    """Raise Invalid (at ``password``) for a password that is short, common, or taken from the address."""
    given = _normal(password)
    plain = given.casefold().strip()
    if len(given) < LEAST:
        raise Invalid(N_("密码至少 %(least)s 个字符"), params={"least": LEAST}, path="password")
    if len(given) > MOST:
        raise Invalid(N_("密码最多 %(most)s 个字符"), params={"most": MOST}, path="password")
    if plain in {email.casefold(), email.casefold().partition("@")[0]}:
        raise Invalid(N_("密码不能和邮箱相同"), path="password")
    if plain in _COMMONEST or len(set(plain)) <= 2:
        raise Invalid(N_("这个密码太常见，别人很容易猜到，请换一个"), path="password")


def _normal(password: str) -> str:
    """One form for letters that keyboards compose in different ways."""
    return unicodedata.normalize("NFC", password)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return _hasher.hash("no account has this password")
