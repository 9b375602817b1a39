"""Reading figures as people write them, the same in a form, in a cell and on a phone in the field."""

import re
from decimal import Decimal

from portal.domain.errors import Invalid
from portal.domain.messages import N_

#: Full-width digits and signs, and the minus of typesetters, as keyboards write them.
_PLAIN = str.maketrans(
    "０１２３４５６７８９，．－＋−–／：\u3000\u00a0",
    "0123456789,.-+--/:  ",
)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DIGITS = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_EXPONENT = re.compile(r"[+-]?[\d.,]+[eE][+-]?\d+")
MOST_INTEGER_DIGITS, MOST_DECIMALS = 15, 10


def plain(text: str) -> str:
    """``text`` with full-width digits and signs made plain, without surrounding blanks."""
    return text.translate(_PLAIN).strip()


def without_commas(given: str) -> str:
    """A plain number without its thousands commas; raises Invalid where one stands elsewhere (1,5)."""
    if "," in given and not _GROUPED.fullmatch(given):
        raise Invalid(N_("逗号只能每三位一个，小数点用“.”，例如 1,350.5"))
    return given.replace(",", "")


def parse_decimal(
    text: str, *, integer_digits: int = MOST_INTEGER_DIGITS, decimals: int = MOST_DECIMALS
) -> Decimal | None:
    """Read a figure as people write it: thousands commas, full-width digits, a true minus.

    Blank is None. Raises Invalid for words, NaN, infinities, exponents, misplaced commas, and for more
    than ``integer_digits`` digits before the point or ``decimals`` after it.
    """
    given = plain(text)
    if not given:
        return None
    if len(given) > 60:
        raise Invalid(N_("这个数太长了，请检查"))
    if _EXPONENT.fullmatch(given):
        raise Invalid(N_("不要用科学计数法，请写成完整的数字，例如 1,350.5"))
    bare = without_commas(given)
    if not bare.isascii() or not _DIGITS.fullmatch(bare):
        raise Invalid(N_("要填数字，例如 1.35"))
    whole, _, fraction = bare.lstrip("+-").partition(".")
    if len(whole.lstrip("0")) > integer_digits:
        raise Invalid(N_("整数部分最多 %(most)s 位，请检查单位"), params={"most": integer_digits})
    if len(fraction) > decimals:
        raise Invalid(N_("小数最多 %(most)s 位"), params={"most": decimals})
    return Decimal(bare)
